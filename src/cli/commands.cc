#include "atento/error.h"
#include "cli/command.h"

namespace atento {

std::vector<std::unique_ptr<Command>> AllCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(MakeTrainCommand());
  commands.push_back(MakeTranslateCommand());
  commands.push_back(MakeScoreCommand());
  commands.push_back(MakeAlignCommand());
  commands.push_back(MakeEvaluateCommand());
  commands.push_back(MakeExplainCommand());
  commands.push_back(MakeServeCommand());
  commands.push_back(MakeInfoCommand());
  commands.push_back(MakeAverageCommand());
  commands.push_back(MakeQuantizeCommand());
  commands.push_back(MakeFeaturesCommand());
  commands.push_back(MakeShortlistCommand());
  commands.push_back(MakeLessonsCommand());
  commands.push_back(MakeBenchmarkCommand());
  return commands;
}

void RequireValue(const Command& command, const std::string& flag, bool given) {
  if (given) return;
  throw Error(ErrorKind::kUsage,
              flag + " is missing; atento " + command.name() + " --help lists all flags");
}

}  // namespace atento
