// Copying: the next symbol is either one that the output layer writes or one of the source's. See,
// Liu, Manning 2017 (arXiv:1704.04368), section 2.2, the pointer-generator.
//
//   symbol     shape   meaning
//   c          [C]     context
//   s          [H]     the decoder state that the readout reads
//   x          [E]     embedding of the symbol before
//   P(w)               softmax of the output layer's logits l; 0 for w >= V
//   α_j                weight of source position j, the heads' mean
//   source_j           what position j copies as: the target's symbol of the same spelling, or V + k
//                      if there is none, k counting the source's spellings of that kind
//
//   p_gen = σ(z);  z = w_c·c + w_s·s + w_x·x + b                           eq. 8
//   a(w)  = Σ_{j: source_j = w} α_j / Σ_j α_j
//   p(w)  = p_gen P(w) + (1 − p_gen) a(w)                                  eq. 9
//
// The weights sum to 1 but after a local-p window, which is why they are divided by their sum: so p
// sums to 1 too. For a symbol of the source a(w) is at least 1e-9: one that lies outside of a window
// is improbable, and not impossible. Label smoothing is of the output layer's own distribution:
//
//   loss = −(1 − ε) ln p(y) − ε/V Σ_v ln P(v)
#ifndef ATENTO_LAYERS_COPY_H_
#define ATENTO_LAYERS_COPY_H_

#include <span>

#include "base/sequence_layout.h"
#include "layers/output.h"
#include "math/views.h"

namespace atento {

struct CopyParams {
  Vector w_c;  // [C]
  Vector w_s;  // [H]
  Vector w_x;  // [E]
  Vector b;    // [1]
};

// ---- p_gen -------------------------------------------------------------------------------------

// What it reads, or the gradients of that.
struct CopyGateInputs {
  Matrix context;    // [N,C]
  Matrix state;      // [N,H]
  Matrix embedding;  // [N,E]
};

// Writes z [N].  Cost: O(N·(C+H+E)), as of the two below.  Errors: none.  Threads: safe when the
// outputs are distinct.
void CopyGateForward(const CopyParams& params, const CopyGateInputs& inputs, Vector z);
// p_gen.
Real CopyGate(Real z);

// Backward, in two halves, since the inputs are used elsewhere too. d_x [N,·] += d_z w for one of
// the inputs, w its vector.
void CopyGateInputBackward(ConstVector d_z, ConstVector w, Matrix d_x);
// Accumulates into d_params.
void CopyGateParameterGradients(const CopyGateInputs& inputs, ConstVector d_z,
                                CopyParams& d_params);

// ---- the mixture -------------------------------------------------------------------------------

// R rows, and the sources that they may copy.
struct CopyingRows {
  ConstVector z;                 // [R]
  ConstMatrix alpha;             // [R,S], S the longest source
  std::span<const int> column;   // [R] the source that each row looks at
  const SequenceLayout& layout;  // of the sources
  std::span<const int> source;   // [layout.rows()] what each position copies as
};

// How many symbols beyond V the source in this column has.
int ExtendedSymbols(const SequenceLayout& layout, std::span<const int> source, int column,
                    int vocabulary);

struct CopyLossGradients {
  Matrix t;              // [N,R] overwritten
  Vector z;              // [N] overwritten
  Matrix alpha;          // [N,S] overwritten
  OutputParams& params;  // accumulated
};

// As OutputLoss, of the mixture: forward and backward at once, and [N,V] never exists as a whole.
// y [N]: symbols; one beyond V must be in its row's source.
// Cost: OutputLoss's, one more sum of exponentials over V, and O(N·S).
LossSums CopyLoss(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                  const CopyingRows& rows, const OutputLossOptions& options,
                  const CopyLossGradients& gradients, const Workspace& workspace);

// The loss alone, as OutputEvaluate.
LossSums CopyEvaluate(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                      const CopyingRows& rows, Real label_smoothing, Vector log_probs,
                      const Workspace& workspace);

// From the output layer's logits [R,V] to `mixed` [R,V+X], whose softmax is p: a symbol of the
// source gets ln(e^l + e^(L − z) a), L = ln Σ_v e^l_v. A row's symbols beyond those of its own source
// get −∞. X >= ExtendedSymbols of every row's source.
// Cost: O(R·(V+S²)).  Errors: none.  Threads: safe when the outputs are distinct.
void CopyLogits(const CopyingRows& rows, ConstMatrix logits, Matrix mixed);

// For the eye: (1 − p_gen) a(w) of one row, the part of p(w) that is copied.
double CopyProbability(const CopyingRows& rows, int row, int w);

}  // namespace atento

#endif  // ATENTO_LAYERS_COPY_H_
