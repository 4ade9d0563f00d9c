#include "model/flops.h"

#include <algorithm>

#include "model/parameters.h"

namespace atento {
namespace {

// Calls body(parameters, rows, times) for every matrix that enters products: `times` products for
// one sentence, which have so many rows together.
template <class Body>
void ForEachProduct(const ModelConfig& config, const TokenCounts& tokens, const Body& body) {
  // Shapes alone, which views of no memory have too.
  Seq2SeqParams shapes;
  ForEachTensor(config, shapes, [&](const Tensor& tensor) {
    const bool output = tensor.name.starts_with("output.");
    if (tensor.cols == 0 || tensor.role == TensorRole::kEmbedding || output) return;
    const bool encoder = tensor.name.starts_with("encoder.");
    const bool source = encoder || tensor.name == "attention.U_a";
    const bool once = tensor.name.starts_with("decoder.start");
    const int64_t rows = once ? tokens.sentences : source ? tokens.source : tokens.target;
    const bool whole = once || (source && !(encoder && tensor.name.ends_with(".U")));
    body(static_cast<double>(tensor.size()), static_cast<double>(rows),
         whole ? 1.0 : static_cast<double>(rows));
  });
  // The output layer, which may have an embedding's matrix.
  const double target = static_cast<double>(tokens.target);
  body(static_cast<double>(config.readout_size) * config.target_vocabulary, target, target);
}

// What a cell leaves for its gradient: gates and state, of an LSTM c too, of a GRU U_n h'.
double CellNumbers(const ModelConfig& config, int size) {
  return (config.gates() + (config.cell == Cell::kTanh ? 1.0 : 2.0)) * size;
}

}  // namespace

double ForwardFlops(const ModelConfig& config, const TokenCounts& tokens) {
  double products = 0;
  ForEachProduct(config, tokens,
                 [&](double parameters, double rows, double) { products += parameters * rows; });
  return 2 * products;
}

double LeastSeconds(const ModelConfig& config, const TokenCounts& tokens,
                    const MachineLimits& limits) {
  double seconds = 0;
  ForEachProduct(config, tokens, [&](double parameters, double rows, double times) {
    seconds += std::max(2 * parameters * rows / limits.flops_per_second,
                        parameters * limits.bytes_per_parameter * times / limits.bytes_per_second);
  });
  return seconds;
}

double ActivationNumbers(const ModelConfig& config, const TokenCounts& tokens, int longest_source) {
  double source = config.embedding_size +
                  (config.attention == Attention::kAdditive ? config.attention_size : 0);
  for (int layer = 0; layer < config.encoder_layers; ++layer) {
    source += config.encoder_directions(layer) * CellNumbers(config, config.encoder_size);
  }
  const int cells = config.decoder_layers + (config.has_transition() ? 1 : 0);
  const double query = config.attention == Attention::kAdditive  ? config.attention_size
                       : config.attention == Attention::kGeneral ? config.annotation_size()
                                                                 : 0;
  const double target = config.embedding_size + cells * CellNumbers(config, config.decoder_size) +
                        query + longest_source + config.context_size() +
                        config.readout_inner_size();
  return static_cast<double>(tokens.source) * source + static_cast<double>(tokens.target) * target;
}

}  // namespace atento
