// The mixture against its equations, written out.
#include "layers/copy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "math/kernels.h"

namespace atento {
namespace {

constexpr int kV = 4, kR = 3;

// Two sources: of three positions, and of two.
class CopyTest : public testing::Test {
 protected:
  CopyTest() {
    Random random(5);
    for (const Matrix& m : {t_, params_.W_o, alpha_}) {
      for (int i = 0; i < m.rows; ++i) {
        for (Real& v : m.RowSpan(i)) v = static_cast<Real>(random.Uniform(0.1, 1));
      }
    }
    for (Real& b : params_.b) b = static_cast<Real>(random.Uniform(-1, 1));
    for (size_t r = 0; r < column_.size(); ++r) {
      if (column_[r] == 1) alpha_(static_cast<int>(r), 2) = 0;
    }
  }

  // Eq. 9, of row r and symbol w.
  double Expected(int r, int w) {
    const Matrix logits = arena_.NewMatrix(t_.rows, kV);
    OutputForward(params_, t_, logits, workspace_);
    double sum = 0, total = 0, share = 0;
    for (Real logit : logits.RowSpan(r)) sum += std::exp(double{logit});
    const int column = column_[static_cast<size_t>(r)];
    for (int j = 0; j < layout_.length(column); ++j) {
      total += double{alpha_(r, j)};
      if (Copied(r, j) == w) share += double{alpha_(r, j)};
    }
    const double p_gen = 1 / (1 + std::exp(-double{z_[static_cast<size_t>(r)]}));
    const double generated = w < kV ? std::exp(double{logits(r, w)}) / sum : 0;
    return p_gen * generated + (1 - p_gen) * share / total;
  }
  int Copied(int r, int j) const {
    return source_[static_cast<size_t>(layout_.Row(j, column_[static_cast<size_t>(r)]))];
  }
  Matrix Mixed(int extended) {
    const Matrix logits = arena_.NewMatrix(t_.rows, kV);
    OutputForward(params_, t_, logits, workspace_);
    const Matrix mixed = arena_.NewMatrix(t_.rows, kV + extended);
    CopyLogits(Rows(), logits, mixed);
    return mixed;
  }
  CopyingRows Rows() const { return {z_, alpha_, column_, layout_, source_}; }

  Arena arena_;
  PackedWeights weights_;
  const Workspace workspace_{arena_, weights_};
  const SequenceLayout layout_{{3, 2}};
  // Of the first source 2, V and 2; of the second V + 1 and V.
  const std::vector<int> source_ = {2, kV + 1, kV, kV, 2};
  const std::vector<int> column_ = {0, 1, 0};
  std::vector<Real> z_ = {Real(-0.5), Real(1.2), Real(0.3)};
  OutputParams params_{arena_.NewMatrix(kV, kR), arena_.NewVector(kV)};
  Matrix t_ = arena_.NewMatrix(3, kR);
  // Their sums are not 1.
  Matrix alpha_ = arena_.NewMatrix(3, 3);
};

TEST_F(CopyTest, ProbabilitiesAreThoseOfTheEquation) {
  EXPECT_EQ(ExtendedSymbols(layout_, source_, 0, kV), 1);
  EXPECT_EQ(ExtendedSymbols(layout_, source_, 1, kV), 2);
  const Matrix mixed = Mixed(2);
  for (int r = 0; r < 3; ++r) {
    const double log_sum = double{LogSumExp(mixed.RowSpan(r))};
    double total = 0;
    for (int w = 0; w < kV + 2; ++w) {
      const double p = std::exp(double{mixed(r, w)} - log_sum);
      EXPECT_NEAR(p, Expected(r, w), 1e-6) << r << " " << w;
      total += Expected(r, w);
    }
    EXPECT_NEAR(total, 1, 1e-6);
  }
  EXPECT_EQ(mixed(0, kV + 1), -std::numeric_limits<Real>::infinity()) << "not of this source";
}

TEST_F(CopyTest, TheLossIsOfTheSameProbabilities) {
  const std::vector<int> y = {2, kV + 1, 1};
  std::vector<Real> log_probs(3);
  const LossSums sums = CopyEvaluate(params_, t_, y, Rows(), 0, log_probs, workspace_);
  double total = 0;
  for (int r = 0; r < 3; ++r) {
    const double expected = std::log(Expected(r, y[static_cast<size_t>(r)]));
    EXPECT_NEAR(double{log_probs[static_cast<size_t>(r)]}, expected, 1e-5);
    total += expected;
  }
  EXPECT_NEAR(sums.log_prob, total, 1e-5);
  EXPECT_NEAR(sums.loss, -total, 1e-5);
  EXPECT_EQ(sums.tokens, 3);
}

TEST_F(CopyTest, AnExtremeGateLeavesOneOfTheTwo) {
  z_ = {Real(200), Real(200), Real(-200)};
  const Matrix mixed = Mixed(2);
  const auto log_prob = [&](int r, int w) {
    return double{mixed(r, w)} - double{LogSumExp(mixed.RowSpan(r))};
  };
  EXPECT_NEAR(log_prob(0, 1), std::log(Expected(0, 1)), 1e-5);
  // The logarithm of what is too small for a probability.
  EXPECT_NEAR(log_prob(1, kV + 1),
              -200 + std::log(double{alpha_(1, 0)} / double{alpha_(1, 0) + alpha_(1, 1)}), 1e-3);
  EXPECT_NEAR(std::exp(log_prob(2, 2)) + std::exp(log_prob(2, kV)), 1, 1e-5);
  std::vector<Real> log_probs(3);
  const std::vector<int> y = {kV, kV, 3};
  EXPECT_TRUE(
      std::isfinite(CopyEvaluate(params_, t_, y, Rows(), Real(0.1), log_probs, workspace_).loss));
}

// As outside of a local window.
TEST_F(CopyTest, AnUnseenPositionIsImprobableAndHasNoGradient) {
  alpha_(0, 1) = 0;
  const std::vector<int> y = {kV, kV, 2};
  std::vector<Real> log_probs(3), d_z(3);
  CopyEvaluate(params_, t_, y, Rows(), 0, log_probs, workspace_);
  const double copy = std::log(1 / (1 + std::exp(double{z_[0]})));
  EXPECT_NEAR(double{log_probs[0]}, copy + std::log(1e-9), 1e-4);
  const Matrix mixed = Mixed(2);
  EXPECT_NEAR(double{mixed(0, kV)} - double{LogSumExp(mixed.RowSpan(0))}, double{log_probs[0]},
              1e-4);
  OutputParams d_params{arena_.NewZeroMatrix(kV, kR), arena_.NewVector(kV)};
  const Matrix d_t = arena_.NewMatrix(3, kR), d_alpha = arena_.NewMatrix(3, 3);
  CopyLoss(params_, t_, y, Rows(), {.gradient_scale = 1}, {d_t, d_z, d_alpha, d_params},
           workspace_);
  for (Real d : d_alpha.RowSpan(0)) EXPECT_EQ(d, 0);
  for (Real d : d_t.RowSpan(0)) EXPECT_EQ(d, 0) << "nothing of it was generated";
  EXPECT_NE(d_alpha(1, 0), 0);
  EXPECT_EQ(d_alpha(1, 2), 0) << "beyond the sentence";
  EXPECT_GT(d_z[0], 0);
}

}  // namespace
}  // namespace atento
