// The fields of POST /v1/trace that have one value: the parser and /openapi.json read this list.
// `text`, `target`, `target_prefix` and `alpha` are read by hand.
#ifndef ATENTO_SERVE_TRACE_FIELDS_H_
#define ATENTO_SERVE_TRACE_FIELDS_H_

#include <string>

#include "atento/options.h"

namespace atento {

struct TraceFields {
  std::string model;
  SearchOptions search;
  TraceOptions options;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "name of a model; without it the server's first");
    visit("beam", o.search.beam, kAtLeastOne, "hypotheses kept at each step; 1: greedy");
    visit("n_best", o.search.n_best, kAtLeastOne, "hypotheses to look for; at most beam");
    visit("length_penalty", o.search.length_penalty, kNotNegative,
          "score = log-probability / length^X; 0: off");
    visit("max_length_ratio", o.search.max_length_ratio, Range{0.01},
          "at most ceil(ratio * source tokens) + 10 tokens");
    TraceOptions::ForEach(o.options, visit);
  }
};

}  // namespace atento

#endif  // ATENTO_SERVE_TRACE_FIELDS_H_
