#include "serve/batcher.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/worker_pool.h"
#include "search/translate.h"

namespace atento {
namespace {

using Clock = std::chrono::steady_clock;

// A job has at most one of as many parts of the queue.
constexpr size_t kShares = 8;

bool IsSet(const std::shared_ptr<const std::atomic<bool>>& flag) {
  return flag != nullptr && flag->load();
}

// A job in the queue, and what has come of it.
struct Waiting {
  TranslationJob job;
  Clock::time_point ripe;           // when it waits for others no longer
  size_t places = 0;                // in the queue
  std::vector<SourceLine> sources;  // its sentences, once they are read
  size_t begun = 0;                 // sentences that were taken into a batch
  size_t finished = 0;
  std::vector<SentenceResult> results;
  std::exception_ptr error;

  size_t left() const { return job.sentences.size() - begun; }
  int64_t tokens(size_t i) const { return results[i].read_tokens; }
  bool cancelled() const { return IsSet(job.cancelled); }
};
using WaitingPtr = std::shared_ptr<Waiting>;

// Whether the sentences of two jobs may be in one batch.
bool Together(const TranslationJob& a, const TranslationJob& b) {
  return a.model == b.model && a.shortlist == b.shortlist &&
         a.with_alignments == b.with_alignments && a.search == b.search;
}

// Sentences [begin, end) of a job.
struct Part {
  WaitingPtr waiting;
  size_t begin = 0;
  size_t end = 0;
};

}  // namespace

struct Batcher::Impl {
  Impl(const BatchingOptions& o, Metrics* m) : options(o), metrics(m) {}

  const BatchingOptions options;
  Metrics* const metrics;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<WaitingPtr> unread;  // whose sentences no tokenizer has seen yet
  std::deque<WaitingPtr> queue;   // with sentences left, or cancelled
  size_t places = 0;              // that jobs and solos have
  std::deque<SoloJob> solos;      // that wait
  int running_solos = 0;
  bool solo_was_last = false;  // of what a thread began
  int idle = 0;                // compute threads with nothing to do
  std::atomic<bool> stop = false;
  std::vector<std::unique_ptr<SearchThreads>> searches;  // one thread for each worker
  std::vector<std::thread> workers;

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stop = true;
    }
    changed.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  void Count(double change) { metrics->Add(Metric::kQueueSentences, change); }

  size_t most_places() const { return static_cast<size_t>(options.queue_sentences); }

  // That a job may have.
  size_t Places(const Waiting& waiting) const {
    return std::min(waiting.left(), std::max<size_t>(1, most_places() / kShares));
  }
  // After any of its sentences has come or gone.
  void UpdatePlaces(Waiting& waiting) {
    places -= std::exchange(waiting.places, Places(waiting));
    places += waiting.places;
  }
  bool MayEnter(size_t wanted) const { return places + wanted <= most_places(); }

  void Drop(const WaitingPtr& waiting) {
    places -= waiting->places;
    Count(-static_cast<double>(waiting->left()));
    metrics->Add(Metric::kCancelledSentences, static_cast<double>(waiting->left()));
  }

  void DropCancelled() {
    const size_t dropped =
        std::erase_if(solos, [](const SoloJob& job) { return IsSet(job.cancelled); });
    places -= dropped;
    if (dropped > 0) {
      Count(-static_cast<double>(dropped));
      metrics->Add(Metric::kCancelledSentences, static_cast<double>(dropped));
    }
    for (std::deque<WaitingPtr>* jobs : {&unread, &queue}) {
      std::erase_if(*jobs, [&](const WaitingPtr& waiting) {
        if (!waiting->cancelled()) return false;
        Drop(waiting);
        return true;
      });
    }
  }

  // The first of `unread` goes to the queue. Here, and not where it came from, because a long text
  // takes a while. lock is held before and after.
  void Read(std::unique_lock<std::mutex>& lock) {
    const WaitingPtr waiting = std::move(unread.front());
    unread.pop_front();
    --idle;
    lock.unlock();
    std::exception_ptr error;
    try {
      ReadSentences(*waiting);
    } catch (...) {
      error = std::current_exception();
    }
    if (error) waiting->job.done({}, error);
    lock.lock();
    ++idle;
    if (error) {
      places -= waiting->places;
      Count(-static_cast<double>(waiting->left()));
      return;
    }
    queue.push_back(waiting);
    changed.notify_all();
  }

  void ReadSentences(Waiting& waiting) {
    const Model* const models[] = {waiting.job.model};
    int truncated = 0;
    for (const std::string& sentence : waiting.job.sentences) {
      const SourceLine& source = waiting.sources.emplace_back(EncodeSource(models, sentence));
      waiting.results.push_back({.translation = {},
                                 .tokens = static_cast<int>(source.tokens),
                                 .read_tokens = static_cast<int>(source.encoded.ids.size())});
      truncated += source.truncated ? 1 : 0;
    }
    metrics->Add(Metric::kTruncatedSentences, truncated);
  }

  // Of the sentences that can be translated with the first job's: whether they fill a batch.
  bool Full() const {
    int count = 0;
    int64_t tokens = 0;
    for (const WaitingPtr& waiting : queue) {
      if (!Together(waiting->job, queue.front()->job)) continue;
      for (size_t i = waiting->begun; i < waiting->job.sentences.size(); ++i) {
        tokens += waiting->tokens(i);
        if (++count >= options.batch_sentences || tokens >= options.batch_tokens) return true;
      }
    }
    return false;
  }

  // As many as are allowed, but so that all idle threads get something to do.
  size_t Share() const {
    size_t together = 0;
    for (const WaitingPtr& waiting : queue) {
      if (Together(waiting->job, queue.front()->job)) together += waiting->left();
    }
    const auto threads = static_cast<size_t>(std::max(1, idle));
    return std::clamp<size_t>((together + threads - 1) / threads, 1,
                              static_cast<size_t>(options.batch_sentences));
  }

  // The queue is not empty. A job of which something is left goes to the end: a long one does not
  // hold up short ones.
  std::vector<Part> TakeBatch() {
    const size_t most = Share();
    const WaitingPtr first = queue.front();
    std::vector<Part> parts;
    std::deque<WaitingPtr> before, unfinished;
    size_t count = 0;
    int64_t tokens = 0;
    bool full = false;
    while (!queue.empty() && !full) {
      const WaitingPtr waiting = std::move(queue.front());
      queue.pop_front();
      if (!Together(waiting->job, first->job)) {
        before.push_back(waiting);
        continue;
      }
      Part part{waiting, waiting->begun, waiting->begun};
      while (part.end < waiting->job.sentences.size() && !full) {
        const int64_t more = waiting->tokens(part.end);
        full = count == most || (count > 0 && tokens + more > options.batch_tokens);
        if (full) break;
        ++part.end;
        ++count;
        tokens += more;
      }
      if (part.end == part.begin) {
        before.push_back(waiting);
        continue;
      }
      waiting->begun = part.end;
      UpdatePlaces(*waiting);
      if (waiting->left() > 0) unfinished.push_back(waiting);
      parts.push_back(std::move(part));
    }
    queue.insert(queue.begin(), before.begin(), before.end());
    queue.insert(queue.end(), unfinished.begin(), unfinished.end());
    Count(-static_cast<double>(count));
    metrics->Add(Metric::kSourceTokens, static_cast<double>(tokens));
    return parts;
  }

  // Whether nobody wants what becomes of these parts.
  bool Unwanted(const std::vector<Part>& parts) const {
    return stop || std::all_of(parts.begin(), parts.end(),
                               [](const Part& part) { return part.waiting->cancelled(); });
  }

  void Translate(const std::vector<Part>& parts, SearchThreads& search) {
    const TranslationJob& job = parts.front().waiting->job;
    const auto start = Clock::now();
    std::vector<SourceLine> sources;
    std::vector<Translation> translations;
    std::exception_ptr error;
    bool stopped = false;
    try {
      for (const Part& part : parts) {
        const auto begin = std::make_move_iterator(part.waiting->sources.begin());
        sources.insert(sources.end(), begin + static_cast<std::ptrdiff_t>(part.begin),
                       begin + static_cast<std::ptrdiff_t>(part.end));
      }
      TranslateOptions translate{
          .search = job.search, .with_alignments = job.with_alignments, .shortlist = job.shortlist};
      translate.search.batch_sentences = static_cast<int>(sources.size());
      translate.stop = [&] { return Unwanted(parts); };
      const Model* const models[] = {job.model};
      translations = TranslateSources(models, sources, translate, search);
    } catch (const SearchStopped&) {
      stopped = true;
    } catch (...) {
      error = std::current_exception();
    }
    const std::chrono::duration<double> seconds = Clock::now() - start;
    const auto count = static_cast<double>(sources.size());
    metrics->Add(Metric::kTranslateSeconds, seconds.count());
    if (stopped) {
      metrics->Add(Metric::kCancelledSentences, count);
      return;
    }
    metrics->Add(Metric::kBatches);
    metrics->Add(Metric::kSentences, count);
    metrics->Observe(Metric::kBatchSentences, count);
    Deliver(parts, std::move(translations), error);
  }

  void Deliver(const std::vector<Part>& parts, std::vector<Translation> translations,
               const std::exception_ptr& error) {
    auto translation = translations.begin();
    for (const Part& part : parts) {
      Waiting& waiting = *part.waiting;
      bool whole = false;
      {
        // Another thread may deliver other sentences of the job.
        std::lock_guard lock(mutex);
        if (error) waiting.error = error;
        for (size_t i = part.begin; i < part.end && !error; ++i) {
          waiting.results[i].translation = std::move(*translation++);
        }
        waiting.finished += part.end - part.begin;
        whole = waiting.finished == waiting.job.sentences.size();
      }
      if (whole) waiting.job.done(std::move(waiting.results), waiting.error);
    }
  }

  bool MayRunSolo() const {
    return !solos.empty() && running_solos < std::max(1, static_cast<int>(searches.size()) - 1);
  }

  // lock is held before and after.
  void RunSolo(std::unique_lock<std::mutex>& lock, SearchThreads& search) {
    SoloJob job = std::move(solos.front());
    solos.pop_front();
    --places;
    Count(-1);
    ++running_solos;
    --idle;
    lock.unlock();
    job.run(search, [&] { return stop || IsSet(job.cancelled); });
    job = {};
    lock.lock();
    ++idle;
    --running_solos;
  }

  void Loop(SearchThreads& search) {
    std::unique_lock lock(mutex);
    ++idle;
    for (;;) {
      changed.wait(lock, [&] { return stop || !unread.empty() || !queue.empty() || MayRunSolo(); });
      if (stop) return;
      DropCancelled();
      if (!unread.empty()) {
        Read(lock);
        continue;
      }
      const bool batch = !queue.empty() && (Clock::now() >= queue.front()->ripe || Full());
      if (MayRunSolo() && !(batch && solo_was_last)) {
        solo_was_last = true;
        RunSolo(lock, search);
        continue;
      }
      if (queue.empty()) continue;
      if (!batch) {
        const Clock::time_point ripe = queue.front()->ripe;
        changed.wait_until(lock, ripe);
        continue;
      }
      const std::vector<Part> parts = TakeBatch();
      solo_was_last = false;
      --idle;
      lock.unlock();
      Translate(parts, search);
      lock.lock();
      ++idle;
    }
  }
};

Batcher::Batcher(const BatchingOptions& options, Metrics* metrics)
    : impl_(std::make_unique<Impl>(options, metrics)) {
  const int threads = options.threads == 0 ? AvailableThreads() : options.threads;
  for (int t = 0; t < threads; ++t) impl_->searches.push_back(std::make_unique<SearchThreads>(1));
  try {
    for (const auto& search : impl_->searches) {
      impl_->workers.emplace_back(
          [impl = impl_.get(), search = search.get()] { impl->Loop(*search); });
    }
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::kInternal, "the threads of the server could not be started (" +
                                          std::string(error.what()) + "): use fewer --threads");
  }
}

Batcher::~Batcher() = default;

bool Batcher::Submit(TranslationJob job) {
  CHECK(!job.sentences.empty() && job.done);
  auto waiting = std::make_shared<Waiting>();
  const auto window = std::chrono::duration<double, std::milli>(impl_->options.batch_window_ms);
  waiting->ripe = Clock::now() + std::chrono::duration_cast<Clock::duration>(window);
  waiting->job = std::move(job);
  // So that it does not keep jobs apart.
  waiting->job.search.batch_sentences = impl_->options.batch_sentences;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->DropCancelled();
    if (!impl_->MayEnter(impl_->Places(*waiting))) return false;
    impl_->UpdatePlaces(*waiting);
    impl_->Count(static_cast<double>(waiting->left()));
    impl_->unread.push_back(std::move(waiting));
  }
  // All: whoever waits for a batch to fill looks again too.
  impl_->changed.notify_all();
  return true;
}

bool Batcher::Submit(SoloJob job) {
  CHECK(job.run);
  {
    std::lock_guard lock(impl_->mutex);
    impl_->DropCancelled();
    if (!impl_->MayEnter(1)) return false;
    ++impl_->places;
    impl_->Count(1);
    impl_->solos.push_back(std::move(job));
  }
  impl_->changed.notify_all();
  return true;
}

}  // namespace atento
