#include "model/flops.h"

#include "model/parameters.h"

namespace atento {

double ForwardFlops(const ModelConfig& config, const TokenCounts& tokens) {
  // Shapes alone, which views of no memory have too.
  Seq2SeqParams shapes;
  double products = 0;
  ForEachTensor(config, shapes, [&](const Tensor& tensor) {
    const bool output = tensor.name.starts_with("output.");
    if (tensor.cols == 0 || tensor.role == TensorRole::kEmbedding || output) return;
    const bool source = tensor.name.starts_with("encoder.") || tensor.name == "attention.U_a";
    const bool once = tensor.name.starts_with("decoder.start");
    const int64_t uses = once ? tokens.sentences : source ? tokens.source : tokens.target;
    products += static_cast<double>(tensor.size()) * static_cast<double>(uses);
  });
  // The output layer, which may have an embedding's matrix.
  products += static_cast<double>(config.readout_size) *
              static_cast<double>(config.target_vocabulary) * static_cast<double>(tokens.target);
  return 2 * products;
}

}  // namespace atento
