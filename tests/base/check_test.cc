#include "base/check.h"

#include <gtest/gtest.h>

namespace atento {
namespace {

TEST(CheckDeathTest, AbortsWithConditionAndDetail) {
  const int rows = 3;
  EXPECT_DEATH(CHECK(rows == 4, "rows is " + std::to_string(rows)),
               "check_test.cc:[0-9]+: CHECK failed: rows == 4: rows is 3");
  EXPECT_DEATH(CHECK(rows == 4), "CHECK failed: rows == 4\n");
}

TEST(Check, EvaluatesTheDetailOnlyOnFailure) {
  int evaluated = 0;
  auto detail = [&] { return std::to_string(++evaluated); };
  CHECK(true, detail());
  EXPECT_EQ(evaluated, 0);
}

}  // namespace
}  // namespace atento
