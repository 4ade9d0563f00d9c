// Layer normalisation: error in ulp against long double, gradients against central differences.
#include <limits>

#include "math/kernels_test_util.h"

namespace atento {
namespace {

constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();

using LongDoubles = std::vector<long double>;

struct Normalized {
  LongDoubles x_hat;
  long double inverse_deviation;
};

template <class T>
Normalized Normalize(const std::vector<T>& x) {
  const auto count = static_cast<long double>(x.size());
  LongDoubles left(x.begin(), x.end());
  long double variance = 0;
  // Twice: beside a large mean and f64's ulps, a long double is rounded too.
  for (int time = 0; time < 2; ++time) {
    long double mean = 0;
    for (long double v : left) mean += v / count;
    for (long double& v : left) v -= mean;
  }
  for (long double v : left) variance += v * v / count;
  const long double inverse_deviation = 1 / std::sqrt(variance + kLayerNormEpsilon);
  for (long double& v : left) v *= inverse_deviation;
  return {left, inverse_deviation};
}

// ρ (d − mean(d) − x̂ mean(d∘x̂))
LongDoubles NormalizeBackward(const LongDoubles& x_hat, long double inverse_deviation,
                              const LongDoubles& d) {
  const auto count = static_cast<long double>(d.size());
  long double mean = 0, mean_product = 0;
  for (size_t i = 0; i < d.size(); ++i) {
    mean += d[i] / count;
    mean_product += d[i] * x_hat[i] / count;
  }
  LongDoubles d_x;
  for (size_t i = 0; i < d.size(); ++i) {
    d_x.push_back(inverse_deviation * (d[i] - mean - x_hat[i] * mean_product));
  }
  return d_x;
}

// In units of the last place of a Real in [scale, 2·scale), scale a power of two.
double UlpError(Real actual, long double exact, long double scale) {
  const long double error = std::abs(static_cast<long double>(actual) - exact);
  return static_cast<double>(error / (scale * std::numeric_limits<Real>::epsilon()));
}

LongDoubles Block(GuardedMatrix& matrix, int row, int block, int width) {
  const Real* begin = matrix.view().Row(row) + block * width;
  return {begin, begin + width};
}

class NormalizationTest : public KernelTest {
 protected:
  // Runs check(blocks, width, gap) on many shapes, with and without gaps.
  void OnShapes(const std::function<void(int, int, int)>& check) {
    for (int blocks : {1, 3, 4}) {
      for (int width : kLengths) {
        if (width > 0) check(blocks, width, 0);
        if (width > 0) check(blocks, width, 3);
      }
      check(blocks, 1000, 3);
    }
  }
  // Entries of any size, around a mean and of a spread that differ from row to row.
  GuardedMatrix Inputs(int rows, int cols, int gap) {
    GuardedMatrix x(random_, rows, cols, gap);
    for (int row = 0; row < rows; ++row) {
      const auto mean = static_cast<Real>(std::pow(10.0, random_.Uniform(-3, 5)));
      const auto spread = static_cast<Real>(std::pow(10.0, random_.Uniform(-3, 3)));
      for (Real& v : x.row(row)) v = mean + spread * v;
    }
    return x;
  }
};
ATENTO_ON_EVERY_TARGET(NormalizationTest);

TEST_P(NormalizationTest, UlpError) {
  constexpr int kRows = 15;
  double worst_x_hat = 0, worst_deviation = 0;
  OnShapes([&](int blocks, int width, int gap) {
    GuardedMatrix x = Inputs(kRows, blocks * width, gap), before = x;
    GuardedMatrix inverse_deviation(kRows, blocks, gap);
    LayerNormalize(blocks, x.view(), inverse_deviation.view());
    for (int row = 0; row < kRows; ++row) {
      for (int block = 0; block < blocks; ++block) {
        const Normalized exact = Normalize(Block(before, row, block, width));
        const long double rho = exact.inverse_deviation;
        worst_deviation =
            std::max(worst_deviation, UlpError(inverse_deviation(row, block), rho, rho));
        for (int i = 0; i < width; ++i) {
          const long double x_hat = exact.x_hat[static_cast<size_t>(i)];
          worst_x_hat = std::max(worst_x_hat, UlpError(x(row, block * width + i), x_hat,
                                                       std::max(1.0L, std::abs(x_hat))));
        }
      }
    }
    EXPECT_TRUE(x.GapsUntouched() && inverse_deviation.GapsUntouched());
  });
  RecordProperty("x_hat", std::to_string(worst_x_hat));
  RecordProperty("inverse_deviation", std::to_string(worst_deviation));
  const double max_ulp = GetParam() == HWY_SCALAR ? 16 : 4;
  EXPECT_LE(worst_x_hat, max_ulp);
  EXPECT_LE(worst_deviation, max_ulp);
}

TEST_P(NormalizationTest, BackwardUlpError) {
  constexpr int kRows = 15;
  double worst = 0;
  OnShapes([&](int blocks, int width, int gap) {
    const int cols = blocks * width;
    GuardedMatrix x_hat(random_, kRows, cols, gap, 2), gain(random_, 1, cols);
    GuardedMatrix rho(random_, kRows, blocks, gap, 100), d_y(random_, kRows, cols, gap);
    GuardedMatrix d_x(kRows, cols, gap), in_place = d_y;
    d_x.Fill(99);  // overwritten
    LayerNormalizeBackward(blocks, x_hat.view(), rho.view(), gain.row(), d_y.view(), d_x.view());
    LayerNormalizeBackward(blocks, x_hat.view(), rho.view(), gain.row(), in_place.view(),
                           in_place.view());
    EXPECT_EQ(in_place.Doubles(), d_x.Doubles());
    EXPECT_TRUE(d_x.GapsUntouched() && in_place.GapsUntouched());
    for (int row = 0; row < kRows; ++row) {
      for (int block = 0; block < blocks; ++block) {
        const LongDoubles gains = Block(gain, 0, block, width);
        LongDoubles d = Block(d_y, row, block, width);
        long double largest = 0;
        for (size_t i = 0; i < d.size(); ++i) {
          d[i] *= gains[i];
          largest = std::max(largest, std::abs(d[i]));
        }
        const LongDoubles x_hats = Block(x_hat, row, block, width);
        const LongDoubles exact = NormalizeBackward(x_hats, rho(row, block), d);
        for (size_t i = 0; i < d.size(); ++i) {
          const long double scale = largest * std::abs(static_cast<long double>(rho(row, block))) *
                                    std::max(1.0L, std::abs(x_hats[i]));
          const Real actual = d_x(row, block * width + static_cast<int>(i));
          worst = std::max(worst, UlpError(actual, exact[i], scale));
        }
      }
    }
  });
  RecordProperty("d_x", std::to_string(worst));
  EXPECT_LE(worst, 4);
}

// A layer: y = gain∘x̂ + y0, and a random linear function of y.
TEST_P(NormalizationTest, GradientsOfALayer) {
  constexpr int kRows = 2;
  for (int blocks : {1, 3}) {
    for (int width : {1, 2, 5, 17}) {
      const int cols = blocks * width;
      GuardedMatrix x(random_, kRows, cols), gain(random_, 1, cols), d_y(random_, kRows, cols);
      // Not too near to each other for finite differences.
      for (int i = 0; i < cols; ++i)
        x(0, i) += Real(i % 2 ? 2 : -2), x(1, i) += Real(i % 2 ? 3 : -1);
      const auto x0 = x.Doubles(), gain0 = gain.Doubles(), weights = d_y.Doubles();
      const auto loss = [&](const std::vector<double>& xs, const std::vector<double>& gains) {
        long double sum = 0;
        for (size_t begin = 0; begin < xs.size(); begin += static_cast<size_t>(width)) {
          const auto at = xs.begin() + static_cast<std::ptrdiff_t>(begin);
          const auto block = Normalize(std::vector<double>(at, at + width));
          for (size_t i = 0; i < block.x_hat.size(); ++i) {
            sum += weights[begin + i] * gains[(begin + i) % gains.size()] * block.x_hat[i];
          }
        }
        return static_cast<double>(sum);
      };
      GuardedMatrix rho(kRows, blocks), y(random_, kRows, cols), d_gain(random_, 1, cols);
      const auto y0 = y.Doubles();
      auto expected_d_gain = d_gain.Doubles();
      const auto wrt_gain = CentralDifferences(
          [&](const std::vector<double>& gains) { return loss(x0, gains); }, gain0);
      for (size_t i = 0; i < wrt_gain.size(); ++i) expected_d_gain[i] += wrt_gain[i];
      const auto wrt_x =
          CentralDifferences([&](const std::vector<double>& xs) { return loss(xs, gain0); }, x0);

      LayerNormalize(blocks, x.view(), rho.view());
      AddScaledByColumn(x.view(), gain.row(), y.view());
      double value = 0;
      const auto ys = y.Doubles();
      for (size_t i = 0; i < ys.size(); ++i) value += weights[i] * (ys[i] - y0[i]);
      ExpectClose(value, loss(x0, gain0), 10 * kTolerance, "loss", width);
      AddRowSumsOfProducts(x.view(), d_y.view(), d_gain.row());
      LayerNormalizeBackward(blocks, x.view(), rho.view(), gain.row(), d_y.view(), d_y.view());
      ExpectMatrix(d_gain, expected_d_gain, "d_gain", kGradientTolerance);
      ExpectMatrix(d_y, wrt_x, "d_x", kGradientTolerance);
    }
  }
}

TEST_P(NormalizationTest, AConstantBlockBecomesZero) {
  for (int width : {1, 2, 17, 257, 1000}) {
    GuardedMatrix x(2, 3 * width), rho(2, 3);
    x.Fill(Real(12345.67));
    LayerNormalize(3, x.view(), rho.view());
    for (double x_hat : x.Doubles()) EXPECT_LE(std::abs(x_hat), kTolerance) << width;
    for (double v : rho.Doubles()) ExpectClose(v, std::sqrt(1e5), kTolerance, "rho", width);
  }
}

TEST_P(NormalizationTest, NanStaysInItsBlock) {
  GuardedMatrix x(random_, 2, 3 * 21), rho(2, 3);
  x(1, 21 + 20) = kNan;
  LayerNormalize(3, x.view(), rho.view());
  for (int row = 0; row < 2; ++row) {
    for (int i = 0; i < 3 * 21; ++i) EXPECT_EQ(std::isnan(x(row, i)), row == 1 && i / 21 == 1);
    for (int block = 0; block < 3; ++block) {
      EXPECT_EQ(std::isnan(rho(row, block)), row == 1 && block == 1);
    }
  }
}

TEST_P(NormalizationTest, GainsAndTheirGradients) {
  for (int rows : {0, 1, 3, 4, 5, 9}) {
    for (int cols : kLengths) {
      GuardedMatrix x(random_, rows, cols, 0), gain(random_, 1, cols), y(random_, rows, cols);
      GuardedMatrix sums(random_, 1, cols);
      auto expected_y = y.Doubles(), expected_sums = sums.Doubles();
      const auto width = static_cast<size_t>(cols);
      for (size_t i = 0; i < expected_y.size(); ++i) {
        const double x_i = x.Doubles()[i];
        expected_sums[i % width] += x_i * expected_y[i];
        expected_y[i] += x_i * gain.Doubles()[i % width];
      }
      AddRowSumsOfProducts(x.view(), y.view(), sums.row());
      ExpectMatrix(sums, expected_sums, "AddRowSumsOfProducts");
      AddScaledByColumn(x.view(), gain.row(), y.view());
      ExpectMatrix(y, expected_y, "AddScaledByColumn");
    }
  }
}

}  // namespace
}  // namespace atento
