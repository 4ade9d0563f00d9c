#include "metrics/alignment.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "expect_error.h"

namespace atento {
namespace {

Links Parse(const std::string& line) { return ParseLinks(line, {}, "test"); }

TEST(ParseLinksTest, SortedByTargetThenSourceEachOnce) {
  const Links links = Parse(" 2-1 0-0\t3-1  0-0 10-0");
  EXPECT_EQ(FormatLinks(links), "0-0 10-0 2-1 3-1");
  EXPECT_EQ(links.size(), 4u);
  EXPECT_TRUE(links.Contains({2, 1}));
  EXPECT_FALSE(links.Contains({1, 2}));
}

TEST(ParseLinksTest, AnEmptyLineHasNoLinks) {
  EXPECT_TRUE(Parse("").empty());
  EXPECT_TRUE(Parse("  \t").empty());
  EXPECT_EQ(FormatLinks({}), "");
}

TEST(ParseLinksTest, WhatIsWrittenIsReadAgain) {
  const Links links({{4, 0}, {0, 2}, {123456, 7}});
  EXPECT_EQ(Parse(FormatLinks(links)), links);
}

TEST(ParseLinksTest, MalformedLinksNameFileAndLine) {
  for (const char* word : {"1", "-", "1-", "-1", "1-x", "x-1", "1:2", "1-2-3", "1-2,", "+1-2",
                           "1 -2", "0x1-2", "1-99999999999", "1p2", "1?2", "\xff-1", "1-2\x01"}) {
    EXPECT_ERROR(ParseLinks(std::string("0-0 ") + word, {}, "a.txt:7"), ErrorKind::kData,
                 "a.txt:7: '", "is not a link; write i-j");
  }
}

TEST(ParseLinksTest, AMessageShowsNoControlCharactersAndIsShort) {
  const std::string line = "\x1b[31m" + std::string(1000, 'x');
  try {
    Parse(line);
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
    EXPECT_LT(message.size(), 200u);
  }
}

TEST(ParseLinksTest, NegativeNumbers) {
  EXPECT_ERROR(ParseLinks("-1-2", {}, "a:3"), ErrorKind::kData, "a:3: '-1-2' has a negative");
  EXPECT_ERROR(ParseLinks("1--2", {}, "a:3"), ErrorKind::kData, "a:3: '1--2' has a negative");
}

TEST(ParseLinksTest, LinksOutsideTheSentence) {
  const LinkRules rules{0, 3, 1};
  EXPECT_EQ(ParseLinks("2-0", rules, "a:1").size(), 1u);
  EXPECT_ERROR(ParseLinks("2-0 3-0", rules, "a:1"), ErrorKind::kData,
               "a:1: '3-0' is outside the source sentence, which has 3 words; words are counted "
               "from 0");
  EXPECT_ERROR(ParseLinks("0-1", rules, "a:1"), ErrorKind::kData,
               "'0-1' is outside the target sentence, which has 1 word;");
  EXPECT_ERROR(ParseLinks("0-0", (LinkRules{0, 0, 0}), "a:1"), ErrorKind::kData, "has 0 words");
}

TEST(ParseGoldLinksTest, SureLinksArePossibleToo) {
  const GoldLinks gold = ParseGoldLinks("0-0 1p1 2-1 1p2", {}, "gold:1");
  EXPECT_EQ(FormatLinks(gold.sure), "0-0 2-1");
  EXPECT_EQ(FormatLinks(gold.possible), "0-0 1-1 2-1 1-2");
}

TEST(ParseGoldLinksTest, CountedFromOne) {
  const GoldLinks gold = ParseGoldLinks("1-1 2p3", {1, 2, 3}, "gold:1");
  EXPECT_EQ(FormatLinks(gold.sure), "0-0");
  EXPECT_EQ(FormatLinks(gold.possible), "0-0 1-2");
  EXPECT_ERROR(ParseGoldLinks("3p1", (LinkRules{1, 2, 3}), "gold:1"), ErrorKind::kData,
               "'3p1' is outside the source sentence, which has 2 words; words are counted from 1");
}

TEST(ParseGoldLinksTest, MixedBasesAreRefused) {
  for (const char* line : {"1-1 0-2", "1-1 2p0"}) {
    EXPECT_ERROR(ParseGoldLinks(line, {.base = 1}, "gold:4"), ErrorKind::kData,
                 "gold:4: ", "has the number 0, but words are counted from 1", "mixes");
  }
}

// Every byte of a line replaced, and every prefix: read as links, or refused with the line named.
TEST(ParseGoldLinksTest, DamagedLinesAreReadOrRefused) {
  const std::string whole = "0-0 12p3 4-11";
  auto read = [](const std::string& line) {
    try {
      for (const WordLink& link : ParseGoldLinks(line, {0, 20, 20}, "gold:9").possible) {
        EXPECT_TRUE(link.source >= 0 && link.source < 20) << line;
        EXPECT_TRUE(link.target >= 0 && link.target < 20) << line;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_EQ(std::string(error.what()).rfind("gold:9: ", 0), 0u) << error.what();
    }
  };
  for (size_t i = 0; i < whole.size(); ++i) {
    read(whole.substr(0, i));
    for (int byte = 0; byte < 256; ++byte) {
      std::string line = whole;
      line[i] = static_cast<char>(byte);
      read(line);
    }
  }
}

// ---- AER ---------------------------------------------------------------------------------------

AlignmentScore Score(const std::string& links, const std::string& gold, int gold_base = 0) {
  AlignmentScore score;
  score.Add(Parse(links), ParseGoldLinks(gold, {.base = gold_base}, "gold"));
  return score;
}

// A = 3, S = 2, P = 4; A∩S = 2, A∩P = 2: 1 - 4 / 5.
TEST(AlignmentScoreTest, SureAndPossibleLinks) {
  const AlignmentScore score = Score("0-0 1-1 2-2", "0-0 1-1 1p2 2p1");
  EXPECT_DOUBLE_EQ(score.error_rate(), 0.2);
  EXPECT_DOUBLE_EQ(score.precision(), 2.0 / 3);
  EXPECT_EQ(score.recall(), 1);
  EXPECT_EQ(score.links(), 3);
  EXPECT_EQ(score.sure(), 2);
  EXPECT_EQ(score.possible(), 4);
}

TEST(AlignmentScoreTest, GoldCountedFromOneGivesTheSame) {
  EXPECT_DOUBLE_EQ(Score("0-0 1-1 2-2", "1-1 2-2 2p3 3p2", 1).error_rate(), 0.2);
}

// The second sentence: A = 1, S = 1; A∩S = 0, A∩P = 1. In all 1 - (2 + 3) / (4 + 3).
TEST(AlignmentScoreTest, CountsAreAddedOverTheCorpus) {
  AlignmentScore score = Score("0-0 1-1 2-2", "0-0 1-1 1p2 2p1");
  score.Add(Parse("0-1"), ParseGoldLinks("0-0 0p1", {}, "gold"));
  EXPECT_EQ(score.sentences(), 2);
  EXPECT_DOUBLE_EQ(score.error_rate(), 2.0 / 7);
  EXPECT_DOUBLE_EQ(score.precision(), 0.75);
  EXPECT_DOUBLE_EQ(score.recall(), 2.0 / 3);
}

// Links that are possible only cost nothing, and help nobody find the sure ones.
TEST(AlignmentScoreTest, FindingPossibleLinksOnly) {
  const AlignmentScore score = Score("0-1 1-0", "0-0 0p1 1p0");
  EXPECT_DOUBLE_EQ(score.error_rate(), 1.0 / 3);
  EXPECT_EQ(score.precision(), 1);
  EXPECT_EQ(score.recall(), 0);
}

TEST(AlignmentScoreTest, Extremes) {
  EXPECT_EQ(Score("0-0 1-1", "0-0 1-1").error_rate(), 0);
  EXPECT_EQ(Score("0-1 1-0", "0-0 1-1").error_rate(), 1);
  const AlignmentScore nothing_found = Score("", "0-0");
  EXPECT_EQ(nothing_found.error_rate(), 1);
  EXPECT_EQ(nothing_found.precision(), 1);
  EXPECT_EQ(nothing_found.recall(), 0);
  EXPECT_EQ(Score("", "").error_rate(), 0);
}

// ---- two directions ----------------------------------------------------------------------------

std::string Both(Symmetrization method, const std::string& forward, const std::string& backward) {
  return FormatLinks(Symmetrize(method, Parse(forward), Parse(backward), {6, 6}));
}
std::string Grown(const std::string& forward, const std::string& backward) {
  return Both(Symmetrization::kGrowDiagFinalAnd, forward, backward);
}

TEST(SymmetrizeTest, IntersectionAndUnion) {
  EXPECT_EQ(Both(Symmetrization::kIntersection, "0-0 2-1 1-1", "1-1 0-0 0-2"), "0-0 1-1");
  EXPECT_EQ(Both(Symmetrization::kUnion, "0-0 2-1 1-1", "1-1 0-0 0-2"), "0-0 1-1 2-1 0-2");
}

TEST(SymmetrizeTest, GrowsAlongTheDiagonalInBothDirections) {
  EXPECT_EQ(Grown("0-0 1-1 2-2 3-3", "1-1"), "0-0 1-1 2-2 3-3");
  EXPECT_EQ(Grown("3-3", "0-0 1-1 2-2 3-3"), "0-0 1-1 2-2 3-3");
}

// From 1-1, 1-2 is tried before 2-2; after 2-2 it would no longer cover a new word.
TEST(SymmetrizeTest, StraightNeighboursComeBeforeDiagonalOnes) {
  EXPECT_EQ(Grown("0-0 1-1 1-2", "0-0 1-1 2-2"), "0-0 1-1 1-2 2-2");
}

// 0-0 adds 1-1, which the same pass visits and adds 2-2. When it comes to 4-3, 4-2 has no
// uncovered word left.
TEST(SymmetrizeTest, APassVisitsWhatItHasAdded) {
  EXPECT_EQ(Grown("0-0 1-1 2-2 4-3", "0-0 4-2 4-3"), "0-0 1-1 2-2 4-3");
}

TEST(SymmetrizeTest, AnIsolatedLinkNeedsTwoUncoveredWords) {
  EXPECT_EQ(Grown("0-0 0-3", "0-0"), "0-0");
  EXPECT_EQ(Grown("0-0 2-3", "0-0"), "0-0 2-3");
  EXPECT_EQ(Grown("0-0", "0-0 3-0"), "0-0");
}

TEST(SymmetrizeTest, TheFinalStepTakesForwardLinksFirst) {
  EXPECT_EQ(Grown("0-0 3-3", "0-0 5-3"), "0-0 3-3");
  EXPECT_EQ(Grown("0-0 5-3", "0-0 3-3"), "0-0 5-3");
  EXPECT_EQ(Grown("4-4", "2-4 0-0"), "0-0 4-4") << "without any link in common";
}

TEST(SymmetrizeTest, GrownLiesBetweenIntersectionAndUnion) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<WordLink> forward, backward;
    for (int word = 0; word < 6; ++word) {
      forward.push_back({static_cast<int>(random() % 6), word});
      backward.push_back({word, static_cast<int>(random() % 6)});
    }
    const Links a(forward), b(backward);
    const Links grown = Symmetrize(Symmetrization::kGrowDiagFinalAnd, a, b, {6, 6});
    for (const WordLink& link : Symmetrize(Symmetrization::kIntersection, a, b, {6, 6})) {
      EXPECT_TRUE(grown.Contains(link));
    }
    for (const WordLink& link : grown) EXPECT_TRUE(a.Contains(link) || b.Contains(link));
  }
}

TEST(SymmetrizeTest, NoLinks) { EXPECT_EQ(Grown("", ""), ""); }

}  // namespace
}  // namespace atento
