// Small models in memory, as a server has them.
#ifndef ATENTO_TESTS_SERVE_TINY_SERVED_H_
#define ATENTO_TESTS_SERVE_TINY_SERVED_H_

#include <string>
#include <utility>
#include <vector>

#include "search/tiny_model.h"
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

}  // namespace atento

#endif  // ATENTO_TESTS_SERVE_TINY_SERVED_H_
