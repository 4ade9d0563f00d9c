#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

namespace atento {
namespace {

// The published SplitMix64 with seed 1234567.
TEST(Random, IsSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
  EXPECT_EQ(random.Next(), 4593380528125082431u);
  EXPECT_EQ(random.Next(), 16408922859458223821u);
}

TEST(Random, HashBytesIsFnv1a) {
  EXPECT_EQ(HashBytes(""), 0xcbf29ce484222325u);
  EXPECT_EQ(HashBytes("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(HashBytes("foobar"), 0x85944171f73967e8u);
  EXPECT_EQ(HashBytes("bar", HashBytes("foo")), HashBytes("foobar"));
}

TEST(Random, KeysDependOnEveryPartAndOnTheirOrder) {
  std::set<uint64_t> keys = {RandomKey(0),       RandomKey(1),       RandomKey(0, 0),
                             RandomKey(1, 2, 3), RandomKey(1, 3, 2), RandomKey(2, 1, 3),
                             RandomKey(1, 2),    RandomKey(1, 2, 0)};
  EXPECT_EQ(keys.size(), 8u);
}

TEST(Random, UniformIsUniform) {
  Random random(RandomKey(7));
  std::vector<int> count(10, 0);
  double sum = 0;
  const int draws = 100000;
  for (int i = 0; i < draws; ++i) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    ++count[static_cast<size_t>(u * 10)];
  }
  EXPECT_NEAR(sum / draws, 0.5, 0.004);  // four standard errors
  // Chi-squared with 9 degrees of freedom exceeds 27.9 once in 1000.
  double chi_squared = 0;
  for (int c : count) chi_squared += (c - draws / 10.0) * (c - draws / 10.0) / (draws / 10.0);
  EXPECT_LT(chi_squared, 27.9);
}

TEST(Random, UniformOfARangeStaysInIt) {
  Random random(3);
  double low = 1, high = -1;
  for (int i = 0; i < 10000; ++i) {
    const double u = random.Uniform(-0.25, 0.5);
    low = std::min(low, u);
    high = std::max(high, u);
  }
  EXPECT_GE(low, -0.25);
  EXPECT_LT(low, -0.249);
  EXPECT_LT(high, 0.5);
  EXPECT_GT(high, 0.499);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  Random random(5);
  std::vector<int> count(7, 0);
  for (int i = 0; i < 7000; ++i) {
    const uint64_t value = random.Below(7);
    ASSERT_LT(value, 7u);
    ++count[value];
  }
  for (int c : count) EXPECT_NEAR(c, 1000, 120);  // four standard deviations
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  Random random(11);
  double sum = 0, squares = 0;
  const int draws = 100000;
  for (int i = 0; i < draws; ++i) {
    const double x = random.Normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / draws, 0, 0.013);
  EXPECT_NEAR(squares / draws, 1, 0.018);
}

TEST(Random, ShuffleIsAPermutationThatTheKeyDecides) {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const std::vector<int> sorted = items;
  std::vector<int> other = items;
  Random(1).Shuffle(std::span<int>(items));
  Random(2).Shuffle(std::span<int>(other));
  EXPECT_NE(items, sorted);
  EXPECT_NE(items, other);
  std::vector<int> again = sorted;
  Random(1).Shuffle(std::span<int>(again));
  EXPECT_EQ(items, again);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, sorted);
}

TEST(Random, ShuffleReachesEveryOrderEquallyOften) {
  Random random(13);
  std::vector<int> count(6, 0);
  for (int i = 0; i < 6000; ++i) {
    int items[3] = {0, 1, 2};
    random.Shuffle(std::span<int>(items));
    ++count[static_cast<size_t>(items[0] * 2 + (items[1] > items[2] ? 1 : 0))];
  }
  for (int c : count) EXPECT_NEAR(c, 1000, 120);
}

}  // namespace
}  // namespace atento
