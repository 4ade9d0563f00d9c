// The options of search and of traces, declared as in option_declaration.h.
#ifndef ATENTO_SEARCH_OPTIONS_H_
#define ATENTO_SEARCH_OPTIONS_H_

#include <array>

#include "atento/option_declaration.h"

namespace atento {

// ---- search ------------------------------------------------------------------------------------

struct SearchOptions {
  int beam = 5;
  int n_best = 1;
  double length_penalty = 1;
  double max_length_ratio = 2;
  int max_length = 0;
  double min_length_ratio = 0;
  int min_length = 0;
  int block_ngrams = 0;
  int batch_sentences = 32;
  bool replace_unknown = false;
  bool sample = false;
  int seed = 1;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("beam", o.beam, Range{1, 1000}, "hypotheses kept at each step; 1: greedy");
    visit("n-best", o.n_best, Range{1, 1000},
          "hypotheses to return; at most beam, unless they are drawn");
    visit("length-penalty", o.length_penalty, kNotNegative,
          "score = log-probability / length^X; 0: off");
    visit("max-length-ratio", o.max_length_ratio, Range{0.01, 1000},
          "at most ceil(ratio * source tokens) + 10 tokens");
    visit("max-length", o.max_length, Range{0, 1e6}, "at most N tokens; 0: no such limit");
    visit("min-length-ratio", o.min_length_ratio, Range{0, 1000},
          "at least ceil(ratio * source tokens) tokens, as far as the longest are as long");
    visit("min-length", o.min_length, Range{0, 1e6}, "at least N tokens, likewise");
    visit("block-ngrams", o.block_ngrams, Range{0, 1000},
          "no sequence of N tokens twice in a hypothesis; 0: off");
    visit("batch-sentences", o.batch_sentences, kAtLeastOne, "sentences decoded together");
    visit("replace-unknown", o.replace_unknown, kAny,
          "write the source word with the largest weight in place of <unk> (Luong+ 2015)");
    visit("sample", o.sample, kAny,
          "draw n-best translations by their probabilities instead of searching; beam is not used");
    visit("seed", o.seed, kNotNegative,
          "of sample: an equal line with an equal seed gives the same");
  }

  friend bool operator==(const SearchOptions&, const SearchOptions&) = default;
};

// ---- traces ------------------------------------------------------------------------------------

// Words: texts and their alignment alone. Weights: all but the vectors.
enum class TraceDetail { kWords, kWeights, kVectors };
template <>
struct EnumNames<TraceDetail> {
  static constexpr std::array<const char*, 3> names = {"words", "weights", "vectors"};
};

struct TraceOptions {
  int candidates = 10;
  TraceDetail detail = TraceDetail::kVectors;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("candidates", o.candidates, Range{1, 100}, "next symbols listed at each step");
    visit("detail", o.detail, kAny,
          "words: texts and alignment alone; weights: also symbols, scores, weights; vectors: all");
  }
};

}  // namespace atento

#endif  // ATENTO_SEARCH_OPTIONS_H_
