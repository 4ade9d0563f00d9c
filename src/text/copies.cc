#include "text/copies.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace atento {

SourceCopies FindCopies(const Tokenizer& target, std::span<const std::string> spellings) {
  SourceCopies copies;
  std::unordered_map<std::string_view, int> known;
  for (const std::string& spelling : spellings) {
    const auto [found, is_new] = known.try_emplace(spelling, 0);
    if (is_new) {
      const std::optional<int> id = target.Find(spelling);
      found->second =
          id.value_or(target.vocabulary_size() + static_cast<int>(copies.extended.size()));
      if (!id) copies.extended.push_back(spelling);
    }
    copies.ids.push_back(found->second);
  }
  copies.ids.push_back(kEndId);
  return copies;
}

std::vector<int> ExtendTarget(const EncodedText& target, const SourceCopies& copies,
                              int vocabulary) {
  std::vector<int> ids = target.ids;
  for (size_t t = 0; t < ids.size(); ++t) {
    if (ids[t] != kUnknownId) continue;
    const auto found =
        std::find(copies.extended.begin(), copies.extended.end(), target.spellings[t]);
    if (found == copies.extended.end()) continue;
    ids[t] = vocabulary + static_cast<int>(found - copies.extended.begin());
  }
  return ids;
}

}  // namespace atento
