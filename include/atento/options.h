// Every option of the library, declared once. A struct's ForEach names each field: its name (the flag
// --name, the key in a TOML file and in config.json), its allowed range and its help. The command line,
// --help, config.json and docs/cli.md all derive from these declarations.
#ifndef ATENTO_OPTIONS_H_
#define ATENTO_OPTIONS_H_

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace atento {

// ---- declaring options --------------------------------------------------------------------------

// The names of an enum's values, in order: specialise with a static constexpr std::array `names`.
template <class Enum>
struct EnumNames;

// The values a number may take, both ends included. Strings and enums ignore it.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
inline constexpr Range kAny{};
inline constexpr Range kNotNegative{0};
inline constexpr Range kAtLeastOne{1};
inline constexpr Range kShare{0, 0.999};

// ---- the model ----------------------------------------------------------------------------------

enum class Cell { kTanh, kGru, kGruResetBefore, kLstm };
template <>
struct EnumNames<Cell> {
  static constexpr std::array<const char*, 4> names = {"tanh", "gru", "gru-reset-before", "lstm"};
};

// Backward: one RNN that reads the source from its end (Luong's reversed source).
enum class Direction { kForward, kBackward, kBidirectional };
template <>
struct EnumNames<Direction> {
  static constexpr std::array<const char*, 3> names = {"forward", "backward", "bidirectional"};
};

// What the decoder sees of the source. None: its initial state only. Fixed: c = the last encoder state
// at every step. The others score all annotations at each step.
enum class Attention { kNone, kFixed, kDot, kGeneral, kAdditive };
template <>
struct EnumNames<Attention> {
  static constexpr std::array<const char*, 5> names = {"none", "fixed", "dot", "general", "additive"};
};

// When a decoder step attends. Before: with s_{t-1}, and c_t enters the cell (Bahdanau). Between: with
// the state of a first cell, and c_t enters a second one (conditional RNN). After: with s_t, and c_t
// goes to the readout alone (Luong).
enum class Attend { kBefore, kBetween, kAfter };
template <>
struct EnumNames<Attend> {
  static constexpr std::array<const char*, 3> names = {"before", "between", "after"};
};

// What the output layer reads. Tanh: tanh(W [c; s]). Deep tanh: tanh(W [c; s; Ey]). Maxout: pairwise
// maxima of W [c; s_{t-1}; Ey].
enum class Readout { kTanh, kDeepTanh, kMaxout };
template <>
struct EnumNames<Readout> {
  static constexpr std::array<const char*, 3> names = {"tanh", "deep-tanh", "maxout"};
};

// The decoder's initial state. Copy: the encoder's last states, layer by layer. Final: tanh(W h) of the
// state that the encoder reached last (←h_1 if it reads backwards too, else h_S). Mean: tanh(W mean h).
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

// Uniform: everything from U[-0.1, 0.1] (Luong+ 2015). Glorot: U[±√(6/(in+out))], recurrent matrices
// orthogonal, biases 0, an LSTM's forget gate 1. Bahdanau: appendix B.1 of the paper.
enum class Initialization { kUniform, kGlorot, kBahdanau };
template <>
struct EnumNames<Initialization> {
  static constexpr std::array<const char*, 3> names = {"uniform", "glorot", "bahdanau"};
};

// The architecture: everything that fixes the shapes of the tensors and the equations between them.
struct ModelOptions {
  Cell cell = Cell::kGru;
  int embedding_size = 256;
  Direction encoder_direction = Direction::kBidirectional;
  int encoder_layers = 1;
  int encoder_size = 256;
  int decoder_layers = 1;
  int decoder_size = 256;
  Attention attention = Attention::kAdditive;
  int attention_size = 256;
  Attend attend = Attend::kBetween;
  bool input_feeding = false;
  Readout readout = Readout::kDeepTanh;
  int readout_size = 256;
  Start start = Start::kMean;
  Tie tie = Tie::kNone;
  Initialization initialization = Initialization::kGlorot;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("cell", o.cell, kAny, "recurrent cell of encoder and decoder");
    visit("embedding-size", o.embedding_size, kAtLeastOne, "size of a symbol's embedding");
    visit("encoder-direction", o.encoder_direction, kAny, "the way the encoder reads the source");
    visit("encoder-layers", o.encoder_layers, Range{1, 16}, "layers of the encoder");
    visit("encoder-size", o.encoder_size, kAtLeastOne, "encoder state, per direction");
    visit("decoder-layers", o.decoder_layers, Range{1, 16}, "layers of the decoder");
    visit("decoder-size", o.decoder_size, kAtLeastOne, "decoder state");
    visit("attention", o.attention, kAny, "how annotations are scored");
    visit("attention-size", o.attention_size, kAtLeastOne, "hidden size of additive attention");
    visit("attend", o.attend, kAny, "when the decoder attends: before, between or after its cells");
    visit("input-feeding", o.input_feeding, kAny,
          "feed the attentional vector into the next step (Luong+ 2015, section 3.3)");
    visit("readout", o.readout, kAny, "the layer between decoder state and output layer");
    visit("readout-size", o.readout_size, kAtLeastOne, "size of that layer");
    visit("start", o.start, kAny, "the decoder's initial state");
    visit("tie", o.tie, kAny, "embedding matrices that are one");
    visit("initialization", o.initialization, kAny, "initial parameters");
  }
};

}  // namespace atento

#endif  // ATENTO_OPTIONS_H_
