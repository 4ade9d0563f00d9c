#include "model/encoder.h"

#include "atento/features.h"
#include "base/check.h"
#include "layers/embedding.h"
#include "math/kernels.h"

namespace atento {
namespace {

DropoutPlace PlaceOfInput(const ModelConfig& config, int layer) {
  return layer == config.encoder_layers ? DropoutPlace::kAnnotations
         : layer == 0                   ? DropoutPlace::kSourceEmbedding
                                        : DropoutPlace::kEncoderLayer;
}

// One direction's share of the columns of an annotation.
Matrix DirectionColumns(const ModelConfig& config, Matrix m, int direction) {
  return m.empty() ? m : m.Columns(direction * config.encoder_size, config.encoder_size);
}

RecurrentFinal DirectionColumns(const ModelConfig& config, const RecurrentFinal& final,
                                int direction) {
  return {DirectionColumns(config, final.h, direction),
          DirectionColumns(config, final.c, direction)};
}

size_t CellIndex(const ModelConfig& config, int layer, int direction) {
  return static_cast<size_t>(config.encoder_cell(layer, direction));
}

RecurrentLayer LayerOf(const ModelPass& pass, const EncoderState& state, int layer, int direction) {
  const size_t i = CellIndex(pass.config, layer, direction);
  return {pass.config.cell, pass.config.encoder_reversed(direction),  pass.params.encoder.cells[i],
          *state.layout,    state.inputs[static_cast<size_t>(layer)], state.cells[i],
          pass.workspace};
}

// tanh(W x + b) of the vectors of the source. Returns inputs[0].
Matrix Project(const ModelPass& pass, std::span<const int> rows, EncoderState& state) {
  const ModelConfig& config = pass.config;
  const EncoderParams& params = pass.params.encoder;
  Arena& arena = pass.workspace.arena;
  const int N = static_cast<int>(rows.size());
  CHECK(pass.features && pass.features->feature_size() == config.feature_size);
  state.features = arena.NewMatrix(N, config.feature_size);
  for (int n = 0; n < N; ++n) {
    pass.features->CopyRow(rows[static_cast<size_t>(n)], state.features.RowSpan(n));
  }
  state.projected = arena.NewMatrix(N, config.projection_size());
  pass.workspace.weights.Linear(state.features, params.W_projection, state.projected,
                                {.bias = params.b_projection});
  Tanh(state.projected);
  if (pass.dropout.RateAt(PlaceOfInput(config, 0)) == 0) return state.projected;
  const Matrix x = arena.NewMatrix(N, config.projection_size());
  CopyMatrix(state.projected, x);
  return x;
}

// From inputs[layer] to what the layer hands on.
Matrix LayerForward(const ModelPass& pass, int layer, EncoderState& state) {
  const ModelConfig& config = pass.config;
  Arena& arena = pass.workspace.arena;
  const SequenceLayout& layout = *state.layout;
  const int size = config.encoder_output_size(layer);
  const Matrix h = arena.NewMatrix(layout.rows(), size);
  RecurrentFinal& final = state.final[static_cast<size_t>(layer)];
  final.h = arena.NewMatrix(layout.batch(), size);
  if (config.cell == Cell::kLstm) final.c = arena.NewMatrix(layout.batch(), size);
  for (int d = 0; d < config.encoder_directions(layer); ++d) {
    state.cells[CellIndex(config, layer, d)] =
        NewCellCache({config.cell, config.layer_normalization, layout.rows(), config.encoder_size,
                      pass.with_gradient},
                     arena);
    RecurrentForward(LayerOf(pass, state, layer, d), DirectionColumns(config, h, d),
                     DirectionColumns(config, final, d));
  }
  if (config.encoder_residual(layer)) AddTo(state.inputs[static_cast<size_t>(layer)], h);
  return h;
}

// d_h: of what the layer hands on. Returns the gradient of inputs[layer].
Matrix LayerBackward(const ModelPass& pass, const EncoderState& state, int layer, Matrix d_h,
                     const EncoderGradients& gradients) {
  const ModelConfig& config = pass.config;
  const Matrix x = state.inputs[static_cast<size_t>(layer)];
  const Matrix d_x = pass.workspace.arena.NewZeroMatrix(x.rows, x.cols);
  if (config.encoder_residual(layer)) AddTo(d_h, d_x);
  for (int d = 0; d < config.encoder_directions(layer); ++d) {
    const RecurrentFinal d_final =
        gradients.final.empty()
            ? RecurrentFinal{}
            : DirectionColumns(config, gradients.final[static_cast<size_t>(layer)], d);
    RecurrentBackward(LayerOf(pass, state, layer, d),
                      {DirectionColumns(config, d_h, d), d_final, d_x,
                       gradients.params.encoder.cells[CellIndex(config, layer, d)]});
  }
  return d_x;
}

}  // namespace

EncoderState EncoderForward(const ModelPass& pass, const SequenceLayout& layout,
                            std::span<const int> ids) {
  const ModelConfig& config = pass.config;
  Arena& arena = pass.workspace.arena;
  const int layers = config.encoder_layers;
  EncoderState state;
  state.layout = &layout;
  state.ids = ids;
  state.inputs = NewArray<Matrix>(arena, layers + 1);
  state.cells = NewArray<CellCache>(arena, config.encoder_cell(layers, 0));
  state.final = NewArray<RecurrentFinal>(arena, layers);

  if (config.has_features()) {
    state.inputs[0] = Project(pass, ids, state);
  } else {
    state.inputs[0] = arena.NewMatrix(layout.rows(), config.embedding_size);
    EmbeddingForward(pass.params.source_embedding, ids, state.inputs[0]);
  }
  ApplyDropout(pass.dropout, PlaceOfInput(config, 0), 0, state.inputs[0]);
  for (int l = 0; l < layers; ++l) {
    const Matrix h = LayerForward(pass, l, state);
    state.inputs[static_cast<size_t>(l) + 1] = h;
    ApplyDropout(pass.dropout, PlaceOfInput(config, l + 1), l + 1, h);
  }
  return state;
}

void EncoderBackward(const ModelPass& pass, const EncoderState& state,
                     const EncoderGradients& gradients) {
  const ModelConfig& config = pass.config;
  Matrix d_h = gradients.annotations;
  for (int l = config.encoder_layers - 1; l >= 0; --l) {
    ApplyDropout(pass.dropout, PlaceOfInput(config, l + 1), l + 1, d_h);
    d_h = LayerBackward(pass, state, l, d_h, gradients);
  }
  ApplyDropout(pass.dropout, PlaceOfInput(config, 0), 0, d_h);
  if (!config.has_features()) {
    pass.workspace.AddEmbeddingGradient(state.ids, d_h, gradients.params.source_embedding);
    return;
  }
  EncoderParams& d_params = gradients.params.encoder;
  TanhBackward(state.projected, d_h);
  AddRowSums(d_h, d_params.b_projection);
  pass.workspace.AddGradient(d_h, state.features, d_params.W_projection);
}

}  // namespace atento
