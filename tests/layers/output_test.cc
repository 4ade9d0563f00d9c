// The output layer works through its rows in chunks; nobody must notice.
#include "layers/output.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "math/kernels.h"

namespace atento {
namespace {

TEST(OutputTest, ChunksAddUpToTheWhole) {
  // So large a vocabulary that a chunk is 32 rows: three chunks, the last one short.
  const int N = 70, R = 3, V = 40000;
  Arena arena;
  PackedWeights weights;
  Workspace workspace{arena, weights};
  Random random(1);
  auto matrix = [&](int rows, int cols) {
    Matrix m = arena.NewMatrix(rows, cols);
    for (Real& x : Vector(m.data, m.size())) x = static_cast<Real>(random.Uniform(-1, 1));
    return m;
  };
  const Matrix b = matrix(1, V), t = matrix(N, R);
  const OutputParams params{matrix(V, R), b.RowSpan(0)};
  std::vector<int> y(N);
  for (int& id : y) id = static_cast<int>(random.Below(V));

  OutputParams whole{arena.NewZeroMatrix(V, R), arena.NewVector(V)};
  OutputParams parts{arena.NewZeroMatrix(V, R), arena.NewVector(V)};
  std::fill(whole.b.begin(), whole.b.end(), Real{0});
  std::fill(parts.b.begin(), parts.b.end(), Real{0});
  const Matrix d_whole = arena.NewMatrix(N, R), d_parts = arena.NewMatrix(N, R);
  const OutputLossOptions options{.label_smoothing = Real{0.1}, .gradient_scale = 1};
  const LossSums sums = OutputLoss(params, t, y, options, d_whole, whole, workspace);
  LossSums added;
  for (int i = 0; i < N; ++i) {
    added += OutputLoss(params, t.Rows(i, 1), std::span(y).subspan(static_cast<size_t>(i), 1),
                        options, d_parts.Rows(i, 1), parts, workspace);
  }
  EXPECT_EQ(sums.tokens, N);
  EXPECT_NEAR(sums.loss, added.loss, 1e-5 * sums.loss);
  EXPECT_NEAR(sums.log_prob, added.log_prob, -1e-5 * sums.log_prob);
  for (int i = 0; i < N; ++i) {
    for (int k = 0; k < R; ++k) EXPECT_NEAR(d_whole(i, k), d_parts(i, k), 1e-5);
  }
  for (int v = 0; v < V; v += 7) EXPECT_NEAR(whole.W_o(v, 1), parts.W_o(v, 1), 1e-5);

  std::vector<Real> log_probs(N);
  const LossSums evaluated = OutputEvaluate(params, t, y, Real{0.1}, log_probs, workspace);
  EXPECT_NEAR(evaluated.loss, sums.loss, 1e-5 * sums.loss);
  double total = 0;
  for (Real p : log_probs) total += p;
  EXPECT_NEAR(total, sums.log_prob, -1e-5 * sums.log_prob);
}

TEST(OutputTest, ASubsetHasTheLogitsOfItsSymbols) {
  const int N = 5, R = 7, V = 50;
  Arena arena;
  PackedWeights weights;
  Random random(1);
  const Matrix t = arena.NewMatrix(N, R), b = arena.NewMatrix(1, V);
  const OutputParams params{arena.NewMatrix(V, R), b.RowSpan(0)};
  for (const Matrix& m : {t, b, params.W_o}) {
    for (Real& x : Vector(m.data, m.size())) x = static_cast<Real>(random.Uniform(-1, 1));
  }
  const std::vector<int> symbols = {49, 3, 0, 3, 17};
  const OutputSubset subset(params, symbols, arena);
  ASSERT_EQ(subset.size(), 5);
  const Matrix all = arena.NewMatrix(N, V), some = arena.NewMatrix(N, subset.size());
  OutputForward(params, t, all, {arena, weights});
  subset.Forward(t, some);
  for (int i = 0; i < N; ++i) {
    for (int k = 0; k < subset.size(); ++k) {
      EXPECT_NEAR(some(i, k), all(i, symbols[static_cast<size_t>(k)]), 1e-6);
    }
  }
}

}  // namespace
}  // namespace atento
