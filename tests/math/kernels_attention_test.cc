// Attention over the rows of one sentence, among the rows of its neighbours.
#include "base/sequence_layout.h"
#include "math/kernels_test_util.h"

namespace atento {
namespace {

using Doubles = std::vector<double>;

double InnerProduct(const Doubles& x, const Doubles& y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

// Position j's part of the keys of one sentence, which lie one after the other.
Doubles Part(const Doubles& all, size_t j, size_t width) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(j * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

Doubles DotScoresOf(const Doubles& q, const Doubles& keys) {
  Doubles e;
  for (size_t j = 0; j * q.size() < keys.size(); ++j) {
    e.push_back(InnerProduct(q, Part(keys, j, q.size())));
  }
  return e;
}

Doubles AdditiveScoresOf(const Doubles& q, const Doubles& keys, const Doubles& v) {
  Doubles e;
  for (size_t j = 0; j * q.size() < keys.size(); ++j) {
    e.push_back(0);
    for (size_t i = 0; i < q.size(); ++i) {
      e.back() += v[i] * std::tanh(q[i] + keys[j * q.size() + i]);
    }
  }
  return e;
}

// Three sentences of 9, 5 and 1 positions; each test looks at all of them.
class AttentionTest : public KernelTest {
 protected:
  MemoryRows RowsOf(int b) const { return {layout_.offsets().data(), b, layout_.length(b)}; }
  Doubles Gather(GuardedMatrix& matrix, int b) const {
    Doubles all;
    for (int j = 0; j < layout_.length(b); ++j) {
      const Doubles row = matrix.Doubles(layout_.Row(j, b));
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  }
  std::vector<Real> RandomReals(int count) {
    std::vector<Real> x(static_cast<size_t>(count));
    for (Real& v : x) v = static_cast<Real>(random_.Uniform(-1, 1));
    return x;
  }
  void ExpectValues(const std::vector<Real>& actual, const Doubles& expected, const char* what) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ExpectClose(actual[i], expected[i], kTolerance * 2, what, static_cast<int>(i));
    }
  }
  // The rows of sentence b are `before` + gradient; all the others are untouched.
  void ExpectAdded(GuardedMatrix& after, GuardedMatrix& before, int b, const Doubles& gradient,
                   const char* what) {
    Doubles expected = before.Doubles();
    const size_t width = after.row().size();
    for (size_t i = 0; i < gradient.size(); ++i) {
      const int row = layout_.Row(static_cast<int>(i / width), b);
      expected[static_cast<size_t>(row) * width + i % width] += gradient[i];
    }
    ExpectMatrix(after, expected, what, kGradientTolerance);
  }

  SequenceLayout layout_{{9, 5, 1}};
  const int widths_[5] = {1, 5, 16, 37, 70};
};
ATENTO_ON_EVERY_TARGET(AttentionTest);

TEST_P(AttentionTest, DotScores) {
  for (int width : widths_) {
    for (int b = 0; b < layout_.batch(); ++b) {
      GuardedMatrix q(random_, 1, width), keys(random_, layout_.rows(), width);
      GuardedMatrix d_q(random_, 1, width), d_keys(random_, layout_.rows(), width);
      GuardedMatrix d_q_before = d_q, d_keys_before = d_keys;
      std::vector<Real> e(static_cast<size_t>(layout_.length(b)));
      DotScores(q.row(), keys.view(), RowsOf(b), e.data());
      ExpectValues(e, DotScoresOf(q.Doubles(), Gather(keys, b)), "e");

      const auto d_e = RandomReals(layout_.length(b));
      const Doubles weights(d_e.begin(), d_e.end());
      const auto wrt_q = CentralDifferences(
          [&](const Doubles& x) { return InnerProduct(weights, DotScoresOf(x, Gather(keys, b))); },
          q.Doubles());
      const auto wrt_keys = CentralDifferences(
          [&](const Doubles& x) { return InnerProduct(weights, DotScoresOf(q.Doubles(), x)); },
          Gather(keys, b));
      DotScoresBackward(q.row(), keys.view(), RowsOf(b), d_e.data(), d_q.row(), d_keys.view());
      Doubles expected_d_q = d_q_before.Doubles();
      for (size_t i = 0; i < wrt_q.size(); ++i) expected_d_q[i] += wrt_q[i];
      ExpectMatrix(d_q, expected_d_q, "d_q", kGradientTolerance);
      ExpectAdded(d_keys, d_keys_before, b, wrt_keys, "d_keys");
    }
  }
}

TEST_P(AttentionTest, AdditiveScores) {
  for (int width : widths_) {
    for (int b = 0; b < layout_.batch(); ++b) {
      GuardedMatrix q(random_, 1, width), v(random_, 1, width),
          keys(random_, layout_.rows(), width);
      std::vector<Real> e(static_cast<size_t>(layout_.length(b)));
      AdditiveScores(q.row(), keys.view(), v.row(), RowsOf(b), e.data());
      ExpectValues(e, AdditiveScoresOf(q.Doubles(), Gather(keys, b), v.Doubles()), "e");
    }
  }
}

TEST_P(AttentionTest, AdditiveScoresBackward) {
  for (int width : widths_) {
    for (int b = 0; b < layout_.batch(); ++b) {
      GuardedMatrix q(random_, 1, width), v(random_, 1, width),
          keys(random_, layout_.rows(), width);
      GuardedMatrix d_q(random_, 1, width), d_v(random_, 1, width),
          d_keys(random_, layout_.rows(), width);
      GuardedMatrix d_keys_before = d_keys;
      Doubles expected_d_q = d_q.Doubles(), expected_d_v = d_v.Doubles();
      const auto d_e = RandomReals(layout_.length(b));
      const Doubles weights(d_e.begin(), d_e.end());
      const Doubles q0 = q.Doubles(), v0 = v.Doubles(), keys0 = Gather(keys, b);
      const auto wrt_q = CentralDifferences(
          [&](const Doubles& x) { return InnerProduct(weights, AdditiveScoresOf(x, keys0, v0)); },
          q0);
      const auto wrt_v = CentralDifferences(
          [&](const Doubles& x) { return InnerProduct(weights, AdditiveScoresOf(q0, keys0, x)); },
          v0);
      const auto wrt_keys = CentralDifferences(
          [&](const Doubles& x) { return InnerProduct(weights, AdditiveScoresOf(q0, x, v0)); },
          keys0);
      AdditiveScoresBackward(q.row(), keys.view(), v.row(), RowsOf(b), d_e.data(), d_q.row(),
                             d_keys.view(), d_v.row());
      for (size_t i = 0; i < q0.size(); ++i) {
        expected_d_q[i] += wrt_q[i];
        expected_d_v[i] += wrt_v[i];
      }
      ExpectMatrix(d_q, expected_d_q, "d_q", kGradientTolerance);
      ExpectMatrix(d_v, expected_d_v, "d_v", kGradientTolerance);
      ExpectAdded(d_keys, d_keys_before, b, wrt_keys, "d_keys");
    }
  }
}

TEST_P(AttentionTest, WeightedSum) {
  for (int width : widths_) {
    for (int b = 0; b < layout_.batch(); ++b) {
      GuardedMatrix h(random_, layout_.rows(), width), c(1, width), d_c(random_, 1, width);
      GuardedMatrix d_h(random_, layout_.rows(), width), d_h_before = d_h;
      const auto alpha = RandomReals(layout_.length(b));
      const Doubles positions = Gather(h, b), d_c_values = d_c.Doubles();
      Doubles context(static_cast<size_t>(width)), d_alpha_expected, d_h_expected;
      for (size_t j = 0; j < alpha.size(); ++j) {
        const Doubles h_j = Part(positions, j, context.size());
        for (size_t i = 0; i < context.size(); ++i) {
          context[i] += static_cast<double>(alpha[j]) * h_j[i];
          d_h_expected.push_back(static_cast<double>(alpha[j]) * d_c_values[i]);
        }
        d_alpha_expected.push_back(InnerProduct(d_c_values, h_j));
      }
      c.Fill(99);  // overwritten
      WeightedSum(alpha.data(), h.view(), RowsOf(b), c.row());
      ExpectMatrix(c, context, "c");
      std::vector<Real> d_alpha(alpha.size(), 99);
      WeightedSumBackward(alpha.data(), h.view(), RowsOf(b), d_c.row(), d_alpha.data(), d_h.view());
      ExpectValues(d_alpha, d_alpha_expected, "d_alpha");
      ExpectAdded(d_h, d_h_before, b, d_h_expected, "d_h");
    }
  }
}

}  // namespace
}  // namespace atento
