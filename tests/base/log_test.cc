#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace atento {
namespace {

TEST(Log, InfoStandsAsItIsAndTheRestIsMarked) {
  testing::internal::CaptureStderr();
  LogInfo("step 10 {} %v");
  LogWarning("slow");
  Log(LogLevel::kError, "gone");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "step 10 {} %v\nwarning: slow\nerror: gone\n");
}

TEST(Log, WritesNothingToStandardOutput) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  LogInfo("hello");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "hello\n");
}

TEST(Log, LinesOfSeveralThreadsStayWhole) {
  const std::string line(200, 'x');
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&line] {
      for (int j = 0; j < 50; ++j) LogInfo(line);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string expected;
  for (int i = 0; i < 200; ++i) expected += line + "\n";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), expected);
}

}  // namespace
}  // namespace atento
