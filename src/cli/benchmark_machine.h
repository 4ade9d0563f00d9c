// What the machine can do at most: the yardsticks of `atento benchmark`.
#ifndef ATENTO_CLI_BENCHMARK_MACHINE_H_
#define ATENTO_CLI_BENCHMARK_MACHINE_H_

#include <cstddef>

#include "atento/options.h"

namespace atento {

// GFLOP/s of one product of 2048 × 2048 matrices with packed weights, the best of five, on so many
// threads. Takes about a second. Requires: HasProducts of that precision.
double GemmPeak(int threads, TrainingPrecision precision);

// x W of a sequence: in each thread `steps` times x [rows,in], W [out,in]; float32.
struct ProductShape {
  int rows, in, out, steps;
};

// GFLOP/s of all threads, the best of five.
struct ProductRates {
  double plain;   // step by step, W as it is
  double packed;  // step by step, W packed once
  double whole;   // all steps in one product, W packed once
};
ProductRates MeasureProducts(int threads, const ProductShape& shape);

// GB/s, read and written bytes both counted, of copying 256 MB, the best of five.
double CopyBandwidth(int threads);

// GB/s of reading a block of so many bytes over and over, the best of five: from the cache if it
// fits there. bytes: at least 1 per thread.
double ReadBandwidth(int threads, size_t bytes);

// PeakMemoryMegabytes() speaks of what follows.
void ResetPeakMemory();
// The largest resident size since ResetPeakMemory(); where the system does not keep one, 0.
double PeakMemoryMegabytes();

}  // namespace atento

#endif  // ATENTO_CLI_BENCHMARK_MACHINE_H_
