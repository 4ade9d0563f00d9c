// The decoder's initial state, and its gradient.
#include "math/kernels.h"
#include "model/decoder.h"

namespace atento {
namespace {

// x [B,·]: the mean of each sentence's annotations.
void MeanAnnotations(const EncoderState& encoder, Matrix x) {
  const SequenceLayout& layout = *encoder.layout;
  Fill(x, 0);
  for (int j = 0; j < layout.steps(); ++j) {
    AddTo(encoder.annotations().Rows(layout.Offset(j), layout.alive(j)),
          x.Rows(0, layout.alive(j)));
  }
  for (int b = 0; b < layout.batch(); ++b) Scale(Real{1} / layout.length(b), x.RowSpan(b));
}

void MeanAnnotationsBackward(const SequenceLayout& layout, Matrix d_x, Matrix d_annotations) {
  for (int b = 0; b < layout.batch(); ++b) Scale(Real{1} / layout.length(b), d_x.RowSpan(b));
  for (int j = 0; j < layout.steps(); ++j) {
    AddTo(d_x.Rows(0, layout.alive(j)), d_annotations.Rows(layout.Offset(j), layout.alive(j)));
  }
}

// ←h_1 of a bidirectional encoder, h_S of a forward one: the top layer's state reached last.
Matrix LastState(const ModelConfig& config, const RecurrentFinal& top) {
  return top.h.Columns(top.h.cols - config.encoder_size, config.encoder_size);
}

Matrix StartInput(const ModelConfig& config, const EncoderState& encoder, Arena& arena) {
  if (config.start == Start::kFinal) return LastState(config, encoder.final.back());
  Matrix x = arena.NewMatrix(encoder.layout->batch(), config.annotation_size());
  MeanAnnotations(encoder, x);
  return x;
}

}  // namespace

DecoderState DecoderStart(const ModelPass& pass, const EncoderState& encoder) {
  const ModelConfig& config = pass.config;
  Arena& arena = pass.workspace.arena;
  DecoderState start =
      NewDecoderState(config, encoder.layout->batch(), encoder.layout->steps(), arena);
  ArenaScope scope(arena);
  if (config.start == Start::kCopy) {
    for (size_t l = 0; l < start.h.size(); ++l) {
      CopyMatrix(encoder.final[l].h, start.h[l]);
      if (config.cell == Cell::kLstm) CopyMatrix(encoder.final[l].c, start.c[l]);
    }
    return start;
  }
  // s_0 = tanh(W x + b);  an LSTM's c_0 = 0
  const Matrix x = StartInput(config, encoder, arena);
  for (size_t l = 0; l < start.h.size(); ++l) {
    const StartParams& params = pass.params.decoder.start[l];
    pass.workspace.weights.Linear(x, params.W, start.h[l], {.bias = params.b});
    Tanh(start.h[l]);
  }
  return start;
}

void DecoderStartBackward(const ModelPass& pass, const EncoderState& encoder,
                          const DecoderState& start, const DecoderStartGradients& gradients) {
  const ModelConfig& config = pass.config;
  const DecoderState& d_start = gradients.start;
  if (config.start == Start::kCopy) {
    for (size_t l = 0; l < start.h.size(); ++l) {
      AddTo(d_start.h[l], gradients.final[l].h);
      if (config.cell == Cell::kLstm) AddTo(d_start.c[l], gradients.final[l].c);
    }
    return;
  }
  Arena& arena = pass.workspace.arena;
  // s_0 = tanh(W x + b)
  const Matrix x = StartInput(config, encoder, arena);
  const Matrix d_x = arena.NewZeroMatrix(x.rows, x.cols);
  for (size_t l = 0; l < start.h.size(); ++l) {
    StartParams& d_params = gradients.params.start[l];
    TanhBackward(start.h[l], d_start.h[l]);
    AddRowSums(d_start.h[l], d_params.b);
    pass.workspace.AddGradient(d_start.h[l], x, d_params.W);
    pass.workspace.weights.LinearTransposed(d_start.h[l], pass.params.decoder.start[l].W, d_x,
                                            true);
  }
  if (config.start == Start::kMean) {
    MeanAnnotationsBackward(*encoder.layout, d_x, gradients.annotations);
  } else {
    AddTo(d_x, LastState(config, gradients.final.back()));
  }
}

}  // namespace atento
