// The order in which training sees its pairs: an endless sequence of steps, epoch after epoch, each
// pair once per epoch. The order follows from (options, pairs) alone, any place in it can be
// reached directly, and a thread of its own prepares the steps ahead.
//
// An epoch: shuffle all pairs; take windows of about window_batches batches; sort each by (target
// length, source length); cut it into batches; what does not fill a batch moves to the next window,
// so that only the last batch of an epoch may be small; shuffle the batches.
#ifndef ATENTO_TEXT_TRAINING_BATCHES_H_
#define ATENTO_TEXT_TRAINING_BATCHES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "text/batch.h"

namespace atento {

struct TrainingBatchOptions {
  // The size of a step: exactly one of the two is positive.
  // The source tokens and the target tokens of a step, </s> counted, are each at most this; a
  // longer pair makes a step of its own.
  int64_t batch_tokens = 4000;
  int64_t batch_sentences = 0;
  // Batches that are sorted together. More: more even lengths within a batch, less mixing. 1: no
  // sorting beyond the batch itself.
  int window_batches = 20;
  // False: the batches of a window follow each other by rising length, as in Bahdanau+ 2014,
  // appendix B.2: 1600 pairs, sorted, split into 20 batches of 80 sentences.
  bool shuffle_batches = true;
  // Batch parts per step, at least 1. Which pairs a step has does not depend on it.
  int workers = 1;
  // Pairs with more tokens on a side, </s> not counted, are left out. 0: no limit.
  int max_source_tokens = 0;
  int max_target_tokens = 0;
  uint64_t seed = 1;
  SourceEnd source_end = SourceEnd::kAdded;
};

// A place in the sequence of steps; what a checkpoint stores.
struct BatchPosition {
  int64_t epoch = 0;  // from 0
  int64_t step = 0;   // within the epoch, from 0

  bool operator==(const BatchPosition&) const = default;
};

struct TrainingStep {
  // At least one, at most `workers`: the pairs of the step, sorted by length, dealt out in turn so
  // that the parts have about the same work.
  std::vector<Batch> parts;
  int64_t sentences = 0;
  int64_t source_tokens = 0;  // </s> counted, as in target_tokens
  int64_t target_tokens = 0;
  BatchPosition position;
  // Of the following step: its step is 0 if this is the last one of the epoch.
  BatchPosition next;
  int64_t steps_in_epoch = 0;
};

class TrainingBatches {
 public:
  // pairs must outlive this object and stay as they are. Starts at epoch 0, step 0.
  // Errors: kUsage if the options are out of range; kData if the length limits leave no pair.
  TrainingBatches(std::span<const TokenPair> pairs, const TrainingBatchOptions& options);
  // Stops the thread, wherever it is.
  ~TrainingBatches();
  TrainingBatches(const TrainingBatches&) = delete;
  TrainingBatches& operator=(const TrainingBatches&) = delete;

  // Pairs within the length limits, and those left out.
  int64_t pairs_used() const;
  int64_t pairs_too_long() const;

  // Waits for the next step. The reference holds until the next call of Next or Seek.
  // Errors: whatever stopped the preparing thread, e.g. std::bad_alloc; again at every later call.
  // Threads: call Next and Seek from one.
  const TrainingStep& Next();

  // Next() continues from there. A step at or beyond the end of its epoch means the start of the
  // next epoch. Costs the ordering of one epoch.
  // Errors: kData if a part of the position is negative.
  void Seek(BatchPosition position);

 private:
  class Worker;
  int64_t pairs_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace atento

#endif  // ATENTO_TEXT_TRAINING_BATCHES_H_
