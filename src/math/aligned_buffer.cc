#include "math/aligned_buffer.h"

#include <sys/mman.h>

#include <new>

namespace atento {
namespace {

constexpr std::align_val_t kAlignment{64};
constexpr size_t kLargeBytes = size_t{1} << 20;

}  // namespace

AlignedBuffer::AlignedBuffer(size_t bytes) : size_bytes_(bytes) {
  if (bytes < kLargeBytes) {
    data_ = ::operator new(bytes, kAlignment);
    return;
  }
  data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data_ == MAP_FAILED) throw std::bad_alloc();
}

AlignedBuffer::~AlignedBuffer() {
  if (size_bytes_ < kLargeBytes) {
    ::operator delete(data_, kAlignment);
  } else {
    munmap(data_, size_bytes_);
  }
}

}  // namespace atento
