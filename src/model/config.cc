#include "model/config.h"

#include <string>

#include "atento/error.h"

namespace atento {
namespace {

void Require(bool condition, const std::string& message) {
  if (!condition) throw Error(ErrorKind::kUsage, message);
}

}  // namespace

// The table of legal combinations.
void CheckModelConfig(const ModelConfig& c) {
  Require(c.attention != Attention::kNone || c.attend == Attend::kAfter,
          "--attention none has nothing to attend to: use --attend after with it");
  Require(c.attention != Attention::kDot || c.decoder_size == c.annotation_size(),
          "--attention dot needs a decoder state as large as an annotation: set --decoder-size " +
              std::to_string(c.annotation_size()) + " or use --attention general");
  Require(c.start != Start::kCopy ||
              (c.encoder_layers == c.decoder_layers && c.decoder_size == c.annotation_size()),
          "--start copy needs as many decoder layers as encoder layers and --decoder-size " +
              std::to_string(c.annotation_size()) + "; otherwise use --start mean");
  Require(c.tie == Tie::kNone || c.readout_size == c.embedding_size,
          "--tie needs --readout-size equal to --embedding-size");
  Require(c.tie != Tie::kAll || c.source_vocabulary == c.target_vocabulary,
          "--tie all needs --joint-vocabulary");
}

}  // namespace atento
