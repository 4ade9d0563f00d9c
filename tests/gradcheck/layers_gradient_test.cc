// Every layer alone, in double precision: random asymmetric weights on its outputs, odd sizes,
// unequal lengths, gradients accumulated twice.
#include <gtest/gtest.h>

#include "gradcheck/gradient_check.h"
#include "layers/attention.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/output.h"
#include "layers/recurrent.h"
#include "math/kernels.h"

namespace atento {
namespace {

// The memory of a test: matrices that start random, or zero.
class Operands {
 public:
  explicit Operands(uint64_t seed) : random_(seed) {}
  Matrix Random(int rows, int cols) {
    Matrix m = arena_.NewMatrix(rows, cols);
    FillForCheck(random_, {m.data, m.size()});
    return m;
  }
  Vector Random(int size) {
    Matrix m = Random(1, size);
    return {m.data, m.size()};
  }
  Matrix Zero(int rows, int cols) { return arena_.NewZeroMatrix(rows, cols); }
  Vector Zero(int size) {
    Matrix m = Zero(1, size);
    return {m.data, m.size()};
  }

 private:
  Arena arena_;
  atento::Random random_;
};

Vector Flat(Matrix m) { return {m.data, m.size()}; }

double WeightedSumOf(ConstMatrix weights, ConstMatrix values) {
  double sum = 0;
  for (int i = 0; i < values.rows; ++i) sum += Dot(weights.RowSpan(i), values.RowSpan(i));
  return sum;
}

// The weights have changed under the packed copies' feet.
struct Machine {
  Arena arena;
  PackedWeights weights;
  Workspace workspace{arena, weights};
  void Begin() {
    arena.Reset();
    weights.Invalidate();
  }
};

// Half of an analytic gradient that was accumulated twice.
void Halve(Vector gradient) { Scale(Real{0.5}, gradient); }

struct CellCase {
  Cell cell;
  bool reversed;
};

class RecurrentGradientTest : public testing::TestWithParam<CellCase> {};

TEST_P(RecurrentGradientTest, MatchesDifferences) {
  const auto [cell, reversed] = GetParam();
  const SequenceLayout layout({5, 3, 3, 1});
  const int I = 3, H = 5, G = CellGates(cell), N = layout.rows(), B = layout.batch();
  const bool lstm = cell == Cell::kLstm, gru = cell == Cell::kGru;
  Operands operands(7);
  CellParams params{operands.Random(G * H, I), operands.Random(G * H, H), operands.Random(G * H),
                    gru ? operands.Random(H) : Vector()};
  CellParams d_params{operands.Zero(G * H, I), operands.Zero(G * H, H), operands.Zero(G * H),
                      gru ? operands.Zero(H) : Vector()};
  Matrix x = operands.Random(N, I), d_x = operands.Zero(N, I);
  Matrix weight_h = operands.Random(N, H);
  RecurrentFinal weight_final{operands.Random(B, H), lstm ? operands.Random(B, H) : Matrix()};
  Machine machine;

  auto forward = [&](CellCache* cache, Matrix* h) {
    machine.Begin();
    *cache = NewCellCache(cell, N, H, true, machine.arena);
    *h = machine.arena.NewMatrix(N, H);
    RecurrentFinal final{machine.arena.NewMatrix(B, H),
                         lstm ? machine.arena.NewMatrix(B, H) : Matrix()};
    RecurrentForward({cell, reversed, params, layout, x, *cache, machine.workspace}, *h, final);
    double loss = WeightedSumOf(weight_h, *h) + WeightedSumOf(weight_final.h, final.h);
    return lstm ? loss + WeightedSumOf(weight_final.c, final.c) : loss;
  };
  auto loss = [&] {
    CellCache cache;
    Matrix h;
    return forward(&cache, &h);
  };
  for (int pass = 0; pass < 2; ++pass) {
    CellCache cache;
    Matrix h;
    forward(&cache, &h);
    RecurrentBackward({cell, reversed, params, layout, x, cache, machine.workspace},
                      {weight_h, weight_final, d_x, d_params});
  }
  for (Vector gradient :
       {Flat(d_params.W), Flat(d_params.U), d_params.b, d_params.b_u, Flat(d_x)}) {
    Halve(gradient);
  }
  ExpectGradient("W", Flat(d_params.W), Flat(params.W), loss);
  ExpectGradient("U", Flat(d_params.U), Flat(params.U), loss);
  ExpectGradient("b", d_params.b, params.b, loss);
  if (gru) ExpectGradient("b_u", d_params.b_u, params.b_u, loss);
  ExpectGradient("x", Flat(d_x), Flat(x), loss);
}

INSTANTIATE_TEST_SUITE_P(Cells, RecurrentGradientTest,
                         testing::Values(CellCase{Cell::kTanh, false}, CellCase{Cell::kTanh, true},
                                         CellCase{Cell::kGru, false}, CellCase{Cell::kGru, true},
                                         CellCase{Cell::kGruResetBefore, false},
                                         CellCase{Cell::kGruResetBefore, true},
                                         CellCase{Cell::kLstm, false},
                                         CellCase{Cell::kLstm, true}));

class AttentionGradientTest : public testing::TestWithParam<Attention> {};

TEST_P(AttentionGradientTest, MatchesDifferences) {
  const Attention attention = GetParam();
  const bool additive = attention == Attention::kAdditive,
             general = attention == Attention::kGeneral;
  const SequenceLayout layout({5, 4, 1});
  const int H = 7, C = attention == Attention::kDot ? H : 5, A = 3, N = layout.rows();
  // Rows of a beam: the second sentence is looked at twice.
  const std::vector<int> column = {1, 0, 2, 1};
  const int R = static_cast<int>(column.size());
  Operands operands(11);
  AttentionParams params, d_params;
  if (additive) {
    params = {operands.Random(A, H), operands.Random(A, C), operands.Random(A)};
    d_params = {operands.Zero(A, H), operands.Zero(A, C), operands.Zero(A)};
  } else if (general) {
    params.W_a = operands.Random(H, C);
    d_params.W_a = operands.Zero(H, C);
  }
  Matrix h = operands.Random(N, C), s = operands.Random(R, H), weight = operands.Random(R, C);
  Matrix d_h = operands.Zero(N, C), d_s = operands.Zero(R, H);
  Machine machine;

  AttentionMemory memory;
  AttentionCache cache;
  auto loss = [&] {
    machine.Begin();
    memory = NewAttentionMemory(attention, params, layout, h, machine.workspace);
    cache = NewAttentionCache(attention, params, {R, layout.steps(), C, true}, machine.arena);
    AttentionForward({attention, params, memory, machine.workspace}, {s, column.data(), cache});
    return WeightedSumOf(weight, cache.context);
  };
  for (int pass = 0; pass < 2; ++pass) {
    loss();
    const AttentionPass work{attention, params, memory, machine.workspace};
    const AttentionGradients gradients{
        {&layout, d_h, additive ? machine.arena.NewZeroMatrix(N, A) : d_h}, d_params};
    AttentionBackward(work, {s, column.data(), cache}, weight, d_s, gradients);
    AttentionParameterGradients(attention, s, cache, d_params);
    AttentionMemoryBackward(work, gradients);
  }
  for (Vector gradient :
       {Flat(d_params.W_a), Flat(d_params.U_a), d_params.v_a, Flat(d_h), Flat(d_s)}) {
    Halve(gradient);
  }
  ExpectGradient("h", Flat(d_h), Flat(h), loss);
  if (attention == Attention::kFixed) return;
  ExpectGradient("s", Flat(d_s), Flat(s), loss);
  if (additive || general) ExpectGradient("W_a", Flat(d_params.W_a), Flat(params.W_a), loss);
  if (!additive) return;
  ExpectGradient("U_a", Flat(d_params.U_a), Flat(params.U_a), loss);
  ExpectGradient("v_a", d_params.v_a, params.v_a, loss);
}

INSTANTIATE_TEST_SUITE_P(Scores, AttentionGradientTest,
                         testing::Values(Attention::kFixed, Attention::kDot, Attention::kGeneral,
                                         Attention::kAdditive));

TEST(OutputGradientTest, MatchesDifferences) {
  const int N = 5, R = 3, V = 7;
  const std::vector<int> y = {3, 0, 6, 3, 1};
  Operands operands(13);
  OutputParams params{operands.Random(V, R), operands.Random(V)};
  OutputParams d_params{operands.Zero(V, R), operands.Zero(V)};
  Matrix t = operands.Random(N, R), d_t = operands.Zero(N, R);
  const OutputLossOptions options{.label_smoothing = Real{0.1}, .gradient_scale = Real{0.7}};
  Machine machine;
  auto loss = [&] {
    machine.Begin();
    return 0.7 * OutputEvaluate(params, t, y, Real{0.1}, {}, machine.workspace).loss;
  };
  for (int pass = 0; pass < 2; ++pass) {
    machine.Begin();
    OutputLoss(params, t, y, options, d_t, d_params, machine.workspace);
  }
  Halve(Flat(d_params.W_o));
  Halve(d_params.b);
  ExpectGradient("W_o", Flat(d_params.W_o), Flat(params.W_o), loss);
  ExpectGradient("b", d_params.b, params.b, loss);
  ExpectGradient("t", Flat(d_t), Flat(t), loss);
}

TEST(EmbeddingGradientTest, RepeatedSymbolsAccumulate) {
  const std::vector<int> ids = {2, 0, 2, 1, 2};
  Operands operands(17);
  Matrix E = operands.Random(4, 3), d_E = operands.Zero(4, 3), weight = operands.Random(5, 3);
  auto loss = [&] {
    Arena arena;
    Matrix y = arena.NewMatrix(5, 3);
    EmbeddingForward(E, ids, y);
    return WeightedSumOf(weight, y);
  };
  EmbeddingBackward(ids, weight, d_E);
  ExpectGradient("E", Flat(d_E), Flat(E), loss);
}

TEST(DropoutGradientTest, BackwardDropsWhatForwardDropped) {
  Operands operands(19);
  Matrix x = operands.Random(6, 5), weight = operands.Random(6, 5), d_x = operands.Zero(6, 5);
  DropoutOptions options;
  options.output = Real{0.4};
  options.key = 23;
  auto loss = [&] {
    Arena arena;
    Matrix y = arena.NewMatrix(6, 5);
    CopyMatrix(x, y);
    ApplyDropout(options, DropoutPlace::kReadout, 1, y);
    return WeightedSumOf(weight, y);
  };
  CopyMatrix(weight, d_x);
  ApplyDropout(options, DropoutPlace::kReadout, 1, d_x);
  ExpectGradient("x", Flat(d_x), Flat(x), loss);
}

}  // namespace
}  // namespace atento
