// One update: the step's parts on as many threads, their gradients added up, clipped and applied.
//
// Threads: each worker runs a part of the step's sentences through the whole model by itself, with
// its own arena and gradient; the packed weights are shared. Then the flat blocks are cut into one
// slice per worker, and gradients summed, measured and applied slice by slice, in a fixed order:
// equal seed, data and threads give equal bits.
#ifndef ATENTO_TRAIN_LEARNER_H_
#define ATENTO_TRAIN_LEARNER_H_

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
    explicit Worker(const ModelConfig& config) : gradient(config) {}
    Arena arena;
    PhaseTimes phases;
    Parameters gradient;
    BatchLoss loss;
    double sum_of_squares = 0;
  };

  void Backward(const TrainingStep& step, int64_t number);
  void SumGradients(size_t parts);
  // The part of the flat blocks that worker i looks after: begin, count.
  std::pair<size_t, size_t> Slice(int i) const;

  Model& model_;
  const FeatureSet* const features_;
  const TrainingOptions& options_;
  WorkerPool pool_;
  OptimizerState optimizer_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace atento

#endif  // ATENTO_TRAIN_LEARNER_H_
