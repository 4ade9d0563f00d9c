#include "train/precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "atento/error.h"
#include "base/log.h"
#include "base/options.h"
#include "math/arena.h"
#include "math/gemm.h"

namespace atento {
namespace {

// The products of a decoder step and of their gradients, at the size of a usual model.
class TimedProducts {
 public:
  explicit TimedProducts(Precision precision) { weights_.SetPrecision(precision); }

  void Run() {
    const auto begin = std::chrono::steady_clock::now();
    weights_.Linear(x_, W_, y_);
    weights_.LinearTransposed(y_, W_, x_);
    weights_.AddGradient(y_, x_, d_W_);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    seconds_ = std::min(seconds_, took.count());
  }
  // Of the fastest run.
  double seconds() const { return seconds_; }

 private:
  static constexpr int kRows = 64, kSize = 512;

  Arena arena_;
  PackedWeights weights_;
  const Matrix x_ = arena_.NewZeroMatrix(kRows, kSize), y_ = arena_.NewZeroMatrix(kRows, kSize);
  const Matrix W_ = arena_.NewZeroMatrix(kSize, kSize), d_W_ = arena_.NewZeroMatrix(kSize, kSize);
  double seconds_ = std::numeric_limits<double>::infinity();
};

TrainingPrecision MeasuredPrecision() {
  if (!HasProducts(Precision::kBfloat16)) return TrainingPrecision::kFloat32;
  constexpr int kRuns = 12;
  TimedProducts float32(Precision::kFloat32), bfloat16(Precision::kBfloat16);
  // In turn, so that what else the machine does meets both.
  for (int run = 0; run < kRuns; ++run) {
    float32.Run();
    bfloat16.Run();
  }
  const double gain = float32.seconds() / bfloat16.seconds();
  const TrainingPrecision chosen = FasterPrecision(gain);
  LogInfo(
      fmt::format("--precision auto: products of bfloat16 are {:.1f} times as fast as those of "
                  "float32 here, so {}",
                  gain, EnumName(chosen)));
  return chosen;
}

}  // namespace

TrainingPrecision FasterPrecision(double gain) {
  constexpr double kLeastGain = 1.1;
  return gain >= kLeastGain ? TrainingPrecision::kBfloat16 : TrainingPrecision::kFloat32;
}

void ChoosePrecision(TrainingOptions* training) {
  if (training->precision == TrainingPrecision::kAuto) training->precision = MeasuredPrecision();
  if (training->precision == TrainingPrecision::kFloat32 || HasProducts(Precision::kBfloat16)) {
    return;
  }
  throw Error(
      ErrorKind::kUsage,
      "--precision bfloat16 needs a CPU with bfloat16 instructions (AVX512_BF16), which this "
      "one has not: train with --precision float32");
}

}  // namespace atento
