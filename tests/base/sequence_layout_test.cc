#include "base/sequence_layout.h"

#include <gtest/gtest.h>

#include <vector>

namespace atento {
namespace {

TEST(SequenceLayout, NumbersTheRowsStepByStep) {
  // The example of the header.
  const SequenceLayout layout({3, 2, 1});
  EXPECT_EQ(layout.batch(), 3);
  EXPECT_EQ(layout.steps(), 3);
  EXPECT_EQ(layout.rows(), 6);
  EXPECT_EQ(layout.offsets(), (std::vector<int>{0, 3, 5, 6}));
  EXPECT_EQ(layout.alive(0), 3);
  EXPECT_EQ(layout.alive(1), 2);
  EXPECT_EQ(layout.alive(2), 1);
  EXPECT_EQ(layout.Row(1, 1), 4);
  EXPECT_EQ(layout.Row(2, 0), 5);
  EXPECT_EQ(layout.length(1), 2);
}

TEST(SequenceLayout, EveryElementHasARowOfItsOwn) {
  const std::vector<int> lengths = {7, 7, 4, 4, 4, 1};
  const SequenceLayout layout(lengths);
  std::vector<int> uses(static_cast<size_t>(layout.rows()), 0);
  for (int b = 0; b < layout.batch(); ++b) {
    for (int t = 0; t < layout.length(b); ++t) ++uses[static_cast<size_t>(layout.Row(t, b))];
  }
  EXPECT_EQ(uses, std::vector<int>(27, 1));
}

TEST(SequenceLayout, OneSequence) {
  const SequenceLayout layout({4});
  EXPECT_EQ(layout.steps(), 4);
  EXPECT_EQ(layout.rows(), 4);
  EXPECT_EQ(layout.alive(3), 1);
}

TEST(SequenceLayout, NoSequences) {
  for (const SequenceLayout& layout : {SequenceLayout(), SequenceLayout(std::vector<int>())}) {
    EXPECT_EQ(layout.batch(), 0);
    EXPECT_EQ(layout.steps(), 0);
    EXPECT_EQ(layout.rows(), 0);
  }
}

TEST(SequenceLayoutDeathTest, RefusesUnsortedAndEmptySequences) {
  EXPECT_DEATH(SequenceLayout({1, 2}), "not sorted");
  EXPECT_DEATH(SequenceLayout({3, 1, 2}), "not sorted");
  EXPECT_DEATH(SequenceLayout({2, 0}), "an empty sequence");
}

}  // namespace
}  // namespace atento
