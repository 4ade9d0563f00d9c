// The presets: what each paper fixed, and what we found to work. docs/papers.md says where a preset
// departs from its paper.

#include "atento/trainer.h"

namespace atento {
namespace {

// The figure everyone knows (papers.md section 0): a forward tanh RNN, dot score, h̃ = tanh(W_c [c;
// s]).
void Walkthrough(Preset& p) {
  p.summary = "the textbook figure: tanh RNN, dot attention";
  p.model.cell = Cell::kTanh;
  p.model.encoder_direction = Direction::kForward;
  p.model.attention = Attention::kDot;
  p.model.attend = Attend::kAfter;
  p.model.readout = Readout::kTanh;
  p.model.start = Start::kCopy;
}

// Bahdanau, Cho, Bengio 2014, appendices A and B.
void Bahdanau2014(Preset& p) {
  p.summary = "RNNsearch of Bahdanau+ 2014, at the paper's sizes";
  p.text.source_tokenizer = p.text.target_tokenizer = TokenizerKind::kWords;
  p.text.vocabulary_size = 30000;
  p.model.cell = Cell::kGruResetBefore;
  p.model.embedding_size = 620;
  p.model.encoder_size = p.model.decoder_size = p.model.attention_size = 1000;
  p.model.attention = Attention::kAdditive;
  p.model.attend = Attend::kBefore;
  p.model.readout = Readout::kMaxout;
  p.model.readout_size = 500;
  p.model.start = Start::kFinal;
  p.model.initialization = Initialization::kBahdanau;
  TrainingOptions& t = p.training;
  t.optimizer = Optimizer::kAdadelta;
  t.learning_rate = 1;
  t.epsilon = 1e-6;
  t.schedule = Schedule::kConstant;
  t.clip_norm = 1;
  t.label_smoothing = 0;
  t.dropout_embedding = t.dropout_hidden = t.dropout_annotations = t.dropout_output = 0;
  t.loss_normalization = LossNormalization::kSentences;
  t.batch_sentences = 80;
  t.window_batches = 20;
  t.shuffle_batches = false;
  t.max_source_tokens = t.max_target_tokens = 50;
}

// Cho+ 2014 as "RNNencdec" in Bahdanau+ 2014.
void EncDec2014(Preset& p) {
  Bahdanau2014(p);
  p.summary = "RNNencdec of Cho+ 2014: one fixed vector, no attention";
  p.model.encoder_direction = Direction::kForward;
  p.model.attention = Attention::kFixed;
}

// Luong, Pham, Manning 2015: global attention, general score, input feeding, dropout.
void Luong2015Global(Preset& p) {
  p.summary = "global attention of Luong+ 2015, at the paper's sizes";
  p.text.source_tokenizer = p.text.target_tokenizer = TokenizerKind::kWords;
  p.text.vocabulary_size = 50000;
  p.model.cell = Cell::kLstm;
  p.model.embedding_size = 1000;
  p.model.encoder_direction = Direction::kBackward;
  p.model.encoder_layers = p.model.decoder_layers = 4;
  p.model.encoder_size = p.model.decoder_size = p.model.readout_size = 1000;
  p.model.attention = Attention::kGeneral;
  p.model.attend = Attend::kAfter;
  p.model.input_feeding = true;
  p.model.readout = Readout::kTanh;
  p.model.start = Start::kCopy;
  p.model.initialization = Initialization::kUniform;
  TrainingOptions& t = p.training;
  t.optimizer = Optimizer::kSgd;
  t.learning_rate = 1;
  t.schedule = Schedule::kHalving;
  t.halve_after = 8;
  t.clip_norm = 5;
  t.label_smoothing = 0;
  t.dropout_embedding = t.dropout_hidden = 0.2;
  t.dropout_annotations = t.dropout_output = 0;
  t.loss_normalization = LossNormalization::kSentences;
  t.batch_sentences = 128;
  t.max_source_tokens = t.max_target_tokens = 50;
  // The paper's schedule with dropout: 12 epochs, whatever a validation says.
  p.limits.max_epochs = 12;
  p.limits.early_stopping = "loss:1000000";
}

void Luong2015LocalM(Preset& p) {
  Luong2015Global(p);
  p.summary = "local attention of Luong+ 2015, monotonic: around the target's own position";
  p.model.attention_window = AttentionWindow::kLocalM;
}

void Luong2015LocalP(Preset& p) {
  Luong2015Global(p);
  p.summary = "local attention of Luong+ 2015, predictive: around a position that is learned";
  p.model.attention_window = AttentionWindow::kLocalP;
}

void Small(Preset& p) {
  p.summary = "the default: conditional GRU, for 10 000 to 50 000 pairs of sentences";
}

void Characters(Preset& p) {
  p.summary = "spelling-like tasks: pronunciations, names, transliteration";
  p.text.source_tokenizer = p.text.target_tokenizer = TokenizerKind::kCharacters;
  p.model.embedding_size = 128;
  p.limits.validation_metrics = "exact,cer";
}

// The pointer-generator of See, Liu, Manning 2017 in a size for less data than theirs: whatever is
// rare is copied, so that a small vocabulary, whose embeddings are all one, does.
void Copy(Preset& p) {
  p.summary = "sentence compression and the like: copies words, known or not (See+ 2017)";
  p.text.source_tokenizer = p.text.target_tokenizer = TokenizerKind::kWords;
  p.text.vocabulary_size = 10000;
  p.text.joint_vocabulary = true;
  p.model.copy = true;
  p.model.tie = Tie::kAll;
  p.training.label_smoothing = 0;
  p.limits.max_epochs = 12;
  p.limits.early_stopping = "loss:3";
  p.limits.validation_metrics = "rouge";
}

// Show, Attend and Tell: soft attention of Xu+ 2015, for CNN features of a few thousand images.
void Captions(Preset& p) {
  p.summary = "captions of images, after Xu+ 2015: from the features of a CNN";
  p.text.target_tokenizer = TokenizerKind::kWords;
  p.model.source_kind = SourceKind::kFeatures;
  p.model.cell = Cell::kLstm;
  p.model.encoder_layers = 0;
  p.model.attention = Attention::kAdditive;
  p.model.attend = Attend::kBefore;
  p.model.context_gate = true;
  TrainingOptions& t = p.training;
  t.doubly_stochastic_weight = 1;
  t.dropout_embedding = t.dropout_annotations = 0.2;
  t.dropout_output = 0.5;
  t.max_source_tokens = 1000;
  p.limits.max_epochs = 30;
}

struct Entry {
  const char* name;
  void (*apply)(Preset&);
};
constexpr Entry kPresets[] = {
    {"small", Small},
    {"characters", Characters},
    {"copy", Copy},
    {"walkthrough", Walkthrough},
    {"bahdanau2014", Bahdanau2014},
    {"luong2015-global", Luong2015Global},
    {"luong2015-local-m", Luong2015LocalM},
    {"luong2015-local-p", Luong2015LocalP},
    {"encdec2014", EncDec2014},
    {"captions", Captions},
};

}  // namespace

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (const Entry& entry : kPresets) names.push_back(entry.name);
  return names;
}

Preset FindPreset(const std::string& name) {
  std::string known;
  for (const Entry& entry : kPresets) {
    if (name == entry.name) {
      Preset preset;
      preset.name = name;
      entry.apply(preset);
      return preset;
    }
    known += std::string(known.empty() ? "" : ", ") + entry.name;
  }
  throw Error(ErrorKind::kUsage, "--preset: '" + name + "' is not one of " + known);
}

}  // namespace atento
