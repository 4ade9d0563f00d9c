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

// kappa: one per position, or none without coverage.
Doubles AdditiveScoresOf(const Doubles& q, const Doubles& keys, const Doubles& v,
                         const Doubles& w_c = {}, const Doubles& kappa = {}) {
  Doubles e;
  for (size_t j = 0; j * q.size() < keys.size(); ++j) {
    e.push_back(0);
    for (size_t i = 0; i < q.size(); ++i) {
      const double coverage = kappa.empty() ? 0 : kappa[j] * w_c[i];
      e.back() += v[i] * std::tanh(q[i] + keys[j * q.size() + i] + coverage);
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
  // `after` is `before` + gradient.
  void ExpectSum(GuardedMatrix& after, GuardedMatrix& before, const Doubles& gradient,
                 const char* what) {
    Doubles expected = before.Doubles();
    for (size_t i = 0; i < gradient.size(); ++i) expected[i] += gradient[i];
    ExpectMatrix(after, expected, what, kGradientTolerance);
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

TEST_P(AttentionTest, AdditiveCoverageScores) {
  for (int width : widths_) {
    for (int b = 0; b < layout_.batch(); ++b) {
      GuardedMatrix q(random_, 1, width), v(random_, 1, width), w_c(random_, 1, width),
          keys(random_, layout_.rows(), width);
      const auto kappa = RandomReals(layout_.length(b));
      std::vector<Real> e(kappa.size());
      AdditiveCoverageScores(q.row(), keys.view(), v.row(), {w_c.row(), kappa.data()}, RowsOf(b),
                             e.data());
      ExpectValues(e,
                   AdditiveScoresOf(q.Doubles(), Gather(keys, b), v.Doubles(), w_c.Doubles(),
                                    {kappa.begin(), kappa.end()}),
                   "e");
      // Without coverage so far, the scores are those of attention without coverage.
      const std::vector<Real> none(kappa.size(), 0);
      std::vector<Real> plain(kappa.size());
      AdditiveCoverageScores(q.row(), keys.view(), v.row(), {w_c.row(), none.data()}, RowsOf(b),
                             e.data());
      AdditiveScores(q.row(), keys.view(), v.row(), RowsOf(b), plain.data());
      EXPECT_EQ(e, plain);
    }
  }
}

TEST_P(AttentionTest, AdditiveCoverageScoresBackward) {
  for (int width : widths_) {
    for (int b = 0; b < layout_.batch(); ++b) {
      GuardedMatrix q(random_, 1, width), v(random_, 1, width), w_c(random_, 1, width),
          keys(random_, layout_.rows(), width), kappa(random_, 1, layout_.length(b));
      GuardedMatrix d_q(random_, 1, width), d_v(random_, 1, width), d_w_c(random_, 1, width),
          d_keys(random_, layout_.rows(), width), d_kappa(random_, 1, layout_.length(b));
      GuardedMatrix d_q_before = d_q, d_v_before = d_v, d_w_c_before = d_w_c,
                    d_keys_before = d_keys, d_kappa_before = d_kappa;
      const auto d_e = RandomReals(layout_.length(b));
      // The gradient with respect to one of the five, the others as they are.
      const Doubles inputs[] = {q.Doubles(), Gather(keys, b), v.Doubles(), w_c.Doubles(),
                                kappa.Doubles()};
      const auto gradient = [&](size_t which) {
        return CentralDifferences(
            [&](const Doubles& x) {
              const auto input = [&](size_t i) { return i == which ? x : inputs[i]; };
              return InnerProduct(
                  {d_e.begin(), d_e.end()},
                  AdditiveScoresOf(input(0), input(1), input(2), input(3), input(4)));
            },
            inputs[which]);
      };
      AdditiveCoverageScoresBackward(q.row(), keys.view(), v.row(), {w_c.row(), kappa.row().data()},
                                     RowsOf(b), d_e.data(), d_q.row(), d_keys.view(), d_v.row(),
                                     {d_w_c.row(), d_kappa.row().data()});
      ExpectSum(d_q, d_q_before, gradient(0), "d_q");
      ExpectAdded(d_keys, d_keys_before, b, gradient(1), "d_keys");
      ExpectSum(d_v, d_v_before, gradient(2), "d_v");
      ExpectSum(d_w_c, d_w_c_before, gradient(3), "d_w_c");
      ExpectSum(d_kappa, d_kappa_before, gradient(4), "d_kappa");
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

// ---- parts of a memory -------------------------------------------------------------------------

// What every kernel reads and writes; the matrices may be parts of larger ones.
struct Operands {
  ConstVector q, v, w_c, d_c;
  ConstMatrix keys;
  std::vector<Real> kappa, alpha, d_e;  // one per position
  Vector d_q, d_v, d_w_c, c;
  Matrix d_keys;
  std::vector<Real> d_kappa;
};

// Runs all kernels, one after the other on the same sums. Returns what they wrote per position.
std::vector<std::vector<Real>> RunAll(Operands& x, MemoryRows rows) {
  const size_t count = x.alpha.size();
  std::vector<Real> dot(count), additive(count), covered(count), d_alpha(count);
  const AdditiveCoverage coverage = {x.w_c, x.kappa.data()};
  DotScores(x.q, x.keys, rows, dot.data());
  AdditiveScores(x.q, x.keys, x.v, rows, additive.data());
  AdditiveCoverageScores(x.q, x.keys, x.v, coverage, rows, covered.data());
  WeightedSum(x.alpha.data(), x.keys, rows, x.c);
  DotScoresBackward(x.q, x.keys, rows, x.d_e.data(), x.d_q, x.d_keys);
  AdditiveScoresBackward(x.q, x.keys, x.v, rows, x.d_e.data(), x.d_q, x.d_keys, x.d_v);
  AdditiveCoverageScoresBackward(x.q, x.keys, x.v, coverage, rows, x.d_e.data(), x.d_q, x.d_keys,
                                 x.d_v, {x.d_w_c, x.d_kappa.data()});
  WeightedSumBackward(x.alpha.data(), x.keys, rows, x.d_c, d_alpha.data(), x.d_keys);
  return {dot, additive, covered, d_alpha, x.d_kappa};
}

// The operands of one head lie in columns of those of all heads, as in multi-head attention.
TEST_P(AttentionTest, AColumnSliceIsAMatrix) {
  constexpr int kHeads = 3;
  for (int width : widths_) {
    for (int head = 0; head < kHeads; ++head) {
      // Rows: q v w_c d_c, and d_q d_v d_w_c c.
      GuardedMatrix in(random_, 4, kHeads * width), out(random_, 4, kHeads * width);
      GuardedMatrix keys(random_, layout_.rows(), kHeads * width),
          d_keys(random_, layout_.rows(), kHeads * width);
      const auto slice = [&](GuardedMatrix& matrix) {
        return matrix.view().Columns(head * width, width);
      };
      const auto copy_of = [&](GuardedMatrix& matrix) {
        GuardedMatrix copy(matrix.view().rows, width, 0);
        CopyMatrix(slice(matrix), copy.view());
        return copy;
      };
      GuardedMatrix in_copy = copy_of(in), keys_copy = copy_of(keys);
      GuardedMatrix out_copy = copy_of(out), d_keys_copy = copy_of(d_keys);
      GuardedMatrix expected_out = out, expected_d_keys = d_keys;
      const int count = layout_.length(0);
      const auto kappa = RandomReals(count), alpha = RandomReals(count), d_e = RandomReals(count),
                 d_kappa = RandomReals(count);
      const auto operands = [&](Matrix x, ConstMatrix k, Matrix d_x, Matrix d_k) {
        return Operands{
            x.RowSpan(0),   x.RowSpan(1),   x.RowSpan(2),   x.RowSpan(3),   k,   kappa,  alpha, d_e,
            d_x.RowSpan(0), d_x.RowSpan(1), d_x.RowSpan(2), d_x.RowSpan(3), d_k, d_kappa};
      };
      auto sliced = operands(slice(in), slice(keys), slice(out), slice(d_keys));
      auto copied = operands(in_copy.view(), keys_copy.view(), out_copy.view(), d_keys_copy.view());
      EXPECT_EQ(RunAll(sliced, RowsOf(0)), RunAll(copied, RowsOf(0))) << width;
      // The head's columns hold what the copies do, all other columns what they did.
      CopyMatrix(out_copy.view(), slice(expected_out));
      CopyMatrix(d_keys_copy.view(), slice(expected_d_keys));
      ExpectMatrix(out, expected_out.Doubles(), "gradients", 0);
      ExpectMatrix(d_keys, expected_d_keys.Doubles(), "d_keys", 0);
    }
  }
}

// A window is the sentence with nothing outside of it: no weight and no gradient.
TEST_P(AttentionTest, AWindowOfPositions) {
  constexpr int kWidth = 37;
  for (int b = 0; b < layout_.batch(); ++b) {
    const int length = layout_.length(b);
    for (int begin = 0; begin <= length; ++begin) {
      for (int count = 0; begin + count <= length; ++count) {
        GuardedMatrix in(random_, 4, kWidth), keys(random_, layout_.rows(), kWidth);
        GuardedMatrix out(random_, 4, kWidth), d_keys(random_, layout_.rows(), kWidth);
        GuardedMatrix whole_out = out, whole_d_keys = d_keys;
        Operands window{in.row(0),     in.row(1),          in.row(2),          in.row(3),
                        keys.view(),   RandomReals(count), RandomReals(count), RandomReals(count),
                        out.row(0),    out.row(1),         out.row(2),         out.row(3),
                        d_keys.view(), RandomReals(count)};
        // The same, with zeros before and behind.
        Operands whole = window;
        for (auto* x : {&whole.kappa, &whole.alpha, &whole.d_e, &whole.d_kappa}) {
          x->insert(x->begin(), static_cast<size_t>(begin), 0);
          x->resize(static_cast<size_t>(length), 0);
        }
        whole.d_q = whole_out.row(0), whole.d_v = whole_out.row(1);
        whole.d_w_c = whole_out.row(2), whole.c = whole_out.row(3);
        whole.d_keys = whole_d_keys.view();
        auto expected = RunAll(whole, RowsOf(b));
        for (auto& x : expected) {
          x.erase(x.begin(), x.begin() + begin);
          x.resize(static_cast<size_t>(count));
        }
        EXPECT_EQ(RunAll(window, {layout_.offsets().data() + begin, b, count}), expected);
        ExpectMatrix(out, whole_out.Doubles(), "gradients", 0);
        ExpectMatrix(d_keys, whole_d_keys.Doubles(), "d_keys", 0);
      }
    }
  }
}

}  // namespace
}  // namespace atento
