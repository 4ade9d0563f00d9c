// Optimizers over the flat block of parameters: the mathematics is one kernel each
// (math/kernels.h).
#ifndef ATENTO_TRAIN_OPTIMIZER_H_
#define ATENTO_TRAIN_OPTIMIZER_H_

#include <memory>
#include <vector>

#include "atento/options.h"
#include "model/parameters.h"

namespace atento {

// The moments an optimizer keeps, as blocks of the parameters' own layout.
class OptimizerState {
 public:
  OptimizerState(const TrainingOptions& options, const ModelConfig& config);

  // Adam: m, v. Adadelta: mean squares of gradients, of updates. SGD: none.
  std::vector<std::unique_ptr<Parameters>>& moments() { return moments_; }
  const std::vector<std::unique_ptr<Parameters>>& moments() const { return moments_; }

 private:
  std::vector<std::unique_ptr<Parameters>> moments_;
};

struct UpdateStep {
  int64_t number;  // of the update, from 1
  double learning_rate;
  double gradient_scale;  // multiplies every gradient first: clipping
};

// Updates the numbers [begin, begin + count) of the flat blocks. Slices may run on several threads.
void UpdateSlice(const TrainingOptions& options, const UpdateStep& step, size_t begin, size_t count,
                 ConstVector gradient, OptimizerState& state, Vector parameters);

}  // namespace atento

#endif  // ATENTO_TRAIN_OPTIMIZER_H_
