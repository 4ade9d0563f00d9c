// What the tests of products share: shapes, and plain sums in double.
#ifndef ATENTO_TESTS_MATH_GEMM_TEST_UTIL_H_
#define ATENTO_TESTS_MATH_GEMM_TEST_UTIL_H_

#include <vector>

#include "math/gemm.h"
#include "math/math_test_util.h"

namespace atento {

struct Shape {
  int M, N, K;
};
inline const std::vector<Shape> kShapes = {{1, 1, 1},    {1, 33, 17},  {3, 16, 64},  {7, 5, 130},
                                           {64, 48, 31}, {65, 70, 66}, {131, 20, 9}, {300, 7, 40}};

inline double ElementOf(ConstMatrix a, bool transpose, int i, int j) {
  return static_cast<double>(transpose ? a(j, i) : a(i, j));
}

// before + op(A)·op(B) + bias, row after row.
inline std::vector<double> Expected(ConstMatrix a, ConstMatrix b, const GemmOptions& options,
                                    std::vector<double> before, ConstVector bias = {}) {
  const int M = options.transpose_a ? a.cols : a.rows;
  const int K = options.transpose_a ? a.rows : a.cols;
  const int N = options.transpose_b ? b.rows : b.cols;
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) {
      double& c = before[static_cast<size_t>(i) * static_cast<size_t>(N) + static_cast<size_t>(j)];
      if (!options.accumulate) c = 0;
      for (int k = 0; k < K; ++k) {
        c += ElementOf(a, options.transpose_a, i, k) * ElementOf(b, options.transpose_b, k, j);
      }
      if (!bias.empty()) c += static_cast<double>(bias[static_cast<size_t>(j)]);
    }
  }
  return before;
}

}  // namespace atento

#endif  // ATENTO_TESTS_MATH_GEMM_TEST_UTIL_H_
