// A short training with everything that has state.
#ifndef ATENTO_TESTS_TRAIN_TINY_RUN_H_
#define ATENTO_TESTS_TRAIN_TINY_RUN_H_

#include <cstdint>
#include <functional>
#include <string>

#include "atento/trainer.h"
#include "base/file.h"
#include "base/random.h"

namespace atento {

inline std::string Pairs(uint64_t seed, int count) {
  Random random(seed);
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string source, target;
    for (uint64_t j = 0, length = 1 + random.Below(6); j < length; ++j) {
      const std::string word(1, static_cast<char>('a' + random.Below(8)));
      source += (j ? " " : "") + word;
      target += (j ? " " : "") + word + word;
    }
    text += source + "\t" + target + "\n";
  }
  return text;
}

// 40 updates and a validation every 7, with dropout, Adam's moments, a plateau schedule.
inline TrainRequest Request(const std::string& directory, const std::string& model) {
  if (!FileExists(directory + "/train.tsv")) {
    WriteFileAtomically(directory + "/train.tsv", Pairs(1, 150));
    WriteFileAtomically(directory + "/dev.tsv", Pairs(2, 20));
  }
  TrainRequest request;
  request.train = {directory + "/train.tsv"};
  request.dev = {directory + "/dev.tsv"};
  request.directory = directory + "/" + model;
  request.text.source_tokenizer = request.text.target_tokenizer = TokenizerKind::kWords;
  ModelOptions& options = request.model;
  options.embedding_size = options.encoder_size = options.decoder_size = 8;
  options.attention_size = options.readout_size = 8;
  request.training.batch_sentences = 16;
  request.training.learning_rate = 0.02;
  request.limits.max_steps = 40;
  request.limits.validate_every = "7";
  request.limits.validation_metrics = "exact";
  request.limits.early_stopping = "loss:100";
  request.training.threads = 2;
  return request;
}

// In a new run: asked once before its directory is written, then before every update.
inline std::function<bool()> AfterSteps(int steps) {
  return [steps, n = -1]() mutable { return n++ == steps; };
}
// In a run that goes on.
inline std::function<bool()> AfterMoreSteps(int steps) {
  return [steps, n = 0]() mutable { return n++ == steps; };
}

}  // namespace atento

#endif  // ATENTO_TESTS_TRAIN_TINY_RUN_H_
