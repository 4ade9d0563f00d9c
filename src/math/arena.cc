#include "math/arena.h"

#include <algorithm>

namespace atento {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kSmallestBlockBytes = size_t{1} << 16;

size_t RoundUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

void* Arena::AllocateBytes(size_t bytes) {
  bytes = RoundUp(bytes);
  // After Restore there may be blocks behind the current one; one that is too small is passed over.
  while (current_ < blocks_.size() && blocks_[current_].size_bytes() - used_bytes_ < bytes) {
    ++current_;
    used_bytes_ = 0;
  }
  if (current_ == blocks_.size()) {
    blocks_.emplace_back(std::max({bytes, kSmallestBlockBytes, capacity_bytes()}));
  }
  auto* result = static_cast<std::byte*>(blocks_[current_].data()) + used_bytes_;
  used_bytes_ += bytes;
  return result;
}

Matrix Arena::NewMatrix(int rows, int cols) {
  CHECK(rows >= 0 && cols >= 0);
  size_t size = static_cast<size_t>(rows) * static_cast<size_t>(cols);
  return Matrix(Allocate<Real>(size).data(), rows, cols);
}

Matrix Arena::NewZeroMatrix(int rows, int cols) {
  Matrix matrix = NewMatrix(rows, cols);
  std::fill_n(matrix.data, matrix.size(), Real{0});
  return matrix;
}

void Arena::Reset() {
  current_ = 0;
  used_bytes_ = 0;
  if (blocks_.size() <= 1) return;
  size_t total = capacity_bytes();
  blocks_.clear();  // before the new block is there, so that the peak does not double
  AllocateBytes(total);
  used_bytes_ = 0;
}

Arena::Mark Arena::Save() const { return {current_, used_bytes_}; }

void Arena::Restore(Mark mark) {
  CHECK(mark.block <= current_);
  current_ = mark.block;
  used_bytes_ = mark.used_bytes;
}

size_t Arena::capacity_bytes() const {
  size_t total = 0;
  for (const AlignedBuffer& block : blocks_) total += block.size_bytes();
  return total;
}

}  // namespace atento
