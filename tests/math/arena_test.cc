#include "math/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace atento {
namespace {

TEST(ArenaTest, MemoryIsAlignedTo64Bytes) {
  Arena arena;
  for (size_t count : {1u, 3u, 64u, 65u, 100000u}) {
    auto bytes = arena.Allocate<char>(count);
    ASSERT_EQ(bytes.size(), count);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % 64, 0u) << count;
    std::memset(bytes.data(), 1, count);
  }
}

TEST(ArenaTest, AllocationsDoNotOverlap) {
  Arena arena;
  std::vector<std::span<int>> spans;
  for (int i = 0; i < 300; ++i) {
    spans.push_back(arena.Allocate<int>(static_cast<size_t>(1 + i * 7)));
    for (int& v : spans.back()) v = i;
  }
  for (int i = 0; i < 300; ++i) {
    for (int v : spans[static_cast<size_t>(i)]) ASSERT_EQ(v, i);
  }
}

TEST(ArenaTest, NothingMayBeAllocated) {
  Arena arena;
  EXPECT_TRUE(arena.NewMatrix(0, 5).empty());
  EXPECT_TRUE(arena.NewZeroMatrix(5, 0).empty());
  EXPECT_EQ(arena.NewVector(0).size(), 0u);
}

TEST(ArenaTest, ZeroMatrixIsZeroOnUsedMemory) {
  Arena arena;
  Vector first = arena.NewVector(1000);
  std::fill(first.begin(), first.end(), Real(7));
  arena.Reset();
  Matrix zeros = arena.NewZeroMatrix(10, 100);
  ASSERT_EQ(zeros.data, first.data());
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 100; ++j) ASSERT_EQ(zeros(i, j), 0);
  }
}

TEST(ArenaTest, ResetLeavesOneBlockForTheSameWork) {
  Arena arena;
  auto batch = [&] {
    for (int i = 0; i < 20; ++i) arena.Allocate<char>(50000);
  };
  batch();
  arena.Reset();
  const size_t capacity = arena.capacity_bytes();
  EXPECT_GE(capacity, 20u * 50000u);
  const char* first = arena.Allocate<char>(1).data();
  arena.Reset();
  for (int step = 0; step < 3; ++step) {
    batch();
    EXPECT_EQ(arena.capacity_bytes(), capacity);
    EXPECT_EQ(arena.Save().block, 0u);
    arena.Reset();
    EXPECT_EQ(arena.Allocate<char>(1).data(), first) << "the block was replaced";
    arena.Reset();
  }
}

TEST(ArenaTest, RestoreTakesBackWhatCameLater) {
  Arena arena;
  auto kept = arena.Allocate<int>(10);
  for (int& v : kept) v = 42;
  const int* later;
  {
    ArenaScope scope(arena);
    later = arena.Allocate<int>(10).data();
    arena.Allocate<char>(1000000);  // in another block
  }
  auto again = arena.Allocate<int>(10);
  EXPECT_EQ(again.data(), later);
  for (int& v : again) v = 1;
  for (int v : kept) EXPECT_EQ(v, 42);
}

TEST(ArenaTest, ScopesReuseTheBlocksBehind) {
  Arena arena;
  arena.Allocate<char>(100);
  for (int step = 0; step < 2; ++step) {
    ArenaScope scope(arena);
    arena.Allocate<char>(200000);
    arena.Allocate<char>(900000);
  }
  const size_t capacity = arena.capacity_bytes();
  for (int step = 0; step < 5; ++step) {
    ArenaScope scope(arena);
    arena.Allocate<char>(200000);
    auto last = arena.Allocate<char>(900000);
    std::memset(last.data(), step, last.size());
  }
  EXPECT_EQ(arena.capacity_bytes(), capacity);
}

}  // namespace
}  // namespace atento
