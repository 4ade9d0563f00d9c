// Memory for numbers.
#ifndef ATENTO_MATH_ALIGNED_BUFFER_H_
#define ATENTO_MATH_ALIGNED_BUFFER_H_

#include <cstddef>
#include <utility>

namespace atento {

// Bytes aligned to 64, undefined at first. Large buffers are pages of their own, which go back to
// the system with them: the C library would keep them, in a heap per thread.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  // Errors: std::bad_alloc.
  explicit AlignedBuffer(size_t bytes);
  AlignedBuffer(AlignedBuffer&& other) noexcept { *this = std::move(other); }
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_bytes_, other.size_bytes_);
    return *this;
  }
  ~AlignedBuffer();

  void* data() const { return data_; }
  size_t size_bytes() const { return size_bytes_; }

 private:
  void* data_ = nullptr;
  size_t size_bytes_ = 0;
};

}  // namespace atento

#endif  // ATENTO_MATH_ALIGNED_BUFFER_H_
