#include "search/search_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "expect_error.h"

namespace atento {
namespace {

TEST(SearchThreadsTest, EveryTaskRunsOnce) {
  for (int count : {1, 2, 5}) {
    SearchThreads threads(count);
    EXPECT_EQ(threads.count(), count);
    std::vector<std::atomic<int>> runs(100);
    threads.Run(100, [&](int i, SearchArenas&) { ++runs[static_cast<size_t>(i)]; });
    for (const std::atomic<int>& n : runs) EXPECT_EQ(n, 1);
    threads.Run(0, [&](int, SearchArenas&) { ADD_FAILURE(); });
  }
}

TEST(SearchThreadsTest, NoMoreThreadsThanAskedForAndArenasAreNotShared) {
  SearchThreads threads(2);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::set<const SearchArenas*> arenas;
  threads.Run(200, [&](int, SearchArenas& mine) {
    std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
    arenas.insert(&mine);
  });
  EXPECT_LE(ids.size(), 2u);
  EXPECT_EQ(arenas.size(), ids.size());
  EXPECT_EQ(ids.count(std::this_thread::get_id()), 0u);
}

TEST(SearchThreadsTest, AnExceptionIsThrownAgainAndStopsTheRest) {
  SearchThreads threads(1);
  int last = -1;
  auto task = [&](int i, SearchArenas&) {
    last = i;
    if (i == 3) throw std::runtime_error("three");
  };
  try {
    threads.Run(10, task);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "three");
  }
  EXPECT_EQ(last, 3);
  threads.Run(2, task);
  EXPECT_EQ(last, 1);
}

TEST(SearchThreadsTest, TheLastTaskMayThrow) {
  SearchThreads threads(2);
  EXPECT_THROW(threads.Run(1, [](int, SearchArenas&) { throw std::runtime_error("only"); }),
               std::runtime_error);
}

TEST(SearchThreadsTest, SeveralCallersShareTheThreads) {
  SearchThreads threads(2);
  std::vector<std::atomic<int>> sums(4);
  std::vector<std::thread> callers;
  for (size_t c = 0; c < sums.size(); ++c) {
    callers.emplace_back([&, c] {
      for (int round = 0; round < 20; ++round) {
        auto add = [&](int i, SearchArenas&) {
          if (c == 1 && i == 25) throw std::runtime_error("of one caller alone");
          sums[c] += i;
        };
        if (c == 1) {
          EXPECT_THROW(threads.Run(50, add), std::runtime_error);
        } else {
          threads.Run(50, add);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (size_t c : {0u, 2u, 3u}) EXPECT_EQ(sums[c], 20 * 49 * 50 / 2);
}

// A single task is for the first thread, but not if that one is at work: each of these two ends only
// when the other runs.
TEST(SearchThreadsTest, SingleTasksOfTwoCallersRunAtOnce) {
  SearchThreads threads(2);
  for (int round = 0; round < 50; ++round) {
    std::latch both(2);
    auto call = [&] { threads.Run(1, [&](int, SearchArenas&) { both.arrive_and_wait(); }); };
    std::thread other(call);
    call();
    other.join();
  }
}

TEST(SearchThreadsTest, NumberOutOfRange) {
  EXPECT_ERROR(SearchThreads(-1), ErrorKind::kUsage, "threads", "-1", "1024");
  EXPECT_ERROR(SearchThreads(1025), ErrorKind::kUsage, "threads", "1025");
  EXPECT_GE(SearchThreads(0).count(), 1);
}

}  // namespace
}  // namespace atento
