// The command line, cut into flags and values by CLI11, which is included here alone.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "atento/error.h"
#include "cli/flags.h"

namespace atento {
namespace {

// What CLI11 reports for a flag without a value; no argument can be it.
constexpr std::string_view kNoValue("\0", 1);

CLI::Option* AddOption(const Flag& flag, CLI::App& app) {
  CLI::Option* option = nullptr;
  if (flag.kind == FlagKind::kSwitch) {
    option = app.add_flag("--" + flag.name);
  } else {
    // No value is no error of CLI11's, so that the message is ours.
    option = app.add_option("--" + flag.name)->expected(0, flag.values_at_once);
    option->default_str(std::string(kNoValue));
  }
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

// As CLI11 wants the arguments: in reverse, and `--name=` as two.
std::vector<std::string> Reversed(std::span<const std::string> arguments) {
  std::vector<std::string> reversed;
  for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument) {
    const bool empty_value =
        argument->starts_with("--") && argument->find('=') == argument->size() - 1;
    if (empty_value) reversed.emplace_back();
    reversed.push_back(argument->substr(0, argument->size() - (empty_value ? 1 : 0)));
  }
  return reversed;
}

}  // namespace

void FlagSet::UnknownFlag(const std::string& argument) const {
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string name = flag.substr(flag.starts_with("--") ? 2 : 1);
  const std::string suggestion = Suggestion(name, Names(), "--");
  throw Error(ErrorKind::kUsage,
              "unknown flag " + flag + (suggestion.empty() ? "; --help lists all" : suggestion));
}

void FlagSet::UnexpectedArgument(const std::string& argument) const {
  throw Error(ErrorKind::kUsage,
              "unexpected argument '" + argument + "'" +
                  (!positional_.there() ? "; flags start with --"
                                        : "; quote it if it belongs to the one before"));
}

void FlagSet::Parse(const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::pair<const Flag*, CLI::Option*>> options;
  for (const FlagGroup& group : groups_) {
    for (const Flag& flag : group.flags) options.emplace_back(&flag, AddOption(flag, app));
  }
  CLI::Option* positional = nullptr;
  if (positional_.there()) {
    positional = app.add_option("positional")->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (positional_.fields != nullptr) positional->expected(-1);
  }
  // CLI11 takes the `--` after a flag's value for the end of the values, so it is not shown any.
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  try {
    app.parse(Reversed({arguments.begin(), end}));
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::kUsage, error.what());
  }
  const std::vector<std::string> extras = app.remaining();
  // An unknown flag first: what follows it may be its value.
  for (const std::string& extra : extras) {
    if (extra.starts_with("-") && extra.size() > 1) UnknownFlag(extra);
  }
  if (!extras.empty()) UnexpectedArgument(extras.front());
  from_command_line_.clear();
  for (const auto& [flag, option] : options) {
    if (option->count() == 0) continue;
    GivenValue given{"--" + flag->name, option->results()};
    std::erase(given.values, kNoValue);
    if (given.values.empty() && !flag->bare_value.empty()) given.values = {flag->bare_value};
    CheckCount(*flag, given.label, given.values);
    from_command_line_[flag->name] = std::move(given);
  }
  positional_values_.clear();
  if (positional != nullptr) positional_values_ = positional->results();
  if (end == arguments.end()) return;
  for (auto argument = end + 1; argument != arguments.end(); ++argument) {
    const bool full = positional_.fields == nullptr && !positional_values_.empty();
    if (positional == nullptr || full) UnexpectedArgument(*argument);
    positional_values_.push_back(*argument);
  }
}

}  // namespace atento
