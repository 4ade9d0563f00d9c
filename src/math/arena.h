// A bump allocator for everything that lives as long as one batch, or one decoding step.
#ifndef ATENTO_MATH_ARENA_H_
#define ATENTO_MATH_ARENA_H_

#include <cstddef>
#include <span>
#include <vector>

#include "math/aligned_buffer.h"
#include "math/views.h"

namespace atento {

// Hands out memory aligned to 64 bytes and takes all of it back at once. When a batch needs more
// than there is, blocks are chained; the next Reset replaces them by one block of the whole size,
// so that a steady state allocates nothing. Not thread-safe: one arena per thread.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Contents are undefined. T must be trivially destructible.
  template <class T>
  std::span<T> Allocate(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return {static_cast<T*>(AllocateBytes(count * sizeof(T))), count};
  }
  // Undefined contents.
  Matrix NewMatrix(int rows, int cols);
  // Zeros.
  Matrix NewZeroMatrix(int rows, int cols);
  Vector NewVector(int size) { return Allocate<Real>(static_cast<size_t>(size)); }

  // Takes back everything. Views handed out before are invalid.
  void Reset();

  // A position to return to: everything allocated after Save() is taken back by Restore().
  struct Mark {
    size_t block = 0;
    size_t used_bytes = 0;
  };
  Mark Save() const;
  void Restore(Mark mark);

  // Bytes reserved from the system.
  size_t capacity_bytes() const;

 private:
  void* AllocateBytes(size_t bytes);

  std::vector<AlignedBuffer> blocks_;
  size_t current_ = 0;     // the block in use
  size_t used_bytes_ = 0;  // of that block
};

// Restores the arena at the end of a scope.
class ArenaScope {
 public:
  explicit ArenaScope(Arena& arena) : arena_(arena), mark_(arena.Save()) {}
  ~ArenaScope() { arena_.Restore(mark_); }
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;

 private:
  Arena& arena_;
  Arena::Mark mark_;
};

}  // namespace atento

#endif  // ATENTO_MATH_ARENA_H_
