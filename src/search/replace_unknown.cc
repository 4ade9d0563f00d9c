#include "search/replace_unknown.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"

namespace atento {

void ReplaceUnknown(std::span<const int> ids, std::string_view source, const Alignment& alignment,
                    const Dictionary* dictionary, DecodedText* decoded) {
  if (std::find(ids.begin(), ids.end(), kUnknownId) == ids.end()) return;
  const std::string repaired = ReplaceInvalidUtf8(source);
  const std::vector<std::string_view> source_words = SplitWords(repaired);
  const std::vector<std::string_view> words = SplitWords(decoded->text);
  CHECK(static_cast<size_t>(decoded->words) == words.size());
  std::vector<std::string> replaced(words.begin(), words.end());
  std::vector<bool> unknown(words.size());
  for (size_t t = 0; t < ids.size(); ++t) {
    if (ids[t] == kUnknownId) unknown.at(static_cast<size_t>(decoded->word_of[t])) = true;
  }
  // A target word has a link if a source word has any weight, to the heaviest.
  for (const auto& [source_word, target_word] : alignment.links) {
    const auto w = static_cast<size_t>(target_word);
    if (!unknown[w]) continue;
    replaced[w] = source_words[static_cast<size_t>(source_word)];
    if (dictionary == nullptr) continue;
    const auto entry = dictionary->find(replaced[w]);
    if (entry != dictionary->end()) replaced[w] = entry->second;
  }
  decoded->text.clear();
  for (const std::string& word : replaced) {
    if (!decoded->text.empty()) decoded->text += ' ';
    decoded->text += word;
  }
}

}  // namespace atento
