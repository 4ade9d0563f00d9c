// Where the time of a pass through a model goes.
#ifndef ATENTO_BASE_PHASE_TIMES_H_
#define ATENTO_BASE_PHASE_TIMES_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

namespace atento {

enum class Phase { kWaiting, kEncoder, kAttention, kDecoder, kOutput, kOptimizer };
inline constexpr int kPhases = 6;

// The clock of one thread: every moment belongs to one phase, the innermost that is entered. Cost:
// a reading of the clock per change, about 25 ns.
class PhaseTimes {
 public:
  // Time from now on belongs to `phase`. Returns the one it belonged to.
  Phase Switch(Phase phase) {
    const Clock::time_point now = Clock::now();
    times_[static_cast<size_t>(phase_)] += now - since_;
    since_ = now;
    return std::exchange(phase_, phase);
  }
  // That time belongs to now.
  Phase phase() const { return phase_; }
  // Until the last change.
  double seconds(Phase phase) const {
    return std::chrono::duration<double>(times_[static_cast<size_t>(phase)]).count();
  }
  void Clear() {
    Switch(phase_);
    times_ = {};
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::array<Clock::duration, kPhases> times_ = {};
  Phase phase_ = Phase::kWaiting;
  Clock::time_point since_ = Clock::now();
};

// While it lives, time belongs to `phase`.
class PhaseScope {
 public:
  // times: nullptr: nothing is measured.
  PhaseScope(PhaseTimes* times, Phase phase) : times_(times) {
    if (times_) outer_ = times_->Switch(phase);
  }
  ~PhaseScope() {
    if (times_) times_->Switch(outer_);
  }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

 private:
  PhaseTimes* times_;
  Phase outer_ = Phase::kWaiting;
};

}  // namespace atento

#endif  // ATENTO_BASE_PHASE_TIMES_H_
