#include "model/flops.h"

#include <string_view>

#include "model/parameters.h"

namespace atento {
namespace {

// Calls visit(name, size) for each matrix that enters a product.
template <class Visitor>
void ForEachProduct(const ModelConfig& config, const Visitor& visit) {
  // Shapes alone, which views of no memory have too.
  Seq2SeqParams shapes;
  ForEachTensor(config, shapes, [&](const Tensor& tensor) {
    const bool output = tensor.name.starts_with("output.");
    if (tensor.cols == 0 || tensor.role == TensorRole::kEmbedding || output) return;
    visit(std::string_view(tensor.name), static_cast<double>(tensor.size()));
  });
  // The output layer, which may have an embedding's matrix.
  visit("output",
        static_cast<double>(config.readout_size) * static_cast<double>(config.target_vocabulary));
}

bool IsOfSource(std::string_view name) {
  return name.starts_with("encoder.") || name == "attention.U_a";
}

bool IsOfStart(std::string_view name) { return name.starts_with("decoder.start"); }

}  // namespace

double ForwardFlops(const ModelConfig& config, const TokenCounts& tokens) {
  double products = 0;
  ForEachProduct(config, [&](std::string_view name, double size) {
    const int64_t uses = IsOfStart(name)    ? tokens.sentences
                         : IsOfSource(name) ? tokens.source
                                            : tokens.target;
    products += size * static_cast<double>(uses);
  });
  return 2 * products;
}

double WeightsRead(const ModelConfig& config, const TokenCounts& tokens) {
  double read = 0;
  ForEachProduct(config, [&](std::string_view name, double size) {
    const bool recurrent = name.ends_with(".U");
    const bool once = IsOfStart(name) || (IsOfSource(name) && !recurrent);
    const int64_t times = once               ? tokens.sentences
                          : IsOfSource(name) ? tokens.source
                                             : tokens.target;
    read += size * static_cast<double>(times);
  });
  return read;
}

}  // namespace atento
