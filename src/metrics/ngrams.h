// Counting the n-grams that a hypothesis shares with its references.
#ifndef ATENTO_METRICS_NGRAMS_H_
#define ATENTO_METRICS_NGRAMS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/key_table.h"

namespace atento {

// n-grams in a sequence of `length` symbols.
inline size_t NgramCount(size_t length, size_t n) { return length >= n ? length - n + 1 : 0; }

class NgramMatcher {
 public:
  // matches[n-1] = Σ over the distinct n-grams g of the hypothesis of
  // min(count in the hypothesis, largest count in any one reference), n = 1..matches.size().
  // The numbers of the symbols must be below 2^32 - 1.  Cost: O(symbols · orders).
  void Match(std::span<const uint32_t> hypothesis,
             std::span<const std::vector<uint32_t>> references, std::span<double> matches);

 private:
  struct Counts {
    uint32_t hypothesis = 0;
    uint32_t reference = 0;  // in the reference numbered reference_index
    uint32_t best = 0;       // largest in any reference so far
    size_t reference_index = 0;
  };

  double MatchOrder(size_t n, std::span<const uint32_t> hypothesis,
                    std::span<const std::vector<uint32_t>> references);

  KeyTable table_;
  std::vector<Counts> counts_;
  // prefix_[s][i]: the number of the n-1-gram that starts at i; s = 0 hypothesis, then references.
  std::vector<std::vector<uint32_t>> prefix_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_NGRAMS_H_
