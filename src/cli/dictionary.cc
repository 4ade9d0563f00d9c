#include "cli/dictionary.h"

#include <string_view>
#include <vector>

#include "atento/error.h"
#include "base/utf8.h"
#include "cli/input.h"

namespace atento {
namespace {

// The one word of a column.
std::string OnlyWord(std::string_view column, const char* side, const std::string& where) {
  const std::vector<std::string_view> words = SplitWords(column);
  if (words.size() == 1) return std::string(words[0]);
  throw Error(ErrorKind::kData, where + ": the " + side + " column has " +
                                    std::to_string(words.size()) +
                                    " words; write one word, a tab, and one word");
}

}  // namespace

Dictionary ReadDictionary(const std::string& path, bool strict) {
  TextInput input(path, strict);
  Dictionary dictionary;
  for (std::string line; input.Next(&line);) {
    if (SplitWords(line).empty()) continue;
    const std::string where = input.name() + ":" + std::to_string(input.line_number());
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      throw Error(ErrorKind::kData, where +
                                        ": there is no tab; write a source word, a tab, and "
                                        "what to write for it");
    }
    const std::string_view rest = std::string_view(line).substr(tab + 1);
    dictionary.emplace(OnlyWord(std::string_view(line).substr(0, tab), "source", where),
                       OnlyWord(rest.substr(0, rest.find('\t')), "target", where));
  }
  if (dictionary.empty()) {
    throw Error(ErrorKind::kData,
                input.name() + ": no entries; write a source word, a tab and a target word a line");
  }
  return dictionary;
}

}  // namespace atento
