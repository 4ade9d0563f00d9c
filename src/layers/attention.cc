// One attention step: project the query, score, softmax, mix; and the same in reverse.
#include "layers/attention.h"

#include <algorithm>

#include "base/check.h"
#include "layers/cell.h"
#include "math/kernels.h"

namespace atento {
namespace {

// Dot scores the query as it is.
ConstMatrix ProjectedQuery(Attention attention, ConstMatrix s, const AttentionCache& cache) {
  return attention == Attention::kDot ? s : ConstMatrix(cache.q);
}

}  // namespace

AttentionCache AttentionCache::Rows(int begin, int count) const {
  auto slice = [&](Matrix m) { return m.rows == 0 ? m : m.Rows(begin, count); };
  return {slice(q), slice(scores), slice(alpha), slice(context), slice(d_q)};
}

AttentionCache NewAttentionCache(Attention attention, const AttentionParams& params,
                                 const AttentionCacheShape& shape, Arena& arena) {
  AttentionCache cache;
  if (attention == Attention::kNone) return cache;
  cache.alpha = arena.NewMatrix(shape.rows, shape.longest_source);
  cache.context = arena.NewMatrix(shape.rows, shape.annotation_size);
  if (attention == Attention::kFixed) return cache;
  cache.scores = arena.NewMatrix(shape.rows, shape.longest_source);
  const int q_size = attention == Attention::kAdditive ? params.W_a.rows : shape.annotation_size;
  if (attention != Attention::kDot) cache.q = arena.NewMatrix(shape.rows, q_size);
  if (shape.with_gradient) cache.d_q = arena.NewMatrix(shape.rows, q_size);
  return cache;
}

AttentionMemory NewAttentionMemory(Attention attention, const AttentionParams& params,
                                   const SequenceLayout& layout, ConstMatrix h,
                                   const Workspace& workspace) {
  if (attention != Attention::kAdditive) return {&layout, h, h};
  Matrix keys = workspace.arena.NewMatrix(h.rows, params.U_a.rows);
  workspace.weights.Linear(h, params.U_a, keys);
  return {&layout, h, keys};
}

void AttentionForward(const AttentionPass& pass, const AttentionStep& step) {
  const auto& [attention, params, memory, workspace] = pass;
  const auto& [s, column, cache] = step;
  // W_a s;  W_aᵀ s
  if (attention == Attention::kAdditive) workspace.weights.Linear(s, params.W_a, cache.q);
  if (attention == Attention::kGeneral) workspace.weights.LinearTransposed(s, params.W_a, cache.q);
  const ConstMatrix q = ProjectedQuery(attention, s, cache);
  for (int r = 0; r < s.rows; ++r) {
    const MemoryRows rows = SentenceRows(memory, column[r]);
    const size_t count = static_cast<size_t>(rows.count);
    Real* alpha = cache.alpha.Row(r);
    std::fill(alpha + count, alpha + cache.alpha.cols, Real{0});
    if (attention == Attention::kFixed) {
      // α_{S−1} = 1
      std::fill(alpha, alpha + count, Real{0});
      alpha[count - 1] = 1;
    } else {
      // α = softmax_j(e)
      AttentionScores(pass, column[r], q.RowSpan(r), cache.scores.Row(r));
      std::copy(cache.scores.Row(r), cache.scores.Row(r) + count, alpha);
      Softmax({alpha, count});
    }
    // c = Σ_j α_j h_j
    WeightedSum(alpha, memory.h, rows, cache.context.RowSpan(r));
  }
}

void AttentionBackward(const AttentionPass& pass, const AttentionStep& step, ConstMatrix d_context,
                       Matrix d_s, const AttentionGradients& gradients) {
  const auto& [attention, params, memory, workspace] = pass;
  const auto& [s, column, cache] = step;
  ArenaScope scope(workspace.arena);
  Vector d_e = workspace.arena.NewVector(cache.alpha.cols);
  const bool scored = attention != Attention::kFixed;
  if (scored) Fill(cache.d_q, 0);
  const ConstMatrix q = ProjectedQuery(attention, s, cache);
  for (int r = 0; r < d_context.rows; ++r) {
    const MemoryRows rows = SentenceRows(memory, column[r]);
    const size_t count = static_cast<size_t>(rows.count);
    const Real* alpha = cache.alpha.Row(r);
    // c = Σ_j α_j h_j
    WeightedSumBackward(alpha, memory.h, rows, d_context.RowSpan(r), d_e.data(),
                        gradients.memory.h);
    if (!scored) continue;
    // α = softmax_j(e)
    SoftmaxBackward({alpha, count}, d_e.first(count));
    AttentionScoresBackward(pass, column[r], q.RowSpan(r), d_e.data(), cache.d_q.RowSpan(r),
                            gradients);
  }
  // W_a s;  W_aᵀ s
  if (attention == Attention::kAdditive) {
    workspace.weights.LinearTransposed(cache.d_q, params.W_a, d_s, true);
  } else if (attention == Attention::kGeneral) {
    workspace.weights.Linear(cache.d_q, params.W_a, d_s, {.accumulate = true});
  } else if (attention == Attention::kDot) {
    AddTo(cache.d_q, d_s);
  }
}

void AttentionParameterGradients(Attention attention, ConstMatrix s, const AttentionCache& cache,
                                 AttentionParams& d_params) {
  if (attention == Attention::kAdditive) AddWeightGradient(cache.d_q, s, d_params.W_a);
  if (attention == Attention::kGeneral) AddWeightGradient(s, cache.d_q, d_params.W_a);
}

void AttentionMemoryBackward(const AttentionPass& pass, const AttentionGradients& gradients) {
  if (pass.attention != Attention::kAdditive) return;
  const Matrix d_keys = gradients.memory.keys;
  AddWeightGradient(d_keys, pass.memory.h, gradients.params.U_a);
  pass.workspace.weights.LinearTransposed(d_keys, pass.params.U_a, gradients.memory.h, true);
}

}  // namespace atento
