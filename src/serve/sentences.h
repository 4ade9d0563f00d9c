// Cutting a text into what a model translates at a time.
#ifndef ATENTO_SERVE_SENTENCES_H_
#define ATENTO_SERVE_SENTENCES_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace atento {

// Bytes [begin, end) of a text.
struct TextSpan {
  size_t begin = 0;
  size_t end = 0;
};

// The lines of a text without the white space at their ends, in order; none that are empty. Between
// the spans there is white space alone, and so a text whose spans are replaced keeps its layout.
// text: valid UTF-8.
std::vector<TextSpan> SplitLines(std::string_view text);

// The sentences of those lines, likewise. A sentence ends after . ! ? … and what closes quotes and
// brackets, if white space follows and then no lower-case letter; after 。！？ in any case. A full
// stop after an initial, an abbreviation of a title or the number of a list ends none. Between two
// sentences of Chinese or Japanese there may be nothing. Cost: linear.
std::vector<TextSpan> SplitSentences(std::string_view text);

}  // namespace atento

#endif  // ATENTO_SERVE_SENTENCES_H_
