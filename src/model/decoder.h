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
// the top layer (between: from layer 0, whose second cell is the transition). Then the readout:
//
//   tanh        t = tanh(W [c; s_i])                   Luong+ 2015, eq. 5
//   deep tanh   t = tanh(W [c; s_i; E y_{i−1}])        Nematus
//   maxout      t = pairwise max of W [c; s_{i−1}; E y_{i−1}]    Bahdanau+ 2014, appendix A.2.2
#ifndef ATENTO_MODEL_DECODER_H_
#define ATENTO_MODEL_DECODER_H_

#include <span>

#include "layers/attention.h"
#include "layers/dropout.h"
#include "layers/workspace.h"
#include "model/encoder.h"
#include "model/parameters.h"

namespace atento {

// The recurrent state of R hypotheses, or its gradient.
struct DecoderState {
  std::span<Matrix> h;  // per layer [R,H]
  std::span<Matrix> c;  // per layer [R,H]; LSTM only, else empty matrices
  Matrix t;             // [R,R']: the last readout; input feeding only
};

DecoderState NewDecoderState(const ModelConfig& config, int rows, Arena& arena);

// Everything the decoder computes, a row per target element (training) or hypothesis (search).
struct DecoderCache {
  Matrix embedding;            // [N,E]
  std::span<CellCache> cells;  // per layer
  CellCache transition;        // attend between
  std::span<Matrix> inputs;    // per layer [N,H]: what layer l > 0 reads, after dropout
  Matrix h_between;            // [N,H] s'
  std::span<Matrix> h;         // per layer [N,H]: the state after the step
  AttentionCache attention;
  Matrix t_prev;   // [N,R] input feeding
  Matrix t_inner;  // [N,2R] maxout
  Matrix t;        // [N,R]
};

DecoderCache NewDecoderCache(const ModelConfig& config, const DecoderParams& params, int rows,
                             int longest_source, bool with_gradient, Arena& arena);

// s_0 for each sentence, in the columns of the source. Input feeding starts from t = 0.
DecoderState DecoderStart(const ModelConfig& config, const DecoderParams& params,
                          const EncoderState& encoder, Workspace& workspace);

// d_start as NewDecoderState. Accumulates into d_params, d_annotations [N,C] (Start::kMean) and
// d_final (the others).
void DecoderStartBackward(const ModelConfig& config, const DecoderParams& params,
                          const EncoderState& encoder, const DecoderState& start,
                          const DecoderState& d_start, DecoderParams& d_params,
                          Matrix d_annotations, std::span<const RecurrentFinal> d_final,
                          Workspace& workspace);

// One step of the rows [begin, begin + count) of the cache, up to the readout t. On entry these
// rows hold the embeddings of the last symbols, W E y + b in cells[0].gates, and the state before
// the step in every cell's h_prev and c_prev, and in t_prev. column [count]: the sentence of each
// row. The readout is left to DecoderReadout unless input is fed.
void DecoderStep(const ModelConfig& config, const DecoderParams& params,
                 const AttentionMemory& memory, const DecoderCache& cache, int begin, int count,
                 const int* column, int step, const DropoutOptions& dropout, Workspace& workspace);

// t of the rows [begin, begin + count).
void DecoderReadout(const ModelConfig& config, const DecoderParams& params,
                    const DecoderCache& cache, int begin, int count, Workspace& workspace);

// W E y + b of every row, for the embeddings in the cache.
void DecoderInputProducts(const ModelConfig& config, const DecoderParams& params,
                          const DecoderCache& cache, Workspace& workspace);

// A whole batch with the right symbols fed in. start: in the columns of the source. column
// [target.batch()]: the source column of each target column. Fills the cache; cache.t is before
// dropout.
void DecoderForward(const ModelConfig& config, const Seq2SeqParams& params,
                    const AttentionMemory& memory, const DecoderState& start,
                    const SequenceLayout& target, std::span<const int> target_input,
                    std::span<const int> column, const DropoutOptions& dropout,
                    const DecoderCache& cache, Workspace& workspace);

// d_t [N,R]: gradient of cache.t; overwritten on the way. Accumulates into d_params, d_memory and
// d_start (in the columns of the source).
void DecoderBackward(const ModelConfig& config, const Seq2SeqParams& params,
                     const AttentionMemory& memory, const SequenceLayout& target,
                     std::span<const int> target_input, std::span<const int> column,
                     const DropoutOptions& dropout, const DecoderCache& cache, Matrix d_t,
                     const AttentionMemoryGradient& d_memory, const DecoderState& d_start,
                     Seq2SeqParams& d_params, Workspace& workspace);

// ---- shared by the two directions --------------------------------------------------------------

// The queries of all rows of the cache, and the states that the readout reads.
Matrix DecoderQueries(const ModelConfig& config, const DecoderCache& cache);
Matrix DecoderReadoutStates(const ModelConfig& config, const DecoderCache& cache);

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
