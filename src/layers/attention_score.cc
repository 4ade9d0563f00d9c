// Attention's first factor: the score of a position.
#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "layers/attention.h"
#include "layers/cell.h"
#include "math/kernels.h"

namespace atento {
namespace {

// 1 / √H, of a head's share of the query.
Real DotScale(const AttentionPass& pass, ConstVector q) {
  return pass.options.attention == Attention::kScaledDot
             ? 1 / std::sqrt(static_cast<Real>(q.size()))
             : Real{1};
}

// κ_j of a window.
AdditiveCoverage CoverageOf(const AttentionPass& pass, const AttentionStep& step,
                            const AttentionHead& at) {
  return {Share(pass.params.w_c, pass.options.attention_heads, at.head),
          step.cache.coverage.Row(at.row) + at.window.begin};
}

// e_j = v_a · tanh(W_a s + U_a h_j);  … + w_c κ_j
void AdditiveBackward(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                      const Real* d_e, const AttentionStepGradient& d_step,
                      const AttentionGradients& gradients) {
  const int heads = pass.options.attention_heads;
  const ConstMatrix keys = Share(pass.memory.keys, heads, at.head);
  const Matrix d_keys = Share(gradients.memory.keys, heads, at.head);
  const ConstVector q = Share(step.cache.q, heads, at.head).RowSpan(at.row);
  const Vector d_q = Share(step.cache.d_q, heads, at.head).RowSpan(at.row);
  const Vector v_a = Share(pass.params.v_a, heads, at.head);
  const Vector d_v_a = Share(gradients.params.v_a, heads, at.head);
  if (!pass.options.coverage) {
    return AdditiveScoresBackward(q, keys, v_a, at.rows, d_e, d_q, d_keys, d_v_a);
  }
  const AdditiveCoverageGradient d_coverage{Share(gradients.params.w_c, heads, at.head),
                                            d_step.coverage.Row(at.row) + at.window.begin};
  AdditiveCoverageScoresBackward(q, keys, v_a, CoverageOf(pass, step, at), at.rows, d_e, d_q,
                                 d_keys, d_v_a, d_coverage);
}

}  // namespace

ConstMatrix ProjectedQueries(const AttentionPass& pass, const AttentionStep& step) {
  const Attention attention = pass.options.attention;
  const bool as_it_is = attention == Attention::kDot || attention == Attention::kScaledDot;
  return as_it_is ? step.s : ConstMatrix(step.cache.q);
}

void ProjectQueries(const AttentionPass& pass, const AttentionStep& step) {
  PackedWeights& weights = pass.workspace.weights;
  switch (pass.options.attention) {
    // W_a s
    case Attention::kAdditive:
    case Attention::kLocation:
      weights.Linear(step.s, pass.params.W_a, step.cache.q);
      return;
    // W_aᵀ s
    case Attention::kGeneral:
      weights.LinearTransposed(step.s, pass.params.W_a, step.cache.q);
      return;
    case Attention::kDot:
    case Attention::kScaledDot:
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

void ProjectQueriesBackward(const AttentionPass& pass, const AttentionStep& step, Matrix d_s) {
  PackedWeights& weights = pass.workspace.weights;
  const Matrix d_q = step.cache.d_q;
  switch (pass.options.attention) {
    // W_a s
    case Attention::kAdditive:
    case Attention::kLocation:
      weights.LinearTransposed(d_q, pass.params.W_a, d_s, true);
      return;
    // W_aᵀ s
    case Attention::kGeneral:
      weights.Linear(d_q, pass.params.W_a, d_s, {.accumulate = true});
      return;
    case Attention::kDot:
    case Attention::kScaledDot:
      AddTo(d_q, d_s);
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

void AttentionScores(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                     Real* e) {
  const int heads = pass.options.attention_heads;
  const ConstVector q = Share(ProjectedQueries(pass, step), heads, at.head).RowSpan(at.row);
  const ConstMatrix keys = Share(pass.memory.keys, heads, at.head);
  switch (pass.options.attention) {
    // e_j = s · h_j;  e_j = (W_aᵀ s) · h_j;  e_j = s · h_j / √H
    case Attention::kDot:
    case Attention::kGeneral:
    case Attention::kScaledDot:
      DotScores(q, keys, at.rows, e);
      Scale(DotScale(pass, q), {e, static_cast<size_t>(at.window.count)});
      return;
    // e_j = v_a · tanh(W_a s + U_a h_j);  … + w_c κ_j
    case Attention::kAdditive: {
      const Vector v_a = Share(pass.params.v_a, heads, at.head);
      if (!pass.options.coverage) return AdditiveScores(q, keys, v_a, at.rows, e);
      AdditiveCoverageScores(q, keys, v_a, CoverageOf(pass, step, at), at.rows, e);
      return;
    }
    // e_j = (W_a s)_j
    case Attention::kLocation:
      std::copy_n(q.data() + at.window.begin, at.window.count, e);
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

void AttentionScoresBackward(const AttentionPass& pass, const AttentionStep& step,
                             const AttentionHead& at, Real* d_e,
                             const AttentionStepGradient& d_step,
                             const AttentionGradients& gradients) {
  const int heads = pass.options.attention_heads;
  const ConstVector q = Share(ProjectedQueries(pass, step), heads, at.head).RowSpan(at.row);
  const Vector d_q = Share(step.cache.d_q, heads, at.head).RowSpan(at.row);
  switch (pass.options.attention) {
    // e_j = s · h_j;  e_j = (W_aᵀ s) · h_j;  e_j = s · h_j / √H
    case Attention::kDot:
    case Attention::kGeneral:
    case Attention::kScaledDot:
      Scale(DotScale(pass, q), {d_e, static_cast<size_t>(at.window.count)});
      DotScoresBackward(q, Share(pass.memory.keys, heads, at.head), at.rows, d_e, d_q,
                        Share(gradients.memory.keys, heads, at.head));
      return;
    // e_j = v_a · tanh(W_a s + U_a h_j);  … + w_c κ_j
    case Attention::kAdditive:
      AdditiveBackward(pass, step, at, d_e, d_step, gradients);
      return;
    // e_j = (W_a s)_j
    case Attention::kLocation:
      for (int j = 0; j < at.window.count; ++j) {
        d_q[static_cast<size_t>(at.window.begin + j)] += d_e[j];
      }
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

}  // namespace atento
