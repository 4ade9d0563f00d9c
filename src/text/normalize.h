// Unicode normalisation forms. utf8proc computes them, in normalize.cc alone.
#ifndef ATENTO_TEXT_NORMALIZE_H_
#define ATENTO_TEXT_NORMALIZE_H_

#include <string>
#include <string_view>

#include "atento/options.h"

namespace atento {

// UAX #15. kNfd takes Hangul syllables and accented letters apart, which is what a character model
// wants; kNfkc also folds compatibility forms (full width, ligatures) and loses the difference.
// text: any bytes; what is not valid UTF-8, and NUL, becomes U+FFFD first. Idempotent.
// Threads: safe. Errors: none.
std::string Normalize(std::string_view text, Normalization normalization);

}  // namespace atento

#endif  // ATENTO_TEXT_NORMALIZE_H_
