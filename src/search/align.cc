#include "search/align.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/check.h"

namespace atento {

Alignment AlignWords(std::span<const float> alpha, const TokenWords& source,
                     const TokenWords& target, const AlignOptions& options) {
  Alignment alignment;
  if (alpha.empty()) return alignment;
  const size_t columns = source.word_of.size() + (source.end ? 1 : 0);
  CHECK(alpha.size() == (target.word_of.size() + 1) * columns);
  alignment.source_words = source.words;
  alignment.target_words = target.words;
  const auto words = static_cast<size_t>(source.words);
  alignment.weights.resize(static_cast<size_t>(target.words) * words);
  std::vector<int> tokens(static_cast<size_t>(target.words));
  auto row_of = [&](int word) {
    return std::span(alignment.weights).subspan(static_cast<size_t>(word) * words, words);
  };

  for (size_t t = 0; t < target.word_of.size(); ++t) {
    const int word = target.word_of[t];
    if (word < 0) continue;
    ++tokens[static_cast<size_t>(word)];
    // The step that reads token t is the one after the step that predicts it.
    const std::span<const float> weights = alpha.subspan((options.shift ? t + 1 : t) * columns);
    for (size_t j = 0; j < source.word_of.size(); ++j) {
      const int source_word = source.word_of[j];
      if (source_word < 0) continue;
      row_of(word)[static_cast<size_t>(source_word)] += weights[j];
    }
  }
  for (int word = 0; word < target.words; ++word) {
    const std::span<float> row = row_of(word);
    for (float& weight : row) {
      weight /= static_cast<float>(std::max(1, tokens[static_cast<size_t>(word)]));
    }
    const auto heaviest = std::max_element(row.begin(), row.end());  // the first of equals
    if (heaviest == row.end() || !(*heaviest > 0)) continue;
    alignment.links.emplace_back(static_cast<int>(heaviest - row.begin()), word);
  }
  return alignment;
}

}  // namespace atento
