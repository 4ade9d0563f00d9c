#include "text/training_batches.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>

#include "atento/error.h"
#include "base/random.h"

namespace atento {
namespace {

void CheckOptions(const TrainingBatchOptions& options) {
  auto fail = [](const std::string& what) { throw Error(ErrorKind::kUsage, what); };
  if (options.batch_tokens < 0 || options.batch_sentences < 0 ||
      (options.batch_tokens > 0) == (options.batch_sentences > 0)) {
    fail("give either the tokens or the sentences of a batch, a positive number");
  }
  if (options.window_batches < 1) fail("the batches sorted together must be at least 1");
  if (options.workers < 1) fail("training needs at least one worker");
  if (options.max_source_tokens < 0 || options.max_target_tokens < 0) {
    fail("a length limit must be positive, or 0 for none");
  }
}

struct Lengths {
  int source, target;  // </s> counted
};

// The steps of one epoch: step i trains on order[steps[i].begin … steps[i].end).
struct Epoch {
  struct Range {
    size_t begin, end;
  };
  std::vector<int> order;
  std::vector<Range> steps;
};

// Orders epochs; see the head of training_batches.h.
class Planner {
 public:
  Planner(std::span<const TokenPair> pairs, const TrainingBatchOptions& options)
      : options_(options) {
    lengths_.reserve(pairs.size());
    const int end = options.source_end == SourceEnd::kAdded ? 1 : 0;
    for (size_t i = 0; i < pairs.size(); ++i) {
      auto source = static_cast<int>(pairs[i].source.size());
      auto target = static_cast<int>(pairs[i].target.size());
      lengths_.push_back({source + end, target + 1});
      bool fits = (options.max_source_tokens == 0 || source <= options.max_source_tokens) &&
                  (options.max_target_tokens == 0 || target <= options.max_target_tokens);
      if (fits) used_.push_back(static_cast<int>(i));
    }
  }

  const std::vector<int>& used() const { return used_; }
  Lengths LengthsOf(int pair) const { return lengths_[static_cast<size_t>(pair)]; }

  Epoch Plan(int64_t epoch) const {
    std::vector<int> shuffled = used_;
    Random(RandomKey(options_.seed, HashBytes("pairs"), epoch)).Shuffle(std::span(shuffled));
    Epoch plan;
    plan.order.reserve(shuffled.size());
    std::vector<int> window;
    Load load;
    for (int pair : shuffled) {
      window.push_back(pair);
      load.Add(LengthsOf(pair));
      if (!Full(load, options_.window_batches)) continue;
      load = CutWindow(&window, &plan);
    }
    CutWindow(&window, &plan);
    if (!window.empty()) AddStep(window, &plan);
    if (options_.shuffle_batches) {
      Random(RandomKey(options_.seed, HashBytes("batches"), epoch)).Shuffle(std::span(plan.steps));
    }
    return plan;
  }

 private:
  struct Load {
    int64_t sentences = 0, source = 0, target = 0;
    void Add(Lengths lengths) {
      ++sentences;
      source += lengths.source;
      target += lengths.target;
    }
  };

  // Whether the load fills `batches` batches.
  bool Full(const Load& load, int64_t batches) const {
    if (options_.batch_sentences > 0) return load.sentences >= batches * options_.batch_sentences;
    return std::max(load.source, load.target) >= batches * options_.batch_tokens;
  }
  bool TooMuch(const Load& load) const {
    if (load.sentences <= 1) return false;
    if (options_.batch_sentences > 0) return load.sentences > options_.batch_sentences;
    return std::max(load.source, load.target) > options_.batch_tokens;
  }

  static void AddStep(std::span<const int> pairs, Epoch* plan) {
    size_t begin = plan->order.size();
    plan->order.insert(plan->order.end(), pairs.begin(), pairs.end());
    plan->steps.push_back({begin, plan->order.size()});
  }

  // Moves full batches from the window into the plan. What fills none stays; returns its load.
  Load CutWindow(std::vector<int>* window, Epoch* plan) const {
    // Stable: ties stay shuffled.
    std::stable_sort(window->begin(), window->end(), [&](int a, int b) {
      Lengths x = LengthsOf(a), y = LengthsOf(b);
      return std::tie(x.target, x.source) < std::tie(y.target, y.source);
    });
    size_t begin = 0;
    Load load;
    for (size_t end = 0; end <= window->size(); ++end) {
      bool last = end == window->size();
      Load next = load;
      if (!last) next.Add(LengthsOf((*window)[end]));
      if (last ? Full(load, 1) : TooMuch(next)) {
        AddStep(std::span(*window).subspan(begin, end - begin), plan);
        begin = end;
        load = {};
        if (!last) load.Add(LengthsOf((*window)[end]));
      } else {
        load = next;
      }
    }
    window->erase(window->begin(), window->begin() + static_cast<std::ptrdiff_t>(begin));
    return load;
  }

  TrainingBatchOptions options_;
  std::vector<Lengths> lengths_;
  std::vector<int> used_;
};

}  // namespace

// Prepares steps on its own thread into a ring: one slot is read by the trainer, the others wait.
class TrainingBatches::Worker {
 public:
  Worker(std::span<const TokenPair> pairs, const TrainingBatchOptions& options)
      : pairs_(pairs),
        workers_(static_cast<size_t>(options.workers)),
        source_end_(options.source_end),
        planner_(pairs, options) {}
  ~Worker() { Stop(); }

  const Planner& planner() const { return planner_; }

  void Restart(BatchPosition position) {
    Stop();
    start_ = position;
  }

  const TrainingStep& Next() {
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    std::unique_lock lock(mutex_);
    released_ = taken_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return prepared_ > taken_ || failure_; });
    if (prepared_ == taken_) std::rethrow_exception(failure_);
    return ring_[taken_++ % ring_.size()];
  }

 private:
  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    stop_ = false;
    failure_ = nullptr;
    prepared_ = taken_ = released_ = 0;
  }

  void Run() {
    try {
      BatchPosition position = start_;
      for (;;) {
        Epoch epoch = planner_.Plan(position.epoch);
        auto steps = static_cast<int64_t>(epoch.steps.size());
        for (; position.step < steps; ++position.step) {
          TrainingStep* slot = FreeSlot();
          if (slot == nullptr) return;
          Fill(epoch, position, slot);
          std::lock_guard lock(mutex_);
          ++prepared_;
          changed_.notify_all();
        }
        position = {position.epoch + 1, 0};
      }
    } catch (...) {
      std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  // nullptr: stop.
  TrainingStep* FreeSlot() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || prepared_ - released_ < ring_.size(); });
    return stop_ ? nullptr : &ring_[prepared_ % ring_.size()];
  }

  void Fill(const Epoch& epoch, BatchPosition position, TrainingStep* step) const {
    auto steps = static_cast<int64_t>(epoch.steps.size());
    Epoch::Range range = epoch.steps[static_cast<size_t>(position.step)];
    std::span<const int> pairs =
        std::span(epoch.order).subspan(range.begin, range.end - range.begin);
    *step = {};
    step->sentences = static_cast<int64_t>(pairs.size());
    for (int pair : pairs) {
      step->source_tokens += planner_.LengthsOf(pair).source;
      step->target_tokens += planner_.LengthsOf(pair).target;
    }
    size_t parts = std::min(workers_, pairs.size());
    for (size_t part = 0; part < parts; ++part) {
      std::vector<int> share;
      for (size_t i = part; i < pairs.size(); i += parts) share.push_back(pairs[i]);
      step->parts.push_back(MakeBatch(pairs_, share, source_end_));
    }
    step->position = position;
    step->next = position.step + 1 < steps ? BatchPosition{position.epoch, position.step + 1}
                                           : BatchPosition{position.epoch + 1, 0};
    step->steps_in_epoch = steps;
  }

  std::span<const TokenPair> pairs_;
  size_t workers_;
  SourceEnd source_end_;
  Planner planner_;
  BatchPosition start_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Steps are numbered from 0 at start_, and step i lies in slot i modulo the size. The thread
  // fills slots from prepared_ on, up to released_ + the size; the trainer reads the one before
  // taken_.
  std::array<TrainingStep, 4> ring_;
  // From here on guarded by mutex_.
  uint64_t prepared_ = 0, taken_ = 0, released_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

TrainingBatches::TrainingBatches(std::span<const TokenPair> pairs,
                                 const TrainingBatchOptions& options)
    : pairs_(static_cast<int64_t>(pairs.size())) {
  CheckOptions(options);
  worker_ = std::make_unique<Worker>(pairs, options);
  if (pairs_used() == 0) {
    throw Error(ErrorKind::kData,
                "all " + std::to_string(pairs_) + " pairs are longer than the length limits of " +
                    std::to_string(options.max_source_tokens) + " source and " +
                    std::to_string(options.max_target_tokens) + " target tokens: raise them");
  }
}

TrainingBatches::~TrainingBatches() = default;

int64_t TrainingBatches::pairs_used() const {
  return static_cast<int64_t>(worker_->planner().used().size());
}
int64_t TrainingBatches::pairs_too_long() const { return pairs_ - pairs_used(); }

const TrainingStep& TrainingBatches::Next() { return worker_->Next(); }

void TrainingBatches::Seek(BatchPosition position) {
  if (position.epoch < 0 || position.step < 0) {
    throw Error(ErrorKind::kData, "a training position is negative: the checkpoint is damaged");
  }
  worker_->Restart(position);
}

}  // namespace atento
