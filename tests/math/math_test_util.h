// What the tests of math share: matrices with guarded gaps, and gradients by central differences.
#ifndef ATENTO_TESTS_MATH_MATH_TEST_UTIL_H_
#define ATENTO_TESTS_MATH_MATH_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "base/random.h"
#include "math/views.h"

namespace atento {

constexpr bool kIsFloat = sizeof(Real) == 4;

// Lengths around the sizes of vectors (2 to 16 lanes) and of four of them.
inline const std::vector<int> kLengths = {0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 64, 65, 100, 257};

// A matrix whose rows are followed by gaps that nobody may touch, and which starts at an odd
// address.
class GuardedMatrix {
 public:
  GuardedMatrix(int rows, int cols, int gap = 3) : rows_(rows), cols_(cols), stride_(cols + gap) {
    values_.assign(1 + static_cast<size_t>(rows) * static_cast<size_t>(stride_), kGuard);
    Fill(0);
  }
  // Uniform in [-scale, scale].
  GuardedMatrix(Random& random, int rows, int cols, int gap = 3, double scale = 1)
      : GuardedMatrix(rows, cols, gap) {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < cols; ++j) {
        view()(i, j) = static_cast<Real>(random.Uniform(-scale, scale));
      }
    }
  }

  Matrix view() { return {values_.data() + 1, rows_, cols_, stride_}; }
  Vector row(int i = 0) { return view().RowSpan(i); }
  Real& operator()(int i, int j) { return view()(i, j); }
  void Fill(Real value) {
    for (int i = 0; i < rows_; ++i) std::fill_n(view().Row(i), cols_, value);
  }
  // A row, or all rows one after the other, in double.
  std::vector<double> Doubles(int i) { return {view().Row(i), view().Row(i) + cols_}; }
  std::vector<double> Doubles() {
    std::vector<double> all;
    for (int i = 0; i < rows_; ++i) all.insert(all.end(), view().Row(i), view().Row(i) + cols_);
    return all;
  }
  // Whether everything outside the matrix is as it was.
  bool GapsUntouched() const {
    if (values_[0] != kGuard) return false;
    for (int i = 0; i < rows_; ++i) {
      const auto row = values_.begin() + 1 + static_cast<std::ptrdiff_t>(i) * stride_;
      if (!std::all_of(row + cols_, row + stride_, [](Real v) { return v == kGuard; }))
        return false;
    }
    return true;
  }

 private:
  static constexpr Real kGuard = Real(-12345.5);
  int rows_, cols_, stride_;
  std::vector<Real> values_;
};

// In units of the largest of 1 and |expected|.
inline void ExpectClose(double actual, double expected, double tolerance, const char* what, int i,
                        int j = 0) {
  EXPECT_LE(std::abs(actual - expected), tolerance * std::max(1.0, std::abs(expected)))
      << what << " at " << i << "," << j << ": " << actual << " instead of " << expected;
}

// Rounding of a few dozen operations on numbers of about 1.
constexpr double kTolerance = kIsFloat ? 4e-6 : 1e-13;
// Of a gradient compared with central differences.
constexpr double kGradientTolerance = kIsFloat ? 1e-5 : 1e-8;

// expected: row after row.
inline void ExpectMatrix(GuardedMatrix& actual, const std::vector<double>& expected,
                         const char* what, double tolerance = kTolerance) {
  const Matrix view = actual.view();
  ASSERT_EQ(view.size(), expected.size()) << what;
  for (int i = 0; i < view.rows; ++i) {
    for (int j = 0; j < view.cols; ++j) {
      const auto at = static_cast<size_t>(i) * static_cast<size_t>(view.cols);
      ExpectClose(view(i, j), expected[at + static_cast<size_t>(j)], tolerance, what, i, j);
    }
  }
  EXPECT_TRUE(actual.GapsUntouched()) << what;
}

// The gradient of f at x.
inline std::vector<double> CentralDifferences(
    const std::function<double(const std::vector<double>&)>& f, std::vector<double> x) {
  constexpr double kStep = 1e-3;
  std::vector<double> gradient;
  for (double& v : x) {
    const double saved = v;
    auto at = [&](double steps) {
      v = saved + steps * kStep;
      return f(x);
    };
    gradient.push_back((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * kStep));
    v = saved;
  }
  return gradient;
}

inline double SigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace atento

#endif  // ATENTO_TESTS_MATH_MATH_TEST_UTIL_H_
