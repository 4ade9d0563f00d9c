#include "base/sequence_layout.h"

#include <utility>

#include "base/check.h"

namespace atento {

SequenceLayout::SequenceLayout(std::vector<int> lengths) : lengths_(std::move(lengths)) {
  if (lengths_.empty()) return;
  CHECK(lengths_.back() >= 1, "an empty sequence");
  int alive = batch();
  for (int t = 0; t < lengths_.front(); ++t) {
    while (lengths_[static_cast<size_t>(alive) - 1] <= t) --alive;
    offset_.push_back(offset_.back() + alive);
  }
  for (size_t b = 1; b < lengths_.size(); ++b) CHECK(lengths_[b - 1] >= lengths_[b], "not sorted");
}

}  // namespace atento
