#include "text/batch.h"

#include <gtest/gtest.h>

#include <vector>

#include "text/tokenizer.h"

namespace atento {
namespace {

using Ids = std::vector<int>;

// What a column says, read from top to bottom.
Ids Column(const SequenceLayout& layout, const Ids& rows, int b) {
  Ids column;
  for (int t = 0; t < layout.length(b); ++t) {
    column.push_back(rows[static_cast<size_t>(layout.Row(t, b))]);
  }
  return column;
}

TEST(BatchTest, SidesAreSortedEachOnTheirOwn) {
  const std::vector<TokenPair> pairs = {{{5}, {6, 7, 8}}, {{2, 3, 4}, {}}, {{9, 9}, {2}}};
  Batch batch = MakeBatch(pairs);

  EXPECT_EQ(batch.source.lengths(), (Ids{4, 3, 2}));
  EXPECT_EQ(batch.source_ids, (Ids{2, 9, 5, 3, 9, 1, 4, 1, 1}));
  EXPECT_EQ(batch.source_order, (Ids{1, 2, 0}));

  EXPECT_EQ(batch.target.lengths(), (Ids{4, 2, 1}));
  EXPECT_EQ(batch.target_output, (Ids{6, 2, 1, 7, 1, 8, 1}));
  EXPECT_EQ(batch.target_input, (Ids{1, 1, 1, 6, 2, 7, 8}));
  EXPECT_EQ(batch.target_order, (Ids{0, 2, 1}));
  EXPECT_EQ(batch.target_to_source, (Ids{2, 1, 0}));
}

TEST(BatchTest, LinksFollowTheRowsOfTheTarget) {
  const std::vector<TokenPair> pairs = {{{5, 6}, {7}, {{0, 1}}},
                                        {{2, 3, 4}, {8, 9}, {{0, 2}, {1, 0}, {1, 1}}}};
  const Batch batch = MakeBatch(pairs);
  // Rows: y_1 of pair 1, y_1 of pair 0; y_2 of pair 1, </s> of pair 0; </s> of pair 1.
  EXPECT_EQ(batch.link_offset, (Ids{0, 1, 2, 4, 4, 4}));
  EXPECT_EQ(batch.link_positions, (Ids{2, 1, 0, 1}));
}

TEST(BatchTest, WithoutLinksThereAreNone) {
  const std::vector<TokenPair> pairs = {{{5}, {7}, {}}};
  EXPECT_TRUE(MakeBatch(pairs).link_offset.empty());
}

TEST(BatchTest, ColumnsLeadBackToTheirPairs) {
  std::vector<TokenPair> pairs;
  for (int i = 0; i < 40; ++i) {
    TokenPair pair;
    pair.source.assign(static_cast<size_t>(i * 7 % 11), i + 10);
    pair.target.assign(static_cast<size_t>(i * 5 % 13), i + 100);
    pairs.push_back(pair);
  }
  const Ids indices = {39, 3, 4, 17, 30, 8, 2, 0, 21};
  Batch batch = MakeBatch(pairs, indices);
  ASSERT_EQ(batch.source.batch(), 9);
  ASSERT_EQ(batch.target.batch(), 9);
  for (int b = 0; b < 9; ++b) {
    auto at = static_cast<size_t>(b);
    int index = batch.target_order[at];
    const TokenPair& pair = pairs[static_cast<size_t>(index)];
    Ids with_end = pair.target;
    with_end.push_back(kEndId);
    EXPECT_EQ(Column(batch.target, batch.target_output, b), with_end);
    Ids shifted = pair.target;
    shifted.insert(shifted.begin(), kEndId);
    EXPECT_EQ(Column(batch.target, batch.target_input, b), shifted);

    int source_column = batch.target_to_source[at];
    EXPECT_EQ(batch.source_order[static_cast<size_t>(source_column)], index);
    with_end = pair.source;
    with_end.push_back(kEndId);
    EXPECT_EQ(Column(batch.source, batch.source_ids, source_column), with_end);
  }
}

TEST(BatchTest, EqualLengthsKeepTheirOrder) {
  const std::vector<TokenPair> pairs = {{{2}, {2}}, {{3}, {3}}, {{4}, {4}}};
  const Ids indices = {2, 0, 1};
  Batch batch = MakeBatch(pairs, indices);
  EXPECT_EQ(batch.source_order, indices);
  EXPECT_EQ(batch.target_order, indices);
}

TEST(BatchTest, SourcesAlone) {
  const std::vector<Ids> sources = {{}, {4, 5}, {6}};
  Batch batch = MakeSourceBatch(sources);
  EXPECT_EQ(batch.source.lengths(), (Ids{3, 2, 1}));
  EXPECT_EQ(batch.source_ids, (Ids{4, 6, 1, 5, 1, 1}));
  EXPECT_EQ(batch.source_order, (Ids{1, 2, 0}));
  EXPECT_EQ(batch.target.batch(), 0);
  EXPECT_EQ(batch.target.rows(), 0);
  EXPECT_TRUE(batch.target_to_source.empty());
}

TEST(BatchDeathTest, ProgrammersFaults) {
  const std::vector<TokenPair> pairs(2);
  EXPECT_DEATH(MakeBatch(pairs, Ids{}), "empty batch");
  EXPECT_DEATH(MakeBatch(pairs, Ids{2}), "2");
  EXPECT_DEATH(MakeSourceBatch(std::vector<Ids>{}), "empty batch");
}

}  // namespace
}  // namespace atento
