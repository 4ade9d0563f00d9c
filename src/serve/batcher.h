// Dynamic batching: sentences of all requests wait in one queue, and the compute threads take as
// many as fit of those that can be translated together.
#ifndef ATENTO_SERVE_BATCHER_H_
#define ATENTO_SERVE_BATCHER_H_

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atento/translator.h"
#include "model/model.h"
#include "search/search_threads.h"
#include "serve/metrics.h"
#include "serve/serve_options.h"

namespace atento {

// The sentences of a request.
struct TranslationJob {
  const Model* model = nullptr;  // must outlive the Batcher
  SearchOptions search;          // as CheckSearchOptionsFit wants them; batch_sentences is not used
  bool with_alignments = false;
  std::vector<std::string> sentences;  // at least one (checked)
  std::vector<int> tokens;             // of each, as far as the model reads them
  // Once it is set the job is dropped as far as it has not begun, and `done` is not called; may be
  // null.
  std::shared_ptr<const std::atomic<bool>> cancelled;
  // Takes the translations in the order of the sentences, or what went wrong. Called once, on a
  // compute thread; throws nothing.
  std::function<void(std::vector<Translation>, std::exception_ptr)> done;
};

// Work that takes a compute thread for itself, such as a trace.
struct SoloJob {
  // As of a TranslationJob.
  std::shared_ptr<const std::atomic<bool>> cancelled;
  // Called once, on a compute thread; throws nothing.
  std::function<void(SearchThreads&)> run;
};

// Thread-safe.
class Batcher {
 public:
  // metrics must outlive this. Throws Error{kInternal} if the threads cannot be started.
  Batcher(const BatchingOptions& options, Metrics* metrics);
  // Drops what has not begun, and waits for the rest.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // False, and nothing is done, if the sentences do not fit into the queue. An empty queue takes
  // any number.
  bool Submit(TranslationJob job);
  // The same, as if it were one sentence. If there are several threads one is always left to
  // batches; if there is one, it takes turns.
  bool Submit(SoloJob job);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_SERVE_BATCHER_H_
