#include "metrics/edit_distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace atento {
namespace {

using Symbols = std::vector<uint32_t>;

// Wagner and Fischer's table, the definition.
int64_t TableDistance(const Symbols& a, const Symbols& b) {
  std::vector<std::vector<int64_t>> d(a.size() + 1, std::vector<int64_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = static_cast<int64_t>(i + j);
      } else {
        d[i][j] = std::min(
            {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      }
    }
  }
  return d[a.size()][b.size()];
}

TEST(EditDistanceTest, SmallCases) {
  EditDistance distance;
  EXPECT_EQ(distance.Distance(Symbols{}, Symbols{}), 0);
  EXPECT_EQ(distance.Distance(Symbols{}, Symbols{1, 2, 3}), 3);
  EXPECT_EQ(distance.Distance(Symbols{1, 2, 3}, Symbols{}), 3);
  EXPECT_EQ(distance.Distance(Symbols{1, 2, 3}, Symbols{1, 2, 3}), 0);
  EXPECT_EQ(distance.Distance(Symbols{1, 2, 3}, Symbols{1, 9, 3}), 1);
  EXPECT_EQ(distance.Distance(Symbols{1, 2, 3}, Symbols{2, 3, 4}), 2);
  EXPECT_EQ(distance.Distance(Symbols{1, 2}, Symbols{2, 1}), 2);  // a swap is two edits
}

// Lengths around the 64 rows of a block, alphabets small enough for many accidental matches.
TEST(EditDistanceTest, AgreesWithTheTableAtAllBlockSizes) {
  EditDistance distance;
  Random random(RandomKey(7));
  const size_t lengths[] = {1, 2, 5, 31, 62, 63, 64, 65, 66, 127, 128, 129, 200};
  for (size_t rows : lengths) {
    for (size_t columns : lengths) {
      for (uint64_t alphabet : {2u, 4u, 40u}) {
        Symbols a(rows), b(columns);
        for (uint32_t& symbol : a) symbol = static_cast<uint32_t>(random.Below(alphabet));
        for (uint32_t& symbol : b) symbol = static_cast<uint32_t>(random.Below(alphabet));
        ASSERT_EQ(distance.Distance(a, b), TableDistance(a, b))
            << rows << " x " << columns << ", alphabet " << alphabet;
      }
    }
  }
}

TEST(EditDistanceTest, AgreesWithTheTableOnNearlyEqualSequences) {
  EditDistance distance;
  Random random(RandomKey(8));
  for (int trial = 0; trial < 100; ++trial) {
    Symbols a(100 + random.Below(100));
    for (uint32_t& symbol : a) symbol = static_cast<uint32_t>(random.Below(30));
    Symbols b = a;
    for (int edit = 0; edit < 6; ++edit) {
      auto at = b.begin() + static_cast<std::ptrdiff_t>(random.Below(b.size()));
      if (random.Below(2) == 0) {
        b.erase(at);
      } else {
        b.insert(at, 99);
      }
    }
    ASSERT_EQ(distance.Distance(a, b), TableDistance(a, b)) << "trial " << trial;
  }
}

}  // namespace
}  // namespace atento
