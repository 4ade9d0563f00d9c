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

}  // namespace

EncoderState EncoderForward(const ModelConfig& config, const Seq2SeqParams& params,
                            const SequenceLayout& layout, std::span<const int> ids,
                            const DropoutOptions& dropout, Workspace& workspace) {
  Arena& arena = workspace.arena;
  const int layers = config.encoder_layers, directions = config.encoder_directions();
  EncoderState state;
  state.layout = &layout;
  state.ids = ids;
  state.inputs = NewArray<Matrix>(arena, layers + 1);
  state.cells = NewArray<CellCache>(arena, layers * directions);
  state.final = NewArray<RecurrentFinal>(arena, layers);

  state.inputs[0] = arena.NewMatrix(layout.rows(), config.embedding_size);
  EmbeddingForward(params.source_embedding, ids, state.inputs[0]);
  ApplyDropout(dropout, PlaceOfInput(config, 0), 0, state.inputs[0]);
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
      state.cells[i] = NewCellCache(config.cell, layout.rows(), config.encoder_size, true, arena);
      RecurrentForward(config.cell, Reversed(config, d), params.encoder.cells[i], layout,
                       state.inputs[layer], state.cells[i], DirectionColumns(config, h, d),
                       DirectionColumns(config, final, d), workspace);
    }
    state.inputs[layer + 1] = h;
    ApplyDropout(dropout, PlaceOfInput(config, l + 1), l + 1, h);
  }
  return state;
}

void EncoderBackward(const ModelConfig& config, const Seq2SeqParams& params,
                     const EncoderState& state, Matrix d_annotations,
                     std::span<const RecurrentFinal> d_final, const DropoutOptions& dropout,
                     Seq2SeqParams& d_params, Workspace& workspace) {
  ArenaScope scope(workspace.arena);
  const int directions = config.encoder_directions();
  Matrix d_h = d_annotations;
  for (int l = config.encoder_layers - 1; l >= 0; --l) {
    const size_t layer = static_cast<size_t>(l);
    ApplyDropout(dropout, PlaceOfInput(config, l + 1), l + 1, d_h);
    const Matrix x = state.inputs[layer];
    const Matrix d_x = workspace.arena.NewZeroMatrix(x.rows, x.cols);
    for (int d = 0; d < directions; ++d) {
      const size_t i = layer * static_cast<size_t>(directions) + static_cast<size_t>(d);
      const RecurrentFinal d_last =
          d_final.empty() ? RecurrentFinal{} : DirectionColumns(config, d_final[layer], d);
      RecurrentBackward(config.cell, Reversed(config, d), params.encoder.cells[i], *state.layout, x,
                        state.cells[i], DirectionColumns(config, d_h, d), d_last,
                        d_params.encoder.cells[i], d_x, workspace);
    }
    d_h = d_x;
  }
  ApplyDropout(dropout, PlaceOfInput(config, 0), 0, d_h);
  EmbeddingBackward(state.ids, d_h, d_params.source_embedding);
}

}  // namespace atento
