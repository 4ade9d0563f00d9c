#include "model/config.h"

#include <string>

#include "atento/error.h"

namespace atento {
namespace {

void Require(bool condition, const std::string& message) {
  if (!condition) throw Error(ErrorKind::kUsage, message);
}

// So that no tensor has a row or column count that an int cannot hold.
void RequireSize(const char* flag, int size) {
  constexpr int kMaxSize = 65536;
  Require(size <= kMaxSize, std::string(flag) + " " + std::to_string(size) +
                                " is too large: use at most " + std::to_string(kMaxSize));
}

}  // namespace

// The table of legal combinations.
void CheckModelConfig(const ModelConfig& c) {
  RequireSize("--embedding-size", c.embedding_size);
  RequireSize("--encoder-size", c.encoder_size);
  RequireSize("--decoder-size", c.decoder_size);
  RequireSize("--attention-size", c.attention_size);
  RequireSize("--readout-size", c.readout_size);
  Require(c.attention != Attention::kNone || c.attend == Attend::kAfter,
          "--attention none has nothing to attend to: use --attend after with it");
  // A backward encoder's last annotation has read nothing but </s>.
  Require(c.attention != Attention::kFixed || c.encoder_direction == Direction::kForward,
          "--attention fixed hands on the last annotation, which has read the whole source only "
          "with --encoder-direction forward: set it");
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
