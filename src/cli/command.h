// What a command of the program is. One file per command; commands.cc lists them.
#ifndef ATENTO_CLI_COMMAND_H_
#define ATENTO_CLI_COMMAND_H_

#include <memory>
#include <string>
#include <vector>

#include "cli/flags.h"

namespace atento {

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  // One line, for `atento --help`.
  virtual std::string summary() const = 0;
  // What follows "atento NAME": one or more synopses.
  virtual std::vector<std::string> usage() const = 0;
  // What --help says below the flags: Markdown paragraphs, lists and code of four spaces.
  virtual std::string notes() const { return ""; }

  // Declares the flags; they point into this.
  virtual void Declare(FlagSet* flags) = 0;
  // Returns the exit status. Throws Error.
  virtual int Run(const FlagSet& flags) = 0;
  // What flags.Apply() overrides, by values given but not applied yet: a preset's.
  virtual void Prepare(const FlagSet&) {}
};

std::unique_ptr<Command> MakeTrainCommand();
std::unique_ptr<Command> MakeTranslateCommand();
std::unique_ptr<Command> MakeScoreCommand();
std::unique_ptr<Command> MakeAlignCommand();
std::unique_ptr<Command> MakeEvaluateCommand();
std::unique_ptr<Command> MakeExplainCommand();
std::unique_ptr<Command> MakeServeCommand();
std::unique_ptr<Command> MakeInfoCommand();
std::unique_ptr<Command> MakeAverageCommand();
std::unique_ptr<Command> MakeQuantizeCommand();
std::unique_ptr<Command> MakeFeaturesCommand();
std::unique_ptr<Command> MakeShortlistCommand();
std::unique_ptr<Command> MakeLessonsCommand();
std::unique_ptr<Command> MakeBenchmarkCommand();

// All of them, in the order of `atento --help`.
std::vector<std::unique_ptr<Command>> AllCommands();

// Throws Error{kUsage} unless the value was given; the message ends with what to do.
void RequireValue(const Command& command, const std::string& flag, bool given);

}  // namespace atento

#endif  // ATENTO_CLI_COMMAND_H_
