// Counts what the program asks the C++ heap for, so that `atento benchmark` can say that a training
// step asks for nothing. Not in the library: that does not replace operator new.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "cli/benchmark_workload.h"

namespace atento {
namespace {

std::atomic<int64_t> allocations = 0;

// get: asks malloc and its relatives.
template <class Get>
void* Allocate(Get get) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  for (;;) {
    if (void* memory = get()) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

void* AllocateBytes(size_t bytes) {
  return Allocate([bytes] { return std::malloc(bytes > 0 ? bytes : 1); });
}

void* AllocateBytes(size_t bytes, std::align_val_t alignment) {
  const auto align = static_cast<size_t>(alignment);
  if (bytes > SIZE_MAX - align) throw std::bad_alloc();
  // aligned_alloc takes multiples of the alignment alone.
  const size_t whole = (bytes + align - 1) / align * align;
  return Allocate([=] { return std::aligned_alloc(align, whole > 0 ? whole : align); });
}

template <class... Sizes>
void* AllocateOrNull(Sizes... sizes) noexcept {
  try {
    return AllocateBytes(sizes...);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

int64_t HeapAllocations() { return allocations.load(std::memory_order_relaxed); }

}  // namespace atento

void* operator new(size_t bytes) { return atento::AllocateBytes(bytes); }
void* operator new[](size_t bytes) { return atento::AllocateBytes(bytes); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return atento::AllocateBytes(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return atento::AllocateBytes(bytes, alignment);
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return atento::AllocateOrNull(bytes);
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return atento::AllocateOrNull(bytes);
}
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return atento::AllocateOrNull(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return atento::AllocateOrNull(bytes, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
