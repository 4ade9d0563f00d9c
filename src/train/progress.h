// What the user sees while a model learns: a bar that is redrawn on a terminal, plain lines
// elsewhere.
#ifndef ATENTO_TRAIN_PROGRESS_H_
#define ATENTO_TRAIN_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "atento/options.h"
#include "train/state.h"

namespace atento {

// "59 s", "12 min 05 s", "3 h 05 min".
std::string DurationText(double seconds);

class Progress {
 public:
  // The limits say how far the end is. terminal: standard error can redraw a line.
  Progress(const TrainingLimits& limits, bool terminal);
  ~Progress();

  struct Update {
    double loss = 0;     // of this update, nats per target token
    int64_t tokens = 0;  // target tokens of this update
    int64_t steps_in_epoch = 0;
    double learning_rate = 0;
  };
  // After every update. Redraws at most five times a second, or prints a line every 30 seconds.
  void Step(const TrainingState& state, const Update& update);

  // A line that stays, with the bar below it.
  void Line(const std::string& text);

  // Target tokens per second since the last call.
  double TakeRate();

 private:
  using Clock = std::chrono::steady_clock;
  std::string Text(const TrainingState& state, const Update& update) const;
  void EraseBar();

  const TrainingLimits limits_;
  const bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_drawn_;
  Clock::time_point rate_since_;
  int64_t rate_tokens_ = 0;
  double smooth_loss_ = 0;
  double smooth_rate_ = 0;  // target tokens per second
  Clock::time_point last_step_;
  double share_at_start_ = -1;
  double seconds_at_start_ = 0;
};

}  // namespace atento

#endif  // ATENTO_TRAIN_PROGRESS_H_
