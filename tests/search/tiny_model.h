// Small models with random weights, in memory, for the tests of search.
#ifndef ATENTO_TESTS_SEARCH_TINY_MODEL_H_
#define ATENTO_TESTS_SEARCH_TINY_MODEL_H_

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "math/kernels.h"
#include "model/model.h"
#include "search/ensemble.h"
#include "text/tokenizer.h"

namespace atento {

// One of each kind of decoder. All pass CheckModelConfig.
struct Architecture {
  const char* name;
  ModelOptions options;
};

inline ModelOptions TinyOptions() {
  ModelOptions options;
  options.embedding_size = 6;
  options.encoder_size = 5;
  options.decoder_size = 10;
  options.attention_size = 7;
  options.readout_size = 6;
  return options;
}

inline std::vector<Architecture> Architectures() {
  std::vector<Architecture> all(9, {"gru additive between", TinyOptions()});
  all[1].name = "gru additive before, maxout";
  all[1].options.cell = Cell::kGruResetBefore;
  all[1].options.attend = Attend::kBefore;
  all[1].options.readout = Readout::kMaxout;
  all[1].options.start = Start::kFinal;
  all[2].name = "lstm general after, input feeding, two layers, copied start";
  all[2].options.cell = Cell::kLstm;
  all[2].options.encoder_layers = all[2].options.decoder_layers = 2;
  all[2].options.attention = Attention::kGeneral;
  all[2].options.attend = Attend::kAfter;
  all[2].options.input_feeding = true;
  all[2].options.readout = Readout::kTanh;
  all[2].options.start = Start::kCopy;
  all[3].name = "tanh dot after";
  all[3].options.cell = Cell::kTanh;
  all[3].options.attention = Attention::kDot;
  all[3].options.attend = Attend::kAfter;
  all[4].name = "lstm general between, two layers";
  all[4].options.cell = Cell::kLstm;
  all[4].options.decoder_layers = 2;
  all[4].options.attention = Attention::kGeneral;
  all[5].name = "gru fixed before";
  all[5].options.attention = Attention::kFixed;
  all[5].options.encoder_direction = Direction::kForward;
  all[5].options.attend = Attend::kBefore;
  all[6].name = "lstm none";
  all[6].options.cell = Cell::kLstm;
  all[6].options.attention = Attention::kNone;
  all[6].options.attend = Attend::kAfter;
  all[7].name = "lstm general after, local-p, input feeding";
  all[7].options.cell = Cell::kLstm;
  all[7].options.attention = Attention::kGeneral;
  all[7].options.attention_window = AttentionWindow::kLocalP;
  all[7].options.window_radius = 2;
  all[7].options.attend = Attend::kAfter;
  all[7].options.input_feeding = true;
  all[8].name = "gru location after";
  all[8].options.attention = Attention::kLocation;
  all[8].options.location_positions = 101;
  all[8].options.attend = Attend::kAfter;
  return all;
}

inline Tokenizer TinyTokenizer(const std::string& text,
                               TokenizerKind kind = TokenizerKind::kSymbols) {
  return Tokenizer::Train({.kind = kind}, std::vector<std::string>{text});
}

inline const char* kTinySource = "a b c d e f g";
inline const char* kTinyTarget = "t u v w x y z";

struct TinyModelOptions {
  ModelOptions model = TinyOptions();
  int feature_size = 0;  // of a model of feature vectors
  int max_source_tokens = TrainingOptions().max_source_tokens;
  std::string source_text = kTinySource;  // every word of which is a token
  std::string target_text = kTinyTarget;
  TokenizerKind source_kind = TokenizerKind::kSymbols;
  TokenizerKind target_kind = TokenizerKind::kSymbols;
  uint64_t seed = 1;
  // Of embeddings and output layer: makes the outputs peaky. The recurrent matrices are left as
  // they are: larger ones make a model chaotic, and rounding errors grow from step to step.
  Real scale = 3;
  Real end_logit = 1;  // added to the logit of </s>: how soon hypotheses end
};

inline std::unique_ptr<Model> TinyModel(const TinyModelOptions& options = {}) {
  Tokenizer source = TinyTokenizer(options.source_text, options.source_kind);
  Tokenizer target = TinyTokenizer(options.target_text, options.target_kind);
  ModelDescription description;
  static_cast<ModelOptions&>(description.model) = options.model;
  description.model.source_vocabulary = options.feature_size > 0 ? 0 : source.vocabulary_size();
  description.model.feature_size = options.feature_size;
  description.model.target_vocabulary = target.vocabulary_size();
  description.training.max_source_tokens = options.max_source_tokens;
  description.text.source_tokenizer = options.source_kind;
  description.text.target_tokenizer = options.target_kind;
  auto model = std::make_unique<Model>(description, std::move(source), std::move(target));
  Initialize(model->config(), options.seed, model->parameters);
  Seq2SeqParams& params = model->parameters.views();
  for (const Matrix& W : {params.source_embedding, params.target_embedding, params.output.W_o}) {
    if (W.rows == 0) continue;
    for (int i = 0; i < W.rows; ++i) Scale(options.scale, W.RowSpan(i));
  }
  params.output.b[kEndId] += options.end_logit;
  return model;
}

// Sources of 0 to 12 ids, in no order of length.
inline std::vector<std::vector<int>> TinySources(int count, int vocabulary, uint64_t seed = 7) {
  Random random(RandomKey(seed));
  std::vector<std::vector<int>> sources(static_cast<size_t>(count));
  for (std::vector<int>& source : sources) {
    source.resize(random.Below(13));
    for (int& id : source) {
      // Any but </s>.
      const int other = static_cast<int>(random.Below(static_cast<uint64_t>(vocabulary) - 1));
      id = other == kEndId ? vocabulary - 1 : other;
    }
  }
  return sources;
}

}  // namespace atento

#endif  // ATENTO_TESTS_SEARCH_TINY_MODEL_H_
