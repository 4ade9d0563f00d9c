// The decoder: what came before and what attention sees → the vector the output layer reads.
//
// One step i, for the rows that are alive (papers.md; H state, E embedding, R readout):
//
//   attend before    c = attention(s_{i−1});  s_i = cell([E y_{i−1}; c; t_{i−1}], s_{i−1})
//   attend between   s' = cell([E y_{i−1}; t_{i−1}], s_{i−1});  c = attention(s');
//                    s_i = cell₂(c, s')
//   attend after     s_i = cell([E y_{i−1}; t_{i−1}], s_{i−1});  c = attention(s_i)
//
// with t_{i−1} only if input is fed, further layers reading the one below, and the query taken from
// the top layer (between: from layer 0, whose second cell is the transition). With residual
// connections a layer above the first hands on s + x, x what it read; to the layer above it, to the
// readout and to an attention that comes after. Then the readout:
//
//   tanh        t = tanh(W [c; s_i])                   Luong+ 2015, eq. 5
//   deep tanh   t = tanh(W [c; s_i; E y_{i−1}])        Nematus
//   maxout      t = pairwise max of W [c; s_{i−1}; E y_{i−1}]    Bahdanau+ 2014, appendix A.2.2
#ifndef ATENTO_MODEL_DECODER_H_
#define ATENTO_MODEL_DECODER_H_

#include <span>

#include "layers/attention.h"
#include "layers/copy.h"
#include "model/encoder.h"
#include "model/pass.h"

namespace atento {

// The recurrent state of R hypotheses, or its gradient.
struct DecoderState {
  std::span<Matrix> h;  // per layer [R,H]
  std::span<Matrix> c;  // per layer [R,H]; LSTM only, else empty matrices
  Matrix t;             // [R,R']: the last readout; input feeding only
  Matrix coverage;      // [R,S]: Σ α so far, S the longest source; coverage only
};

// Zero.
DecoderState NewDecoderState(const ModelConfig& config, int rows, int longest_source, Arena& arena);

// Everything the decoder computes, a row per target element (training) or hypothesis (search).
struct DecoderCache {
  Matrix embedding;            // [N,E]
  std::span<CellCache> cells;  // per layer
  CellCache transition;        // attend between
  std::span<Matrix> inputs;    // per layer [N,H]: what layer l > 0 reads, after dropout
  Matrix h_between;            // [N,H] s'
  std::span<Matrix> h;         // per layer [N,H]: the state after the step
  std::span<Matrix> outputs;  // per layer [N,H]: what it hands on; the same view as h, or h + input
  AttentionCache attention;
  Matrix t_prev;   // [N,R] input feeding
  Matrix t_inner;  // [N,2R] maxout
  Matrix t;        // [N,R]
};

// With undefined contents.
DecoderCache NewDecoderCache(const ModelPass& pass, int rows, int longest_source);

// ---- the initial state -------------------------------------------------------------------------

// s_0 for each sentence, in the columns of the source. Input feeding starts from t = 0.
// Cost: one GEMM per layer (none with Start::kCopy).
DecoderState DecoderStart(const ModelPass& pass, const EncoderState& encoder);

struct DecoderStartGradients {
  DecoderState start;                     // in: of s_0; overwritten on the way
  Matrix annotations;                     // [N,C] accumulated (Start::kMean)
  std::span<const RecurrentFinal> final;  // per layer; accumulated (the others)
  DecoderParams& params;                  // accumulated
};

// start: what Forward returned.  Cost: two GEMMs per layer (none with Start::kCopy).
void DecoderStartBackward(const ModelPass& pass, const EncoderState& encoder,
                          const DecoderState& start, const DecoderStartGradients& gradients);

// ---- steps -------------------------------------------------------------------------------------

// What every step of a batch works with.
struct DecoderPass {
  const ModelPass& model;
  const AttentionMemory& memory;
  const DecoderCache& cache;

  const ModelConfig& config() const { return model.config; }
  const DecoderParams& params() const { return model.params.decoder; }
  PackedWeights& weights() const { return model.workspace.weights; }
};

// The rows of one step: [begin, begin + count) of the cache.
struct DecoderRows {
  int begin;
  int count;
  const int* column;  // [count] the sentence each row looks at
  int step;           // from 0
  // Replaces the weights of attention, as ReplaceAttentionWeights; empty in training and search.
  ConstMatrix alpha = {};

  Matrix Of(Matrix m) const { return m.Rows(begin, count); }
};

// Up to the readout t. On entry the rows hold the embeddings of the last symbols, W E y + b in
// cells[0].gates, and the state before the step in every cell's h_prev and c_prev, and in t_prev.
// The readout is left to DecoderReadout unless input is fed.
// Cost: one GEMM per matrix with `count` rows; allocates nothing.  Errors: none.
// Threads: safe with caches and workspaces of their own.
void DecoderStep(const DecoderPass& pass, const DecoderRows& rows);

// t of the rows [begin, begin + count).  Cost: one GEMM for each thing that it reads.
void DecoderReadout(const DecoderPass& pass, int begin, int count);

// W E y + b of every row, for the embeddings in the cache.  Cost: one GEMM.
void DecoderInputProducts(const DecoderPass& pass);

// ---- whole batches, for training ---------------------------------------------------------------

// The right symbols, which are fed in.
struct DecoderTarget {
  const SequenceLayout& layout;
  std::span<const int> input;   // [N] y_{i−1}
  std::span<const int> column;  // [layout.batch()] the source column of each target column
};

// start: in the columns of the source. Fills the cache; cache.t is before dropout.
// Cost: a DecoderStep for each target position, and one GEMM over all rows for the embeddings and,
// unless input is fed, for each thing that the readout reads; allocates nothing.  Errors: none.
// Threads: as DecoderStep.
void DecoderForward(const DecoderPass& pass, const DecoderState& start,
                    const DecoderTarget& target);

struct DecoderGradients {
  Matrix t;                        // [N,R] in: of cache.t; overwritten on the way
  Matrix alpha;                    // [N,S] in: of α, from a loss on it; or empty
  Matrix coverage;                 // [N,S] in: of κ, likewise
  AttentionMemoryGradient memory;  // accumulated
  DecoderState start;              // accumulated, in the columns of the source
  Seq2SeqParams& params;           // accumulated: the target embedding, the decoder, the copy gate
  Vector gate = {};                // [N] in: of the copy gate's z
};

// cache: as Forward filled it; gates become gradients on the way.
// Cost: twice Forward's; the products of parameters' gradients are over all rows at once.
// Errors: none.  Threads: as Forward, with gradients of its own.
void DecoderBackward(const DecoderPass& pass, const DecoderTarget& target,
                     const DecoderGradients& gradients);

// ---- shared by the two directions --------------------------------------------------------------

// The queries of all rows of the cache, and the states that the readout reads.
Matrix DecoderQueries(const ModelConfig& config, const DecoderCache& cache);
Matrix DecoderReadoutStates(const ModelConfig& config, const DecoderCache& cache);
// What p_gen is computed from.
CopyGateInputs DecoderGateInputs(const ModelConfig& config, const DecoderCache& cache);

// The column blocks of the first cell's W and of the readout's W.
struct DecoderInputBlocks {
  Matrix embedding, context, t;
};
DecoderInputBlocks SplitDecoderInput(const ModelConfig& config, Matrix W);
struct ReadoutBlocks {
  Matrix context, state, embedding;
};
ReadoutBlocks SplitReadout(const ModelConfig& config, Matrix W);

}  // namespace atento

#endif  // ATENTO_MODEL_DECODER_H_
