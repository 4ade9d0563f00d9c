// Every option of the library, declared once (option_declaration.h): of models, text, training and
// feature vectors; those of search and traces are in search_options.h.
#ifndef ATENTO_OPTIONS_H_
#define ATENTO_OPTIONS_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "atento/option_declaration.h"
#include "atento/search_options.h"

namespace atento {

// Of the numbers that enter matrix products.
enum class Precision { kFloat32, kBfloat16, kInt8 };
template <>
struct EnumNames<Precision> {
  static constexpr std::array<const char*, 3> names = {"float32", "bfloat16", "int8"};
};

// ---- the model ---------------------------------------------------------------------------------

enum class Cell { kTanh, kGru, kGruResetBefore, kLstm };
template <>
struct EnumNames<Cell> {
  static constexpr std::array<const char*, 4> names = {"tanh", "gru", "gru-reset-before", "lstm"};
};

// What the source of a model is: the tokens of a text, or feature vectors, such as a CNN has of an
// image (atento/features.h).
enum class SourceKind { kSymbols, kFeatures };
template <>
struct EnumNames<SourceKind> {
  static constexpr std::array<const char*, 2> names = {"symbols", "features"};
};

// Backward: one RNN that reads the source from its end (Luong's reversed source). Bidirectional
// first: two RNNs in the first layer, forward ones above it.
enum class Direction { kForward, kBackward, kBidirectional, kBidirectionalFirst };
template <>
struct EnumNames<Direction> {
  static constexpr std::array<const char*, 4> names = {"forward", "backward", "bidirectional",
                                                       "bidirectional-first"};
};

// What the decoder sees of the source. None: its initial state only. Fixed: c = the last state of a
// forward encoder at every step. The others score annotations at each step (layers/attention.h).
enum class Attention { kNone, kFixed, kDot, kGeneral, kAdditive, kScaledDot, kLocation };
template <>
struct EnumNames<Attention> {
  static constexpr std::array<const char*, 7> names = {
      "none", "fixed", "dot", "general", "additive", "scaled-dot", "location"};
  // Luong's name for the additive score.
  static constexpr std::array<std::pair<const char*, Attention>, 1> aliases = {
      {{"concat", Attention::kAdditive}}};
};

// Which positions are scored: all; those around the target's own position; those around a
// predicted one, weighted by a Gaussian.
enum class AttentionWindow { kGlobal, kLocalM, kLocalP };
template <>
struct EnumNames<AttentionWindow> {
  static constexpr std::array<const char*, 3> names = {"global", "local-m", "local-p"};
};

// When a decoder step attends. Before: with s_{t-1}, and c_t enters the cell (Bahdanau). Between:
// with the state of a first cell, and c_t enters a second one (conditional RNN). After: with s_t,
// and c_t goes to the readout alone (Luong).
enum class Attend { kBefore, kBetween, kAfter };
template <>
struct EnumNames<Attend> {
  static constexpr std::array<const char*, 3> names = {"before", "between", "after"};
};

// What the output layer reads. Tanh: tanh(W [c; s]). Deep tanh: tanh(W [c; s; Ey]). Maxout:
// pairwise maxima of W [c; s_{t-1}; Ey].
enum class Readout { kTanh, kDeepTanh, kMaxout };
template <>
struct EnumNames<Readout> {
  static constexpr std::array<const char*, 3> names = {"tanh", "deep-tanh", "maxout"};
};

// The decoder's initial state. Copy: the encoder's last states, layer by layer. Final: tanh(W h) of
// the state that the encoder reached last (←h_1 if it reads backwards too, else h_S). Mean: tanh(W
// mean h).
enum class Start { kCopy, kFinal, kMean };
template <>
struct EnumNames<Start> {
  static constexpr std::array<const char*, 3> names = {"copy", "final", "mean"};
};

// Which embedding matrices are one. Target: target embedding = output layer. All: also = source
// embedding; needs a joint vocabulary.
enum class Tie { kNone, kTarget, kAll };
template <>
struct EnumNames<Tie> {
  static constexpr std::array<const char*, 3> names = {"none", "target", "all"};
};

// Uniform: everything from U[-0.1, 0.1] (Luong+ 2015). Glorot: U[±√(6/(in+out))], embeddings and
// the output layer U[±√(3/columns)], recurrent matrices orthogonal, biases 0, an LSTM's forget gate
// 1. Bahdanau: appendix B.1 of the paper.
enum class Initialization { kUniform, kGlorot, kBahdanau };
template <>
struct EnumNames<Initialization> {
  static constexpr std::array<const char*, 3> names = {"uniform", "glorot", "bahdanau"};
};

// Attention = score × window × mix; the equations are in layers/attention.h.
struct AttentionOptions {
  Attention attention = Attention::kAdditive;
  int attention_size = 256;
  int attention_heads = 1;
  AttentionWindow attention_window = AttentionWindow::kGlobal;
  int window_radius = 10;
  int location_positions = 101;
  bool coverage = false;
  bool context_gate = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("attention", o.attention, kAny, "how annotations are scored");
    visit("attention-size", o.attention_size, kAtLeastOne, "hidden size of additive attention");
    visit("attention-heads", o.attention_heads, Range{1, 64},
          "heads that share out the columns of query, keys and annotations");
    visit("attention-window", o.attention_window, kAny, "which positions are scored");
    visit("window-radius", o.window_radius, Range{1, 10000},
          "local windows: positions on either side of the centre");
    visit("location-positions", o.location_positions, Range{2, 10000},
          "location attention: the longest source, </s> counted");
    visit("coverage", o.coverage, kAny,
          "additive attention sees how much attention a position has had (Tu+ 2016)");
    visit("context-gate", o.context_gate, kAny,
          "scale the context by a gate of the decoder's state (Xu+ 2015, 4.2.1)");
  }
};

// The architecture: everything that fixes the shapes of the tensors and the equations between them.
struct ModelOptions : AttentionOptions {
  SourceKind source_kind = SourceKind::kSymbols;
  Cell cell = Cell::kGru;
  int embedding_size = 256;
  Direction encoder_direction = Direction::kBidirectional;
  int encoder_layers = 1;
  int encoder_size = 256;
  int decoder_layers = 1;
  int decoder_size = 256;
  bool residual = false;
  bool layer_normalization = false;
  Attend attend = Attend::kBetween;
  bool input_feeding = false;
  Readout readout = Readout::kDeepTanh;
  int readout_size = 256;
  bool copy = false;
  Start start = Start::kMean;
  Tie tie = Tie::kNone;
  Initialization initialization = Initialization::kGlorot;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("source-kind", o.source_kind, kAny,
          "what the source is: text, or feature vectors, e.g. of images");
    visit("cell", o.cell, kAny, "recurrent cell of encoder and decoder");
    visit("embedding-size", o.embedding_size, kAtLeastOne, "size of a symbol's embedding");
    visit("encoder-direction", o.encoder_direction, kAny, "the way the encoder reads the source");
    visit("encoder-layers", o.encoder_layers, Range{0, 16},
          "layers of the encoder; 0: feature vectors are projected, and no more");
    visit("encoder-size", o.encoder_size, kAtLeastOne,
          "encoder state, per direction; without layers: size of a projected vector");
    visit("decoder-layers", o.decoder_layers, Range{1, 16}, "layers of the decoder");
    visit("decoder-size", o.decoder_size, kAtLeastOne, "decoder state");
    visit("residual", o.residual, kAny,
          "add what a layer reads to what it hands on, where the sizes agree");
    visit("layer-normalization", o.layer_normalization, kAny,
          "normalise the products inside the cells (Ba+ 2016)");
    AttentionOptions::ForEach(o, visit);
    visit("attend", o.attend, kAny, "when the decoder attends: before, between or after its cells");
    visit("input-feeding", o.input_feeding, kAny,
          "feed the attentional vector into the next step (Luong+ 2015, section 3.3)");
    visit("readout", o.readout, kAny, "the layer between decoder state and output layer");
    visit("readout-size", o.readout_size, kAtLeastOne, "size of that layer");
    visit("copy", o.copy, kAny,
          "the next symbol may be copied from the source, known or not (See+ 2017)");
    visit("start", o.start, kAny, "the decoder's initial state");
    visit("tie", o.tie, kAny, "embedding matrices that are one");
    visit("initialization", o.initialization, kAny, "initial parameters");
  }
};

// ---- text --------------------------------------------------------------------------------------

enum class TokenizerKind { kSentencePiece, kCharacters, kWords, kSymbols };
template <>
struct EnumNames<TokenizerKind> {
  static constexpr std::array<const char*, 4> names = {"sentencepiece", "characters", "words",
                                                       "symbols"};
};

enum class SentencePieceModel { kBpe, kUnigram };
template <>
struct EnumNames<SentencePieceModel> {
  static constexpr std::array<const char*, 2> names = {"bpe", "unigram"};
};

// Unicode normalisation forms; applied before a text is cut into tokens.
enum class Normalization { kNone, kNfc, kNfd, kNfkc };
template <>
struct EnumNames<Normalization> {
  static constexpr std::array<const char*, 4> names = {"none", "nfc", "nfd", "nfkc"};
};

// How text becomes tokens.
struct TextOptions {
  TokenizerKind source_tokenizer = TokenizerKind::kSentencePiece;
  TokenizerKind target_tokenizer = TokenizerKind::kSentencePiece;
  Normalization source_normalization = Normalization::kNone;
  Normalization target_normalization = Normalization::kNone;
  SentencePieceModel sentencepiece_model = SentencePieceModel::kBpe;
  int vocabulary_size = 8000;
  bool joint_vocabulary = false;
  std::string source_language;
  std::string target_language;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("source-tokenizer", o.source_tokenizer, kAny, "how source lines are cut into tokens");
    visit("target-tokenizer", o.target_tokenizer, kAny, "how target lines are cut into tokens");
    visit("source-normalization", o.source_normalization, kAny, "Unicode form of the source");
    visit("target-normalization", o.target_normalization, kAny, "Unicode form of the target");
    visit("sentencepiece-model", o.sentencepiece_model, kAny,
          "kind of SentencePiece model to train");
    visit("vocabulary-size", o.vocabulary_size, Range{3, 1000000},
          "tokens per vocabulary at most (sentencepiece, words)");
    visit("joint-vocabulary", o.joint_vocabulary, kAny, "one vocabulary for both sides");
    visit("source-language", o.source_language, kAny, "language code, kept for the HTTP API");
    visit("target-language", o.target_language, kAny, "language code, kept for the HTTP API");
  }
};

// ---- training ----------------------------------------------------------------------------------

enum class Optimizer { kAdam, kSgd, kAdadelta };
template <>
struct EnumNames<Optimizer> {
  static constexpr std::array<const char*, 3> names = {"adam", "sgd", "adadelta"};
};

// How the learning rate changes after warm-up. Halving: once per epoch, from --halve-after on.
// Plateau: times --decay when a validation does not improve for --decay-patience validations.
// Inverse square root: as 1/√step.
enum class Schedule { kConstant, kHalving, kPlateau, kInverseSquareRoot };
template <>
struct EnumNames<Schedule> {
  static constexpr std::array<const char*, 4> names = {"constant", "halving", "plateau",
                                                       "inverse-square-root"};
};

// Whether the gradient is of the mean over target tokens, or of the sum over tokens averaged over
// sentences.
enum class LossNormalization { kTokens, kSentences };
template <>
struct EnumNames<LossNormalization> {
  static constexpr std::array<const char*, 2> names = {"tokens", "sentences"};
};

// Of the numbers that enter a training's matrix products; parameters, sums and everything else are
// float32. Auto: bfloat16 if the CPU multiplies it faster, else float32; a model remembers which.
enum class TrainingPrecision { kFloat32, kBfloat16, kAuto };
template <>
struct EnumNames<TrainingPrecision> {
  static constexpr std::array<const char*, 3> names = {"float32", "bfloat16", "auto"};
};

// How parameters are learned. A --resume may change threads alone, and TrainingLimits.
struct TrainingOptions {
  Optimizer optimizer = Optimizer::kAdam;
  double learning_rate = 0.001;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adadelta_rho = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0;
  Schedule schedule = Schedule::kPlateau;
  int warmup_steps = 0;
  int halve_after = 5;
  double decay = 0.5;
  int decay_patience = 1;
  double clip_norm = 1;
  double ema_decay = 0;
  double guided_alignment_weight = 0.5;
  double guided_alignment_decay = 1;
  double coverage_weight = 0;
  double doubly_stochastic_weight = 0;
  double label_smoothing = 0.1;
  double dropout_embedding = 0.2;
  double dropout_hidden = 0.2;
  double dropout_annotations = 0.2;
  double dropout_output = 0.2;
  LossNormalization loss_normalization = LossNormalization::kTokens;
  int batch_tokens = 0;
  int batch_sentences = 64;
  int window_batches = 20;
  bool shuffle_batches = true;
  int max_source_tokens = 100;
  int max_target_tokens = 100;
  int64_t seed = 1;
  int threads = 0;
  TrainingPrecision precision = TrainingPrecision::kFloat32;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("optimizer", o.optimizer, kAny, "rule by which parameters follow their gradients");
    visit("learning-rate", o.learning_rate, kNotNegative, "step size, after warm-up");
    visit("adam-beta1", o.adam_beta1, kShare, "Adam: decay of the mean of gradients");
    visit("adam-beta2", o.adam_beta2, Range{0, 0.999999}, "Adam: decay of their squares");
    visit("adadelta-rho", o.adadelta_rho, Range{0, 0.999999}, "Adadelta: decay of both averages");
    visit("epsilon", o.epsilon, Range{1e-12, 1}, "Adam and Adadelta: added to the denominator");
    visit("weight-decay", o.weight_decay, kNotNegative, "Adam: decoupled weight decay per step");
    visit("schedule", o.schedule, kAny, "how the learning rate changes");
    visit("warmup-steps", o.warmup_steps, kNotNegative, "steps of linear warm-up");
    visit("halve-after", o.halve_after, kNotNegative, "halving: epochs at the full rate");
    visit("decay", o.decay, Range{0.001, 1}, "plateau: factor");
    visit("decay-patience", o.decay_patience, kAtLeastOne,
          "plateau: validations without improvement before the factor is applied");
    visit("clip-norm", o.clip_norm, kNotNegative, "limit of the gradient's global norm; 0: none");
    visit("ema-decay", o.ema_decay, Range{0, 0.999999},
          "validate and keep an average of the parameters that moves by 1 - X a step, by more in "
          "the first ones; 0: none");
    visit("guided-alignment-weight", o.guided_alignment_weight, kNotNegative,
          "weight of the loss between attention and --guided-alignments");
    visit("guided-alignment-decay", o.guided_alignment_decay, Range{0, 1},
          "factor of that weight after every epoch");
    visit("coverage-weight", o.coverage_weight, kNotNegative,
          "weight of the coverage loss (See+ 2017, eq. 12); needs --coverage");
    visit("doubly-stochastic-weight", o.doubly_stochastic_weight, kNotNegative,
          "weight of the loss that asks for equal attention to all positions (Xu+ 2015, eq. 14)");
    visit("label-smoothing", o.label_smoothing, kShare, "share spread over the vocabulary");
    visit("dropout-embedding", o.dropout_embedding, kShare, "dropped of embeddings");
    visit("dropout-hidden", o.dropout_hidden, kShare, "dropped between layers");
    visit("dropout-annotations", o.dropout_annotations, kShare, "dropped of the annotations");
    visit("dropout-output", o.dropout_output, kShare, "dropped of what the output layer reads");
    visit("loss-normalization", o.loss_normalization, kAny, "what the gradient is averaged over");
    visit("batch-tokens", o.batch_tokens, kNotNegative,
          "tokens per update and side at most; 0: count sentences instead");
    visit("batch-sentences", o.batch_sentences, kNotNegative, "sentence pairs per update");
    visit("window-batches", o.window_batches, kAtLeastOne,
          "batches that are sorted by length together");
    visit("shuffle-batches", o.shuffle_batches, kAny, "shuffle the batches of an epoch");
    visit("max-source-tokens", o.max_source_tokens, kAtLeastOne,
          "longer sources are left out; a feature vector counts as a token");
    visit("max-target-tokens", o.max_target_tokens, kAtLeastOne, "longer targets are left out");
    visit("seed", o.seed, kNotNegative, "of everything random");
    visit("threads", o.threads, Range{0, 1024},
          "compute threads, among which the sentences of an update are dealt out; 0: one per core");
    visit("precision", o.precision, kAny,
          "of the numbers that enter matrix products; auto: whichever is faster here");
  }
};

// When to validate and stop, and on what: what --resume may change.
struct TrainingLimits {
  int max_epochs = 100;
  int64_t max_steps = 0;
  double max_minutes = 0;
  std::string validate_every = "1e";
  std::string early_stopping = "loss:5";
  std::string validation_metrics = "bleu";
  int validation_sentences = 500;
  int keep_checkpoints = 2;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("max-epochs", o.max_epochs, kNotNegative, "stop after this many epochs; 0: no limit");
    visit("max-steps", o.max_steps, kNotNegative, "stop after this many updates; 0: no limit");
    visit("max-minutes", o.max_minutes, kNotNegative, "stop after this much time; 0: no limit");
    visit("validate-every", o.validate_every, kAny, "N: every N updates; Ne: every N epochs");
    visit(
        "early-stopping", o.early_stopping, kAny,
        "METRIC:PATIENCE: stop after PATIENCE validations without improvement, and keep the best; "
        "METRIC is loss or one of --validation-metrics");
    visit("validation-metrics", o.validation_metrics, kAny,
          "metrics of decoded development sentences, comma-separated; empty: loss alone");
    visit("validation-sentences", o.validation_sentences, kNotNegative,
          "development sentences to decode at a validation; 0: all");
    visit("keep-checkpoints", o.keep_checkpoints, kAtLeastOne, "checkpoints to keep");
  }
};

// ---- images ------------------------------------------------------------------------------------

// How an image becomes what a CNN reads: (pixel · scale − mean) / std for red, green and blue.
struct ImageOptions {
  std::string layer;
  int size = 224;
  double scale = 1.0 / 255;
  std::string mean = "0.485,0.456,0.406";
  std::string std = "0.229,0.224,0.225";

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("layer", o.layer, kAny, "output of the CNN that has the vectors; empty: its last one");
    visit("size", o.size, Range{1, 4096}, "width and height that images are scaled to");
    visit("scale", o.scale, Range{1e-9, 1e9}, "factor of pixels, which are 0 to 255");
    visit("mean", o.mean, kAny, "R,G,B: subtracted after that");
    visit("std", o.std, kAny, "R,G,B: what the difference is divided by");
  }
};

// How feature vectors were computed.
struct CnnOptions : ImageOptions {
  std::string cnn;
  std::string cnn_checksum;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    ImageOptions::ForEach(o, visit);
    visit("cnn", o.cnn, kAny, "name of the ONNX file");
    visit("cnn-checksum", o.cnn_checksum, kAny, "of its bytes");
  }
};

}  // namespace atento

#endif  // ATENTO_OPTIONS_H_
