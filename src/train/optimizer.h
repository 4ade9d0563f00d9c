// Optimizers over the flat block of parameters: the mathematics is one kernel each
// (math/kernels.h).
#ifndef ATENTO_TRAIN_OPTIMIZER_H_
#define ATENTO_TRAIN_OPTIMIZER_H_

#include <memory>
#include <vector>

#include "atento/options.h"
#include "model/parameters.h"

namespace atento {

// What an optimizer keeps between updates, as blocks of the parameters' own layout.
class OptimizerState {
 public:
  // The average starts from these parameters.
  OptimizerState(const TrainingOptions& options, const ModelConfig& config,
                 const Parameters& parameters);

  // Adam: m, v. Adadelta: mean squares of gradients, of updates. SGD: none.
  std::vector<std::unique_ptr<Parameters>>& moments() { return moments_; }
  const std::vector<std::unique_ptr<Parameters>>& moments() const { return moments_; }

  // The moving average of the parameters; nullptr if options.ema_decay is 0.
  Parameters* average() { return average_.get(); }
  const Parameters* average() const { return average_.get(); }

 private:
  std::vector<std::unique_ptr<Parameters>> moments_;
  std::unique_ptr<Parameters> average_;
};

struct UpdateStep {
  int64_t number;  // of the update, from 1
  double learning_rate;
  double gradient_scale;  // multiplies every gradient first: clipping
};

// Updates the numbers [begin, begin + count) of the flat blocks, and then, if an average is kept,
// moves it towards the new parameters after update t = step.number:
//   average = d·average + (1 − d)·parameters;  d = min(options.ema_decay, (1 + t)/(10 + t))
// so that the first updates, and where they started from, do not count for long. The rule is that
// of TensorFlow's tf.train.ExponentialMovingAverage with num_updates. Slices may run on several
// threads.
void UpdateSlice(const TrainingOptions& options, const UpdateStep& step, size_t begin, size_t count,
                 ConstVector gradient, OptimizerState& state, Vector parameters);

}  // namespace atento

#endif  // ATENTO_TRAIN_OPTIMIZER_H_
