// A file of words and their translations, for atento translate --dictionary.
#ifndef ATENTO_CLI_DICTIONARY_H_
#define ATENTO_CLI_DICTIONARY_H_

#include <string>

#include "atento/translator.h"

namespace atento {

// A TSV file: source word, target word; further columns are ignored, and so are blank lines. Of
// several entries for a word the first counts. strict: invalid UTF-8 and NUL are refused instead of
// replaced with a warning. Throws Error{kNotFound, kIo}; Error{kData} naming file:line if a line
// has one column, or a column is not one word; and if there is no entry at all.
Dictionary ReadDictionary(const std::string& path, bool strict);

}  // namespace atento

#endif  // ATENTO_CLI_DICTIONARY_H_
