#include "model/config.h"

#include <string>

#include "atento/error.h"
#include "base/options.h"
#include "layers/attention.h"

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

void CheckAttention(const ModelConfig& c) {
  const std::string name(EnumName(c.attention));
  const bool dot = c.attention == Attention::kDot || c.attention == Attention::kScaledDot;
  const bool scored = HasAlpha(c);
  const int K = c.attention_heads;
  Require(!dot || c.decoder_size == c.annotation_size(),
          "--attention " + name + " needs a decoder state as large as an annotation: set " +
              "--decoder-size " + std::to_string(c.annotation_size()) +
              " or use --attention general");
  Require(scored || c.attention_window == AttentionWindow::kGlobal,
          "--attention " + name + " scores nothing: leave --attention-window global with it");
  Require(scored || K == 1, "--attention " + name + " has no heads: leave --attention-heads 1");
  Require(c.attention != Attention::kLocation || K == 1,
          "--attention location scores positions, which heads cannot share: leave "
          "--attention-heads 1");
  Require(c.annotation_size() % K == 0, "--attention-heads " + std::to_string(K) +
                                            " does not divide the size of an annotation, " +
                                            std::to_string(c.annotation_size()));
  Require(c.attention != Attention::kAdditive || c.attention_size % K == 0,
          "--attention-heads " + std::to_string(K) + " does not divide --attention-size " +
              std::to_string(c.attention_size));
  Require(!c.coverage || c.attention == Attention::kAdditive,
          "--coverage is a term of the additive score: use --attention additive with it");
  Require(!c.copy || scored, "--copy copies what attention looks at, and --attention " + name +
                                 " scores nothing: use another score, or leave --copy out");
  Require(scored || !c.context_gate, "--context-gate has no context to scale with --attention " +
                                         name + ": use another score, or leave it out");
}

void CheckFeatures(const ModelConfig& c) {
  Require(!c.has_features() || !c.copy,
          "--source-kind features has no words that --copy could copy: leave one of them out");
  Require(c.has_features() || c.encoder_layers > 0,
          "--encoder-layers 0 is for --source-kind features: use at least 1 with text");
  Require(c.encoder_layers > 0 || c.start == Start::kMean,
          "--encoder-layers 0 has no last state to start from: use --start mean with it");
  Require(c.encoder_layers > 0 || c.attention != Attention::kFixed,
          "--attention fixed needs an encoder that reads the source: set --encoder-layers 1");
  Require(!c.has_features() || c.tie != Tie::kAll,
          "--tie all has no source embedding to tie with --source-kind features: use --tie target");
  RequireSize("a feature vector of size", c.feature_size);
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
  CheckFeatures(c);
  CheckAttention(c);
  Require(c.start != Start::kCopy || c.encoder_direction != Direction::kBidirectionalFirst ||
              c.encoder_layers == 1,
          "--start copy needs encoder layers of one size, which --encoder-direction "
          "bidirectional-first has not: use --start mean");
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
