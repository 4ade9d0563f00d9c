// Element-wise kernels, reductions, dropout and maxout.
#include <set>

#include "math/kernels_test_util.h"

namespace atento {
namespace {

class ElementwiseTest : public KernelTest {
 protected:
  // Runs check(rows, cols, gap) on many shapes, with and without gaps.
  void OnShapes(const std::function<void(int, int, int)>& check) {
    for (int cols : kLengths) {
      for (int gap : {0, 3}) {
        check(1, cols, gap);
        check(3, cols, gap);
      }
    }
    check(0, 5, 0);
  }

  // kernel(x, y) against y_i = exact(x_i, y_i).
  void CheckInPlace(const char* name, void (*kernel)(ConstMatrix, Matrix),
                    double (*exact)(double, double)) {
    OnShapes([&](int rows, int cols, int gap) {
      GuardedMatrix x(random_, rows, cols, gap), y(random_, rows, cols, gap);
      auto expected = y.Doubles();
      const auto inputs = x.Doubles();
      for (size_t i = 0; i < expected.size(); ++i) expected[i] = exact(inputs[i], expected[i]);
      kernel(x.view(), y.view());
      ExpectMatrix(y, expected, name);
    });
  }

  void CheckFunction(const char* name, void (*kernel)(Matrix), double (*exact)(double)) {
    OnShapes([&](int rows, int cols, int gap) {
      GuardedMatrix x(random_, rows, cols, gap, 4);
      auto expected = x.Doubles();
      for (double& v : expected) v = exact(v);
      kernel(x.view());
      ExpectMatrix(x, expected, name);
    });
  }
};
ATENTO_ON_EVERY_TARGET(ElementwiseTest);

TEST_P(ElementwiseTest, TwoMatrices) {
  CheckInPlace("CopyMatrix", CopyMatrix, [](double x, double) { return x; });
  CheckInPlace("AddTo", AddTo, [](double x, double y) { return y + x; });
  CheckInPlace("TanhBackward", TanhBackward, [](double y, double d) { return d * (1 - y * y); });
}

TEST_P(ElementwiseTest, OneMatrix) {
  CheckFunction("Sigmoid", Sigmoid, SigmoidOf);
  CheckFunction("Tanh", Tanh, [](double x) { return std::tanh(x); });
  CheckFunction(
      "Fill", [](Matrix x) { Fill(x, Real(2.5)); }, [](double) { return 2.5; });
}

TEST_P(ElementwiseTest, Vectors) {
  for (int n : kLengths) {
    GuardedMatrix x(random_, 1, n), y(random_, 1, n);
    const auto x_before = x.Doubles(), y_before = y.Doubles();
    auto expected = y_before;
    AddTo(x.row(), y.row());
    for (size_t i = 0; i < expected.size(); ++i) expected[i] += x_before[i];
    ExpectMatrix(y, expected, "AddTo");
    AddScaled(Real(-2.5), x.row(), y.row());
    for (size_t i = 0; i < expected.size(); ++i) expected[i] += -2.5 * x_before[i];
    ExpectMatrix(y, expected, "AddScaled");
    Scale(Real(0.75), y.row());
    for (double& v : expected) v *= 0.75;
    ExpectMatrix(y, expected, "Scale");
    ExpectMatrix(x, x_before, "the input", 0);
  }
}

TEST_P(ElementwiseTest, DotAndSumOfSquares) {
  for (int n : kLengths) {
    GuardedMatrix x(random_, 1, n), y(random_, 1, n);
    const auto xs = x.Doubles(), ys = y.Doubles();
    double dot = 0, squares = 0;
    for (size_t i = 0; i < xs.size(); ++i) {
      dot += xs[i] * ys[i];
      squares += xs[i] * xs[i];
    }
    ExpectClose(Dot(x.row(), y.row()), dot, kTolerance, "Dot", n);
    ExpectClose(SumOfSquares(x.row()), squares, 1e-14, "SumOfSquares", n);
  }
}

TEST_P(ElementwiseTest, SumOfSquaresIsTakenInDouble) {
  std::vector<Real> x(100003, Real(1e-3));
  x[0] = Real(1e4);  // in float, a square of 1e-6 would vanish beside 1e8
  const double small = static_cast<double>(x[1]), large = 1e4;
  EXPECT_NEAR(SumOfSquares(x), large * large + 100002 * small * small, 1e-4);
}

TEST_P(ElementwiseTest, SumsDependOnTheNumbersAloneNotOnTheAddress) {
  std::vector<Real> a(300), b(301);
  for (size_t i = 0; i < 300; ++i) a[i] = b[i + 1] = static_cast<Real>(random_.Uniform(-1, 1));
  EXPECT_EQ(Dot(a, a), Dot(Vector(b).subspan(1), Vector(b).subspan(1)));
  EXPECT_EQ(SumOfSquares(a), SumOfSquares(Vector(b).subspan(1)));
  EXPECT_EQ(LogSumExp(a), LogSumExp(Vector(b).subspan(1)));
}

TEST_P(ElementwiseTest, AddRowSums) {
  for (int rows : {0, 1, 3, 4, 5, 9}) {
    for (int cols : kLengths) {
      GuardedMatrix x(random_, rows, cols), out(random_, 1, cols);
      auto expected = out.Doubles();
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < cols; ++j) expected[static_cast<size_t>(j)] += x(i, j);
      }
      AddRowSums(x.view(), out.row());
      ExpectMatrix(out, expected, "AddRowSums");
    }
  }
}

TEST_P(ElementwiseTest, MaxoutAndItsGradient) {
  for (int cols : kLengths) {
    GuardedMatrix x(random_, 3, 2 * cols), y(3, cols), d_y(random_, 3, cols), d_x(3, 2 * cols);
    if (cols > 0) x(1, 1) = x(1, 0);  // a tie
    d_x.Fill(99);                     // overwritten
    Maxout(x.view(), y.view());
    MaxoutBackward(x.view(), d_y.view(), d_x.view());
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < cols; ++j) {
        const bool second = x(i, 2 * j + 1) > x(i, 2 * j);
        EXPECT_EQ(y(i, j), x(i, 2 * j + (second ? 1 : 0)));
        EXPECT_EQ(d_x(i, 2 * j), second ? 0 : d_y(i, j));
        EXPECT_EQ(d_x(i, 2 * j + 1), second ? d_y(i, j) : 0);
      }
    }
    EXPECT_TRUE(y.GapsUntouched() && d_x.GapsUntouched());
  }
}

// ---- dropout -----------------------------------------------------------------------------------

// 1 where an entry is kept.
std::vector<int> KeptEntries(int rows, int cols, Real rate, uint64_t key, int gap = 0) {
  GuardedMatrix x(rows, cols, gap);
  x.Fill(1);
  Dropout(x.view(), rate, key);
  EXPECT_TRUE(x.GapsUntouched());
  std::vector<int> kept;
  for (double v : x.Doubles()) kept.push_back(v != 0);
  return kept;
}

double Mean(const std::vector<int>& values) {
  double sum = 0;
  for (int v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// Of two sequences of 0 and 1; about N(0, 1/n) if independent.
double Correlation(const std::vector<int>& a, const std::vector<int>& b, size_t shift = 0) {
  const double mean_a = Mean(a), mean_b = Mean(b);
  double sum = 0;
  for (size_t i = 0; i + shift < b.size(); ++i) sum += (a[i] - mean_a) * (b[i + shift] - mean_b);
  const double variance = std::sqrt(mean_a * (1 - mean_a) * mean_b * (1 - mean_b));
  return sum / variance / static_cast<double>(a.size());
}

TEST_P(ElementwiseTest, DropoutKeepsOrScales) {
  for (int cols : kLengths) {
    GuardedMatrix x(random_, 4, cols);
    const auto before = x.Doubles();
    Dropout(x.view(), Real(0.25), 7);
    const auto after = x.Doubles();
    for (size_t i = 0; i < after.size(); ++i) {
      if (after[i] != 0) ExpectClose(after[i], before[i] / 0.75, kTolerance, "kept", cols);
    }
    EXPECT_TRUE(x.GapsUntouched());
  }
}

TEST_P(ElementwiseTest, DropoutOfRateZeroDoesNothing) {
  GuardedMatrix x(random_, 3, 50);
  const auto before = x.Doubles();
  Dropout(x.view(), 0, 1);
  ExpectMatrix(x, before, "rate 0", 0);
}

// The backward pass is the same call, on a matrix that may lie elsewhere.
TEST_P(ElementwiseTest, DropoutDependsOnKeyRowAndColumnAlone) {
  const auto kept = KeptEntries(20, 65, Real(0.3), 5, 0);
  EXPECT_EQ(kept, KeptEntries(20, 65, Real(0.3), 5, 7));
  const auto wider = KeptEntries(20, 70, Real(0.3), 5);
  for (size_t i = 0; i < 20; ++i) {
    for (size_t j = 0; j < 65; ++j) EXPECT_EQ(kept[i * 65 + j], wider[i * 70 + j]);
  }
}

TEST_P(ElementwiseTest, DropoutIsTheSameOnEveryInstructionSet) {
  const auto here = KeptEntries(9, 100, Real(0.5), 77);
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_EQ(here, KeptEntries(9, 100, Real(0.5), 77));
}

TEST_P(ElementwiseTest, DropoutRate) {
  for (double rate : {0.01, 0.1, 0.2, 0.5, 0.9}) {
    double kept = 0;
    for (uint64_t key = 0; key < 2; ++key) {
      kept += Mean(KeptEntries(1000, 1000, static_cast<Real>(rate), key)) / 2;
    }
    // Five standard deviations of 2e6 draws.
    EXPECT_NEAR(kept, 1 - rate, 5 * std::sqrt(rate * (1 - rate) / 2e6)) << rate;
  }
}

TEST_P(ElementwiseTest, DropoutRowsColumnsAndKeysAreUnrelated) {
  constexpr int kRows = 300, kCols = 400;
  const auto kept = KeptEntries(kRows, kCols, Real(0.5), 1);
  const double bound = 5 / std::sqrt(kRows * kCols);
  for (size_t shift : {1u, 2u, 4u, 8u, 16u, 64u, 256u, 400u, 401u, 399u, 800u, 4000u}) {
    EXPECT_LT(std::abs(Correlation(kept, kept, shift)), bound) << "shift " << shift;
  }
  for (uint64_t key : {0u, 2u, 3u, 257u}) {
    EXPECT_LT(std::abs(Correlation(kept, KeptEntries(kRows, kCols, Real(0.5), key))), bound) << key;
  }
  EXPECT_LT(std::abs(Correlation(kept, KeptEntries(kRows, kCols, Real(0.5), uint64_t{1} << 40))),
            bound);
  // Sums over rows and over columns have the variance of independent draws.
  double row_variance = 0, column_variance = 0;
  for (size_t i = 0; i < kRows; ++i) {
    double sum = 0;
    for (size_t j = 0; j < kCols; ++j) sum += kept[i * kCols + j] - 0.5;
    row_variance += sum * sum / (kRows * kCols * 0.25);
  }
  for (size_t j = 0; j < kCols; ++j) {
    double sum = 0;
    for (size_t i = 0; i < kRows; ++i) sum += kept[i * kCols + j] - 0.5;
    column_variance += sum * sum / (kRows * kCols * 0.25);
  }
  EXPECT_NEAR(row_variance, 1, 5 * std::sqrt(2.0 / kRows));
  EXPECT_NEAR(column_variance, 1, 5 * std::sqrt(2.0 / kCols));
}

}  // namespace
}  // namespace atento
