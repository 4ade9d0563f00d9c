#include "metrics/key_table.h"

#include <algorithm>
#include <bit>

namespace atento {

void KeyTable::Clear(size_t max_keys) {
  size_ = 0;
  size_t slots = std::bit_ceil(2 * max_keys + 2);  // at most half full: every probe ends
  // A part of a large table serves a short line, so that the line touches little memory.
  mask_ = slots - 1;
  shift_ = 64 - std::countr_zero(slots);
  if (slots > slots_.size()) slots_.resize(slots);
  if (++epoch_ == 0) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    epoch_ = 1;
  }
}

}  // namespace atento
