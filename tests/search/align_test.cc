#include "search/align.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace atento {
namespace {

using Links = std::vector<std::pair<int, int>>;

TEST(AlignWordsTest, OneTokenPerWord) {
  const std::vector<float> alpha = {0.1f, 0.7f, 0.2f,   //
                                    0.6f, 0.1f, 0.3f,   //
                                    0.0f, 0.0f, 1.0f};  // </s>
  const std::vector<int> words = {0, 1};
  const Alignment alignment = AlignWords(alpha, {words, 2}, {words, 2});
  EXPECT_EQ(alignment.source_words, 2);
  EXPECT_EQ(alignment.target_words, 2);
  EXPECT_EQ(alignment.weights, (std::vector<float>{0.1f, 0.7f, 0.6f, 0.1f}));
  EXPECT_EQ(alignment.links, (Links{{1, 0}, {0, 1}}));
}

// The weights of real words are not blown up to 1 when most went to </s>.
TEST(AlignWordsTest, WhatWentToTheEndIsLeftOutAfterNormalising) {
  const std::vector<float> alpha = {0.25f, 0.125f, 0.625f,  //
                                    0.0f,  0.0f,   1.0f};
  const std::vector<int> source = {0, 1}, target = {0};
  const Alignment alignment = AlignWords(alpha, {source, 2}, {target, 1});
  EXPECT_EQ(alignment.weights, (std::vector<float>{0.25f, 0.125f}));
  EXPECT_EQ(alignment.links, (Links{{0, 0}}));
}

TEST(AlignWordsTest, SourcePiecesAreAddedAndTargetPiecesAveraged) {
  // Source words: pieces 0 1 | 2. Target words: pieces 0 1 | 2. The heaviest single piece, 2, loses
  // to the two pieces of word 0 together.
  const std::vector<float> alpha = {0.25f, 0.25f,  0.375f, 0.125f,  //
                                    0.25f, 0.125f, 0.375f, 0.25f,   //
                                    0.0f,  0.125f, 0.75f,  0.125f,  //
                                    0.25f, 0.25f,  0.25f,  0.25f};
  const std::vector<int> source = {0, 0, 1}, target = {0, 0, 1};
  const Alignment alignment = AlignWords(alpha, {source, 2}, {target, 2});
  EXPECT_EQ(alignment.weights, (std::vector<float>{0.4375f, 0.375f, 0.125f, 0.75f}));
  EXPECT_EQ(alignment.links, (Links{{0, 0}, {1, 1}}));
}

TEST(AlignWordsTest, TiesGoToTheSmallerIndex) {
  const std::vector<float> alpha = {0.125f, 0.375f, 0.375f, 0.125f,  //
                                    0.25f,  0.25f,  0.25f,  0.25f};
  const std::vector<int> source = {0, 1, 2}, target = {0};
  EXPECT_EQ(AlignWords(alpha, {source, 3}, {target, 1}).links, (Links{{1, 0}}));
}

TEST(AlignWordsTest, SpacesAreLeftOutOnBothSides) {
  // "ab c" -> "x y", by character. The space draws most of x's attention.
  const std::vector<int> source = {0, 0, -1, 1}, target = {0, -1, 1};
  const std::vector<float> alpha = {0.125f, 0.125f, 0.5f, 0.125f, 0.125f,  // x
                                    1.0f,   0.0f,   0.0f, 0.0f,   0.0f,    // space
                                    0.0f,   0.25f,  0.0f, 0.5f,   0.25f,   // y
                                    0.0f,   0.0f,   0.0f, 0.0f,   1.0f};
  const Alignment alignment = AlignWords(alpha, {source, 2}, {target, 2});
  EXPECT_EQ(alignment.weights, (std::vector<float>{0.25f, 0.125f, 0.25f, 0.5f}));
  EXPECT_EQ(alignment.links, (Links{{0, 0}, {1, 1}}));
}

TEST(AlignWordsTest, AWordWithoutWeightHasNoLink) {
  // Target word 1 has no token; word 2 looked at </s> alone.
  const std::vector<int> source = {0}, target = {0, 2};
  const std::vector<float> alpha = {0.75f, 0.25f,  //
                                    0.0f,  1.0f,   //
                                    0.5f,  0.5f};
  const Alignment alignment = AlignWords(alpha, {source, 1}, {target, 3});
  EXPECT_EQ(alignment.weights, (std::vector<float>{0.75f, 0, 0}));
  EXPECT_EQ(alignment.links, (Links{{0, 0}}));
}

// A truncated source: the cut words have no tokens, but keep their places.
TEST(AlignWordsTest, SourceWordsWithoutTokensKeepTheirPlaces) {
  const std::vector<int> source = {1}, target = {0};
  const std::vector<float> alpha = {0.75f, 0.25f,  //
                                    0.5f, 0.5f};
  const Alignment alignment = AlignWords(alpha, {source, 3}, {target, 1});
  EXPECT_EQ(alignment.weights, (std::vector<float>{0, 0.75f, 0}));
  EXPECT_EQ(alignment.links, (Links{{1, 0}}));
}

TEST(AlignWordsTest, EmptySides) {
  const std::vector<int> one = {0}, none;
  const Alignment no_target = AlignWords(std::vector<float>{0.5f, 0.5f}, {one, 1}, {none, 0});
  EXPECT_EQ(no_target.source_words, 1);
  EXPECT_EQ(no_target.target_words, 0);
  EXPECT_TRUE(no_target.weights.empty());
  const Alignment no_source = AlignWords(std::vector<float>{1, 1}, {none, 0}, {one, 1});
  EXPECT_EQ(no_source.target_words, 1);
  EXPECT_TRUE(no_source.weights.empty());
  EXPECT_TRUE(no_source.links.empty());
}

// Token t is read by step t + 1: the first row belongs to no token, the last one to the last token.
TEST(AlignWordsTest, ShiftTakesTheWeightsOfTheNextStep) {
  const std::vector<float> alpha = {0.5f, 0.25f,  0.25f,   //
                                    0.0f, 0.75f,  0.25f,   //
                                    0.5f, 0.125f, 0.375f,  //
                                    0.0f, 1.0f,   0.0f};
  const std::vector<int> source = {0, 1}, target = {0, 0, 1};
  const Alignment alignment =
      AlignWords(alpha, {source, 2}, {target, 2}, AlignOptions{.shift = true});
  EXPECT_EQ(alignment.weights, (std::vector<float>{0.25f, 0.4375f, 0, 1}));
  EXPECT_EQ(alignment.links, (Links{{1, 0}, {1, 1}}));
  const Alignment unshifted = AlignWords(alpha, {source, 2}, {target, 2});
  EXPECT_EQ(unshifted.weights, (std::vector<float>{0.25f, 0.5f, 0.5f, 0.125f}));
  EXPECT_EQ(unshifted.links, (Links{{1, 0}, {0, 1}}));
}

TEST(AlignWordsTest, ShiftOfAnEmptyTarget) {
  const std::vector<int> one = {0}, none;
  const Alignment alignment =
      AlignWords(std::vector<float>{0.5f, 0.5f}, {one, 1}, {none, 0}, AlignOptions{.shift = true});
  EXPECT_EQ(alignment.source_words, 1);
  EXPECT_TRUE(alignment.weights.empty());
}

TEST(AlignWordsTest, NoAlphaNoAlignment) {
  const std::vector<int> one = {0};
  const Alignment alignment = AlignWords({}, {one, 1}, {one, 1});
  EXPECT_EQ(alignment.source_words, 0);
  EXPECT_EQ(alignment.target_words, 0);
  EXPECT_TRUE(alignment.weights.empty());
  EXPECT_TRUE(alignment.links.empty());
}

}  // namespace
}  // namespace atento
