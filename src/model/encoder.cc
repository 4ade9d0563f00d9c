#include "model/encoder.h"

#include "layers/embedding.h"
#include "math/kernels.h"

namespace atento {
namespace {

DropoutPlace PlaceOfInput(const ModelConfig& config, int layer) {
  return layer == 0                      ? DropoutPlace::kSourceEmbedding
         : layer < config.encoder_layers ? DropoutPlace::kEncoderLayer
                                         : DropoutPlace::kAnnotations;
}

bool Reversed(const ModelConfig& config, int direction) {
  return config.encoder_direction == Direction::kBackward || direction == 1;
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

RecurrentLayer LayerOf(const ModelPass& pass, const EncoderState& state, size_t layer,
                       int direction) {
  const size_t i = layer * static_cast<size_t>(pass.config.encoder_directions()) +
                   static_cast<size_t>(direction);
  return {pass.config.cell,
          Reversed(pass.config, direction),
          pass.params.encoder.cells[i],
          *state.layout,
          state.inputs[layer],
          state.cells[i],
          pass.workspace};
}

}  // namespace

EncoderState EncoderForward(const ModelPass& pass, const SequenceLayout& layout,
                            std::span<const int> ids) {
  const ModelConfig& config = pass.config;
  Arena& arena = pass.workspace.arena;
  const int layers = config.encoder_layers, directions = config.encoder_directions();
  EncoderState state;
  state.layout = &layout;
  state.ids = ids;
  state.inputs = NewArray<Matrix>(arena, layers + 1);
  state.cells = NewArray<CellCache>(arena, layers * directions);
  state.final = NewArray<RecurrentFinal>(arena, layers);

  state.inputs[0] = arena.NewMatrix(layout.rows(), config.embedding_size);
  EmbeddingForward(pass.params.source_embedding, ids, state.inputs[0]);
  ApplyDropout(pass.dropout, PlaceOfInput(config, 0), 0, state.inputs[0]);
  for (int l = 0; l < layers; ++l) {
    const size_t layer = static_cast<size_t>(l);
    const Matrix h = arena.NewMatrix(layout.rows(), config.annotation_size());
    RecurrentFinal& final = state.final[layer];
    final.h = arena.NewMatrix(layout.batch(), config.annotation_size());
    if (config.cell == Cell::kLstm) {
      final.c = arena.NewMatrix(layout.batch(), config.annotation_size());
    }
    for (int d = 0; d < directions; ++d) {
      const size_t i = layer * static_cast<size_t>(directions) + static_cast<size_t>(d);
      state.cells[i] =
          NewCellCache(config.cell, layout.rows(), config.encoder_size, pass.with_gradient, arena);
      RecurrentForward(LayerOf(pass, state, layer, d), DirectionColumns(config, h, d),
                       DirectionColumns(config, final, d));
    }
    state.inputs[layer + 1] = h;
    ApplyDropout(pass.dropout, PlaceOfInput(config, l + 1), l + 1, h);
  }
  return state;
}

void EncoderBackward(const ModelPass& pass, const EncoderState& state,
                     const EncoderGradients& gradients) {
  const ModelConfig& config = pass.config;
  ArenaScope scope(pass.workspace.arena);
  const int directions = config.encoder_directions();
  Matrix d_h = gradients.annotations;
  for (int l = config.encoder_layers - 1; l >= 0; --l) {
    const size_t layer = static_cast<size_t>(l);
    ApplyDropout(pass.dropout, PlaceOfInput(config, l + 1), l + 1, d_h);
    const Matrix x = state.inputs[layer];
    const Matrix d_x = pass.workspace.arena.NewZeroMatrix(x.rows, x.cols);
    for (int d = 0; d < directions; ++d) {
      const size_t i = layer * static_cast<size_t>(directions) + static_cast<size_t>(d);
      const RecurrentFinal d_final = gradients.final.empty()
                                         ? RecurrentFinal{}
                                         : DirectionColumns(config, gradients.final[layer], d);
      RecurrentBackward(LayerOf(pass, state, layer, d), {DirectionColumns(config, d_h, d), d_final,
                                                         d_x, gradients.params.encoder.cells[i]});
    }
    d_h = d_x;
  }
  ApplyDropout(pass.dropout, PlaceOfInput(config, 0), 0, d_h);
  EmbeddingBackward(state.ids, d_h, gradients.params.source_embedding);
}

}  // namespace atento
