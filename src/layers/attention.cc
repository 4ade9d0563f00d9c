// One attention step: project the queries, place the windows; then for every row and head score,
// weigh and mix; and the same in reverse.
#include "layers/attention.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "layers/cell.h"
#include "math/kernels.h"

namespace atento {
namespace {

// Where the positions of a window lie in the matrices of the memory.
MemoryRows RowsOfWindow(const AttentionMemory& memory, int column, AttentionSpan window) {
  return {memory.layout->offsets().data() + window.begin, column, window.count};
}

bool IsLocalP(const AttentionPass& pass) {
  return pass.options.attention_window == AttentionWindow::kLocalP;
}

// body(head) for every head of every row.
template <class Body>
void ForEachHead(const AttentionPass& pass, const AttentionStep& step, int row, const Body& body) {
  const AttentionSpan window = WindowOfRow(pass, step, row);
  const MemoryRows rows = RowsOfWindow(pass.memory, step.column[row], window);
  for (int head = 0; head < pass.options.attention_heads; ++head) {
    body(AttentionHead{row, head, window, rows});
  }
}

// α_{S−1} = 1
void FixedForward(const AttentionPass& pass, const AttentionStep& step) {
  Fill(step.cache.alpha, 0);
  for (int r = 0; r < step.s.rows; ++r) {
    const int last = pass.memory.layout->length(step.column[r]) - 1;
    step.cache.alpha(r, last) = 1;
    const int row = pass.memory.layout->Row(last, step.column[r]);
    std::copy_n(pass.memory.h.Row(row), pass.memory.h.cols, step.cache.context.Row(r));
  }
}

void FixedBackward(const AttentionPass& pass, const AttentionStep& step, ConstMatrix d_context,
                   Matrix d_h) {
  for (int r = 0; r < step.s.rows; ++r) {
    const int last = pass.memory.layout->length(step.column[r]) - 1;
    AddTo(d_context.RowSpan(r), d_h.RowSpan(pass.memory.layout->Row(last, step.column[r])));
  }
}

void HeadForward(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at) {
  const AttentionCache& cache = step.cache;
  const int heads = pass.options.attention_heads;
  const auto count = static_cast<size_t>(at.window.count);
  Real* e = WindowOf(cache.scores, heads, at);
  Real* alpha = WindowOf(cache.weights, heads, at);
  AttentionScores(pass, step, at, e);
  // α_j = softmax_j(e)
  std::copy_n(e, count, alpha);
  Softmax({alpha, count});
  // … exp(−(j − p)² / 2σ²)
  if (IsLocalP(pass)) ApplyGaussian(pass, step, at, {alpha, count});
  // c = Σ_j α_j h_j
  WeightedSum(alpha, Share(pass.memory.h, heads, at.head), at.rows,
              Share(cache.context, heads, at.head).RowSpan(at.row));
}

// c = β Σ_j α_j h_j;  β = σ(w_β · s + b_β)
void Gate(const AttentionPass& pass, const AttentionStep& step) {
  if (!pass.options.context_gate) return;
  const AttentionCache& cache = step.cache;
  if (!cache.mixed.empty()) CopyMatrix(cache.context, cache.mixed);
  for (int r = 0; r < step.s.rows; ++r) {
    cache.beta(r, 0) = Dot(pass.params.w_beta, step.s.RowSpan(r)) + pass.params.b_beta[0];
    Sigmoid(cache.beta.RowSpan(r));
    Scale(cache.beta(r, 0), cache.context.RowSpan(r));
  }
}

// Gate in reverse: to the gradient of Σ_j α_j h_j, in the arena, and that of s.
Matrix GateBackward(const AttentionPass& pass, const AttentionStep& step,
                    const AttentionStepGradient& d_step, AttentionParams& d_params) {
  const AttentionCache& cache = step.cache;
  const Matrix d_mixed = pass.workspace.arena.NewMatrix(step.s.rows, cache.context.cols);
  CopyMatrix(d_step.context, d_mixed);
  for (int r = 0; r < step.s.rows; ++r) {
    const Real beta = cache.beta(r, 0);
    const Real d_score = Dot(d_mixed.RowSpan(r), cache.mixed.RowSpan(r)) * beta * (1 - beta);
    Scale(beta, d_mixed.RowSpan(r));
    AddScaled(d_score, step.s.RowSpan(r), d_params.w_beta);
    d_params.b_beta[0] += d_score;
    AddScaled(d_score, pass.params.w_beta, d_step.s.RowSpan(r));
  }
  return d_mixed;
}

// The α that is looked at.
void MeanOfHeads(const AttentionCache& cache, int heads) {
  if (heads == 1) return;
  Fill(cache.alpha, 0);
  for (int k = 0; k < heads; ++k) AddTo(Share(cache.weights, heads, k), cache.alpha);
  for (int r = 0; r < cache.alpha.rows; ++r) {
    Scale(Real{1} / static_cast<Real>(heads), cache.alpha.RowSpan(r));
  }
}

double Total(ConstVector x) { return std::accumulate(x.begin(), x.end(), 0.0); }

// From d_α, which becomes d_e, to everything before it. Returns the gradient of p.
Real WeightsBackward(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                     Vector d_alpha) {
  const Real* alpha = WindowOf(step.cache.weights, pass.options.attention_heads, at);
  const size_t count = d_alpha.size();
  if (!IsLocalP(pass)) {
    SoftmaxBackward({alpha, count}, d_alpha);
    return 0;
  }
  ArenaScope scope(pass.workspace.arena);
  const Vector a = pass.workspace.arena.NewVector(at.window.count);
  std::copy_n(alpha, count, a.begin());
  const Real d_center = ApplyGaussianBackward(pass, step, at, a, d_alpha);
  SoftmaxBackward(a, d_alpha);
  return d_center;
}

// HeadForward in reverse. Returns the gradient of p.
Real HeadBackward(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                  const AttentionStepGradient& d_step, const AttentionGradients& gradients) {
  const int heads = pass.options.attention_heads;
  ArenaScope scope(pass.workspace.arena);
  const Vector d_e = pass.workspace.arena.NewVector(at.window.count);
  // c = Σ_j α_j h_j
  WeightedSumBackward(WindowOf(step.cache.weights, heads, at), Share(pass.memory.h, heads, at.head),
                      at.rows, Share(d_step.context, heads, at.head).RowSpan(at.row), d_e.data(),
                      Share(gradients.memory.h, heads, at.head));
  if (!d_step.alpha.empty()) {
    const ConstVector d_alpha =
        d_step.alpha.RowSpan(at.row).subspan(static_cast<size_t>(at.window.begin), d_e.size());
    AddScaled(Real{1} / static_cast<Real>(heads), d_alpha, d_e);
  }
  const Real d_center = WeightsBackward(pass, step, at, d_e);
  AttentionScoresBackward(pass, step, at, d_e.data(), d_step, gradients);
  return d_center;
}

}  // namespace

AttentionCache AttentionCache::Rows(int begin, int count) const {
  auto slice = [&](Matrix m) { return m.rows == 0 ? m : m.Rows(begin, count); };
  return {slice(q),       slice(scores),        slice(weights), slice(alpha),
          slice(context), slice(beta),          slice(mixed),   slice(coverage),
          slice(center),  slice(center_hidden), slice(d_q),     slice(d_center_hidden)};
}

AttentionCache NewAttentionCache(const AttentionOptions& options, const AttentionCacheShape& shape,
                                 Arena& arena) {
  const int R = shape.rows, S = shape.longest_source, H = shape.query_size;
  AttentionCache cache;
  if (options.attention == Attention::kNone) return cache;
  cache.alpha = arena.NewMatrix(R, S);
  cache.context = arena.NewMatrix(R, shape.annotation_size);
  if (options.attention == Attention::kFixed) return cache;
  const int heads = options.attention_heads;
  cache.scores = arena.NewMatrix(R, heads * S);
  cache.weights = heads == 1 ? cache.alpha : arena.NewMatrix(R, heads * S);
  if (options.context_gate) cache.beta = arena.NewMatrix(R, 1);
  if (options.coverage) cache.coverage = arena.NewMatrix(R, S);
  if (options.attention_window != AttentionWindow::kGlobal) cache.center = arena.NewMatrix(R, 1);
  const bool local_p = options.attention_window == AttentionWindow::kLocalP;
  if (local_p) cache.center_hidden = arena.NewMatrix(R, H);
  const bool projected =
      options.attention != Attention::kDot && options.attention != Attention::kScaledDot;
  const int q_size = !projected                                  ? H
                     : options.attention == Attention::kAdditive ? options.attention_size
                     : options.attention == Attention::kLocation ? options.location_positions
                                                                 : shape.annotation_size;
  if (projected) cache.q = arena.NewMatrix(R, q_size);
  if (!shape.with_gradient) return cache;
  cache.d_q = arena.NewMatrix(R, q_size);
  if (options.context_gate) cache.mixed = arena.NewMatrix(R, shape.annotation_size);
  if (local_p) cache.d_center_hidden = arena.NewMatrix(R, H);
  return cache;
}

AttentionMemory NewAttentionMemory(const AttentionOptions& options, const AttentionParams& params,
                                   const SequenceLayout& layout, ConstMatrix h,
                                   const Workspace& workspace) {
  CHECK(options.attention != Attention::kLocation || layout.steps() <= options.location_positions,
        "location attention is too short for a source");
  if (!HasKeys(options)) return {&layout, h, h};
  Matrix keys = workspace.arena.NewMatrix(h.rows, params.U_a.rows);
  workspace.weights.Linear(h, params.U_a, keys);
  return {&layout, h, keys};
}

void AttentionForward(const AttentionPass& pass, const AttentionStep& step) {
  if (pass.options.attention == Attention::kFixed) return FixedForward(pass, step);
  ProjectQueries(pass, step);
  PlaceWindows(pass, step);
  Fill(step.cache.weights, 0);
  for (int r = 0; r < step.s.rows; ++r) {
    ForEachHead(pass, step, r, [&](const AttentionHead& at) { HeadForward(pass, step, at); });
  }
  Gate(pass, step);
  MeanOfHeads(step.cache, pass.options.attention_heads);
}

void ReplaceAttentionWeights(const AttentionPass& pass, const AttentionStep& step,
                             ConstMatrix given) {
  const int heads = pass.options.attention_heads, S = step.cache.alpha.cols;
  CHECK(HasAlpha(pass.options) && (given.rows == 1 || given.rows == step.s.rows) &&
        (given.cols == S || given.cols == heads * S));
  for (int r = 0; r < step.s.rows; ++r) {
    const int length = pass.memory.layout->length(step.column[r]);
    const MemoryRows rows = RowsOfWindow(pass.memory, step.column[r], {0, length});
    const int row = given.rows == 1 ? 0 : r;
    for (int k = 0; k < heads; ++k) {
      const int first = given.cols == S ? 0 : k * S;
      const ConstVector wanted = given.Columns(first, length).RowSpan(row);
      const Vector alpha = Share(step.cache.weights, heads, k).Columns(0, length).RowSpan(r);
      const double scale = Total(alpha) / Total(wanted);
      for (size_t j = 0; j < wanted.size(); ++j) {
        alpha[j] = static_cast<Real>(scale * static_cast<double>(wanted[j]));
      }
      // c = Σ_j α_j h_j
      WeightedSum(alpha.data(), Share(pass.memory.h, heads, k), rows,
                  Share(step.cache.context, heads, k).RowSpan(r));
    }
  }
  Gate(pass, step);
  MeanOfHeads(step.cache, heads);
}

void AttentionBackward(const AttentionPass& pass, const AttentionStep& step,
                       const AttentionStepGradient& given, const AttentionGradients& gradients) {
  if (pass.options.attention == Attention::kFixed) {
    return FixedBackward(pass, step, given.context, gradients.memory.h);
  }
  ArenaScope scope(pass.workspace.arena);
  AttentionStepGradient d_step = given;
  if (pass.options.context_gate) {
    d_step.context = GateBackward(pass, step, given, gradients.params);
  }
  Fill(step.cache.d_q, 0);
  for (int r = 0; r < step.s.rows; ++r) {
    Real d_center = 0;
    ForEachHead(pass, step, r, [&](const AttentionHead& at) {
      d_center += HeadBackward(pass, step, at, d_step, gradients);
    });
    if (IsLocalP(pass)) PlaceWindowBackward(pass, step, r, d_center, gradients);
  }
  if (IsLocalP(pass)) {
    // W_p s
    pass.workspace.weights.LinearTransposed(step.cache.d_center_hidden, pass.params.W_p, d_step.s,
                                            true);
  }
  ProjectQueriesBackward(pass, step, d_step.s);
}

void AttentionParameterGradients(const AttentionPass& pass, ConstMatrix s,
                                 const AttentionCache& cache, AttentionParams& d_params) {
  const AttentionOptions& options = pass.options;
  const Workspace& workspace = pass.workspace;
  if (options.attention == Attention::kFixed) return;
  if (options.attention_window == AttentionWindow::kLocalP) {
    workspace.AddGradient(cache.d_center_hidden, s, d_params.W_p);
  }
  switch (options.attention) {
    case Attention::kAdditive:
    case Attention::kLocation:
      return workspace.AddGradient(cache.d_q, s, d_params.W_a);
    case Attention::kGeneral:
      return workspace.AddGradient(s, cache.d_q, d_params.W_a);
    default:
      return;
  }
}

void AttentionMemoryBackward(const AttentionPass& pass, const AttentionGradients& gradients) {
  if (!HasKeys(pass.options)) return;
  const Matrix d_keys = gradients.memory.keys;
  pass.workspace.AddGradient(d_keys, pass.memory.h, gradients.params.U_a);
  pass.workspace.weights.LinearTransposed(d_keys, pass.params.U_a, gradients.memory.h, true);
}

}  // namespace atento
