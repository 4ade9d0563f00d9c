// All parameters of a model in one flat block, and the views of its layers into it. Gradients and
// the optimizer's moments are further blocks of the same layout, so that clipping, the optimizer
// and checkpoints are one loop each.
#ifndef ATENTO_MODEL_PARAMETERS_H_
#define ATENTO_MODEL_PARAMETERS_H_

#include <functional>
#include <string>
#include <vector>

#include "layers/attention.h"
#include "layers/cell.h"
#include "layers/copy.h"
#include "layers/output.h"
#include "math/arena.h"
#include "model/config.h"

namespace atento {

struct EncoderParams {
  // Of feature vectors: tanh(W x + b).
  Matrix W_projection;  // [projection_size, D]
  Vector b_projection;
  // Layer by layer, in each the directions: forward, then backward (ModelConfig::encoder_cell).
  std::vector<CellParams> cells;
};

// s_0 = tanh(W x + b) of one decoder layer; x as config.start says.
struct StartParams {
  Matrix W;  // [H, start_input_size]
  Vector b;  // [H]
};

struct DecoderParams {
  std::vector<StartParams> start;  // per layer; none with Start::kCopy
  std::vector<CellParams> cells;   // per layer; columns of cells[0].W: decoder_input_size()
  CellParams transition;           // Attend::kBetween: the second cell of layer 0, its input is c
  AttentionParams attention;
  Matrix W_readout;  // [readout_inner_size, readout_input_size]
};

struct Seq2SeqParams {
  Matrix source_embedding;  // [V_s,E]; none with feature vectors
  Matrix target_embedding;  // [V_t,E]
  EncoderParams encoder;
  DecoderParams decoder;
  OutputParams output;
  CopyParams copy;
};

// What a tensor does; decides its initial values.
enum class TensorRole {
  kEmbedding,
  kInput,
  kRecurrent,
  kAlignment,
  kAlignmentVector,
  kBias,
  kGain,
};

struct Tensor {
  std::string name;  // docs/file-format.md
  TensorRole role;
  int rows;
  int cols;  // 0: a vector of `rows` numbers
  // Where its view stands: one of the two.
  Matrix* matrix = nullptr;
  Vector* vector = nullptr;

  size_t size() const {
    return static_cast<size_t>(rows) * static_cast<size_t>(cols == 0 ? 1 : cols);
  }
  // Its numbers, once the view has been set.
  Vector values() const { return matrix ? Vector{matrix->data, size()} : *vector; }
};

// Calls visit once for every tensor of the model, always in the same order. Tied embeddings are
// visited once, under the first name. Resizes the lists inside params; shapes come from config.
void ForEachTensor(const ModelConfig& config, Seq2SeqParams& params,
                   const std::function<void(const Tensor&)>& visit);

// A flat block and its views. Zero at first.
class Parameters {
 public:
  explicit Parameters(const ModelConfig& config);
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  Seq2SeqParams& views() { return views_; }
  const Seq2SeqParams& views() const { return views_; }
  // Every tensor starts at a multiple of 64 bytes; the gaps are 0 and stay so.
  Vector flat() { return flat_; }
  ConstVector flat() const { return flat_; }
  // Numbers in the tensors, without the gaps.
  size_t count() const { return count_; }

 private:
  Arena arena_;
  Seq2SeqParams views_;
  Vector flat_;
  size_t count_ = 0;
};

// Where one of several threads leaves the gradient of its part of a batch: the matrices of `whole`,
// of which it adds to none but those that it defers (layers/deferred_gradients.h), but vectors of its
// own, and an output matrix, whose gradient cannot wait: that would keep the logits of all rows.
class PartGradient {
 public:
  // whole must outlive it.
  PartGradient(const ModelConfig& config, Parameters& whole);
  PartGradient(const PartGradient&) = delete;
  PartGradient& operator=(const PartGradient&) = delete;

  Seq2SeqParams& views() { return views_; }
  // Adds its own numbers to [begin, begin + count) of the whole's flat block and clears them.
  // Threads: ranges may be moved at once.
  void MoveTo(size_t begin, size_t count, Vector whole);

 private:
  struct Own {
    Vector values;
    size_t begin;  // in the whole's flat block
  };

  Arena arena_;
  Seq2SeqParams views_;
  std::vector<Own> own_;
};

// Initial values by config.initialization; each tensor's follow from (seed, its name) alone.
void Initialize(const ModelConfig& config, uint64_t seed, Parameters& parameters);

}  // namespace atento

#endif  // ATENTO_MODEL_PARAMETERS_H_
