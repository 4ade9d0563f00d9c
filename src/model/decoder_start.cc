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

DecoderState DecoderStart(const ModelConfig& config, const DecoderParams& params,
                          const EncoderState& encoder, Workspace& workspace) {
  DecoderState start = NewDecoderState(config, encoder.layout->batch(), workspace.arena);
  ArenaScope scope(workspace.arena);
  if (config.start == Start::kCopy) {
    for (size_t l = 0; l < start.h.size(); ++l) {
      CopyMatrix(encoder.final[l].h, start.h[l]);
      if (config.cell == Cell::kLstm) CopyMatrix(encoder.final[l].c, start.c[l]);
    }
    return start;
  }
  // s_0 = tanh(W x + b);  an LSTM's c_0 = 0
  const Matrix x = StartInput(config, encoder, workspace.arena);
  for (size_t l = 0; l < start.h.size(); ++l) {
    workspace.weights.Linear(x, params.start[l].W, start.h[l], {.bias = params.start[l].b});
    Tanh(start.h[l]);
  }
  return start;
}

void DecoderStartBackward(const ModelConfig& config, const DecoderParams& params,
                          const EncoderState& encoder, const DecoderState& start,
                          const DecoderState& d_start, DecoderParams& d_params,
                          Matrix d_annotations, std::span<const RecurrentFinal> d_final,
                          Workspace& workspace) {
  if (config.start == Start::kCopy) {
    for (size_t l = 0; l < start.h.size(); ++l) {
      AddTo(d_start.h[l], d_final[l].h);
      if (config.cell == Cell::kLstm) AddTo(d_start.c[l], d_final[l].c);
    }
    return;
  }
  ArenaScope scope(workspace.arena);
  // s_0 = tanh(W x + b)
  const Matrix x = StartInput(config, encoder, workspace.arena);
  const Matrix d_x = workspace.arena.NewZeroMatrix(x.rows, x.cols);
  for (size_t l = 0; l < start.h.size(); ++l) {
    TanhBackward(start.h[l], d_start.h[l]);
    AddRowSums(d_start.h[l], d_params.start[l].b);
    AddWeightGradient(d_start.h[l], x, d_params.start[l].W);
    workspace.weights.LinearTransposed(d_start.h[l], params.start[l].W, d_x, true);
  }
  if (config.start == Start::kMean) {
    MeanAnnotationsBackward(*encoder.layout, d_x, d_annotations);
  } else {
    AddTo(d_x, LastState(config, d_final.back()));
  }
}

}  // namespace atento
