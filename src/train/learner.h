// One update: the step's parts on as many threads, their gradients added up, clipped and applied.
//
// Threads: each worker runs a part of the step's sentences through the whole model by itself, with
// an arena of its own; the packed weights are shared. It puts off the gradients of weight matrices,
// which all workers then add up together, each some rows of each matrix. Then the flat blocks are cut
// into one slice per worker, and the rest of the gradient summed, measured and applied slice by slice.
// All in a fixed order: equal seed, data and threads give equal bits.
#ifndef ATENTO_TRAIN_LEARNER_H_
#define ATENTO_TRAIN_LEARNER_H_

#include <functional>
#include <memory>
#include <vector>

#include "base/worker_pool.h"
#include "model/model.h"
#include "model/seq2seq.h"
#include "text/training_batches.h"
#include "train/optimizer.h"

namespace atento {

struct UpdateResult {
  BatchLoss loss;
  double gradient_norm = 0;
  bool skipped = false;  // the gradient was not finite: parameters and optimizer are as before
};

class Learner {
 public:
  // The model must outlive the learner; its products get the precision that it is trained with,
  // which this CPU must have (checked). features: what the ids of sources are rows of; null: they
  // are symbols. product_threads: that share each product of a step's first part; more than 1 only
  // if steps have no other part.
  Learner(Model& model, int threads, const FeatureSet* features = nullptr, int product_threads = 1);

  // number: of the update, from 1; keys the dropout.
  UpdateResult Update(const TrainingStep& step, int64_t number, double learning_rate);

  OptimizerState& optimizer() { return optimizer_; }
  // Where the time of each worker has gone; the rest of it was spent waiting.
  std::vector<PhaseTimes*> phases();

 private:
  struct Worker {
    Arena arena;
    PhaseTimes phases;
    DeferredGradients deferred;
    std::unique_ptr<PartGradient> gradient;  // null: of the first worker, which adds to the whole
    BatchLoss loss;
    double sum_of_squares = 0;
  };

  void Backward(const TrainingStep& step, int64_t number);
  void AddDeferred(size_t parts);
  // Of all parts; and the squares of the sums.
  void SumGradients(size_t parts);
  void Apply(const UpdateStep& update);
  // Calls work(worker, begin, count) on every thread, with its part of the flat blocks.
  void ForEachSlice(const std::function<void(Worker& worker, size_t begin, size_t count)>& work);
  // The part of the flat blocks that worker i looks after: begin, count.
  std::pair<size_t, size_t> Slice(int i) const;

  Model& model_;
  const FeatureSet* const features_;
  const TrainingOptions& options_;
  WorkerPool pool_;
  OptimizerState optimizer_;
  Parameters gradient_;  // zero between updates
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<const DeferredGradients*> deferred_;  // of the parts of the step at hand
};

}  // namespace atento

#endif  // ATENTO_TRAIN_LEARNER_H_
