// The command line, cut into flags and values by CLI11, which is included here alone.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>

#include "atento/error.h"
#include "cli/flags.h"

namespace atento {
namespace {

// What CLI11 reports for a flag without a value; no argument can be it.
const std::string kNoValue(1, '\0');

}  // namespace

void FlagSet::UnexpectedArgument(const std::string& argument) const {
  if (argument.size() < 2 || argument[0] != '-') {
    throw Error(ErrorKind::kUsage,
                "unexpected argument '" + argument + "'" +
                    (positional_.field == nullptr ? "; flags start with --"
                                                  : "; quote it if it belongs to the one before"));
  }
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string name = flag.substr(flag.starts_with("--") ? 2 : 1);
  throw Error(ErrorKind::kUsage, "unknown flag " + flag + Suggestion(name, Names(), "--"));
}

void FlagSet::Parse(const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::pair<const Flag*, CLI::Option*>> options;
  for (const FlagGroup& group : groups_) {
    for (const Flag& flag : group.flags) {
      CLI::Option* option = nullptr;
      if (flag.kind == FlagKind::kSwitch) {
        option = app.add_flag("--" + flag.name);
      } else {
        // No value is no error of CLI11's, so that the message is ours.
        option = app.add_option("--" + flag.name)->expected(0, flag.values_at_once);
        option->default_str(kNoValue);
      }
      options.emplace_back(&flag, option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
    }
  }
  CLI::Option* positional = nullptr;
  if (positional_.field != nullptr) {
    positional = app.add_option("positional")->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  // CLI11 wants the arguments in reverse, and `--name=` as two.
  std::vector<std::string> reversed;
  for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument) {
    const bool empty_value = argument->starts_with("--") && argument->ends_with("=");
    if (empty_value) reversed.emplace_back();
    reversed.push_back(argument->substr(0, argument->size() - (empty_value ? 1 : 0)));
  }
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::kUsage, error.what());
  }
  std::vector<std::string> extras = app.remaining();
  std::erase(extras, "--");
  // An unknown flag first: what follows it may be its value.
  for (const std::string& extra : extras) {
    if (extra.starts_with("-") && extra.size() > 1) UnexpectedArgument(extra);
  }
  if (!extras.empty()) UnexpectedArgument(extras.front());
  from_command_line_.clear();
  for (const auto& [flag, option] : options) {
    if (option->count() == 0) continue;
    GivenValue given{"--" + flag->name, option->results()};
    std::erase(given.values, kNoValue);
    CheckCount(*flag, given.label, given.values);
    from_command_line_[flag->name] = std::move(given);
  }
  if (positional != nullptr) positional_values_ = positional->results();
}

}  // namespace atento
