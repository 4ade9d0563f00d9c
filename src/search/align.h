// From α over tokens to an alignment of words.
#ifndef ATENTO_SEARCH_ALIGN_H_
#define ATENTO_SEARCH_ALIGN_H_

#include <span>

#include "atento/translator.h"

namespace atento {

// Which word each token of a line belongs to, as the tokenizer tells it; -1: none.
struct TokenWords {
  std::span<const int> word_of;
  int words = 0;
  bool end = true;  // an </s> follows; not after feature vectors
};

// α is summed over the tokens of a source word and averaged over those of a target word; the row
// and the column of </s>, and spaces, are left out. With options.shift token t has the weights of
// row t + 1, the last one those of </s>; row 0 is left out instead. alpha: [target tokens + 1]
// [source tokens + 1], </s> last where there is one (checked), or empty: then so is the result.
Alignment AlignWords(std::span<const float> alpha, const TokenWords& source,
                     const TokenWords& target, const AlignOptions& options = {});

}  // namespace atento

#endif  // ATENTO_SEARCH_ALIGN_H_
