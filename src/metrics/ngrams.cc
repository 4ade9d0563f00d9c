#include "metrics/ngrams.h"

namespace atento {

void NgramMatcher::Match(std::span<const uint32_t> hypothesis,
                         std::span<const std::vector<uint32_t>> references,
                         std::span<double> matches) {
  if (prefix_.size() < references.size() + 1) prefix_.resize(references.size() + 1);
  prefix_[0].assign(hypothesis.size(), 0);
  for (size_t r = 0; r < references.size(); ++r) prefix_[r + 1].assign(references[r].size(), 0);
  for (size_t n = 1; n <= matches.size(); ++n) {
    matches[n - 1] = MatchOrder(n, hypothesis, references);
  }
}

// An n-gram is numbered by (number of its first n-1 symbols, last symbol), so keys stay 64 bits
// long at every order. Only the hypothesis' n-grams get numbers: the others cannot match, nor can
// any longer n-gram that starts with them.
double NgramMatcher::MatchOrder(size_t n, std::span<const uint32_t> hypothesis,
                                std::span<const std::vector<uint32_t>> references) {
  const size_t count = NgramCount(hypothesis.size(), n);
  table_.Clear(count);
  counts_.clear();
  std::vector<uint32_t>& prefix = prefix_[0];
  for (size_t i = 0; i < count; ++i) {
    prefix[i] = table_.Insert(uint64_t{prefix[i]} << 32 | hypothesis[i + n - 1]);
    if (prefix[i] == counts_.size()) counts_.emplace_back();
    ++counts_[prefix[i]].hypothesis;
  }
  int64_t matches = 0;
  for (size_t r = 0; r < references.size(); ++r) {
    const std::vector<uint32_t>& reference = references[r];
    std::vector<uint32_t>& starts = prefix_[r + 1];
    for (size_t i = 0; i < NgramCount(reference.size(), n); ++i) {
      if (starts[i] == KeyTable::kAbsent) continue;
      starts[i] = table_.Find(uint64_t{starts[i]} << 32 | reference[i + n - 1]);
      if (starts[i] == KeyTable::kAbsent) continue;
      Counts& counts = counts_[starts[i]];
      if (counts.reference_index != r) {
        counts.reference_index = r;
        counts.reference = 0;
      }
      if (++counts.reference <= counts.best) continue;
      counts.best = counts.reference;
      if (counts.best <= counts.hypothesis) ++matches;
    }
  }
  return static_cast<double>(matches);
}

}  // namespace atento
