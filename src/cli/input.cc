#include "cli/input.h"

#include "base/log.h"

namespace atento {
namespace {

constexpr int64_t kNamedLines = 10;

}  // namespace

void LineWarnings::Add(const std::string& where) {
  ++count_;
  if (count_ <= kNamedLines) LogWarning(where + ": " + what_);
  if (count_ == kNamedLines + 1) LogWarning(where + ": " + what_ + "; further lines are counted");
}

void LineWarnings::Finish() {
  if (count_ > kNamedLines) LogWarning(std::to_string(count_) + " lines in all: " + what_);
}

TextInput::TextInput(const std::string& path, bool strict)
    : reader_(path, strict), repaired_("invalid UTF-8 or NUL replaced by U+FFFD") {}

bool TextInput::Next(std::string* line) {
  if (!reader_.Next(line)) {
    repaired_.Finish();
    return false;
  }
  if (reader_.repaired_byte() > 0) {
    repaired_.Add(reader_.Where() + ":" + std::to_string(reader_.repaired_byte()));
  }
  return true;
}

std::vector<std::string> ReadLines(const std::string& path, bool strict) {
  TextInput input(path, strict);
  std::vector<std::string> lines;
  for (std::string line; input.Next(&line);) lines.push_back(std::move(line));
  return lines;
}

}  // namespace atento
