// atento average: the mean of several models, or of the last checkpoints of one.
#include <fmt/format.h>

#include <algorithm>

#include "atento/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/new_model.h"
#include "model/average.h"
#include "train/checkpoint.h"

namespace atento {
namespace {

struct AverageOptions {
  std::vector<std::string> model;
  int checkpoints = 0;
  std::string output;
  bool overwrite = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "model directory", "DIR");
    visit("checkpoints", o.checkpoints, kNotNegative,
          "average the last N checkpoints of the one --model; 0: the models themselves");
    visit("output", o.output, kAny, "model directory to write", "DIR");
    visit("overwrite", o.overwrite, kAny, "replace a model that is already in --output");
  }
};

class AverageCommand : public Command {
 public:
  std::string name() const override { return "average"; }
  std::string summary() const override {
    return "average the parameters of models, or of a model's last checkpoints";
  }
  std::vector<std::string> usage() const override {
    return {"--model DIR --model DIR [--model DIR ...] --output DIR [--overwrite]",
            "--model DIR --checkpoints N --output DIR [--overwrite]"};
  }
  std::string notes() const override {
    return R"(The models must have one architecture and one vocabulary, and stem from the same
initial parameters: moments of one training, or fine-tuned from one model. `config.json` is the
first one's.

Checkpoints are those that `atento train --keep-checkpoints` has left: the newest ones and, whatever
its age, the best one; keep N + 1 to have the last N. Their mean is of the parameters that training
went on from, even where it validated and kept a moving average of them (`--ema-decay`).
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  void Check() const;
  std::unique_ptr<Model> Average() const;

  AverageOptions options_;
};

void AverageCommand::Check() const {
  RequireValue(*this, "--model", !options_.model.empty());
  RequireValue(*this, "--output", !options_.output.empty());
  if (options_.checkpoints > 0 && options_.model.size() > 1) {
    throw Error(ErrorKind::kUsage,
                "--checkpoints averages those of one model: give --model once, or leave it out");
  }
  if (options_.checkpoints == 0 && options_.model.size() < 2) {
    throw Error(ErrorKind::kUsage,
                "there is one --model: give two or more, or --checkpoints N to average its "
                "checkpoints");
  }
  for (const std::string& model : options_.model) CheckOtherDirectory(model, options_.output);
}

std::unique_ptr<Model> AverageCommand::Average() const {
  if (options_.checkpoints == 0) return AverageModels(options_.model);
  const std::string& directory = options_.model[0];
  // What is not a model directory, or is a quantized one, is named as such.
  CheckFloat32(*LoadModelDescription(directory), directory);
  const size_t count = static_cast<size_t>(options_.checkpoints);
  return AverageParameters(directory, CheckpointDirectory(directory).LastParameters(count));
}

int AverageCommand::Run(const FlagSet&) {
  Check();
  WriteNewModel(options_.output, options_.overwrite, [this] { return Average(); });
  const size_t count = std::max(options_.model.size(), static_cast<size_t>(options_.checkpoints));
  LogInfo(fmt::format("wrote the mean of {} {}{} to {}", count,
                      options_.checkpoints > 0 ? "checkpoint" : "model", count == 1 ? "" : "s",
                      options_.output));
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeAverageCommand() { return std::make_unique<AverageCommand>(); }

}  // namespace atento
