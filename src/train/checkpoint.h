// Checkpoints: what a run needs in order to go on, in checkpoints/step-N of its model directory,
// and the best model so far at the top of it. docs/file-format.md.
#ifndef ATENTO_TRAIN_CHECKPOINT_H_
#define ATENTO_TRAIN_CHECKPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/model.h"
#include "train/optimizer.h"
#include "train/state.h"

namespace atento {

// The N of "step-N"; nothing for other names.
std::optional<int64_t> StepOf(std::string_view name);

// One model directory under training.
class CheckpointDirectory {
 public:
  explicit CheckpointDirectory(std::string directory) : directory_(std::move(directory)) {}

  // Writes checkpoints/step-N as a whole or not at all, then `latest` to name it, then removes the
  // checkpoints that are neither the best one nor among the newest; `keep` stay in all. One that is
  // there already holds the same tensors: only its state is written. Throws Error{kIo}; the
  // checkpoints that were there stay.
  void Save(const Model& model, const OptimizerState& optimizer, const TrainingState& state,
            int keep) const;

  // These parameters become the model that the directory is known for.
  void SaveBest(const ModelConfig& config, const Parameters& parameters,
                const TrainingState& state) const;

  // Reads the checkpoint that `latest` names, and removes later ones, which a killed run may have
  // left unnamed. Throws Error{kNotFound} if there is none, Error{kData} if it is damaged.
  TrainingState Load(Model& model, OptimizerState& optimizer) const;
  // Its state alone.
  TrainingState LoadState() const;

  // The files of the parameters after the last `count` updates that have a checkpoint, in order;
  // not the parameters before the first update, nor moving averages. Throws Error{kUsage} if there
  // are fewer.
  std::vector<std::string> LastParameters(size_t count) const;

  // metrics.jsonl: appends a line.
  void AppendMetrics(const Json& line) const;
  // Drops the lines of updates after `step`, since a run that was killed had gone on beyond its
  // checkpoint, and with a warning those that cannot be read.
  void TruncateMetrics(int64_t step) const;

  const std::string& path() const { return directory_; }

 private:
  std::string CheckpointsPath() const { return directory_ + "/checkpoints"; }
  std::string LatestPath() const;
  // The N of every step-N, in no order.
  std::vector<int64_t> Steps() const;
  void RemoveOld(int64_t newest, int64_t best, int keep) const;

  std::string directory_;
};

}  // namespace atento

#endif  // ATENTO_TRAIN_CHECKPOINT_H_
