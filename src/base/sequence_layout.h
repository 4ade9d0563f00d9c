// How a batch of sequences of unequal length lies in memory: time-major, without padding.
//
// The sequences ("columns") are sorted by falling length, so that at step t exactly the first
// alive(t) of them are still running. Row(t, b) numbers the elements: all of step 0, then all of
// step 1, and so on. A matrix over a batch has one row per element, and step t is a contiguous
// block of it. This is the layout of PyTorch's PackedSequence.
//
//   lengths 3 2 1:   t=0: rows 0 1 2    t=1: rows 3 4    t=2: row 5
#ifndef ATENTO_BASE_SEQUENCE_LAYOUT_H_
#define ATENTO_BASE_SEQUENCE_LAYOUT_H_

#include <cstddef>
#include <vector>

namespace atento {

class SequenceLayout {
 public:
  SequenceLayout() = default;
  // lengths: one per sequence, each at least 1, in falling order (checked).
  explicit SequenceLayout(std::vector<int> lengths);

  int batch() const { return static_cast<int>(lengths_.size()); }
  int steps() const { return static_cast<int>(offset_.size()) - 1; }
  // The sum of the lengths.
  int rows() const { return offset_.back(); }
  int length(int b) const { return lengths_[static_cast<size_t>(b)]; }
  int alive(int t) const {
    return offset_[static_cast<size_t>(t) + 1] - offset_[static_cast<size_t>(t)];
  }
  int Offset(int t) const { return offset_[static_cast<size_t>(t)]; }
  int Row(int t, int b) const { return Offset(t) + b; }
  const std::vector<int>& lengths() const { return lengths_; }
  // steps() + 1 entries; the last is rows().
  const std::vector<int>& offsets() const { return offset_; }

 private:
  std::vector<int> lengths_;
  std::vector<int> offset_ = {0};
};

}  // namespace atento

#endif  // ATENTO_BASE_SEQUENCE_LAYOUT_H_
