#include "cli/benchmark_machine.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/worker_pool.h"
#include "math/arena.h"
#include "math/gemm.h"

namespace atento {
namespace {

constexpr int kRepetitions = 5;

// Of the fastest of five runs, after one that warms up.
double BestSeconds(const std::function<void()>& work) {
  work();
  double best = 1e9;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

}  // namespace

double GemmPeak(int threads, TrainingPrecision precision) {
  constexpr int kSize = 2048;
  double seconds = 0;
  // A thread of its own, whose threads' number can be set.
  WorkerPool(1).Run([&](int) {
    SetGemmThreads(threads);
    Arena arena;
    PackedWeights weights;
    weights.SetPrecision(PrecisionOfProducts(precision));
    const Matrix x = arena.NewZeroMatrix(kSize, kSize), W = arena.NewZeroMatrix(kSize, kSize);
    const Matrix y = arena.NewZeroMatrix(kSize, kSize);
    seconds = BestSeconds([&] { weights.Linear(x, W, y); });
  });
  return 2.0 * kSize * kSize * kSize / seconds / 1e9;
}

ProductRates MeasureProducts(int threads, const ProductShape& shape) {
  struct Worker {
    Arena arena;
    Matrix x, y;
  };
  std::vector<Worker> workers(static_cast<size_t>(threads));
  WorkerPool pool(threads);
  Arena arena;
  PackedWeights weights;
  const Matrix W = arena.NewZeroMatrix(shape.out, shape.in);
  pool.Run([&](int i) {
    SetGemmThreads(1);
    Worker& worker = workers[static_cast<size_t>(i)];
    worker.x = worker.arena.NewZeroMatrix(shape.rows * shape.steps, shape.in);
    worker.y = worker.arena.NewZeroMatrix(shape.rows * shape.steps, shape.out);
  });
  auto rate = [&](const std::function<void(Matrix x, Matrix y)>& product, bool whole) {
    const double seconds = BestSeconds([&] {
      pool.Run([&](int i) {
        const Worker& worker = workers[static_cast<size_t>(i)];
        const int rows = whole ? worker.x.rows : shape.rows;
        for (int begin = 0; begin < worker.x.rows; begin += rows) {
          product(worker.x.Rows(begin, rows), worker.y.Rows(begin, rows));
        }
      });
    });
    return 2.0 * threads * shape.rows * shape.steps * shape.in * shape.out / seconds / 1e9;
  };
  auto plain = [&](Matrix x, Matrix y) { Gemm(x, W, y, {.transpose_b = true}); };
  auto packed = [&](Matrix x, Matrix y) { weights.Linear(x, W, y); };
  return {rate(plain, false), rate(packed, false), rate(packed, true)};
}

double CopyBandwidth(int threads) {
  constexpr size_t kBytes = size_t{256} << 20;
  std::vector<char> from(kBytes, 1), to(kBytes);
  WorkerPool pool(threads);
  const auto parts = static_cast<size_t>(threads);
  const double seconds = BestSeconds([&] {
    pool.Run([&](int i) {
      const size_t part = static_cast<size_t>(i);
      const size_t begin = kBytes * part / parts, end = kBytes * (part + 1) / parts;
      std::memcpy(to.data() + begin, from.data() + begin, end - begin);
    });
  });
  return 2.0 * static_cast<double>(kBytes) / seconds / 1e9;
}

double ReadBandwidth(int threads, size_t bytes) {
  // Eight vectors of the smallest registers at a time, so that additions do not wait for each
  // other.
  constexpr size_t kLanes = 16;
  constexpr int kTimes = 10;
  const auto parts = static_cast<size_t>(threads);
  const size_t part = bytes / sizeof(uint64_t) / parts / kLanes * kLanes;
  const std::vector<uint64_t> block(part * parts, 1);
  std::vector<uint64_t> sums(parts);
  WorkerPool pool(threads);
  const double seconds = BestSeconds([&] {
    pool.Run([&](int i) {
      const uint64_t* const begin = block.data() + part * static_cast<size_t>(i);
      uint64_t lanes[kLanes] = {};
      for (int time = 0; time < kTimes; ++time) {
        for (const uint64_t* p = begin; p != begin + part; p += kLanes) {
          for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += p[lane];
        }
      }
      sums[static_cast<size_t>(i)] = std::accumulate(lanes, lanes + kLanes, uint64_t{0});
    });
  });
  CHECK(std::accumulate(sums.begin(), sums.end(), uint64_t{0}) == kTimes * block.size());
  return kTimes * static_cast<double>(block.size() * sizeof(uint64_t)) / seconds / 1e9;
}

void ResetPeakMemory() {
  // proc(5): 5 sets the high-water mark to what is resident now.
  std::ofstream("/proc/self/clear_refs") << "5";
}

double PeakMemoryMegabytes() {
  std::ifstream status("/proc/self/status");
  double kilobytes = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") {
      status >> kilobytes;
      break;
    }
  }
  return kilobytes / 1024;
}

}  // namespace atento
