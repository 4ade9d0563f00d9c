// What can be done with any declared option struct (include/atento/options.h): turn it into JSON
// and back, check its ranges, name its enums.
#ifndef ATENTO_BASE_OPTIONS_H_
#define ATENTO_BASE_OPTIONS_H_

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "atento/error.h"
#include "atento/options.h"
#include "base/json.h"

namespace atento {

template <class Enum>
std::string_view EnumName(Enum value) {
  return EnumNames<Enum>::names[static_cast<size_t>(value)];
}

namespace internal {
std::string NumberText(double value);
// "1 to 16", "at least 1"; empty: anything.
std::string RangeText(const Range& range);
// The index of name among names. Throws Error{kUsage}: "option: 'name' is not one of a, b, c".
size_t FindEnumName(std::string_view option, std::string_view name,
                    const std::vector<std::string_view>& names);
// Throws Error{kUsage} that names the option and its range.
void CheckInRange(std::string_view option, double value, const Range& range);
// Throws Error{kData} that lists the keys which no option has.
void CheckNoOtherKeys(const Json& json, const std::vector<std::string_view>& known,
                      std::string_view where);
// An integer of a JSON value that fits T's range. Throws Error{kData}.
int64_t IntegerOf(const Json& json, std::string_view option, int64_t low, int64_t high);
}  // namespace internal

// By its name or an alias. Throws Error{kUsage} that names the option and lists the values it may
// take.
template <class Enum>
Enum ParseEnum(std::string_view option, std::string_view name) {
  if constexpr (requires { EnumNames<Enum>::aliases; }) {
    for (const auto& [alias, value] : EnumNames<Enum>::aliases) {
      if (name == alias) return value;
    }
  }
  const auto& names = EnumNames<Enum>::names;
  return static_cast<Enum>(internal::FindEnumName(
      option, name, std::vector<std::string_view>(names.begin(), names.end())));
}

template <class Options>
Json OptionsToJson(const Options& options) {
  Json json{Json::Object{}};
  Options::ForEach(options, [&](const char* name, const auto& field, const Range&, const char*) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::is_enum_v<Field>) {
      json.Set(name, EnumName(field));
    } else {
      json.Set(name, field);
    }
  });
  return json;
}

// Throws Error{kUsage} if a number is out of its range.
template <class Options>
void CheckRanges(const Options& options) {
  Options::ForEach(options,
                   [](const char* name, const auto& field, const Range& range, const char*) {
                     using Field = std::remove_cvref_t<decltype(field)>;
                     if constexpr (std::is_arithmetic_v<Field> && !std::is_same_v<Field, bool>) {
                       internal::CheckInRange(name, static_cast<double>(field), range);
                     }
                   });
}

// Reads the members of a JSON object; options it does not mention keep their values. Throws
// Error{kData} for an unknown key, a wrong type or a value out of range; `where` is for messages.
template <class Options>
Options OptionsFromJson(const Json& json, Options options, std::string_view where) {
  std::vector<std::string_view> known;
  try {
    Options::ForEach(options, [&](const char* name, auto& field, const Range&, const char*) {
      known.push_back(name);
      const Json* value = json.Find(name);
      if (!value) return;
      using Field = std::remove_cvref_t<decltype(field)>;
      if constexpr (std::is_enum_v<Field>) {
        field = ParseEnum<Field>(name, InContext(name, [&] { return value->AsString(); }));
      } else if constexpr (std::is_same_v<Field, bool>) {
        field = InContext(name, [&] { return value->AsBool(); });
      } else if constexpr (std::is_integral_v<Field>) {
        field = static_cast<Field>(internal::IntegerOf(
            *value, name, std::numeric_limits<Field>::min(), std::numeric_limits<Field>::max()));
      } else if constexpr (std::is_floating_point_v<Field>) {
        field = InContext(name, [&] { return value->AsDouble(); });
      } else {
        field = InContext(name, [&] { return value->AsString(); });
      }
    });
    CheckRanges(options);
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, std::string(where) + ": " + error.what());
  }
  internal::CheckNoOtherKeys(json, known, where);
  return options;
}

}  // namespace atento

#endif  // ATENTO_BASE_OPTIONS_H_
