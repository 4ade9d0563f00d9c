// Products of less than float32, on CPUs that have them: exactly the products of rounded factors.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "math/gemm_test_util.h"
#include "math/kernels.h"

namespace atento {
namespace {

class Bfloat16ProductsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasProducts(Precision::kBfloat16)) GTEST_SKIP() << "a CPU without bfloat16";
    weights_.SetPrecision(Precision::kBfloat16);
  }

  PackedWeights weights_;
};

// Numbers of bfloat16 in the place of x's.
GuardedMatrix Rounded(GuardedMatrix& x) {
  GuardedMatrix y(x.view().rows, x.view().cols);
  std::vector<uint16_t> halves(x.view().size());
  RoundToBfloat16(x.view(), halves.data());
  std::vector<Real> wide(halves.size());
  FromBfloat16(halves, wide);
  for (size_t i = 0; i < wide.size(); ++i) {
    const int cols = y.view().cols;
    y(static_cast<int>(i) / cols, static_cast<int>(i) % cols) = wide[i];
  }
  return y;
}

// Of a factor: what enters the products in its place.
using Round = std::function<GuardedMatrix(GuardedMatrix&)>;

void ExpectLinear(PackedWeights& weights, const Round& x_rounded, const Round& W_rounded,
                  double tolerance) {
  Random random(21);
  for (const Shape& shape : kShapes) {
    for (int choice = 0; choice < 8; ++choice) {
      const bool with_bias = (choice & 1) != 0, accumulate = (choice & 2) != 0;
      const int gap = (choice & 4) != 0 ? 5 : 0;
      GuardedMatrix x(random, shape.M, shape.K, gap), W(random, shape.N, shape.K, gap);
      GuardedMatrix y(random, shape.M, shape.N, gap), bias(random, 1, shape.N);
      const ConstVector b = with_bias ? ConstVector(bias.row()) : ConstVector();
      const auto expected =
          Expected(x_rounded(x).view(), W_rounded(W).view(),
                   {.transpose_b = true, .accumulate = accumulate}, y.Doubles(), b);
      weights.Clear();
      weights.Linear(x.view(), W.view(), y.view(), {accumulate, b});
      ExpectMatrix(y, expected, "Linear", tolerance);
    }
  }
}

void ExpectLinearTransposed(PackedWeights& weights, const Round& x_rounded, const Round& W_rounded,
                            double tolerance) {
  Random random(22);
  for (const Shape& shape : kShapes) {
    for (bool accumulate : {false, true}) {
      GuardedMatrix x(random, shape.M, shape.K), W(random, shape.K, shape.N);
      GuardedMatrix y(random, shape.M, shape.N);
      const auto expected = Expected(x_rounded(x).view(), W_rounded(W).view(),
                                     {.accumulate = accumulate}, y.Doubles());
      weights.Clear();
      weights.LinearTransposed(x.view(), W.view(), y.view(), accumulate);
      ExpectMatrix(y, expected, "LinearTransposed", tolerance);
    }
  }
}

TEST_F(Bfloat16ProductsTest, LinearIsOfRoundedFactors) {
  ExpectLinear(weights_, Rounded, Rounded, kTolerance * 3);
}

TEST_F(Bfloat16ProductsTest, LinearTransposedIsOfRoundedFactors) {
  ExpectLinearTransposed(weights_, Rounded, Rounded, kTolerance * 3);
}

// The sums run over the rows, which are filled up with zeros and done in pieces.
TEST_F(Bfloat16ProductsTest, GradientsAreOfRoundedFactors) {
  Random random(23);
  for (int rows : {0, 1, 31, 32, 33, 100, 700, 1024, 1025}) {
    for (int gap : {0, 5}) {
      GuardedMatrix d_y(random, rows, 21, gap), x(random, rows, 18, gap), d_W(random, 21, 18, gap);
      const auto expected = Expected(Rounded(d_y).view(), Rounded(x).view(),
                                     {.transpose_a = true, .accumulate = true}, d_W.Doubles());
      weights_.AddGradient(d_y.view(), x.view(), d_W.view());
      ExpectMatrix(d_W, expected, "AddGradient", kTolerance * 10);
    }
  }
}

// Each factor is off by 2^-9 of itself at most.
TEST_F(Bfloat16ProductsTest, TheErrorIsThatOfRounding) {
  Random random(24);
  GuardedMatrix x(random, 20, 300), W(random, 30, 300), y(20, 30);
  weights_.Linear(x.view(), W.view(), y.view());
  double largest = 0;
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 30; ++j) {
      double exact = 0, sum_of_magnitudes = 0;
      for (int k = 0; k < 300; ++k) {
        const double term = static_cast<double>(x(i, k)) * static_cast<double>(W(j, k));
        exact += term;
        sum_of_magnitudes += std::abs(term);
      }
      const double error = std::abs(y(i, j) - exact);
      EXPECT_LE(error, sum_of_magnitudes * (0x1p-8 + 0x1p-18));
      largest = std::max(largest, error / sum_of_magnitudes);
    }
  }
  EXPECT_GT(largest, 1e-5) << "nothing was rounded";
}

// Neighbours change not even the last bit: rounding would turn that into the last one of eight.
void ExpectRowsAlike(PackedWeights& weights) {
  Random random(33);
  for (int gap : {0, 3}) {
    GuardedMatrix W(random, 200, 130), x(random, 700, 130), start(random, 700, 200);
    auto product = [&](int rows) {
      GuardedMatrix y(rows, 200, gap);
      CopyMatrix(start.view().Rows(0, rows), y.view());
      weights.Linear(x.view().Rows(0, rows), W.view(), y.view(), {.accumulate = true});
      return y;
    };
    weights.Clear();
    GuardedMatrix all = product(700);
    for (int rows : {1, 2, 5, 16, 63, 64, 127, 350}) {
      GuardedMatrix some = product(rows);
      for (int i = 0; i < rows; ++i) ASSERT_EQ(some.Doubles(i), all.Doubles(i)) << rows << " rows";
    }
  }
}

TEST_F(Bfloat16ProductsTest, ARowDoesNotDependOnTheOthers) { ExpectRowsAlike(weights_); }

TEST_F(Bfloat16ProductsTest, EqualCallsGiveEqualBits) {
  Random random(25);
  GuardedMatrix x(random, 300, 70), W(random, 50, 70), d_y(random, 300, 50);
  GuardedMatrix y(300, 50), y_again(300, 50), d_W(50, 70), d_W_again(50, 70);
  weights_.Linear(x.view(), W.view(), y.view());
  weights_.AddGradient(d_y.view(), x.view(), d_W.view());
  weights_.Linear(x.view(), W.view(), y_again.view());
  weights_.AddGradient(d_y.view(), x.view(), d_W_again.view());
  EXPECT_EQ(y.Doubles(), y_again.Doubles());
  EXPECT_EQ(d_W.Doubles(), d_W_again.Doubles());
}

TEST_F(Bfloat16ProductsTest, NewNumbersAreSeenAfterInvalidate) {
  Random random(26);
  GuardedMatrix x(random, 5, 24), W(random, 40, 24), y(5, 40);
  for (int step = 0; step < 3; ++step) {
    weights_.Linear(x.view(), W.view(), y.view());
    ExpectMatrix(y,
                 Expected(Rounded(x).view(), Rounded(W).view(), {.transpose_b = true}, y.Doubles()),
                 "Linear");
    for (int i = 0; i < 40; ++i) W(i, (i * step) % 24) += Real(0.25);
    weights_.Invalidate();
  }
}

class Int8ProductsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasProducts(Precision::kInt8)) GTEST_SKIP() << "a CPU without 8-bit products";
    weights_.SetPrecision(Precision::kInt8);
  }

  PackedWeights weights_;
};

// x with every row, or every column, rounded to 127 steps on either side of 0.
GuardedMatrix Quantized(GuardedMatrix& x, bool by_column = false) {
  const int rows = x.view().rows, cols = x.view().cols;
  GuardedMatrix y(rows, cols);
  for (int i = 0; i < (by_column ? cols : rows); ++i) {
    auto at = [&](GuardedMatrix& m, int j) -> Real& { return by_column ? m(j, i) : m(i, j); };
    const int count = by_column ? rows : cols;
    Real largest = 0;
    for (int j = 0; j < count; ++j) largest = std::max(largest, std::abs(at(x, j)));
    const Real scale = largest / 127;
    for (int j = 0; j < count; ++j) at(y, j) = scale * std::nearbyint(at(x, j) / scale);
  }
  return y;
}

// A number half-way between two steps may go to either: one step of a factor.
constexpr double kInt8Tolerance = 0.01;

TEST_F(Int8ProductsTest, LinearIsOfQuantizedFactors) {
  const auto by_row = [](GuardedMatrix& x) { return Quantized(x); };
  ExpectLinear(weights_, by_row, by_row, kInt8Tolerance);
}

TEST_F(Int8ProductsTest, LinearTransposedIsOfQuantizedFactors) {
  const auto by_row = [](GuardedMatrix& x) { return Quantized(x); };
  const auto by_column = [](GuardedMatrix& W) { return Quantized(W, true); };
  ExpectLinearTransposed(weights_, by_row, by_column, kInt8Tolerance);
}

// Sums of integers are exact.
TEST_F(Int8ProductsTest, ARowDoesNotDependOnTheOthers) { ExpectRowsAlike(weights_); }

// The largest sums that there are: nothing saturates on the way.
TEST_F(Int8ProductsTest, LongSumsOfTheLargestNumbers) {
  GuardedMatrix W(16, 4096), x(3, 4096), y(3, 16);
  W.Fill(Real(0.5));
  x.Fill(2);
  weights_.Linear(x.view(), W.view(), y.view());
  ExpectMatrix(y, std::vector<double>(48, 4096), "Linear");
}

}  // namespace
}  // namespace atento
