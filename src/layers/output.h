// The output layer, and the loss that is fused with it.
//
//   logits = W_o t + b;   p = softmax(logits);   q = (1 − ε) onehot(y) + ε/V
//   loss = −Σ_v q_v log p_v                       (papers.md section 5)
#ifndef ATENTO_LAYERS_OUTPUT_H_
#define ATENTO_LAYERS_OUTPUT_H_

#include <algorithm>
#include <cstdint>
#include <span>

#include "layers/workspace.h"
#include "math/views.h"

namespace atento {

struct OutputParams {
  Matrix W_o;  // [V,R]; may be the target embedding
  Vector b;    // [V]
};

struct OutputLossOptions {
  Real label_smoothing = 0;  // ε
  Real gradient_scale = 0;   // weight of a token in the gradient, e.g. 1 / tokens of the update
};

struct LossSums {
  double loss = 0;      // Σ −Σ_v q_v log p_v, nats
  double log_prob = 0;  // Σ log p_y: without smoothing
  int64_t tokens = 0;

  LossSums& operator+=(const LossSums& other);
};

// Of all below. Cost: the GEMM [N,R]·[R,V], in OutputLoss three times.  Errors: none.
// Threads: safe when outputs, gradients and arenas are distinct.

// t [N,R] → logits [N,V].
void OutputForward(const OutputParams& params, ConstMatrix t, Matrix logits,
                   const Workspace& workspace);

// The output layer of some symbols alone: their rows, gathered once and packed by themselves.
class OutputSubset {
 public:
  // symbols: rows of params (checked); one may stand there twice. The rows are copied into the
  // arena, and used from there.
  OutputSubset(const OutputParams& params, std::span<const int> symbols, Arena& arena);

  int size() const { return params_.W_o.rows; }
  // t [N,R] → logits [N,size()], column i that of symbols[i].
  void Forward(ConstMatrix t, Matrix logits) const;

 private:
  OutputParams params_;
  mutable PackedWeights weights_;
};

// Forward and backward at once, in chunks of rows: a chunk of logits is turned into its gradient in
// place, so that [N,V] never exists as a whole. t [N,R], y [N]. Overwrites d_t [N,R] and
// accumulates into d_params.
LossSums OutputLoss(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                    const OutputLossOptions& options, Matrix d_t, OutputParams& d_params,
                    const Workspace& workspace);

// The loss alone. If log_probs is not empty [N], it receives log p of every y.
LossSums OutputEvaluate(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                        Real label_smoothing, Vector log_probs, const Workspace& workspace);

// ---- the chunks; also of the loss of copy.h ----------------------------------------------------

// Rows of logits at a time: large enough for a good GEMM, small enough to stay in cache, and a
// number that products like.
inline int LogitsChunkRows(int vocabulary) {
  constexpr int kMostLogits = 1 << 21;
  return std::clamp(kMostLogits / vocabulary, 32, 1024) / 32 * 32;
}

// Calls body(begin, count, logits [count,V]) for every chunk of the rows of t.
template <class Body>
void ForEachLogitsChunk(const OutputParams& params, ConstMatrix t, const Workspace& workspace,
                        Body&& body) {
  ArenaScope scope(workspace.arena);
  const int chunk = std::min(LogitsChunkRows(params.W_o.rows), t.rows);
  Matrix buffer = workspace.arena.NewMatrix(chunk, params.W_o.rows);
  for (int begin = 0; begin < t.rows; begin += chunk) {
    const int count = std::min(chunk, t.rows - begin);
    Matrix logits = buffer.Rows(0, count);
    OutputForward(params, t.Rows(begin, count), logits, workspace);
    body(begin, count, logits);
  }
}

// From the gradient of a chunk's logits [count,V]: writes d_t [count,R], accumulates into d_params.
void OutputBackward(const OutputParams& params, ConstMatrix t, ConstMatrix d_logits, Matrix d_t,
                    OutputParams& d_params, const Workspace& workspace);

}  // namespace atento

#endif  // ATENTO_LAYERS_OUTPUT_H_
