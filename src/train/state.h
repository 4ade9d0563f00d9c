// Where a training run stands: everything besides the tensors that a checkpoint stores and --resume
// needs in order to go on as if nothing had happened.
#ifndef ATENTO_TRAIN_STATE_H_
#define ATENTO_TRAIN_STATE_H_

#include <cstdint>
#include <limits>
#include <string>

#include "atento/options.h"
#include "base/json.h"
#include "layers/attention_loss.h"
#include "text/training_batches.h"

namespace atento {

// What was trained on, so that --resume can tell other data.
struct DataFingerprint {
  int64_t train_bytes = 0, dev_bytes = 0;
  uint64_t train_hash = 0, dev_hash = 0;  // dev: 0 if held out
  int64_t links_bytes = 0;                // of the guided alignments; 0: none
  uint64_t links_hash = 0;

  bool operator==(const DataFingerprint&) const = default;
};

// The first flag whose files differ, and `has` or `have`. Requires: a != b.
std::string DifferenceText(const DataFingerprint& a, const DataFingerprint& b);

struct TrainingState {
  int64_t step = 0;  // updates made, skipped ones included
  BatchPosition position;
  int64_t skipped = 0;  // updates skipped because of NaN or infinity
  int64_t skipped_in_a_row = 0;
  double seconds = 0;
  double learning_rate_factor = 1;  // Schedule::kPlateau
  int64_t bad_validations = 0;      // since the factor changed or the loss improved
  double best_loss = std::numeric_limits<double>::max();  // of Schedule::kPlateau
  std::string best_metric;                                // what `best` is of
  double best = 0;
  int64_t best_step = 0;  // 0: none yet
  int64_t validations = 0;
  int64_t validations_since_best = 0;
  int64_t last_validation_step = 0;
  // Sums since the last validation.
  double loss = 0;
  AttentionLossSums attention_loss;
  int64_t loss_tokens = 0;
  DataFingerprint data;

  Json ToJson() const;
  // Throws Error{kData}.
  static TrainingState FromJson(const Json& json, const std::string& where);
};

// The rate of the update after `state`: warm-up, then the schedule.
double LearningRate(const TrainingOptions& options, const TrainingState& state);

// A validation has found this development loss: the plateau schedule counts it.
void UpdatePlateau(const TrainingOptions& options, double loss, TrainingState* state);

}  // namespace atento

#endif  // ATENTO_TRAIN_STATE_H_
