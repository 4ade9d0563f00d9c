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
#include "search/beam_search.h"
#include "search/search_threads.h"
#include "search/shortlist.h"
#include "serve/metrics.h"
#include "serve/serve_options.h"

namespace atento {

// What becomes of a sentence.
struct SentenceResult {
  Translation translation;
  int tokens = 0;       // of the source
  int read_tokens = 0;  // of those, as many as the model reads
};

// The sentences of a request.
struct TranslationJob {
  const Model* model = nullptr;          // must outlive the Batcher
  const Shortlist* shortlist = nullptr;  // the model's; likewise
  SearchOptions search;  // as CheckSearchOptionsFit wants them; batch_sentences is not used
  bool with_alignments = false;
  std::vector<std::string> sentences;  // at least one (checked)
  // Once it is set the job is dropped, and `done` is not called, unless the last of its sentences
  // are in a batch with those of others. A batch of none but dropped jobs is stopped. May be null.
  std::shared_ptr<const std::atomic<bool>> cancelled;
  // Takes the results in the order of the sentences, or what went wrong. Called once, on a compute
  // thread; throws nothing.
  std::function<void(std::vector<SentenceResult>, std::exception_ptr)> done;
};

// Work that takes a compute thread for itself, such as a trace.
struct SoloJob {
  // Once it is set the job is dropped if it has not begun, and `stop` is true; may be null.
  std::shared_ptr<const std::atomic<bool>> cancelled;
  // Called once, on a compute thread; throws nothing. `stop` says whether nobody wants the result
  // any more.
  std::function<void(SearchThreads&, const StopSearch& stop)> run;
};

// Thread-safe.
class Batcher {
 public:
  // metrics must outlive this. Throws Error{kInternal} if the threads cannot be started.
  Batcher(const BatchingOptions& options, Metrics* metrics);
  // Drops what has not begun, and stops the rest at its next decoder step.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // False, and nothing is done, if the queue is full. A job takes as many places as it has sentences
  // that wait, but at most an eighth of the queue: one that is long leaves room to others.
  bool Submit(TranslationJob job);
  // The same, with one place. If there are several threads one is always left to
  // batches; if there is one, it takes turns.
  bool Submit(SoloJob job);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_SERVE_BATCHER_H_
