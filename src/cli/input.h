// Lines of text as a user hands them in: repaired, with what was repaired said on standard error.
#ifndef ATENTO_CLI_INPUT_H_
#define ATENTO_CLI_INPUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "text/corpus.h"

namespace atento {

// A warning that many lines may cause: the first few are named, the others counted.
class LineWarnings {
 public:
  // what: "invalid UTF-8 or NUL replaced by U+FFFD".
  explicit LineWarnings(std::string what) : what_(std::move(what)) {}
  // where: "file:line" or "file:line:byte".
  void Add(const std::string& where);
  // Says how many there were, if not all were named.
  void Finish();

 private:
  std::string what_;
  int64_t count_ = 0;
};

// A TextReader that says what it repaired.
class TextInput {
 public:
  TextInput(const std::string& path, bool strict);

  bool Next(std::string* line);
  const std::string& name() const { return reader_.name(); }
  int64_t line_number() const { return reader_.line_number(); }

 private:
  TextReader reader_;
  LineWarnings repaired_;
};

// All lines.
std::vector<std::string> ReadLines(const std::string& path, bool strict);

}  // namespace atento

#endif  // ATENTO_CLI_INPUT_H_
