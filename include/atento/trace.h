// Looking into a model: everything that happens inside it for one sentence. docs/trace.md says what
// each number is, under the same names.
#ifndef ATENTO_TRACE_H_
#define ATENTO_TRACE_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "atento/options.h"
#include "atento/translator.h"

namespace atento {

// ---- what to trace -----------------------------------------------------------------------------

// Replaces the weights of attention at one step. weights: one for each source token with its </s>,
// for every head alike, or head by head; not negative, not all zero. They are scaled to the sum that
// the model's own have.
struct AlphaOverride {
  int step = 0;
  std::vector<float> weights;
};

struct TraceRequest {
  std::string text;  // for a model of feature vectors the name of an item
  // beam is taken as 1 if there is an `alpha`; batch_sentences and replace_unknown are not used.
  SearchOptions search = {};
  TraceOptions options = {};
  // Shows how this translation is read instead of the model's own.
  std::optional<std::string> target = {};
  // Ids that the translation begins with; the last may be </s>. Not together with `target`.
  std::vector<int> target_prefix = {};
  std::optional<AlphaOverride> alpha = {};
};

// ---- the trace ---------------------------------------------------------------------------------

// Row by row. Empty where the model or TraceDetail has none.
struct TraceMatrix {
  int rows = 0;
  int columns = 0;
  std::vector<float> values;

  bool empty() const { return values.empty(); }
  std::span<const float> Row(int row) const {
    const auto width = static_cast<size_t>(columns);
    return std::span(values).subspan(static_cast<size_t>(row) * width, width);
  }
};

// Likewise.
using TraceVector = std::vector<float>;

// The state of a recurrent cell.
struct TraceState {
  TraceVector h;
  TraceVector c;  // LSTM only
};

// One side of the pair, with its </s>.
struct TraceText {
  std::string text;
  std::vector<int> ids;
  std::vector<std::string> tokens;  // as the vocabulary spells the ids
  std::vector<std::string> words;
  std::vector<int> word_of;  // for each token the index of its word; -1: none
  // Of the source, if the model copies: for each token the target's symbol of the same spelling, or
  // one beyond the target's vocabulary.
  std::vector<int> copies = {};
  // Of a source of feature vectors: each position is a token and a word, "row,column" in the grid,
  // or a number if there is none; ids count them, and there is no </s>.
  int grid_height = 0, grid_width = 0;
  // What the grid lies over: an image as a data: URI. MakeTrace leaves it empty; it is for whoever
  // has the image, and what draws the trace shows it.
  std::string picture = {};
};

struct TraceEncoderLayer {
  struct Network {
    bool backward = false;
    TraceMatrix h;  // [S,H_e] the state after each token
    TraceMatrix c;  // LSTM only
  };
  std::vector<Network> directions;
  TraceMatrix outputs;  // [S,·] only where what the layer reads is added to its states
};

struct TraceEncoder {
  TraceMatrix embeddings;  // [S,E]
  std::vector<TraceEncoderLayer> layers;
  TraceMatrix annotations;  // [S,C]
};

// What attention works with at every step.
struct TraceAttentionParams {
  TraceMatrix keys;  // [S,A]  additive only
  TraceVector v_a;   // [A]    likewise
  TraceVector w_c;   // [A]    coverage only
  TraceVector v_p;   // [H]    local-p only
};

struct TraceSymbol {
  int id = 0;
  std::string token;
  double log_prob = 0;
  // Of a model that copies, if the source has the symbol: where, and how much of its probability
  // comes from there.
  std::vector<int> positions = {};
  double copied = 0;
};

struct TraceDecoderLayer {
  TraceVector input;   // [H] layers above the first
  TraceState between;  // [H] the first layer, if it attends between its cells
  TraceState state;    // [H] after the step
  TraceVector output;  // [H] only where `input` is added to the state
};

struct TraceHead {
  TraceVector scores;   // [S] NaN outside of the window
  TraceVector weights;  // [S]
};

struct TraceWindow {
  float center = 0;
  int first = 0, last = 0;
  TraceVector gaussian;  // [S] NaN outside of the window; local-p only, as what follows
  TraceVector hidden;    // [H]
};

struct TraceAttention {
  TraceVector query;      // [H]
  TraceVector projected;  // [A], [C] or [S]
  std::vector<TraceHead> heads;
  TraceVector weights;  // [S] the mean of the heads
  bool replaced = false;
  std::optional<TraceWindow> window;  // local windows only
  TraceVector coverage;               // [S] coverage only
  std::optional<float> gate;          // β; context gate only
  TraceVector context;                // [C] gated
};

struct TraceReadout {
  TraceVector state;  // [H]
  TraceVector inner;  // [2R] maxout only
  TraceVector t;      // [R]
};

struct TraceStep {
  bool forced = false;
  int input_id = 0;
  std::string input_token;
  TraceVector embedding;  // [E]
  std::vector<TraceDecoderLayer> layers;
  std::optional<TraceAttention> attention;  // none with Attention::kNone
  TraceReadout readout;
  std::optional<double> p_gen;          // of a model that copies
  std::vector<TraceSymbol> candidates;  // best first
  TraceSymbol chosen;
};

// What became of a hypothesis: docs/trace.md.
enum class BeamFate { kExpanded, kPruned, kFinished, kWinner, kAbandoned };
template <>
struct EnumNames<BeamFate> {
  static constexpr std::array<const char*, 5> names = {"expanded", "pruned", "finished", "winner",
                                                       "abandoned"};
};

struct TraceNode {
  int parent = -1;  // its index; -1: the root
  int step = -1;    // that chose the symbol; -1: the root
  int id = 0;
  std::string token;
  double log_prob = 0;
  double score = 0;
  BeamFate fate = BeamFate::kAbandoned;
};

struct TraceHypothesis {
  int node = 0;          // of its </s>
  std::vector<int> ids;  // with </s>, as the tokens
  std::vector<std::string> tokens;
  std::string text;
  double log_prob = 0;
  double score = 0;
  Alignment alignment;
};

struct TraceBeam {
  std::vector<TraceNode> nodes;           // a node comes after its parent
  std::vector<TraceHypothesis> finished;  // best first
};

struct TraceModel {
  std::string preset;
  TextOptions text;
  ModelOptions options;
  int source_vocabulary = 0;
  int target_vocabulary = 0;
  int annotation_size = 0;
  bool attends = false;  // it scores positions
};

struct Trace {
  TraceDetail detail = TraceDetail::kVectors;
  TraceModel model;
  TraceText source;
  bool truncated = false;
  TraceEncoder encoder;
  TraceAttentionParams attention;
  std::vector<TraceState> start;  // per layer of the decoder
  std::vector<TraceStep> steps;
  TraceText target;
  int prefix_tokens = 0;
  double log_prob = 0;                  // ln p(target | source), </s> counted
  double score = 0;                     // of a search
  Alignment alignment;                  // of words; empty unless the model attends
  std::optional<SearchOptions> search;  // as searched with; none if the target was given
  int length_limit = 0;                 // of a search: the step in which it must choose </s>
  std::optional<TraceBeam> beam;        // of a search with more than one hypothesis
};

// Traces one sentence through the translator's only model, on one of its threads. Throws
// Error{kUsage} if the translator is an ensemble, if the text has no words or no tokens, if an
// option is out of range, and if target_prefix or alpha do not fit the model or the sentence;
// Error{kData} if source or target is too long.
// Cost: a search, and one more pass over the sentence, row by row.
// Threads: safe, as Translator.
Trace MakeTrace(const Translator& translator, const TraceRequest& request);

// The trace as JSON (docs/trace.md), on one line, without a newline.
std::string TraceToJson(const Trace& trace);

}  // namespace atento

#endif  // ATENTO_TRACE_H_
