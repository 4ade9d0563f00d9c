// Small models in memory, as a server has them.
#ifndef ATENTO_TESTS_SERVE_TINY_SERVED_H_
#define ATENTO_TESTS_SERVE_TINY_SERVED_H_

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "search/tiny_model.h"
#include "serve/metrics.h"
#include "serve/serve_options.h"
#include "serve/served_model.h"

namespace atento {

// Reads "a b c d e f g", writes "t u v w x y z"; 8 tokens of a sentence at most.
inline ServedModel TinyServed(const std::string& name, const std::string& source_language = "xa",
                              const std::string& target_language = "xb",
                              const TinyModelOptions& options = {}) {
  std::unique_ptr<Model> model = TinyModel(options);
  model->description.text.source_language = source_language;
  model->description.text.target_language = target_language;
  model->description.training.max_source_tokens = 8;
  return {.name = name, .model = std::move(model)};
}

// One that takes seconds to translate EndlessSentence() with the largest max_length_ratio there is.
inline ServedModel EndlessServed() {
  std::unique_ptr<Model> model = TinyModel({.end_logit = -100});
  model->description.training.max_source_tokens = 400;
  return {"endless", std::move(model)};
}
constexpr int kEndlessRatio = 1000;
inline std::string EndlessSentence() {
  std::string sentence = "a";
  for (int i = 1; i < 400; ++i) sentence += " b";
  return sentence;
}

inline std::vector<ServedModel> OneTinyServed() {
  std::vector<ServedModel> models;
  models.push_back(TinyServed("tiny"));
  return models;
}

// One that no sentence of leaves the queue before the test ends: there is always one more to wait
// for.
inline BatchingOptions Stalled() {
  BatchingOptions options;
  options.batch_window_ms = 1e7;
  options.batch_sentences = 4096;
  options.batch_tokens = 1 << 30;
  options.threads = 1;
  return options;
}

// Waits for the metric to have the value; false if it does not come to that in ten seconds.
inline bool Becomes(const Metrics& metrics, Metric metric, double value) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (metrics.Value(metric) != value) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace atento

#endif  // ATENTO_TESTS_SERVE_TINY_SERVED_H_
