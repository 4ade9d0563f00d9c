#include "train/precision.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "atento/error.h"
#include "math/arena.h"
#include "math/gemm.h"

namespace atento {
namespace {

// bfloat16 costs digits: it must gain at least this much.
constexpr double kLeastGain = 1.1;

// Of the products of one decoder step and of their gradients, at the size of a usual model; of the
// fastest of several runs, so that other programs do not decide.
double SecondsOfProducts(Precision precision) {
  constexpr int kRows = 64, kSize = 512, kRuns = 12;
  Arena arena;
  const Matrix x = arena.NewZeroMatrix(kRows, kSize), y = arena.NewZeroMatrix(kRows, kSize);
  const Matrix W = arena.NewZeroMatrix(kSize, kSize), d_W = arena.NewZeroMatrix(kSize, kSize);
  PackedWeights weights;
  weights.SetPrecision(precision);
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    weights.Linear(x, W, y);
    weights.LinearTransposed(y, W, x);
    weights.AddGradient(y, x, d_W);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

bool Bfloat16IsFaster() {
  return HasProducts(Precision::kBfloat16) && kLeastGain * SecondsOfProducts(Precision::kBfloat16) <
                                                  SecondsOfProducts(Precision::kFloat32);
}

}  // namespace

void ChoosePrecision(TrainingOptions* training) {
  if (training->precision == TrainingPrecision::kAuto) {
    training->precision =
        Bfloat16IsFaster() ? TrainingPrecision::kBfloat16 : TrainingPrecision::kFloat32;
  }
  if (training->precision == TrainingPrecision::kFloat32 || HasProducts(Precision::kBfloat16)) {
    return;
  }
  throw Error(
      ErrorKind::kUsage,
      "--precision bfloat16 needs a CPU with bfloat16 instructions (AVX512_BF16), which this "
      "one has not: train with --precision float32");
}

}  // namespace atento
