// What becomes of the words that a model has no token for.
#ifndef ATENTO_SEARCH_REPLACE_UNKNOWN_H_
#define ATENTO_SEARCH_REPLACE_UNKNOWN_H_

#include <span>
#include <string_view>

#include "atento/translator.h"
#include "text/tokenizer.h"

namespace atento {

// Each <unk> among ids becomes, in decoded->text, the source word with the largest weight, or the
// dictionary's word for it. It stays where no source word has any weight. Luong+ 2015
// (arXiv:1508.04025), section 4.2.
// source: the raw line. alignment: of its words and those of the text. dictionary: may be null.
// decoded: what a tokenizer of words or symbols makes of ids: one word for each but </s> (checked).
void ReplaceUnknown(std::span<const int> ids, std::string_view source, const Alignment& alignment,
                    const Dictionary* dictionary, DecodedText* decoded);

}  // namespace atento

#endif  // ATENTO_SEARCH_REPLACE_UNKNOWN_H_
