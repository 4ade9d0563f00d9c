// The encoder: source symbols → embeddings → one or more recurrent layers → annotations.
#ifndef ATENTO_MODEL_ENCODER_H_
#define ATENTO_MODEL_ENCODER_H_

#include <span>

#include "base/sequence_layout.h"
#include "layers/dropout.h"
#include "layers/recurrent.h"
#include "layers/workspace.h"
#include "model/parameters.h"

namespace atento {

// Everything the encoder computed for a batch; lives in the workspace's arena. N = layout->rows().
struct EncoderState {
  const SequenceLayout* layout = nullptr;
  std::span<const int> ids;
  // inputs[l]: what layer l reads; inputs[layers] are the annotations. After dropout. [N,·]
  std::span<Matrix> inputs;
  std::span<CellCache> cells;       // like EncoderParams::cells
  std::span<RecurrentFinal> final;  // per layer, both directions side by side: h, c [B,C]

  // h [N,C].
  Matrix annotations() const { return inputs.back(); }
};

// ids [N]: the symbols, each source ending with </s>, in the rows of `layout`; both must outlive
// the result.
EncoderState EncoderForward(const ModelConfig& config, const Seq2SeqParams& params,
                            const SequenceLayout& layout, std::span<const int> ids,
                            const DropoutOptions& dropout, Workspace& workspace);

// d_annotations [N,C] is overwritten on the way. d_final: per layer, or empty. Accumulates into the
// gradients of the source embedding and the encoder.
void EncoderBackward(const ModelConfig& config, const Seq2SeqParams& params,
                     const EncoderState& state, Matrix d_annotations,
                     std::span<const RecurrentFinal> d_final, const DropoutOptions& dropout,
                     Seq2SeqParams& d_params, Workspace& workspace);

}  // namespace atento

#endif  // ATENTO_MODEL_ENCODER_H_
