// The weights between the words or the tokens of both sides: what the drawings of attention show.
#ifndef ATENTO_TRACE_WORD_MATRIX_H_
#define ATENTO_TRACE_WORD_MATRIX_H_

#include <string>
#include <vector>

#include "atento/trace.h"

namespace atento {

// One row per target word, one column per source word. Words are the white-space separated pieces
// of a line, or its tokens.
struct WordMatrix {
  std::string source_text;
  std::string target_text;
  std::vector<std::string> source;
  std::vector<std::string> target;
  // [target.size()][source.size()] row by row, each in [0, 1].
  std::vector<float> weights;

  float weight(size_t t, size_t s) const { return weights[t * source.size() + s]; }
};

// Throws Error{kData} if the model has no attention and therefore no weights.
WordMatrix WordMatrixOf(const Trace& trace);
// Its tokens, </s> among them, with the weights of each step as they are. Throws likewise.
WordMatrix TokenMatrixOf(const Trace& trace);

// As a figure for a paper: source words along the top, target words at the left, cells the darker
// the heavier. Text stays text, in the reader's own sans-serif font; sizes are in mm.
std::string WordMatrixToSvg(const WordMatrix& matrix);

}  // namespace atento

#endif  // ATENTO_TRACE_WORD_MATRIX_H_
