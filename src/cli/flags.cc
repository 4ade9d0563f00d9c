#include "cli/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <sstream>

#include "atento/error.h"

namespace atento {
namespace internal {

std::string NamesText(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

bool ParseSwitch(const std::string& label, const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  throw Error(ErrorKind::kUsage, label + ": '" + text + "' is not one of true, false");
}

namespace {

// All of the text, or nothing. Throws Error{kUsage} for a number that no computer word holds.
template <class Number>
std::optional<Number> ReadNumber(const std::string& label, const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || (error != std::errc() && error != std::errc::result_out_of_range)) return {};
  if (error == std::errc::result_out_of_range) {
    throw Error(ErrorKind::kUsage,
                label + ": " + text + " is out of range: too large or too close to zero");
  }
  return value;
}

[[noreturn]] void NotANumber(const std::string& label, const std::string& text, const char* what,
                             const Range& range) {
  const std::string allowed = RangeText(range);
  throw Error(ErrorKind::kUsage, label + ": '" + text + "' is not " + what +
                                     (allowed.empty() ? "" : " (" + allowed + ")"));
}

}  // namespace

int64_t ParseInteger(const std::string& label, const std::string& text, const Range& range,
                     int64_t low, int64_t high) {
  const auto value = ReadNumber<int64_t>(label, text);
  if (!value) NotANumber(label, text, "a whole number", range);
  // The narrower of the declared range and the type's, so that a message never allows what the type
  // cannot hold.
  const auto number = static_cast<double>(*value);
  CheckInRange(label, number, range);
  CheckInRange(label, number,
               {std::max(range.low, static_cast<double>(low)),
                std::min(range.high, static_cast<double>(high))});
  return *value;
}

double ParseNumber(const std::string& label, const std::string& text, const Range& range) {
  const auto value = ReadNumber<double>(label, text);
  if (!value || !std::isfinite(*value)) NotANumber(label, text, "a number", range);
  CheckInRange(label, *value, range);
  return *value;
}

}  // namespace internal

namespace {

// Levenshtein 1966, with a swap of neighbours as one edit.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> two_ago(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_ago[j - 2] + 1);
      }
    }
    std::swap(two_ago, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string Suggestion(std::string_view wrong, const std::vector<std::string>& names,
                       std::string_view prefix) {
  const std::string* nearest = nullptr;
  // Further away than this a name is no misspelling of another.
  size_t least = std::max<size_t>(2, wrong.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = EditDistance(wrong, name);
    if (distance < least && distance < name.size()) {
      least = distance;
      nearest = &name;
    }
  }
  // A beginning, such as --source-tok, is nearer than any misspelling.
  for (const std::string& name : names) {
    if (least > 1 && wrong.size() >= 3 && name.starts_with(wrong)) {
      least = 1;
      nearest = &name;
    }
  }
  return nearest == nullptr ? "" : "; did you mean " + std::string(prefix) + *nearest + "?";
}

const FlagSet::GivenValue* FlagSet::Find(std::string_view name) const {
  for (const GivenValues* given : {&from_command_line_, &from_config_}) {
    const auto found = given->find(name);
    if (found != given->end()) return &found->second;
  }
  return nullptr;
}

const Flag* FlagSet::FindFlag(std::string_view name) const {
  for (const FlagGroup& group : groups_) {
    for (const Flag& flag : group.flags) {
      if (flag.name == name) return &flag;
    }
  }
  return nullptr;
}

std::vector<std::string> FlagSet::Names() const {
  std::vector<std::string> names;
  for (const FlagGroup& group : groups_) {
    for (const Flag& flag : group.flags) names.push_back(flag.name);
  }
  return names;
}

std::string FlagSet::Text(std::string_view name) const {
  const GivenValue* given = Find(name);
  return given == nullptr || given->values.empty() ? "" : given->values.back();
}

void FlagSet::CheckCount(const Flag& flag, const std::string& label,
                         const std::vector<std::string>& values) const {
  if (values.empty()) throw Error(ErrorKind::kUsage, label + " has no value; give one after it");
  // An empty path is no path; commands would take it for none given.
  const std::string name = flag.value_name.substr(0, flag.value_name.find_first_of(". "));
  const bool empty = std::find(values.begin(), values.end(), "") != values.end();
  if (empty && (name == "FILE" || name == "DIR")) {
    throw Error(ErrorKind::kUsage,
                label + " has an empty value; give a " + name + ", or leave it out");
  }
  if (flag.repeats || values.size() <= static_cast<size_t>(flag.values_at_once)) return;
  throw Error(ErrorKind::kUsage,
              flag.values_at_once == 1
                  ? label + " is given more than once"
                  : fmt::format("{} takes one or two values, not {}", label, values.size()));
}

void FlagSet::Apply() const {
  for (const FlagGroup& group : groups_) {
    for (const Flag& flag : group.flags) {
      // The file's value is checked even where the command line has another one.
      for (const GivenValues* given : {&from_config_, &from_command_line_}) {
        const auto found = given->find(flag.name);
        if (found != given->end()) flag.set(found->second.label, found->second.values);
      }
    }
  }
  if (!positional_.there()) return;
  std::istringstream instead(positional_.instead);
  for (std::string name; positional_values_.empty() && instead >> name;) {
    if (Given(name)) return;
  }
  if (positional_values_.empty()) {
    throw Error(ErrorKind::kUsage, positional_.name + " is missing; give the " + positional_.help);
  }
  if (positional_values_.front().empty() && positional_.name != "TEXT") {
    throw Error(ErrorKind::kUsage, positional_.name + " is empty; give the " + positional_.help);
  }
  if (positional_.fields != nullptr) {
    *positional_.fields = positional_values_;
  } else {
    *positional_.field = positional_values_.front();
  }
}

}  // namespace atento
