#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace atento {
namespace {

TEST(WorkerPoolTest, EveryWorkerWorksOnceAndStaysTheSameThread) {
  WorkerPool pool(3);
  EXPECT_EQ(pool.threads(), 3);
  std::vector<std::thread::id> first(3), again(3);
  std::vector<int> calls(3);
  pool.Run([&](int i) { first[static_cast<size_t>(i)] = std::this_thread::get_id(); });
  for (int round = 0; round < 50; ++round) {
    pool.Run([&](int i) {
      again[static_cast<size_t>(i)] = std::this_thread::get_id();
      ++calls[static_cast<size_t>(i)];
    });
  }
  EXPECT_EQ(first, again);
  EXPECT_EQ(calls, std::vector<int>(3, 50));
}

TEST(WorkerPoolTest, TheFirstExceptionComesBackAfterAllAreDone) {
  WorkerPool pool(3);
  std::atomic<int> done = 0;
  try {
    pool.Run([&](int i) {
      ++done;
      if (i > 0) throw std::runtime_error(std::to_string(i));
    });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "1");
  }
  EXPECT_EQ(done, 3);
  // The pool still works, and remembers no old errors.
  pool.Run([](int) {});
}

}  // namespace
}  // namespace atento
