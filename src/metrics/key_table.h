// A hash table for one line's n-grams or symbols: 64-bit keys to dense numbers, emptied at no cost.
#ifndef ATENTO_METRICS_KEY_TABLE_H_
#define ATENTO_METRICS_KEY_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace atento {

class KeyTable {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  // Forgets all keys and makes room for `max_keys` distinct ones.
  void Clear(size_t max_keys);

  // Keys are numbered from 0 in the order of their first insertion. Requires room (see Clear).
  uint32_t Insert(uint64_t key) {
    for (size_t i = Home(key);; i = (i + 1) & mask_) {
      Slot& slot = slots_[i];
      if (slot.epoch != epoch_) {
        slot = {key, size_, epoch_};
        return size_++;
      }
      if (slot.key == key) return slot.number;
    }
  }

  uint32_t Find(uint64_t key) const {
    for (size_t i = Home(key);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.epoch != epoch_) return kAbsent;
      if (slot.key == key) return slot.number;
    }
  }

  uint32_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t number = 0;
    uint32_t epoch = 0;  // the slot is in use if this is the table's epoch
  };

  size_t Home(uint64_t key) const {
    return static_cast<size_t>((key * 0x9e3779b97f4a7c15u) >> shift_) & mask_;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(2);
  size_t mask_ = 1;
  int shift_ = 63;
  uint32_t epoch_ = 1;
  uint32_t size_ = 0;
};

}  // namespace atento

#endif  // ATENTO_METRICS_KEY_TABLE_H_
