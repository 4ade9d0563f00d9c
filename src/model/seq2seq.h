// The whole model: encoder, attention, decoder and output layer put together. Training makes one
// pass over a batch; search encodes the sources and then asks for one step after the other.
#ifndef ATENTO_MODEL_SEQ2SEQ_H_
#define ATENTO_MODEL_SEQ2SEQ_H_

#include <span>

#include "layers/attention_loss.h"
#include "layers/copy.h"
#include "layers/output.h"
#include "layers/workspace.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/pass.h"
#include "text/batch.h"

namespace atento {

// What the decoder needs of a batch of sources; lives in the arena it was made in.
struct EncodedSources {
  EncoderState encoder;
  AttentionMemory memory;
  DecoderState start;  // a row per source, in the order of its columns
};

// ---- training ----------------------------------------------------------------------------------

struct LossOptions {
  OutputLossOptions output;
  Real guided_weight = 0;             // of the alignments in the batch
  Real coverage_weight = 0;           // needs coverage in the model
  Real doubly_stochastic_weight = 0;  // needs scores
};

struct BatchLoss {
  LossSums output;
  AttentionLossSums attention;

  BatchLoss& operator+=(const BatchLoss& other);
};

// The loss of a batch and its gradient, accumulated into d_params. Resets the workspace's arena.
// Cost: 6 × (parameters in a GEMM) × (tokens they are used for) flops; allocates only when a batch
// is larger than any before it.
// Errors: none.  Threads: safe with a workspace and gradients each.
BatchLoss ForwardBackward(const ModelPass& pass, const Batch& batch, const LossOptions& loss,
                          Seq2SeqParams& d_params);

// A batch whose targets are given. N = batch.target.rows(); valid until the arena is reset.
struct ForcedDecoding {
  LossSums sums;
  Vector log_probs;  // [N]: ln p of each target symbol, copied or not
  Matrix alpha;      // [N,S] α of the step that predicts it; empty without attention
  EncodedSources sources;
  DecoderCache decoder;
};

// Resets the workspace's arena.
// Cost: a third of ForwardBackward's.  Errors: none.  Threads: safe with a workspace each.
ForcedDecoding ForceDecode(const ModelPass& pass, const Batch& batch, Real label_smoothing);

// ---- search ------------------------------------------------------------------------------------

// layout and ids, as EncoderForward takes them, must outlive the result. location attention: no
// source longer than its positions (checked).
// Cost: the encoder's, and one GEMM for the keys.  Errors: none.  Threads: as ForceDecode.
EncodedSources EncodeSources(const ModelPass& pass, const SequenceLayout& layout,
                             std::span<const int> ids);

// One step of R hypotheses.
struct StepInput {
  std::span<const int> ids;               // [R] the symbol each hypothesis ends with; </s> at first
  std::span<const int> parents;           // [R] the row of `previous` that it continues
  std::span<const int> columns;           // [R] its source
  int number = 0;                         // of the step, from 0
  ConstMatrix alpha = {};                 // as DecoderRows::alpha
  const OutputSubset* symbols = nullptr;  // the only ones that may come next; null: any
  // Of a model that copies, which has no `symbols` (checked): Batch::source_copies; and X, the most
  // symbols beyond V that a source has.
  std::span<const int> copies = {};
  int extended_symbols = 0;
};

struct StepOutput {
  DecoderState state;  // [R,·]
  Matrix logits;       // [R,V], or [R,symbols->size()]; copying: [R,V+X], as CopyLogits says
  Vector gate;         // [R]: z of p_gen; copying only
  DecoderCache cache;  // everything else, for traces
};

// Writes into the workspace's arena, which must not be the one that `previous` lives in if it is
// reset between steps: search alternates between two. Row r depends on nothing but its own inputs.
// Cost: one GEMM of R rows for each matrix of the decoder and the output layer, and O(R·W·(A+C))
// for attention to W positions.  Errors: none.  Threads: as ForceDecode.
StepOutput DecodeStep(const ModelPass& pass, const EncodedSources& sources,
                      const DecoderState& previous, const StepInput& input);

}  // namespace atento

#endif  // ATENTO_MODEL_SEQ2SEQ_H_
