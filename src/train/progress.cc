#include "train/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/log.h"

namespace atento {
namespace {

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// The share of the training that is done, by whichever limit is nearest; 0 if there is none.
double ShareDone(const TrainingLimits& limits, const TrainingState& state, int64_t steps_in_epoch) {
  double share = 0;
  if (limits.max_steps > 0) {
    share =
        std::max(share, static_cast<double>(state.step) / static_cast<double>(limits.max_steps));
  }
  if (limits.max_minutes > 0) share = std::max(share, state.seconds / 60 / limits.max_minutes);
  if (limits.max_epochs > 0 && steps_in_epoch > 0) {
    const double epochs =
        static_cast<double>(state.position.epoch) +
        static_cast<double>(state.position.step) / static_cast<double>(steps_in_epoch);
    share = std::max(share, epochs / limits.max_epochs);
  }
  return std::min(share, 1.0);
}

}  // namespace

std::string DurationText(double seconds) {
  const int64_t whole = static_cast<int64_t>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(const TrainingLimits& limits, bool terminal)
    : limits_(limits),
      terminal_(terminal),
      last_drawn_(Clock::now()),
      rate_since_(last_drawn_),
      last_step_(last_drawn_) {}

Progress::~Progress() { EraseBar(); }

void Progress::EraseBar() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

std::string Progress::Text(const TrainingState& state, const Update& update) const {
  const double share = ShareDone(limits_, state, update.steps_in_epoch);
  std::string left = "?";
  if (share > share_at_start_ && share > 0) {
    const double pace = (state.seconds - seconds_at_start_) / (share - share_at_start_);
    left = DurationText(pace * (1 - share));
  }
  std::string bar;
  if (terminal_) {
    const int filled = static_cast<int>(share * 20);
    for (int i = 0; i < 20; ++i) bar += i < filled ? "█" : "·";
    bar += " ";
  }
  return fmt::format("{}epoch {} step {}  loss {:.3f}  {:.0f} tokens/s  lr {:.2g}  {} left", bar,
                     state.position.epoch + 1, state.step, smooth_loss_, smooth_rate_,
                     update.learning_rate, left);
}

void Progress::Step(const TrainingState& state, const Update& update) {
  const Clock::time_point now = Clock::now();
  const double rate =
      static_cast<double>(update.tokens) / std::max(Seconds(now - last_step_), 1e-9);
  last_step_ = now;
  const bool first = share_at_start_ < 0;
  if (first) {
    share_at_start_ = ShareDone(limits_, state, update.steps_in_epoch);
    seconds_at_start_ = state.seconds;
  }
  constexpr double kMemory = 0.98;
  if (std::isfinite(update.loss)) {
    smooth_loss_ = first ? update.loss : kMemory * smooth_loss_ + (1 - kMemory) * update.loss;
  }
  smooth_rate_ = first ? rate : kMemory * smooth_rate_ + (1 - kMemory) * rate;
  rate_tokens_ += update.tokens;
  if (Seconds(now - last_drawn_) < (terminal_ ? 0.2 : 30)) return;
  last_drawn_ = now;
  const std::string text = Text(state, update);
  if (!terminal_) return LogInfo(text);
  std::fputs(("\r\x1b[K" + text).c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::Line(const std::string& text) {
  EraseBar();
  LogInfo(text);
}

double Progress::TakeRate() {
  const Clock::time_point now = Clock::now();
  const double rate =
      static_cast<double>(rate_tokens_) / std::max(Seconds(now - rate_since_), 1e-9);
  rate_since_ = last_step_ = now;
  rate_tokens_ = 0;
  return rate;
}

}  // namespace atento
