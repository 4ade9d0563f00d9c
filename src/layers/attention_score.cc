// Attention's first factor: the score of a position.
#include "base/check.h"
#include "layers/attention.h"
#include "math/kernels.h"

namespace atento {
void AttentionScores(Attention attention, const AttentionParams& params,
                     const AttentionMemory& memory, int column, ConstVector q, Real* e) {
  const MemoryRows rows = SentenceRows(memory, column);
  switch (attention) {
    // e_j = s · h_j;  e_j = (W_aᵀ s) · h_j
    case Attention::kDot:
    case Attention::kGeneral:
      DotScores(q, memory.keys, rows, e);
      return;
    // e_j = v_a · tanh(W_a s + U_a h_j)
    case Attention::kAdditive:
      AdditiveScores(q, memory.keys, params.v_a, rows, e);
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

void AttentionScoresBackward(Attention attention, const AttentionParams& params,
                             const AttentionMemory& memory, int column, ConstVector q,
                             const Real* d_e, Vector d_q, const AttentionMemoryGradient& d_memory,
                             AttentionParams& d_params) {
  const MemoryRows rows = SentenceRows(memory, column);
  switch (attention) {
    // e_j = v_a · tanh(W_a s + U_a h_j)
    case Attention::kAdditive:
      AdditiveScoresBackward(q, memory.keys, params.v_a, rows, d_e, d_q, d_memory.keys,
                             d_params.v_a);
      return;
    // e_j = s · h_j;  e_j = (W_aᵀ s) · h_j
    case Attention::kGeneral:
    case Attention::kDot:
      DotScoresBackward(q, memory.keys, rows, d_e, d_q, d_memory.keys);
      return;
    case Attention::kNone:
    case Attention::kFixed:
      CHECK(false, "no scores");
  }
}

}  // namespace atento
