// How far a command that works through lines has come, on standard error.
#ifndef ATENTO_CLI_PROGRESS_H_
#define ATENTO_CLI_PROGRESS_H_

#include <chrono>
#include <cstdint>

namespace atento {

// Redraws one line on a terminal; prints a line every 30 seconds elsewhere.
class LineProgress {
 public:
  // total: lines in all, for the time left; 0: not known. enabled: false where results are read
  // from the same terminal.
  LineProgress(int64_t total, bool enabled);
  // Erases what it has drawn.
  ~LineProgress() { Erase(); }
  LineProgress(const LineProgress&) = delete;
  LineProgress& operator=(const LineProgress&) = delete;

  // `done` lines are finished.
  void Update(int64_t done);

 private:
  void Erase();

  using Clock = std::chrono::steady_clock;

  int64_t total_;
  bool enabled_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point begin_, last_;
};

}  // namespace atento

#endif  // ATENTO_CLI_PROGRESS_H_
