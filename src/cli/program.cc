#include "cli/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "atento/error.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "math/gemm.h"
#include "math/kernels.h"

namespace atento {
namespace {

void Print(std::string_view text) {
  Output output("-");
  output.Write(text);
  output.Commit();
}

std::string VersionText() {
  return fmt::format("atento {}\nmatrix products: {}\nkernels: {}\n", ATENTO_VERSION, GemmBackend(),
                     KernelTarget());
}

// --help wins over whatever is wrong with the other arguments.
bool AsksForHelp(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::any_of(arguments.begin(), end,
                     [](const std::string& a) { return a == "--help" || a == "-h"; });
}

std::unique_ptr<Command> FindCommand(const std::string& name) {
  std::vector<std::string> names;
  for (auto& command : AllCommands()) {
    if (command->name() == name) return std::move(command);
    names.push_back(command->name());
  }
  if (name.starts_with("-")) {
    throw Error(ErrorKind::kUsage, "unknown flag " + name +
                                       Suggestion(name, {"--help", "--version"}, "") +
                                       "; a command comes first: see atento --help");
  }
  const std::string suggestion = Suggestion(name, names, "");
  throw Error(ErrorKind::kUsage, "unknown command " + name +
                                     (suggestion.empty() ? "; see atento --help" : suggestion));
}

}  // namespace

int RunProgram(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    throw Error(ErrorKind::kUsage, "name a command; atento --help lists them");
  }
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h") {
    Print(ProgramHelp());
    return 0;
  }
  if (first == "--version") {
    Print(VersionText());
    return 0;
  }
  const std::unique_ptr<Command> command = FindCommand(first);
  FlagSet flags;
  command->Declare(&flags);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (AsksForHelp(rest)) {
    Print(CommandHelp(*command, flags));
    return 0;
  }
  flags.Parse(rest);
  if (flags.Given("config")) flags.ReadConfig(flags.Text("config"));
  command->Prepare(flags);
  flags.Apply();
  return command->Run(flags);
}

}  // namespace atento
