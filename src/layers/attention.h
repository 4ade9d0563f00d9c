// Attention: one decoder step looks at the annotations of its sentence.
//
//   symbol   shape   meaning
//   h_j      [C]     annotation: the encoder's top-layer state(s) at source position j, 0 ≤ j < S
//   s        [H]     query: a decoder state. Which one is the decoder's choice: s_{i−1} before its
//                    cell (Bahdanau+ 2014), s'_i between its two cells, or s_i after it (Luong+
//                    2015)
//   e_j              score of position j: how well it matches the query
//   α_j              its weight
//   c        [C]     context: what the step sees of the source
//   κ_j              coverage: the attention that j has had in the steps before, Σ_{i'<i} α_{i'j}
//
// Attention = score × window × mix.
//
//   Score    dot         e_j = s · h_j                            Luong+ 2015, 3.1; needs H = C
//            scaled-dot  e_j = s · h_j / √H                       Vaswani+ 2017, eq. 1; needs H = C
//            general     e_j = s · W_a h_j                        Luong+ 2015, 3.1
//            additive    e_j = v_a · tanh(W_a s + U_a h_j)        Bahdanau+ 2014, A.1.2; Luong's
//                                                                 concat, whose W_a is [W_a U_a]
//            … coverage  e_j = v_a · tanh(W_a s + U_a h_j + w_c κ_j)    See+ 2017, eq. 11
//                                                                 (Tu+ 2016)
//            location    e_j = (W_a s)_j                          Luong+ 2015, eq. 8; j < L
//   Window   global      every position
//            local-m     |j − p| ≤ D;  p = min(i, S − 1)          Luong+ 2015, 3.2
//            local-p     |j − p| ≤ D;  p = S σ(v_p · tanh(W_p s))       eq. 9
//   Mix      α_j = softmax_j(e) over the window, 0 outside it
//            local-p     α_j = softmax_j(e) exp(−(j − p)² / 2σ²), σ = D/2; not normalised again
//                                                                 eq. 10
//            c = Σ_j α_j h_j
//   Gate     c = β Σ_j α_j h_j;  β = σ(w_β · s + b_β)          Xu+ 2015 (arXiv:1502.03044), 4.2.1
//   Heads    K heads share out the columns of query, keys, v_a and annotations: head k scores and
//            mixes with the k-th share of each, c = [c^1; …; c^K], and the α that is looked at is
//            the heads' mean (Vaswani+ 2017, 3.2.2, without its projections; √H is that of a share)
//   Fixed    no scores: α_{S−1} = 1, the fixed vector of Cho+ 2014
//
// What does not depend on the query is computed once per sentence and called its keys: U_a h_j for
// the additive score, h_j itself for the dot products, whose query is projected instead:
// s · W_a h = (W_aᵀ s) · h. The factors are in attention_score.cc and attention_window.cc; the mix,
// and the step as a whole, in attention.cc.
#ifndef ATENTO_LAYERS_ATTENTION_H_
#define ATENTO_LAYERS_ATTENTION_H_

#include "atento/options.h"
#include "base/sequence_layout.h"
#include "layers/workspace.h"
#include "math/kernels.h"
#include "math/views.h"

namespace atento {

struct AttentionParams {
  Matrix W_a;             // additive [A,H]; general [H,C]; location [L,H]
  Matrix U_a;             // additive [A,C]
  Vector v_a;             // additive [A]
  Vector w_c;             // coverage [A]
  Matrix W_p;             // local-p [H,H]
  Vector v_p;             // local-p [H]
  Vector w_beta, b_beta;  // gate [H], [1]
};

// The annotations of a batch of sentences and their keys, or the gradients of both. Several decoder
// rows may look at one sentence: the hypotheses of a beam share its memory.
template <class T>
struct AttentionMemoryOf {
  const SequenceLayout* layout = nullptr;
  MatrixView<T> h;     // [N,C], N = layout->rows()
  MatrixView<T> keys;  // [N,A] additive; the same view as h for the others
};
using AttentionMemory = AttentionMemoryOf<const Real>;
using AttentionMemoryGradient = AttentionMemoryOf<Real>;

// What a step leaves for its gradient and for the eye. The rows of a whole target, or of one step.
struct AttentionCache {
  Matrix q;              // [R,A] additive: W_a s;  [R,C] general: W_aᵀ s;  [R,L] location: W_a s
  Matrix scores;         // [R,K·S] e, head by head; S the longest source; defined in the window
  Matrix weights;        // [R,K·S] α of each head; 0 outside the window
  Matrix alpha;          // [R,S] their mean; the same view as weights if K = 1
  Matrix context;        // [R,C] c
  Matrix beta;           // [R,1] β; gate only
  Matrix mixed;          // [R,C] c before the gate; gate with gradient only
  Matrix coverage;       // [R,S] κ, filled by the caller; coverage only
  Matrix center;         // [R,1] p; local windows only
  Matrix center_hidden;  // [R,H] tanh(W_p s); local-p only
  // Set by Backward, for AttentionParameterGradients.
  Matrix d_q;              // like q, or [R,H] for the dot products of s itself
  Matrix d_center_hidden;  // [R,H] of W_p s

  AttentionCache Rows(int begin, int count) const;
};

struct AttentionCacheShape {
  int rows;             // R
  int longest_source;   // S
  int annotation_size;  // C
  int query_size;       // H
  bool with_gradient;   // also what Backward needs
};

// With undefined contents.
AttentionCache NewAttentionCache(const AttentionOptions& options, const AttentionCacheShape& shape,
                                 Arena& arena);

// Whether the scores are of keys of their own, U_a h.
inline bool HasKeys(const AttentionOptions& options) {
  return options.attention == Attention::kAdditive;
}

// Whether positions are scored, so that α says anything about the model.
inline bool HasAlpha(const AttentionOptions& options) {
  return options.attention != Attention::kNone && options.attention != Attention::kFixed;
}

// The memory of annotations h [N,C], which must outlive it.
// Cost: one GEMM [N,C]·[C,A] (additive), else nothing.
AttentionMemory NewAttentionMemory(const AttentionOptions& options, const AttentionParams& params,
                                   const SequenceLayout& layout, ConstMatrix h,
                                   const Workspace& workspace);

// What every step of a batch works with.
struct AttentionPass {
  const AttentionOptions& options;
  const AttentionParams& params;
  const AttentionMemory& memory;
  const Workspace& workspace;
};

// One step of R rows.
struct AttentionStep {
  ConstMatrix s;         // [R,H] queries
  const int* column;     // [R] the sentence of the memory that each row looks at
  int number;            // i, from 0
  AttentionCache cache;  // its rows
};

// Writes step.cache, but for coverage.
// Cost: O(R·W·(A+C)), W positions in the window, and one GEMM [R,H]·[H,A or C or L]; local-p
// another, [R,H]·[H,H]. Allocates nothing.
// Requires: no empty sentence; with location, none of more than L positions (checked).
// Errors: none.  Threads: safe when the caches are distinct.
void AttentionForward(const AttentionPass& pass, const AttentionStep& step);

// After Forward, for looking into a model: the weights become those that are given, scaled to the
// sum that the head's own have; and α and c follow from them. given: a row for each row of the step,
// or one for all, of [S] numbers for every head or [K·S] head by head, S the longest source; not
// negative, and their sum over the positions that a row's sentence has positive, for each head.
// Requires: scores, neither Attention::kNone nor kFixed; the sizes fit (checked).
void ReplaceAttentionWeights(const AttentionPass& pass, const AttentionStep& step,
                             ConstMatrix given);

// The gradients of what one step computes and reads.
struct AttentionStepGradient {
  ConstMatrix context;  // [R,C] in: of c
  ConstMatrix alpha;    // [R,S] in: of α, from elsewhere than c; empty: none
  Matrix s;             // [R,H] accumulated
  Matrix coverage;      // [R,S] accumulated: of κ; coverage only
};

struct AttentionGradients {
  AttentionMemoryGradient memory;
  AttentionParams& params;
};

// step: as Forward had and left it. Accumulates into `gradients` those of the memory and of v_a,
// w_c and v_p, and writes the cache's d_q and d_center_hidden, from which
// AttentionParameterGradients computes the rest.
// Cost: twice Forward's; scratch from the arena, given back.
// Errors: none.  Threads: safe when the caches and gradients are distinct.
void AttentionBackward(const AttentionPass& pass, const AttentionStep& step,
                       const AttentionStepGradient& d_step, const AttentionGradients& gradients);

// After Backward of every step, over all rows: s [N,H] their queries.
// Cost: a GEMM for each matrix of the parameters.
void AttentionParameterGradients(const AttentionPass& pass, ConstMatrix s,
                                 const AttentionCache& cache, AttentionParams& d_params);

// After Backward of every step: from the gradient of the keys to that of the annotations and U_a.
// Cost: two GEMMs of the keys' size.
void AttentionMemoryBackward(const AttentionPass& pass, const AttentionGradients& gradients);

// ---- the factors; used by the functions above --------------------------------------------------

// Positions [begin, begin + count) of a sentence.
struct AttentionSpan {
  int begin;
  int count;
};

// One head of one row.
struct AttentionHead {
  int row;
  int head;
  AttentionSpan window;
  MemoryRows rows;  // where the window lies in the matrices of the memory
};

// Its share of the columns, and of its row in a [R,K·S] matrix the part that is its window.
template <class T>
MatrixView<T> Share(MatrixView<T> m, int heads, int head) {
  const int size = m.cols / heads;
  return m.Columns(head * size, size);
}
inline Vector Share(Vector v, int heads, int head) {
  const size_t size = v.size() / static_cast<size_t>(heads);
  return v.subspan(static_cast<size_t>(head) * size, size);
}
inline Real* WindowOf(Matrix m, int heads, const AttentionHead& at) {
  return m.Row(at.row) + at.head * (m.cols / heads) + at.window.begin;
}

// The queries that the scores are taken with: s itself, or its projection.
ConstMatrix ProjectedQueries(const AttentionPass& pass, const AttentionStep& step);

// Score: cache.q of all rows, then e_j of one head's window (attention_score.cc).
void ProjectQueries(const AttentionPass& pass, const AttentionStep& step);
void AttentionScores(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                     Real* e);
// From d_e, which it may overwrite: accumulates into cache.d_q, d_step.coverage and `gradients`.
void AttentionScoresBackward(const AttentionPass& pass, const AttentionStep& step,
                             const AttentionHead& at, Real* d_e,
                             const AttentionStepGradient& d_step,
                             const AttentionGradients& gradients);
// After every row: from cache.d_q to d_s.
void ProjectQueriesBackward(const AttentionPass& pass, const AttentionStep& step, Matrix d_s);

// Window: cache.center of all rows, then the positions of one row (attention_window.cc).
void PlaceWindows(const AttentionPass& pass, const AttentionStep& step);
AttentionSpan WindowOfRow(const AttentionPass& pass, const AttentionStep& step, int row);
// local-p: multiplies α of the window by the Gaussian around its centre.
void ApplyGaussian(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                   Vector alpha);
// alpha becomes what it was before; d_alpha, of α after, its gradient. Returns that of p.
Real ApplyGaussianBackward(const AttentionPass& pass, const AttentionStep& step,
                           const AttentionHead& at, Vector alpha, Vector d_alpha);
// d_center: of p of one row. Accumulates into gradients.params.v_p; writes d_center_hidden.
void PlaceWindowBackward(const AttentionPass& pass, const AttentionStep& step, int row,
                         Real d_center, const AttentionGradients& gradients);

}  // namespace atento

#endif  // ATENTO_LAYERS_ATTENTION_H_
