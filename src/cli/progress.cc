#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/log.h"

namespace atento {
namespace {

constexpr double kTerminalInterval_s = 0.2;
constexpr double kPlainInterval_s = 30;

std::string Text(int64_t done, int64_t total, double seconds) {
  const double rate = static_cast<double>(done) / seconds;
  std::string text = fmt::format("{} lines", done);
  if (total > 0) text = fmt::format("{} of {} lines", done, total);
  text += fmt::format(", {:.0f} a second", rate);
  if (total > 0 && rate > 0) {
    text += fmt::format(", {:.0f} s left", static_cast<double>(total - done) / rate);
  }
  return text;
}

}  // namespace

LineProgress::LineProgress(int64_t total, bool enabled)
    : total_(total),
      enabled_(enabled),
      terminal_(isatty(STDERR_FILENO) != 0),
      begin_(Clock::now()),
      last_(begin_) {}

void LineProgress::Update(int64_t done) {
  const Clock::time_point now = Clock::now();
  const double interval_s = terminal_ ? kTerminalInterval_s : kPlainInterval_s;
  if (!enabled_ || std::chrono::duration<double>(now - last_).count() < interval_s) return;
  last_ = now;
  const std::string text = Text(done, total_, std::chrono::duration<double>(now - begin_).count());
  if (!terminal_) return LogInfo(text);
  // Left at the start of the line: a warning is written over it.
  std::fprintf(stderr, "\x1b[K%s\r", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void LineProgress::Erase() {
  if (!drawn_) return;
  std::fputs("\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace atento
