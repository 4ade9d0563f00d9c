// Attention: one decoder step looks at all annotations of its sentence.
//
//   symbol   shape   meaning
//   h_j      [C]     annotation: the encoder's top-layer state(s) at source position j, 0 ≤ j < S
//   s        [H]     query: a decoder state. Which one is the decoder's choice: s_{i−1} before its
//                    cell (Bahdanau+ 2014), s'_i between its two cells, or s_i after it (Luong+ 2015)
//   e_j              score of position j: how well it matches the query
//   α_j              its weight: Σ_j α_j = 1
//   c        [C]     context: what the step sees of the source
//
// Attention = score × window × mix.
//
//   Score    dot        e_j = s · h_j                            Luong+ 2015, 3.1; needs H = C
//            general    e_j = s · W_a h_j                        Luong+ 2015, 3.1
//            additive   e_j = v_a · tanh(W_a s + U_a h_j)        Bahdanau+ 2014, A.1.2
//   Window   global     every position
//            fixed      the last one alone: α_{S−1} = 1, no scores (the fixed vector of Cho+ 2014)
//   Mix      α = softmax_j(e);  c = Σ_j α_j h_j
//
// What does not depend on the query is computed once per sentence and called its keys: U_a h_j for
// the additive score, h_j itself for the others, whose query is projected instead:
// s · W_a h = (W_aᵀ s) · h.
#ifndef ATENTO_LAYERS_ATTENTION_H_
#define ATENTO_LAYERS_ATTENTION_H_

#include "atento/options.h"
#include "base/sequence_layout.h"
#include "layers/workspace.h"
#include "math/kernels.h"
#include "math/views.h"

namespace atento {

struct AttentionParams {
  Matrix W_a;  // additive [A,H]; general [H,C]
  Matrix U_a;  // additive [A,C]
  Vector v_a;  // additive [A]
};

// The annotations of a batch of sentences and their keys, or the gradients of both. Several decoder
// rows may look at one sentence: the hypotheses of a beam share its memory.
template <class T>
struct AttentionMemoryOf {
  const SequenceLayout* layout = nullptr;
  MatrixView<T> h;     // [N,C], N = layout->rows()
  MatrixView<T> keys;  // [N,A] additive; the same view as h for dot and general
};
using AttentionMemory = AttentionMemoryOf<const Real>;
using AttentionMemoryGradient = AttentionMemoryOf<Real>;

// What a step leaves for its gradient and for the eye. The rows of a whole target, or of one step.
struct AttentionCache {
  Matrix q;        // [R,A] additive: W_a s;  [R,C] general: W_aᵀ s;  unused by the others
  Matrix scores;   // [R,S] e before softmax; S the longest source, further positions are undefined
  Matrix alpha;    // [R,S] α; 0 beyond a sentence's own length
  Matrix context;  // [R,C] c
  Matrix d_q;      // like q; set by Backward

  AttentionCache Rows(int begin, int count) const;
};

struct AttentionCacheShape {
  int rows;             // R
  int longest_source;   // S
  int annotation_size;  // C
  bool with_gradient;   // also what Backward needs
};

// With undefined contents.
AttentionCache NewAttentionCache(Attention attention, const AttentionParams& params,
                                 const AttentionCacheShape& shape, Arena& arena);

// The memory of annotations h [N,C], which must outlive it.
// Cost: one GEMM [N,C]·[C,A] (additive), else nothing.
AttentionMemory NewAttentionMemory(Attention attention, const AttentionParams& params,
                                   const SequenceLayout& layout, ConstMatrix h,
                                   const Workspace& workspace);

// What every step of a batch works with.
struct AttentionPass {
  Attention attention;
  const AttentionParams& params;
  const AttentionMemory& memory;
  const Workspace& workspace;
};

// One step of R rows.
struct AttentionStep {
  ConstMatrix s;         // [R,H] queries
  const int* column;     // [R] the sentence of the memory that each row looks at
  AttentionCache cache;  // its rows
};

// Writes step.cache: q, scores, alpha and context.
// Cost: O(R·S·(A+C)) and one GEMM [R,H]·[H,A or C]; allocates nothing.
// Errors: none.  Threads: safe when the caches are distinct.
void AttentionForward(const AttentionPass& pass, const AttentionStep& step);

struct AttentionGradients {
  AttentionMemoryGradient memory;
  AttentionParams& params;
};

// step: as Forward had and left it. d_context [R,C]: gradient of c. Accumulates into d_s [R,H],
// gradients.memory and gradients.params.v_a, and writes cache.d_q, from which
// AttentionParameterGradients computes the rest.
// Cost: twice Forward's; scratch from the arena, given back.
// Errors: none.  Threads: safe when the caches and gradients are distinct.
void AttentionBackward(const AttentionPass& pass, const AttentionStep& step, ConstMatrix d_context,
                       Matrix d_s, const AttentionGradients& gradients);

// After Backward of every step, over all rows: s [N,H] their queries.
// Cost: one GEMM [H,N]·[N,A or C].
void AttentionParameterGradients(Attention attention, ConstMatrix s, const AttentionCache& cache,
                                 AttentionParams& d_params);

// After Backward of every step: from the gradient of the keys to that of the annotations and U_a.
// Cost: two GEMMs of the keys' size.
void AttentionMemoryBackward(const AttentionPass& pass, const AttentionGradients& gradients);

// ---- the factors; used by the functions above --------------------------------------------------

// Where the positions of sentence `column` lie in the matrices of the memory.
inline MemoryRows SentenceRows(const AttentionMemory& memory, int column) {
  return {memory.layout->offsets().data(), column, memory.layout->length(column)};
}

// e_j for one row and all positions of its sentence (attention_score.cc).
void AttentionScores(const AttentionPass& pass, int column, ConstVector q, Real* e);
// From d_e: accumulates into d_q, gradients.memory.keys and gradients.params.v_a.
void AttentionScoresBackward(const AttentionPass& pass, int column, ConstVector q, const Real* d_e,
                             Vector d_q, const AttentionGradients& gradients);

}  // namespace atento

#endif  // ATENTO_LAYERS_ATTENTION_H_
