#include "metrics/edit_distance.h"

#include <algorithm>
#include <numeric>

namespace atento {

int64_t EditDistance::Distance(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a = a.subspan(1);
    b = b.subspan(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a = a.first(a.size() - 1);
    b = b.first(b.size() - 1);
  }
  if (a.empty() || b.empty()) return static_cast<int64_t>(std::max(a.size(), b.size()));

  table_.Clear(a.size());
  row_symbol_.clear();
  for (uint32_t symbol : a) row_symbol_.push_back(table_.Insert(symbol));
  column_symbol_.clear();
  for (uint32_t symbol : b) column_symbol_.push_back(std::min(table_.Find(symbol), table_.size()));
  equal_.assign(table_.size() + 1, 0);
  delta_.assign(b.size(), 1);  // row 0: D(0, j) = j

  std::span<const uint32_t> rows(row_symbol_);
  while (!rows.empty()) {
    size_t height = std::min<size_t>(rows.size(), 64);
    AdvanceBlock(rows.first(height));
    rows = rows.subspan(height);
  }
  return std::accumulate(delta_.begin(), delta_.end(), static_cast<int64_t>(a.size()));
}

// Takes delta_ from the row above the block to the block's last row, a column at a time: bit i of
// up / down says that D grows / falls by one from row i-1 to row i.
void EditDistance::AdvanceBlock(std::span<const uint32_t> rows) {
  for (size_t i = 0; i < rows.size(); ++i) equal_[rows[i]] |= uint64_t{1} << i;
  const int last = static_cast<int>(rows.size()) - 1;
  uint64_t up = ~uint64_t{0};
  uint64_t down = 0;
  for (size_t j = 0; j < column_symbol_.size(); ++j) {
    uint64_t equal = equal_[column_symbol_[j]];
    const uint64_t above_grows = delta_[j] > 0;
    const uint64_t above_falls = delta_[j] < 0;
    const uint64_t vertical = equal | down;
    equal |= above_falls;
    const uint64_t diagonal = (((equal & up) + up) ^ up) | equal;
    uint64_t grows = down | ~(diagonal | up);
    uint64_t falls = up & diagonal;
    delta_[j] = static_cast<int8_t>(static_cast<int>(grows >> last & 1) -
                                    static_cast<int>(falls >> last & 1));
    grows = grows << 1 | above_grows;
    falls = falls << 1 | above_falls;
    up = falls | ~(vertical | grows);
    down = grows & vertical;
  }
  for (uint32_t symbol : rows) equal_[symbol] = 0;
}

}  // namespace atento
