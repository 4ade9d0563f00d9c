// The fields of POST /v1/translate besides `text`: the parser and /openapi.json read this one list.
#ifndef ATENTO_SERVE_TRANSLATE_FIELDS_H_
#define ATENTO_SERVE_TRANSLATE_FIELDS_H_

#include <array>
#include <string>

#include "atento/options.h"
#include "serve/search_fields.h"
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
    ForEachSearchField(o.search, visit);
    visit("alignments", o.alignments, kAny,
          "which source words each target word came from; soft: of texts of one sentence");
    visit("split", o.split, kAny, "what of a text is translated at a time");
  }
};

}  // namespace atento

#endif  // ATENTO_SERVE_TRANSLATE_FIELDS_H_
