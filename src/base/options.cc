#include "base/options.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace atento::internal {

std::string NumberText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string RangeText(const Range& range) {
  const bool has_low = !std::isinf(range.low), has_high = !std::isinf(range.high);
  if (has_low && has_high) return NumberText(range.low) + " to " + NumberText(range.high);
  if (has_low) return "at least " + NumberText(range.low);
  if (has_high) return "at most " + NumberText(range.high);
  return "";
}

size_t FindEnumName(std::string_view option, std::string_view name,
                    const std::vector<std::string_view>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  std::string list;
  for (std::string_view known : names) list.append(list.empty() ? "" : ", ").append(known);
  throw Error(ErrorKind::kUsage,
              std::string(option) + ": '" + std::string(name) + "' is not one of " + list);
}

void CheckInRange(std::string_view option, double value, const Range& range) {
  if (value >= range.low && value <= range.high) return;
  const bool two_ends = !std::isinf(range.low) && !std::isinf(range.high);
  throw Error(ErrorKind::kUsage, std::string(option) + ": " + NumberText(value) +
                                     " is out of range: it must be " + (two_ends ? "from " : "") +
                                     RangeText(range));
}

void CheckNoOtherKeys(const Json& json, const std::vector<std::string_view>& known,
                      std::string_view where) {
  for (const auto& [key, value] : json.AsObject()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw Error(ErrorKind::kData, std::string(where) + ": unknown key '" + key + "'");
    }
  }
}

int64_t IntegerOf(const Json& json, std::string_view option, int64_t low, int64_t high) {
  const int64_t value = InContext(option, [&] { return json.AsInteger(); });
  CheckInRange(option, static_cast<double>(value),
               {static_cast<double>(low), static_cast<double>(high)});
  return value;
}

}  // namespace atento::internal
