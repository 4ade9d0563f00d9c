// What attention did for one sentence: the matrix of weights, and its renderings.
#ifndef ATENTO_TRACE_TRACE_H_
#define ATENTO_TRACE_TRACE_H_

#include <string>
#include <string_view>
#include <vector>

#include "atento/translator.h"
#include "base/json.h"

namespace atento {

// One row per target unit, one column per source unit. Units are words: the white-space separated
// pieces of a line.
struct Trace {
  std::string source_text;
  std::string target_text;
  double log_prob = 0;
  std::vector<std::string> source;
  std::vector<std::string> target;
  // [target.size()][source.size()] row by row, each in [0, 1].
  std::vector<float> weights;

  float weight(size_t t, size_t s) const { return weights[t * source.size() + s]; }
};

// Throws Error{kData} if the model has no attention and therefore no weights.
Trace MakeTrace(std::string_view source, std::string_view target, double log_prob,
                const Alignment& alignment);

// {source, target, log_prob, source_words, target_words, weights}: one row of weights per target
// word.
Json TraceToJson(const Trace& trace);

// The matrix as a figure for a paper: source words along the top, target words at the left, cells
// the darker the heavier. Text stays text, in the reader's own sans-serif font; sizes are in mm.
std::string TraceToSvg(const Trace& trace);

}  // namespace atento

#endif  // ATENTO_TRACE_TRACE_H_
