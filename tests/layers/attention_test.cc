// Attention by hand-computed cases, and what must hold for any numbers.
#include "layers/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "layers/attention_loss.h"

namespace atento {
namespace {

constexpr double kTolerance = std::is_same_v<Real, float> ? 1e-6 : 1e-12;

struct Machine {
  Arena arena;
  PackedWeights weights;
  Workspace workspace{arena, weights};

  Matrix Random(int rows, int cols, uint64_t seed) {
    atento::Random random(seed);
    Matrix m = arena.NewMatrix(rows, cols);
    for (int i = 0; i < rows; ++i) {
      for (Real& v : m.RowSpan(i)) v = static_cast<Real>(random.Uniform(-1, 1));
    }
    return m;
  }
};

TEST(AttentionTest, DotScoreByHand) {
  // One sentence of two annotations, (1, 0) and (0, 2); the query is (ln 3, 0).
  Machine machine;
  const SequenceLayout layout({2});
  Matrix h = machine.arena.NewZeroMatrix(2, 2), s = machine.arena.NewZeroMatrix(1, 2);
  h(0, 0) = 1;
  h(1, 1) = 2;
  s(0, 0) = static_cast<Real>(std::log(3.0));
  const AttentionParams params;
  const AttentionOptions options{.attention = Attention::kDot};
  const AttentionMemory memory = NewAttentionMemory(options, params, layout, h, machine.workspace);
  const AttentionCache cache = NewAttentionCache(options, {1, 2, 2, 2, false}, machine.arena);
  const int column = 0;
  AttentionForward({options, params, memory, machine.workspace}, {s, &column, 0, cache});
  EXPECT_NEAR(cache.scores(0, 0), std::log(3.0), kTolerance);
  EXPECT_NEAR(cache.scores(0, 1), 0, kTolerance);
  EXPECT_NEAR(cache.alpha(0, 0), 0.75, kTolerance);
  EXPECT_NEAR(cache.alpha(0, 1), 0.25, kTolerance);
  EXPECT_NEAR(cache.context(0, 0), 0.75, kTolerance);
  EXPECT_NEAR(cache.context(0, 1), 0.5, kTolerance);
}

TEST(AttentionTest, FixedAttentionIsTheLastAnnotation) {
  Machine machine;
  const SequenceLayout layout({3, 1});
  const AttentionParams params;
  const Matrix h = machine.Random(layout.rows(), 2, 1), s = machine.Random(2, 2, 2);
  const AttentionOptions options{.attention = Attention::kFixed};
  const AttentionMemory memory = NewAttentionMemory(options, params, layout, h, machine.workspace);
  const AttentionCache cache = NewAttentionCache(options, {2, 3, 2, 2, false}, machine.arena);
  const int columns[] = {1, 0};
  AttentionForward({options, params, memory, machine.workspace}, {s, columns, 0, cache});
  for (int k = 0; k < 2; ++k) {
    EXPECT_EQ(cache.context(0, k), h(layout.Row(0, 1), k));
    EXPECT_EQ(cache.context(1, k), h(layout.Row(2, 0), k));
  }
  EXPECT_EQ(cache.alpha(1, 2), 1);
  EXPECT_EQ(cache.alpha(0, 0), 1);
}

// The weights of a sentence sum to 1 over its own positions, are 0 beyond them, and neither they
// nor the context change when the sentence stands in a batch with others.
TEST(AttentionTest, NeighboursChangeNothing) {
  Machine machine;
  const int H = 6, C = 4, A = 5, short_length = 3;
  AttentionParams params;
  params.W_a = machine.Random(A, H, 3);
  params.U_a = machine.Random(A, C, 4);
  const Matrix v = machine.Random(1, A, 5);
  params.v_a = v.RowSpan(0);
  const SequenceLayout together({7, short_length}), alone({short_length});
  const Matrix h = machine.Random(together.rows(), C, 6), s = machine.Random(2, H, 7);
  Matrix own = machine.arena.NewMatrix(short_length, C);
  for (int j = 0; j < short_length; ++j) {
    for (int k = 0; k < C; ++k) own(j, k) = h(together.Row(j, 1), k);
  }
  auto attend = [&](const SequenceLayout& layout, Matrix annotations, Matrix queries,
                    const std::vector<int>& columns) {
    const AttentionOptions options{.attention = Attention::kAdditive, .attention_size = A};
    const AttentionMemory memory =
        NewAttentionMemory(options, params, layout, annotations, machine.workspace);
    const AttentionCache cache =
        NewAttentionCache(options, {queries.rows, 7, C, H, false}, machine.arena);
    AttentionForward({options, params, memory, machine.workspace},
                     {queries, columns.data(), 0, cache});
    return cache;
  };
  const AttentionCache both = attend(together, h, s, {0, 1});
  const AttentionCache one = attend(alone, own, s.Rows(1, 1), {0});
  double sum = 0;
  for (int j = 0; j < 7; ++j) {
    sum += both.alpha(1, j);
    EXPECT_NEAR(both.alpha(1, j), one.alpha(0, j), kTolerance);
    if (j >= short_length) {
      EXPECT_EQ(both.alpha(1, j), 0);
    }
  }
  EXPECT_NEAR(sum, 1, kTolerance);
  for (int k = 0; k < C; ++k) EXPECT_NEAR(both.context(1, k), one.context(0, k), kTolerance);
}

// d e = α (d α − Σ α d α): a gradient of α that is cut off where α is tiny would be none of e.
TEST(AttentionLossTest, AModelThatIsSureOfAnotherPositionIsPulledAllTheSame) {
  Machine machine;
  for (Real alpha : {Real{0.5}, Real{1e-12}, Real{1e-25}}) {
    AttentionCache cache;
    cache.alpha = machine.arena.NewMatrix(1, 2);
    cache.alpha(0, 0) = alpha;
    cache.alpha(0, 1) = 1 - alpha;
    const Matrix d_alpha = machine.arena.NewMatrix(1, 2);
    const std::vector<int> offset = {0, 1}, positions = {0};
    const AttentionLossSums sums = AttentionLoss({.guided_weight = 0.5, .gradient_scale = 0.1},
                                                 {offset, positions}, cache, d_alpha, {});
    EXPECT_NEAR(sums.guided, -std::log(alpha), 1e-5);
    EXPECT_NEAR(alpha * d_alpha(0, 0), -0.05, 1e-6) << alpha;
    EXPECT_EQ(d_alpha(0, 1), 0);
  }
}

}  // namespace
}  // namespace atento
