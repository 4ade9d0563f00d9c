// Levenshtein distance between sequences of symbols.
#ifndef ATENTO_METRICS_EDIT_DISTANCE_H_
#define ATENTO_METRICS_EDIT_DISTANCE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/key_table.h"

namespace atento {

class EditDistance {
 public:
  // The fewest substitutions, insertions and deletions, each counted 1, that turn `a` into `b`.
  // Cost: O(|a| / 64 · |b|), bit-parallel: Myers 1999, "A fast bit-vector algorithm for approximate
  // string matching", in the form of Hyyrö 2003.
  int64_t Distance(std::span<const uint32_t> a, std::span<const uint32_t> b);

 private:
  void AdvanceBlock(std::span<const uint32_t> rows);

  KeyTable table_;
  std::vector<uint32_t> row_symbol_;     // dense numbers of a's symbols
  std::vector<uint32_t> column_symbol_;  // of b's; a's alphabet size for a symbol that a lacks
  std::vector<uint64_t> equal_;          // per symbol: the rows of the current block that have it
  std::vector<int8_t> delta_;  // per column: D(i, j) - D(i, j-1) at the block's last row i
};

}  // namespace atento

#endif  // ATENTO_METRICS_EDIT_DISTANCE_H_
