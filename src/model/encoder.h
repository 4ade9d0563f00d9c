// The encoder: source symbols → embeddings, or feature vectors → projection; → recurrent layers →
// annotations.
#ifndef ATENTO_MODEL_ENCODER_H_
#define ATENTO_MODEL_ENCODER_H_

#include <span>

#include "base/sequence_layout.h"
#include "layers/recurrent.h"
#include "model/pass.h"

namespace atento {

// Everything the encoder computed for a batch; lives in the workspace's arena. N = layout->rows().
struct EncoderState {
  const SequenceLayout* layout = nullptr;
  std::span<const int> ids;
  Matrix features;   // [N,D] the vectors of the source, if it has any
  Matrix projected;  // [N,·] tanh(W x + b) of them, before dropout
  // inputs[l]: what layer l reads; inputs[layers] are the annotations. After dropout. [N,·]
  std::span<Matrix> inputs;
  std::span<CellCache> cells;       // like EncoderParams::cells
  std::span<RecurrentFinal> final;  // per layer, both directions side by side: h, c [B,C]

  // h [N,C].
  Matrix annotations() const { return inputs.back(); }
};

// ids [N]: the symbols, each source ending with </s>, or the rows of pass.features, in the rows of
// `layout`; both must outlive the result.
// Cost: RecurrentForward's for each layer and direction; of feature vectors also a GEMM
// [N,D]·[D,·].  Errors: none.
// Threads: safe with a workspace each.
EncoderState EncoderForward(const ModelPass& pass, const SequenceLayout& layout,
                            std::span<const int> ids);

struct EncoderGradients {
  Matrix annotations;                     // [N,C] in: of the annotations; overwritten on the way
  std::span<const RecurrentFinal> final;  // in: per layer, or none
  Seq2SeqParams& params;  // accumulated: the source embedding or projection, and the encoder
};

// state: of a Forward pass with_gradient.  Cost: twice Forward's.  Errors, threads: likewise, with
// gradients of its own.
void EncoderBackward(const ModelPass& pass, const EncoderState& state,
                     const EncoderGradients& gradients);

}  // namespace atento

#endif  // ATENTO_MODEL_ENCODER_H_
