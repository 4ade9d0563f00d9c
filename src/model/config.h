// What fixes the shapes of a model's tensors: the architecture and the sizes of the vocabularies.
#ifndef ATENTO_MODEL_CONFIG_H_
#define ATENTO_MODEL_CONFIG_H_

#include "atento/options.h"
#include "layers/cell.h"

namespace atento {

struct ModelConfig : ModelOptions {
  int source_vocabulary = 0;
  int target_vocabulary = 0;
  int feature_size = 0;  // D: a feature vector; only if the source has them

  bool has_features() const { return source_kind == SourceKind::kFeatures; }
  // What it is projected to: what the first layer reads, or without layers an annotation.
  int projection_size() const { return encoder_layers == 0 ? encoder_size : embedding_size; }

  // Of a layer of the encoder, from 0.
  int encoder_directions(int layer) const {
    const bool both = encoder_direction == Direction::kBidirectional ||
                      (encoder_direction == Direction::kBidirectionalFirst && layer == 0);
    return both ? 2 : 1;
  }
  // Whether the first or second of them reads from the end.
  bool encoder_reversed(int direction) const {
    return encoder_direction == Direction::kBackward || direction == 1;
  }
  // What it hands on.
  int encoder_output_size(int layer) const { return encoder_directions(layer) * encoder_size; }
  int encoder_input_size(int layer) const {
    return layer == 0 ? embedding_size : encoder_output_size(layer - 1);
  }
  // Its place among the cells of all layers.
  int encoder_cell(int layer, int direction) const {
    int cells = direction;
    for (int l = 0; l < layer; ++l) cells += encoder_directions(l);
    return cells;
  }
  // Whether what a layer reads is added to what it hands on.
  bool encoder_residual(int layer) const {
    return residual && layer > 0 && encoder_input_size(layer) == encoder_output_size(layer);
  }
  bool decoder_residual(int layer) const { return residual && layer > 0; }
  int gates() const { return CellGates(cell); }
  // C: an annotation.
  int annotation_size() const {
    return encoder_layers == 0 ? encoder_size : encoder_output_size(encoder_layers - 1);
  }
  // What the decoder sees of an annotation at each step: C, or 0 without attention.
  int context_size() const { return attention == Attention::kNone ? 0 : annotation_size(); }
  // Columns of the first decoder cell's W: [E | C if it attends before | R if input is fed].
  int decoder_input_size() const {
    return embedding_size + fed_context_size() + (input_feeding ? readout_size : 0);
  }
  int fed_context_size() const { return attend == Attend::kBefore ? context_size() : 0; }
  bool has_transition() const { return attend == Attend::kBetween; }
  bool deep_readout() const { return readout != Readout::kTanh; }
  // The readout's width before maxout.
  int readout_inner_size() const { return readout_size * (readout == Readout::kMaxout ? 2 : 1); }
  // Columns of the readout's W: [C | H | E if deep].
  int readout_input_size() const {
    return context_size() + decoder_size + (deep_readout() ? embedding_size : 0);
  }
  // What the initial state is computed from: an annotation's size, or one direction of it.
  int start_input_size() const { return start == Start::kMean ? annotation_size() : encoder_size; }
};

// Throws Error{kUsage} if the options contradict each other; the message names the flags to change.
void CheckModelConfig(const ModelConfig& config);

}  // namespace atento

#endif  // ATENTO_MODEL_CONFIG_H_
