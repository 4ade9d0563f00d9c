// Softmax and its relatives, the output layer's loss, and top-k.
#include <limits>
#include <numeric>

#include "math/kernels_test_util.h"

namespace atento {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();

double LogSumExpOf(const std::vector<double>& x) {
  const double max = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double v : x) sum += std::exp(v - max);
  return max + std::log(sum);
}

std::vector<double> SoftmaxOf(std::vector<double> x) {
  const double log_sum = LogSumExpOf(x);
  for (double& v : x) v = std::exp(v - log_sum);
  return x;
}

// −Σ q log p with q = (1−ε) onehot + ε/V, term by term.
double CrossEntropyOf(const std::vector<double>& x, size_t target, double epsilon) {
  const double log_sum = LogSumExpOf(x);
  double loss = 0;
  for (size_t v = 0; v < x.size(); ++v) {
    const double q = (v == target ? 1 - epsilon : 0) + epsilon / static_cast<double>(x.size());
    if (q > 0) loss -= q * (x[v] - log_sum);
  }
  return loss;
}

class OutputTest : public KernelTest {};
ATENTO_ON_EVERY_TARGET(OutputTest);

TEST_P(OutputTest, SoftmaxAndLogSumExp) {
  for (int n : kLengths) {
    if (n == 0) continue;
    for (double scale : {1.0, 30.0}) {
      GuardedMatrix x(random_, 1, n, 3, scale), p = x;
      const auto expected = x.Doubles();
      ExpectClose(LogSumExp(x.row()), LogSumExpOf(expected), kTolerance, "LogSumExp", n);
      Softmax(p.row());
      ExpectMatrix(p, SoftmaxOf(expected), "Softmax");
    }
  }
}

TEST_P(OutputTest, LargeLogitsLoseNothing) {
  std::vector<Real> x = {Real(10000), Real(9999), Real(9998)}, p = x;
  const auto expected = SoftmaxOf({10000, 9999, 9998});
  Softmax(p);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(p[i], expected[i], 1e-6);
  }
}

TEST_P(OutputTest, MinusInfinityIsProbabilityZero) {
  for (size_t n : {2u, 17u, 40u}) {
    for (size_t only = 0; only < n; ++only) {
      std::vector<Real> x(n, -kInfinity);
      x[only] = 3;
      EXPECT_EQ(LogSumExp(x), 3);
      Softmax(x);
      for (size_t i = 0; i < n; ++i) EXPECT_EQ(x[i], i == only ? 1 : 0);
    }
  }
  EXPECT_EQ(LogSumExp(std::vector<Real>(20, -kInfinity)), -kInfinity);
  EXPECT_EQ(LogSumExp({}), -kInfinity);
}

// The trainer recognises a diverged model by a loss that is not a number.
TEST_P(OutputTest, NanIsNotHidden) {
  for (size_t n : {1u, 5u, 16u, 33u, 100u}) {
    for (size_t at = 0; at < n; ++at) {
      std::vector<Real> x(n, Real(1)), all_infinite(n, -kInfinity);
      x[at] = all_infinite[at] = kNan;
      EXPECT_TRUE(std::isnan(LogSumExp(x))) << n << " " << at;
      EXPECT_TRUE(std::isnan(LogSumExp(all_infinite))) << n << " " << at;
      EXPECT_TRUE(std::isnan(SoftmaxCrossEntropy(x, 0, 0, 0, nullptr))) << n << " " << at;
    }
  }
}

TEST_P(OutputTest, SoftmaxBackward) {
  for (int n : kLengths) {
    if (n == 0) continue;
    GuardedMatrix x(random_, 1, n), d(random_, 1, n);
    const auto weights = d.Doubles();
    const auto expected = CentralDifferences(
        [&](const std::vector<double>& at) {
          const auto p = SoftmaxOf(at);
          return std::inner_product(p.begin(), p.end(), weights.begin(), 0.0);
        },
        x.Doubles());
    Softmax(x.row());
    SoftmaxBackward(x.row(), d.row());
    ExpectMatrix(d, expected, "SoftmaxBackward", kGradientTolerance);
  }
}

TEST_P(OutputTest, CrossEntropyAndItsGradient) {
  for (int n : kLengths) {
    if (n == 0) continue;
    for (Real epsilon : {Real(0), Real(0.1)}) {
      GuardedMatrix x(random_, 1, n, 3, 5);
      const size_t target = random_.Below(static_cast<uint64_t>(n));
      const auto logits = x.Doubles();
      const double eps = static_cast<double>(epsilon);
      const double loss = CrossEntropyOf(logits, target, eps);
      const double log_prob = logits[target] - LogSumExpOf(logits);

      Real actual_log_prob = 0;
      const int t = static_cast<int>(target);
      ExpectClose(SoftmaxCrossEntropy(x.row(), t, epsilon, 0, &actual_log_prob), loss, kTolerance,
                  "loss", n);
      ExpectClose(actual_log_prob, log_prob, kTolerance, "log_prob", n);
      ExpectMatrix(x, logits, "logits without a gradient", 0);

      auto expected = CentralDifferences(
          [&](const std::vector<double>& at) { return 0.5 * CrossEntropyOf(at, target, eps); },
          logits);
      actual_log_prob = 0;
      ExpectClose(SoftmaxCrossEntropy(x.row(), t, epsilon, Real(0.5), &actual_log_prob), loss,
                  kTolerance, "loss", n);
      ExpectClose(actual_log_prob, log_prob, kTolerance, "log_prob", n);
      ExpectMatrix(x, expected, "gradient", kGradientTolerance);
    }
  }
}

TEST_P(OutputTest, CrossEntropyOfAnImpossibleClass) {
  std::vector<Real> x = {0, -kInfinity, 1};
  Real log_prob;
  EXPECT_EQ(SoftmaxCrossEntropy(x, 1, 0, 0, &log_prob), kInfinity);
  EXPECT_EQ(log_prob, -kInfinity);
  EXPECT_TRUE(std::isfinite(SoftmaxCrossEntropy(x, 0, 0, 0, &log_prob)));
}

// ---- top-k -------------------------------------------------------------------------------------

std::vector<int> TopKOf(const std::vector<Real>& x, int k) {
  std::vector<int> index(x.size());
  std::iota(index.begin(), index.end(), 0);
  auto value = [&](int i) {
    const Real v = x[static_cast<size_t>(i)];
    return std::isnan(v) ? -kInfinity : v;
  };
  std::stable_sort(index.begin(), index.end(), [&](int i, int j) { return value(i) > value(j); });
  index.resize(static_cast<size_t>(k));
  return index;
}

void CheckTopK(const std::vector<Real>& x) {
  const int n = static_cast<int>(x.size());
  for (int k : {1, 2, 5, 12, n / 2, n}) {
    if (k < 1 || k > n) continue;
    std::vector<int> index(static_cast<size_t>(k));
    TopK(x, k, index.data());
    EXPECT_EQ(index, TopKOf(x, k)) << n << " entries, k = " << k;
  }
}

TEST_P(OutputTest, TopKOfDifferentNumbers) {
  for (int n : kLengths) {
    GuardedMatrix x(random_, 1, n);
    CheckTopK({x.row().begin(), x.row().end()});
  }
}

TEST_P(OutputTest, TopKTiesGoToTheSmallerIndex) {
  for (int n : kLengths) {
    std::vector<Real> x(static_cast<size_t>(n));
    for (Real& v : x) v = static_cast<Real>(random_.Below(3));
    CheckTopK(x);
    CheckTopK(std::vector<Real>(static_cast<size_t>(n), Real(1)));
  }
}

TEST_P(OutputTest, TopKTakesNanForMinusInfinity) {
  for (int n : kLengths) {
    std::vector<Real> x(static_cast<size_t>(n));
    const Real choices[] = {kNan, -kInfinity, 1, 2, kInfinity};
    for (Real& v : x) v = choices[random_.Below(5)];
    CheckTopK(x);
    for (Real& v : x) v = choices[random_.Below(2)];
    CheckTopK(x);
  }
}

TEST_P(OutputTest, TopKOfRisingAndFallingNumbers) {
  std::vector<Real> x(301);
  std::iota(x.begin(), x.end(), Real(0));
  CheckTopK(x);
  std::reverse(x.begin(), x.end());
  CheckTopK(x);
}

}  // namespace
}  // namespace atento
