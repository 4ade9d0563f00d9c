// Products against plain sums in double, for the reference and for oneDNN alike.
#include "math/gemm.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <thread>

#include "math/gemm_test_util.h"

namespace atento {
namespace {

GuardedMatrix Operand(Random& random, int rows, int cols, bool transposed, int gap) {
  return transposed ? GuardedMatrix(random, cols, rows, gap)
                    : GuardedMatrix(random, rows, cols, gap);
}

bool SameBits(GuardedMatrix& a, GuardedMatrix& b) {
  for (int i = 0; i < a.view().rows; ++i) {
    const size_t bytes = a.row(i).size() * sizeof(Real);
    if (std::memcmp(a.view().Row(i), b.view().Row(i), bytes) != 0) return false;
  }
  return true;
}

TEST(GemmTest, AllOptionsAndShapes) {
  Random random(1);
  for (const Shape& shape : kShapes) {
    for (int choice = 0; choice < 16; ++choice) {
      const GemmOptions options = {(choice & 1) != 0, (choice & 2) != 0, (choice & 4) != 0};
      const int gap = (choice & 8) != 0 ? 5 : 0;
      GuardedMatrix a = Operand(random, shape.M, shape.K, options.transpose_a, gap);
      GuardedMatrix b = Operand(random, shape.K, shape.N, options.transpose_b, gap);
      GuardedMatrix c(random, shape.M, shape.N, gap);
      const auto expected = Expected(a.view(), b.view(), options, c.Doubles());
      Gemm(a.view(), b.view(), c.view(), options);
      ExpectMatrix(c, expected, "Gemm", kTolerance * 3);
    }
  }
}

TEST(GemmTest, OverwritingDoesNotReadTheOldValues) {
  Random random(2);
  GuardedMatrix a(random, 9, 12), b(random, 12, 20), c(9, 20), y(9, 12);
  PackedWeights weights;
  c.Fill(std::numeric_limits<Real>::quiet_NaN());
  y.Fill(std::numeric_limits<Real>::quiet_NaN());
  Gemm(a.view(), b.view(), c.view());
  weights.Linear(c.view(), b.view(), y.view());
  for (double v : c.Doubles()) EXPECT_TRUE(std::isfinite(v));
  for (double v : y.Doubles()) EXPECT_TRUE(std::isfinite(v));
}

TEST(GemmTest, NothingAndEmptySums) {
  Random random(3);
  PackedWeights weights;
  const Real bias[3] = {1, 2, 3};
  GuardedMatrix empty_rows(0, 4), no_columns(2, 0), w_34(random, 3, 4), w_30(3, 0), y_03(0, 3);
  GuardedMatrix c(random, 2, 3);
  Gemm(empty_rows.view(), w_34.view(), y_03.view(), {.transpose_b = true});
  weights.Linear(empty_rows.view(), w_34.view(), y_03.view());

  const auto before = c.Doubles();
  Gemm(no_columns.view(), w_30.view(), c.view(), {.transpose_b = true, .accumulate = true});
  ExpectMatrix(c, before, "accumulating nothing", 0);
  weights.Linear(no_columns.view(), w_30.view(), c.view(), {.bias = bias});
  ExpectMatrix(c, {1, 2, 3, 1, 2, 3}, "bias alone", 0);
  weights.Linear(no_columns.view(), w_30.view(), c.view(), {.accumulate = true, .bias = bias});
  ExpectMatrix(c, {2, 4, 6, 2, 4, 6}, "bias accumulated", 0);
  Gemm(no_columns.view(), w_30.view(), c.view(), {.transpose_b = true});
  ExpectMatrix(c, std::vector<double>(6, 0), "sum of nothing", 0);
}

TEST(PackedWeightsTest, LinearInAllItsForms) {
  Random random(4);
  for (const Shape& shape : kShapes) {
    for (int choice = 0; choice < 8; ++choice) {
      const bool with_bias = (choice & 1) != 0, accumulate = (choice & 2) != 0;
      const int gap = (choice & 4) != 0 ? 5 : 0;
      PackedWeights weights;
      GuardedMatrix x(random, shape.M, shape.K, gap), W(random, shape.N, shape.K, gap);
      GuardedMatrix y(random, shape.M, shape.N, gap), bias(random, 1, shape.N);
      const ConstVector b = with_bias ? ConstVector(bias.row()) : ConstVector();
      const auto expected = Expected(
          x.view(), W.view(), {.transpose_b = true, .accumulate = accumulate}, y.Doubles(), b);
      weights.Linear(x.view(), W.view(), y.view(), {accumulate, b});
      ExpectMatrix(y, expected, "Linear", kTolerance * 3);
    }
  }
}

TEST(PackedWeightsTest, LinearTransposed) {
  Random random(5);
  for (const Shape& shape : kShapes) {
    for (bool accumulate : {false, true}) {
      PackedWeights weights;
      GuardedMatrix x(random, shape.M, shape.K), W(random, shape.K, shape.N);
      GuardedMatrix y(random, shape.M, shape.N);
      const auto expected = Expected(x.view(), W.view(), {.accumulate = accumulate}, y.Doubles());
      weights.LinearTransposed(x.view(), W.view(), y.view(), accumulate);
      ExpectMatrix(y, expected, "LinearTransposed", kTolerance * 3);
    }
  }
}

// Rows are done in several products when there are many; all must arrive, and the bias once.
TEST(PackedWeightsTest, ManyRows) {
  Random random(6);
  PackedWeights weights;
  GuardedMatrix W(random, 11, 6), bias(random, 1, 11);
  for (int rows : {128, 129, 160, 511, 1023, 1025, 1311}) {
    GuardedMatrix x(random, rows, 6), y(random, rows, 11);
    const auto expected = Expected(x.view(), W.view(), {.transpose_b = true, .accumulate = true},
                                   y.Doubles(), bias.row());
    weights.Linear(x.view(), W.view(), y.view(), {true, bias.row()});
    ExpectMatrix(y, expected, "many rows");
  }
}

TEST(PackedWeightsTest, NewNumbersAreSeenAfterInvalidate) {
  Random random(7);
  for (int parts : {1, 4}) {
    PackedWeights weights;
    GuardedMatrix x(random, 5, 24), back(random, 5, 40), y(5, 40), d(5, 24);
    std::vector<GuardedMatrix> matrices;
    for (int i = 0; i < 6; ++i) matrices.emplace_back(random, 40, 24, i);
    for (int step = 0; step < 3; ++step) {
      for (GuardedMatrix& W : matrices) {
        weights.Linear(x.view(), W.view(), y.view());
        ExpectMatrix(y, Expected(x.view(), W.view(), {.transpose_b = true}, y.Doubles()), "Linear");
        weights.LinearTransposed(back.view(), W.view(), d.view());
        ExpectMatrix(d, Expected(back.view(), W.view(), {}, d.Doubles()), "LinearTransposed");
        for (int i = 0; i < 40; ++i) W(i, (i * step) % 24) += Real(0.25);
      }
      std::vector<std::thread> threads;
      for (int part = 0; part < parts; ++part) {
        threads.emplace_back([&weights, part, parts] { weights.Invalidate(part, parts); });
      }
      for (std::thread& thread : threads) thread.join();
    }
  }
}

TEST(PackedWeightsTest, ColumnBlocksAreWeightsOfTheirOwn) {
  Random random(8);
  PackedWeights weights;
  GuardedMatrix W(random, 20, 30), x(random, 4, 15), y(4, 20);
  for (int begin : {0, 15}) {
    const Matrix block = W.view().Columns(begin, 15);
    weights.Linear(x.view(), block, y.view());
    ExpectMatrix(y, Expected(x.view(), block, {.transpose_b = true}, y.Doubles()), "column block");
  }
}

TEST(PackedWeightsTest, ClearForgets) {
  Random random(9);
  PackedWeights weights;
  GuardedMatrix W(random, 20, 30), x(random, 4, 30), y(4, 20);
  weights.Linear(x.view(), W.view(), y.view());
  if (GemmBackend() != std::string("reference")) {
    EXPECT_GE(weights.packed_bytes(), 20 * 30 * sizeof(Real));
  }
  weights.Clear();
  EXPECT_EQ(weights.packed_bytes(), 0u);
  W(3, 4) += 1;
  weights.Linear(x.view(), W.view(), y.view());
  ExpectMatrix(y, Expected(x.view(), W.view(), {.transpose_b = true}, y.Doubles()), "after Clear");
}

// A row's product does not depend on how many rows there are.
TEST(PackedWeightsTest, BatchInvariance) {
  Random random(10);
  PackedWeights weights;
  GuardedMatrix W(random, 200, 130), x(random, 700, 130), all(700, 200);
  weights.Linear(x.view(), W.view(), all.view());
  for (int rows : {1, 2, 5, 16, 63, 64, 127, 350}) {
    GuardedMatrix some(rows, 200);
    weights.Linear(x.view().Rows(0, rows), W.view(), some.view());
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < 200; ++j) {
        // Relative to the sum of the absolute values of the terms, about 130 / 4.
        ASSERT_NEAR(some(i, j), all(i, j), 1e-6 * 33) << rows << " rows, at " << i << "," << j;
      }
    }
  }
}

TEST(GemmTest, EqualCallsGiveEqualBits) {
  for (int threads : {1, 2}) {
    SetGemmThreads(threads);
    Random random(11);
    PackedWeights weights;
    // Long sums, which several threads might share.
    GuardedMatrix a(random, 1500, 70), b(random, 1500, 50), W(random, 50, 70), bias(random, 1, 50);
    GuardedMatrix gradient(70, 50), gradient_again(70, 50), y(1500, 50), y_again(1500, 50);
    Gemm(a.view(), b.view(), gradient.view(), {.transpose_a = true});
    weights.Linear(a.view(), W.view(), y.view(), {.bias = bias.row()});
    for (int i = 0; i < 10; ++i) {
      Gemm(a.view(), b.view(), gradient_again.view(), {.transpose_a = true});
      weights.Linear(a.view(), W.view(), y_again.view(), {.bias = bias.row()});
      ASSERT_TRUE(SameBits(gradient, gradient_again)) << threads << " threads";
      ASSERT_TRUE(SameBits(y, y_again)) << threads << " threads";
    }
  }
  SetGemmThreads(1);
}

TEST(PackedWeightsTest, SeveralThreadsAtOnce) {
  Random random(12);
  PackedWeights weights;
  std::vector<GuardedMatrix> matrices;
  for (int i = 0; i < 8; ++i) matrices.emplace_back(random, 30 + i, 40);
  GuardedMatrix x(random, 50, 40);
  std::vector<int> failures(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < failures.size(); ++t) {
    threads.emplace_back([&, t] {
      SetGemmThreads(t == 0 ? 2 : 1);
      for (int step = 0; step < 40; ++step) {
        GuardedMatrix& W = matrices[(static_cast<size_t>(step) + t) % matrices.size()];
        const Matrix some = x.view().Rows(0, 1 + step);
        GuardedMatrix y(1 + step, W.view().rows);
        weights.Linear(some, W.view(), y.view());
        const auto expected = Expected(some, W.view(), {.transpose_b = true}, y.Doubles());
        const auto actual = y.Doubles();
        for (size_t i = 0; i < expected.size(); ++i) {
          if (std::abs(actual[i] - expected[i]) > 1e-4) ++failures[t];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int count : failures) EXPECT_EQ(count, 0);
}

TEST(GemmTest, BackendNamesItself) {
  const std::string name = GemmBackend();
  EXPECT_TRUE(name == "reference" || name.starts_with("oneDNN ")) << name;
}

}  // namespace
}  // namespace atento
