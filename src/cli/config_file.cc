// Configuration files, read by toml++, which is included here alone.
#include <toml++/toml.h>

#include <fmt/format.h>

#include "atento/error.h"
#include "base/text_file.h"
#include "cli/flags.h"

namespace atento {
namespace {

const char* TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

const char* ExpectedType(FlagKind kind) {
  switch (kind) {
    case FlagKind::kSwitch:
      return "true or false";
    case FlagKind::kInteger:
      return "a whole number";
    case FlagKind::kNumber:
      return "a number";
    default:
      return "a string in quotes";
  }
}

// The value as the command line would have it, or nothing if it is of another type than the flag's.
// A text may be a whole number: `validate-every = 500`.
std::optional<std::string> ValueText(const toml::node& node, FlagKind kind) {
  if (const auto* text = node.as_string()) {
    if (kind == FlagKind::kText || kind == FlagKind::kName) return text->get();
  } else if (const auto* integer = node.as_integer()) {
    if (kind == FlagKind::kInteger || kind == FlagKind::kNumber || kind == FlagKind::kText) {
      return std::to_string(integer->get());
    }
  } else if (const auto* number = node.as_floating_point()) {
    if (kind == FlagKind::kNumber) return fmt::format("{}", number->get());
  } else if (const auto* boolean = node.as_boolean()) {
    if (kind == FlagKind::kSwitch) return boolean->get() ? "true" : "false";
  }
  return std::nullopt;
}

std::vector<std::string> Values(const toml::node& node, const Flag& flag,
                                const std::string& label) {
  const bool takes_array = flag.repeats || flag.values_at_once > 1;
  const toml::array* array = node.as_array();
  if (array != nullptr && !takes_array) {
    throw Error(ErrorKind::kUsage,
                label + ": expected " + ExpectedType(flag.kind) + ", found an array");
  }
  std::vector<std::string> values;
  auto add = [&](const toml::node& value) {
    auto text = ValueText(value, flag.kind);
    if (!text) {
      throw Error(ErrorKind::kUsage,
                  label + ": expected " + ExpectedType(flag.kind) + ", found " + TypeName(value));
    }
    values.push_back(*std::move(text));
  };
  if (array == nullptr) {
    add(node);
  } else {
    for (const toml::node& value : *array) add(value);
  }
  return values;
}

toml::table ParseToml(const std::string& path) {
  const std::string bytes = ReadTextFile(path);
  try {
    return toml::parse(bytes, path);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::kData,
                fmt::format("{}:{}:{}: not TOML: {}", path, error.source().begin.line,
                            error.source().begin.column, error.description()));
  }
}

}  // namespace

void FlagSet::ReadConfig(const std::string& path) {
  const toml::table table = ParseToml(path);
  from_config_.clear();
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    // A section's own line is its header's.
    const std::string label = fmt::format("{}:{}: {}", path, node.source().begin.line, name);
    if (node.is_table()) {
      throw Error(ErrorKind::kUsage, label +
                                         ": sections are not used; write each key = value at the "
                                         "top of the file");
    }
    const Flag* flag = FindFlag(name);
    if (flag == nullptr || name == "config") {
      std::vector<std::string> names = Names();
      std::erase(names, "config");
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}:{}: unknown key '{}'{}", path, node.source().begin.line, name,
                              Suggestion(name, names, "")));
    }
    GivenValue given{label, Values(node, *flag, label)};
    CheckCount(*flag, label, given.values);
    from_config_[name] = std::move(given);
  }
}

}  // namespace atento
