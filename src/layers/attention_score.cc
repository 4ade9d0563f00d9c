// Attention's first factor: the score of a position.
#include "base/check.h"
#include "layers/attention.h"
#include "math/kernels.h"

namespace atento {

void AttentionScores(const AttentionPass& pass, int column, ConstVector q, Real* e) {
  const MemoryRows rows = SentenceRows(pass.memory, column);
  switch (pass.attention) {
    // e_j = s · h_j;  e_j = (W_aᵀ s) · h_j
    case Attention::kDot:
    case Attention::kGeneral:
      DotScores(q, pass.memory.keys, rows, e);
      return;
    // e_j = v_a · tanh(W_a s + U_a h_j)
    case Attention::kAdditive:
      AdditiveScores(q, pass.memory.keys, pass.params.v_a, rows, e);
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

void AttentionScoresBackward(const AttentionPass& pass, int column, ConstVector q, const Real* d_e,
                             Vector d_q, const AttentionGradients& gradients) {
  const MemoryRows rows = SentenceRows(pass.memory, column);
  switch (pass.attention) {
    // e_j = v_a · tanh(W_a s + U_a h_j)
    case Attention::kAdditive:
      AdditiveScoresBackward(q, pass.memory.keys, pass.params.v_a, rows, d_e, d_q,
                             gradients.memory.keys, gradients.params.v_a);
      return;
    // e_j = s · h_j;  e_j = (W_aᵀ s) · h_j
    case Attention::kGeneral:
    case Attention::kDot:
      DotScoresBackward(q, pass.memory.keys, rows, d_e, d_q, gradients.memory.keys);
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

}  // namespace atento
