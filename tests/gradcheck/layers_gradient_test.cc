// Every layer alone, in double precision: random asymmetric weights on its outputs, odd sizes,
// unequal lengths, gradients accumulated twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/options.h"
#include "gradcheck/gradient_check.h"
#include "layers/attention.h"
#include "layers/copy.h"
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
  bool normalized;
};

class RecurrentGradientTest : public testing::TestWithParam<CellCase> {};

TEST_P(RecurrentGradientTest, MatchesDifferences) {
  const auto [cell, reversed, normalized] = GetParam();
  const SequenceLayout layout({5, 3, 3, 1});
  const int I = 3, H = 5, G = CellGates(cell), N = layout.rows(), B = layout.batch();
  const bool lstm = cell == Cell::kLstm, gru = cell == Cell::kGru;
  Operands operands(7);
  const int gains = normalized ? G * H : 0;
  CellParams params{operands.Random(G * H, I), operands.Random(G * H, H),
                    operands.Random(G * H),    operands.Random(gru ? H : 0),
                    operands.Random(gains),    operands.Random(gains)};
  CellParams d_params{operands.Zero(G * H, I),    operands.Zero(G * H, H), operands.Zero(G * H),
                      operands.Zero(gru ? H : 0), operands.Zero(gains),    operands.Zero(gains)};
  Matrix x = operands.Random(N, I), d_x = operands.Zero(N, I);
  Matrix weight_h = operands.Random(N, H);
  RecurrentFinal weight_final{operands.Random(B, H), lstm ? operands.Random(B, H) : Matrix()};
  Machine machine;

  const CellShape shape{cell, normalized, N, H, true};
  auto forward = [&, cell = cell, reversed = reversed](CellCache* cache) {
    machine.Begin();
    *cache = NewCellCache(shape, machine.arena);
    const Matrix h = machine.arena.NewMatrix(N, H);
    RecurrentFinal final{machine.arena.NewMatrix(B, H),
                         lstm ? machine.arena.NewMatrix(B, H) : Matrix()};
    RecurrentForward({cell, reversed, params, layout, x, *cache, machine.workspace}, h, final);
    double loss = WeightedSumOf(weight_h, h) + WeightedSumOf(weight_final.h, final.h);
    return lstm ? loss + WeightedSumOf(weight_final.c, final.c) : loss;
  };
  auto loss = [&] {
    CellCache cache;
    return forward(&cache);
  };
  for (int pass = 0; pass < 2; ++pass) {
    CellCache cache;
    forward(&cache);
    RecurrentBackward({cell, reversed, params, layout, x, cache, machine.workspace},
                      {weight_h, weight_final, d_x, d_params});
  }
  auto check = [&](const char* name, Vector gradient, Vector value) {
    if (value.empty()) return;
    Halve(gradient);
    ExpectGradient(name, gradient, value, loss, normalized ? kKinkedStep : kSmoothStep);
  };
  check("W", Flat(d_params.W), Flat(params.W));
  check("U", Flat(d_params.U), Flat(params.U));
  check("b", d_params.b, params.b);
  check("b_u", d_params.b_u, params.b_u);
  check("g_x", d_params.g_x, params.g_x);
  check("g_h", d_params.g_h, params.g_h);
  check("x", Flat(d_x), Flat(x));
}

std::vector<CellCase> CellCases() {
  std::vector<CellCase> cases;
  for (const Cell cell : {Cell::kTanh, Cell::kGru, Cell::kGruResetBefore, Cell::kLstm}) {
    for (const bool reversed : {false, true}) {
      for (const bool normalized : {false, true}) cases.push_back({cell, reversed, normalized});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Cells, RecurrentGradientTest, testing::ValuesIn(CellCases()));

struct AttentionCase {
  std::string name;
  AttentionOptions options;
};

std::vector<AttentionCase> AttentionCases() {
  std::vector<AttentionCase> cases;
  auto add = [&](const std::string& name, AttentionOptions options) {
    options.attention_size = 4;
    options.window_radius = 2;
    options.location_positions = 6;
    cases.push_back({name, options});
  };
  for (const Attention score : {Attention::kDot, Attention::kScaledDot, Attention::kGeneral,
                                Attention::kAdditive, Attention::kLocation}) {
    const std::string name(EnumName(score));
    add(name, {.attention = score});
    add(name + "-local-m", {.attention = score, .attention_window = AttentionWindow::kLocalM});
    add(name + "-local-p", {.attention = score, .attention_window = AttentionWindow::kLocalP});
    if (score != Attention::kLocation) {
      add(name + "-heads", {.attention = score, .attention_heads = 2});
    }
  }
  add("fixed", {.attention = Attention::kFixed});
  add("coverage", {.coverage = true});
  add("coverage-heads-local-p",
      {.attention_heads = 2, .attention_window = AttentionWindow::kLocalP, .coverage = true});
  return cases;
}

// One step of a batch, with everything that it reads and its gradients.
class AttentionGradientTest : public testing::TestWithParam<AttentionCase> {
 protected:
  static constexpr int kC = 6, kR = 4;

  // A parameter, if the options have it, with its gradient.
  void Add(const std::string& name, bool present, int rows, int cols, Matrix* value,
           Matrix* gradient) {
    if (!present) return;
    *value = operands_.Random(rows, cols);
    *gradient = operands_.Zero(rows, cols);
    checked_.push_back({name, Flat(*gradient), Flat(*value)});
  }
  void Add(const std::string& name, bool present, int size, Vector* value, Vector* gradient) {
    if (!present) return;
    *value = operands_.Random(size);
    *gradient = operands_.Zero(size);
    checked_.push_back({name, *gradient, *value});
  }

  void SetUp() override {
    const Attention score = options_.attention;
    const bool additive = score == Attention::kAdditive;
    const bool dot = score == Attention::kDot || score == Attention::kScaledDot;
    const bool local_p = options_.attention_window == AttentionWindow::kLocalP;
    const int H = dot ? kC : 7, A = options_.attention_size;
    const int rows = additive ? A : score == Attention::kLocation ? options_.location_positions : H;
    Add("W_a", additive || score == Attention::kGeneral || score == Attention::kLocation, rows,
        score == Attention::kGeneral ? kC : H, &params_.W_a, &d_params_.W_a);
    Add("U_a", additive, A, kC, &params_.U_a, &d_params_.U_a);
    Add("v_a", additive, A, &params_.v_a, &d_params_.v_a);
    Add("w_c", options_.coverage, A, &params_.w_c, &d_params_.w_c);
    Add("W_p", local_p, H, H, &params_.W_p, &d_params_.W_p);
    Add("v_p", local_p, H, &params_.v_p, &d_params_.v_p);
    Add("h", true, layout_.rows(), kC, &h_, &d_h_);
    const bool scored = score != Attention::kFixed;
    Matrix unused_s = operands_.Random(kR, H), unused_d_s = operands_.Zero(kR, H);
    s_ = unused_s;
    d_s_ = unused_d_s;
    if (scored) Add("s", true, kR, H, &s_, &d_s_);
    Add("coverage", options_.coverage, kR, layout_.steps(), &coverage_, &d_coverage_);
    weight_context_ = operands_.Random(kR, kC);
    if (scored) weight_alpha_ = operands_.Random(kR, layout_.steps());
  }

  AttentionPass Pass() const { return {options_, params_, memory_, machine_.workspace}; }
  AttentionStep Step() const { return {s_, column_.data(), 3, cache_}; }

  double Loss() {
    machine_.Begin();
    memory_ = NewAttentionMemory(options_, params_, layout_, h_, machine_.workspace);
    cache_ = NewAttentionCache(options_, {kR, layout_.steps(), kC, s_.cols, true}, machine_.arena);
    if (options_.coverage) CopyMatrix(coverage_, cache_.coverage);
    AttentionForward(Pass(), Step());
    double loss = WeightedSumOf(weight_context_, cache_.context);
    if (!weight_alpha_.empty()) loss += WeightedSumOf(weight_alpha_, cache_.alpha);
    return loss;
  }

  void Backward() {
    Loss();
    const AttentionGradients gradients{
        {&layout_, d_h_,
         HasKeys(options_) ? machine_.arena.NewZeroMatrix(layout_.rows(), options_.attention_size)
                           : d_h_},
        d_params_};
    AttentionBackward(Pass(), Step(), {weight_context_, weight_alpha_, d_s_, d_coverage_},
                      gradients);
    AttentionParameterGradients(Pass(), s_, cache_, d_params_);
    AttentionMemoryBackward(Pass(), gradients);
  }

  struct Checked {
    std::string name;
    Vector gradient, value;
  };

  const AttentionOptions options_ = GetParam().options;
  const SequenceLayout layout_{{5, 4, 1}};
  // Rows of a beam: the second sentence is looked at twice.
  const std::vector<int> column_ = {1, 0, 2, 1};
  Operands operands_{12};
  Machine machine_;
  AttentionParams params_, d_params_;
  Matrix h_, d_h_, s_, d_s_, coverage_, d_coverage_, weight_context_, weight_alpha_;
  AttentionMemory memory_;
  AttentionCache cache_;
  std::vector<Checked> checked_;
};

TEST_P(AttentionGradientTest, MatchesDifferences) {
  Backward();
  Backward();
  const bool local_p = options_.attention_window == AttentionWindow::kLocalP;
  for (int r = 0; local_p && r < kR; ++r) {
    const double p = static_cast<double>(cache_.center(r, 0));
    // More than the differences move it.
    ASSERT_GT(std::abs(p - std::round(p)), 0.005) << "a window edge, where there is no gradient";
  }
  for (const Checked& c : checked_) Halve(c.gradient);
  for (const Checked& c : checked_) {
    ExpectGradient(
        c.name, c.gradient, c.value, [&] { return Loss(); }, local_p ? kKinkedStep : kSmoothStep);
  }
}

INSTANTIATE_TEST_SUITE_P(Scores, AttentionGradientTest, testing::ValuesIn(AttentionCases()),
                         [](const testing::TestParamInfo<AttentionCase>& test) {
                           std::string name = test.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

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

// The gate, and the loss of the mixture. Rows of one sentence and of another, symbols that are
// written, copied, or both.
TEST(CopyGradientTest, MatchesDifferences) {
  const int N = 5, R = 3, V = 7, C = 4, H = 5, E = 3;
  const SequenceLayout layout({4, 2});
  // Row by row of the layout: position 0 of both sentences, position 1 of both, …
  const std::vector<int> copied = {V, 4, 3, V, V, V + 1};
  const std::vector<int> column = {0, 1, 0, 0, 1}, y = {3, V, V, 2, 4};
  Operands operands(37);
  OutputParams params{operands.Random(V, R), operands.Random(V)};
  OutputParams d_params{operands.Zero(V, R), operands.Zero(V)};
  CopyParams gate{operands.Random(C), operands.Random(H), operands.Random(E), operands.Random(1)};
  CopyParams d_gate{operands.Zero(C), operands.Zero(H), operands.Zero(E), operands.Zero(1)};
  CopyGateInputs x{operands.Random(N, C), operands.Random(N, H), operands.Random(N, E)};
  CopyGateInputs d_x{operands.Zero(N, C), operands.Zero(N, H), operands.Zero(N, E)};
  Matrix t = operands.Random(N, R), d_t = operands.Zero(N, R);
  // Not normalised, as after a local-p window.
  Matrix alpha = operands.Random(N, layout.steps()), d_alpha = operands.Zero(N, layout.steps());
  for (int n = 0; n < N; ++n) {
    for (int j = 0; j < alpha.cols; ++j) {
      alpha(n, j) = j < layout.length(column[static_cast<size_t>(n)]) ? alpha(n, j) + Real{0.7} : 0;
    }
  }
  Vector z = operands.Zero(N), d_z = operands.Zero(N);
  const CopyingRows rows{z, alpha, column, layout, copied};
  const OutputLossOptions options{.label_smoothing = Real{0.1}, .gradient_scale = Real{0.7}};
  Machine machine;
  auto loss = [&] {
    machine.Begin();
    CopyGateForward(gate, x, z);
    return 0.7 * CopyEvaluate(params, t, y, rows, Real{0.1}, {}, machine.workspace).loss;
  };
  for (int pass = 0; pass < 2; ++pass) {
    machine.Begin();
    CopyGateForward(gate, x, z);
    const LossSums sums =
        CopyLoss(params, t, y, rows, options, {d_t, d_z, d_alpha, d_params}, machine.workspace);
    EXPECT_NEAR(0.7 * sums.loss, loss(), 1e-12);
    CopyGateInputBackward(d_z, gate.w_c, d_x.context);
    CopyGateInputBackward(d_z, gate.w_s, d_x.state);
    CopyGateInputBackward(d_z, gate.w_x, d_x.embedding);
    CopyGateParameterGradients(x, d_z, d_gate);
  }
  auto check = [&](const char* name, Vector gradient, Vector value) {
    Halve(gradient);
    ExpectGradient(name, gradient, value, loss);
  };
  check("W_o", Flat(d_params.W_o), Flat(params.W_o));
  check("b_o", d_params.b, params.b);
  check("w_c", d_gate.w_c, gate.w_c);
  check("w_s", d_gate.w_s, gate.w_s);
  check("w_x", d_gate.w_x, gate.w_x);
  check("b", d_gate.b, gate.b);
  check("context", Flat(d_x.context), Flat(x.context));
  check("state", Flat(d_x.state), Flat(x.state));
  check("embedding", Flat(d_x.embedding), Flat(x.embedding));
  // Overwritten, and so not twice.
  ExpectGradient("t", Flat(d_t), Flat(t), loss);
  ExpectGradient("alpha", Flat(d_alpha), Flat(alpha), loss);
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
