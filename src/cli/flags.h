// The flags of a command, derived from its option structs (include/atento/options.h: ForEach). The
// parser, --help, configuration files and docs/cli.md all read this one list.
//
// A flag's value is found in this order: command line, --config FILE.toml, preset, default. So a
// command calls Parse, ReadConfig, fills its structs from the preset, and then Apply.
#ifndef ATENTO_CLI_FLAGS_H_
#define ATENTO_CLI_FLAGS_H_

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "atento/options.h"
#include "base/options.h"

namespace atento {

// A field that takes one or two values after one flag: `--train FILE.tsv`, `--train SRC TGT`.
struct OneOrTwo {
  std::vector<std::string> values;
};

// A field whose flag may stand without a value: `--bootstrap`, `--bootstrap 500`.
struct CountOrBare {
  int value = 0;
  int bare = 0;  // the value of the flag alone
};

// A field that takes any number of values after one flag: `--images A.jpg B.jpg`.
struct Several {
  std::vector<std::string> values;
};

enum class FlagKind { kSwitch, kInteger, kNumber, kName, kText };

struct Flag {
  std::string name;  // without dashes
  FlagKind kind = FlagKind::kText;
  std::string value_name;    // "N", "FILE"; empty for a switch
  std::string allowed;       // "1 to 16", "tanh, gru"; empty: anything
  std::string default_text;  // of the options as they were when added; empty: none
  std::string help;
  std::string bare_value;  // of the flag without a value; empty: it needs one
  int values_at_once = 1;
  bool repeats = false;
  // Sets the field. label: what messages call the flag. Throws Error{kUsage}.
  std::function<void(const std::string& label, const std::vector<std::string>& values)> set;
};

struct FlagGroup {
  std::string title;
  std::vector<Flag> flags;
};

// The one argument of a command that has no dashes; or the ones, if it takes several.
struct Positional {
  std::string name;  // "DIR"; empty: the command has none
  std::string help;
  std::string* field = nullptr;
  std::string instead = {};                    // flags that stand for it, separated by a space
  std::vector<std::string>* fields = nullptr;  // instead of field

  bool there() const { return field != nullptr || fields != nullptr; }
};

namespace internal {
std::string NamesText(const std::vector<std::string_view>& names);
// Each throws Error{kUsage} that starts with the label.
bool ParseSwitch(const std::string& label, const std::string& text);
int64_t ParseInteger(const std::string& label, const std::string& text, const Range& range,
                     int64_t low, int64_t high);
double ParseNumber(const std::string& label, const std::string& text, const Range& range);
}  // namespace internal

class FlagSet {
 public:
  // Adds a flag for each field of *options but those left out; the values it has now are shown as
  // defaults. *options must live as long as this. A field may be a bool, a number, an enum, a
  // string, a std::vector<std::string> (a flag that may be repeated), OneOrTwo or Several; a fifth argument
  // of `visit` names its value in --help.
  template <class Options>
  void Add(std::string_view title, Options* options,
           std::initializer_list<std::string_view> leave_out = {});
  void SetPositional(Positional positional) { positional_ = std::move(positional); }

  // Reads the arguments after the command's name; fields are not touched yet. Throws Error{kUsage}:
  // an unknown flag (with the nearest known one), a missing value, one value too many.
  void Parse(const std::vector<std::string>& arguments);
  // Reads a TOML file whose keys are flags' names. Throws Error{kNotFound, kIo}; {kData} if it is
  // not TOML; {kUsage} for an unknown key or a value of the wrong type; with file and line.
  void ReadConfig(const std::string& path);
  // Whether the command line or the configuration file has the flag.
  bool Given(std::string_view name) const { return Find(name) != nullptr; }
  // Its value, not checked yet; empty if it is not given.
  std::string Text(std::string_view name) const;
  // Sets the fields: from the configuration file, then from the command line. Throws Error{kUsage}
  // for a value that is malformed or out of range.
  void Apply() const;

  const std::vector<FlagGroup>& groups() const { return groups_; }
  const Positional& positional() const { return positional_; }

 private:
  struct GivenValue {
    std::string label;
    std::vector<std::string> values;
  };
  using GivenValues = std::map<std::string, GivenValue, std::less<>>;

  template <class Field>
  static Flag MakeFlag(const char* name, Field& field, const Range& range, const char* help);
  const GivenValue* Find(std::string_view name) const;
  const Flag* FindFlag(std::string_view name) const;
  std::vector<std::string> Names() const;
  void CheckCount(const Flag& flag, const std::string& label,
                  const std::vector<std::string>& values) const;
  [[noreturn]] void UnknownFlag(const std::string& argument) const;
  [[noreturn]] void UnexpectedArgument(const std::string& argument) const;

  std::vector<FlagGroup> groups_;
  Positional positional_;
  GivenValues from_command_line_;
  GivenValues from_config_;
  std::vector<std::string> positional_values_;
};

// "; did you mean --beam?", or nothing if no name is near. prefix is put before the name found.
std::string Suggestion(std::string_view wrong, const std::vector<std::string>& names,
                       std::string_view prefix);

// ---- implementation ----------------------------------------------------------------------------

template <class Field>
Flag FlagSet::MakeFlag(const char* name, Field& field, const Range& range, const char* help) {
  Flag flag;
  flag.name = name;
  flag.help = help;
  using Values = const std::vector<std::string>&;
  if constexpr (std::is_same_v<Field, bool>) {
    flag.kind = FlagKind::kSwitch;
    flag.default_text = field ? "true" : "";
    flag.set = [&field](const std::string& label, Values values) {
      field = internal::ParseSwitch(label, values[0]);
    };
  } else if constexpr (std::is_enum_v<Field>) {
    const auto& all = EnumNames<Field>::names;
    flag.kind = FlagKind::kName;
    flag.value_name = "NAME";
    flag.allowed = internal::NamesText({all.begin(), all.end()});
    flag.default_text = EnumName(field);
    flag.set = [&field](const std::string& label, Values values) {
      field = ParseEnum<Field>(label, values[0]);
    };
  } else if constexpr (std::is_integral_v<Field>) {
    flag.kind = FlagKind::kInteger;
    flag.value_name = "N";
    flag.allowed = internal::RangeText(range);
    flag.default_text = std::to_string(field);
    flag.set = [&field, range](const std::string& label, Values values) {
      using Limits = std::numeric_limits<Field>;
      field = static_cast<Field>(
          internal::ParseInteger(label, values[0], range, Limits::min(), Limits::max()));
    };
  } else if constexpr (std::is_same_v<Field, CountOrBare>) {
    flag = MakeFlag(name, field.value, range, help);
    flag.value_name = "[N]";
    flag.default_text = "";
    flag.bare_value = std::to_string(field.bare);
  } else if constexpr (std::is_floating_point_v<Field>) {
    flag.kind = FlagKind::kNumber;
    flag.value_name = "X";
    flag.allowed = internal::RangeText(range);
    flag.default_text = internal::NumberText(field);
    flag.set = [&field, range](const std::string& label, Values values) {
      field = internal::ParseNumber(label, values[0], range);
    };
  } else if constexpr (std::is_same_v<Field, std::string>) {
    flag.value_name = "TEXT";
    flag.default_text = field;
    flag.set = [&field](const std::string&, Values values) { field = values[0]; };
  } else if constexpr (std::is_same_v<Field, OneOrTwo>) {
    flag.value_name = "FILE [FILE]";
    flag.values_at_once = 2;
    flag.set = [&field](const std::string&, Values values) { field.values = values; };
  } else if constexpr (std::is_same_v<Field, Several>) {
    flag.value_name = "FILE ...";
    flag.values_at_once = 1 << 20;
    flag.set = [&field](const std::string&, Values values) { field.values = values; };
  } else {
    static_assert(std::is_same_v<Field, std::vector<std::string>>);
    flag.value_name = "TEXT";
    flag.repeats = true;
    flag.set = [&field](const std::string&, Values values) { field = values; };
  }
  return flag;
}

template <class Options>
void FlagSet::Add(std::string_view title, Options* options,
                  std::initializer_list<std::string_view> leave_out) {
  FlagGroup group{std::string(title), {}};
  Options::ForEach(*options, [&](const char* name, auto& field, const Range& range,
                                 const char* help, const char* value_name = nullptr) {
    for (std::string_view left_out : leave_out) {
      if (left_out == name) return;
    }
    group.flags.push_back(MakeFlag(name, field, range, help));
    if (value_name != nullptr) group.flags.back().value_name = value_name;
  });
  groups_.push_back(std::move(group));
}

}  // namespace atento

#endif  // ATENTO_CLI_FLAGS_H_
