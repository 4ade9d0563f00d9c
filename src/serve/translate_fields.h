// The fields of POST /v1/translate besides `text`: the parser and /openapi.json read this one list.
#ifndef ATENTO_SERVE_TRANSLATE_FIELDS_H_
#define ATENTO_SERVE_TRANSLATE_FIELDS_H_

#include <array>
#include <string>

#include "atento/options.h"
#include "serve/serve_options.h"
#include "serve/text_job.h"

namespace atento {

// How word alignments are given. Hard: [source, target] pairs. Soft: a row of weights per target
// word.
enum class AlignmentKind { kNone, kHard, kSoft };
template <>
struct EnumNames<AlignmentKind> {
  static constexpr std::array<const char*, 3> names = {"none", "hard", "soft"};
};

struct TranslateFields {
  std::string model;
  SearchOptions search;
  AlignmentKind alignments = AlignmentKind::kNone;
  SplitText split = SplitText::kSentences;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "name of a model; without it the server's first");
    visit("beam", o.search.beam, kAtLeastOne, "hypotheses kept at each step; 1: greedy");
    visit("n_best", o.search.n_best, kAtLeastOne, "hypotheses to return; at most beam");
    visit("length_penalty", o.search.length_penalty, kNotNegative,
          "score = log-probability / length^X; 0: off");
    visit("max_length_ratio", o.search.max_length_ratio, Range{0.01},
          "at most ceil(ratio * source tokens) + 10 tokens");
    visit("replace_unknown", o.search.replace_unknown, kAny,
          "the source word with the largest weight in place of <unk>");
    visit("alignments", o.alignments, kAny,
          "which source words each target word came from; soft: of texts of one sentence");
    visit("split", o.split, kAny, "what of a text is translated at a time");
  }
};

}  // namespace atento

#endif  // ATENTO_SERVE_TRANSLATE_FIELDS_H_
