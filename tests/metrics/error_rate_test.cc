#include "metrics/error_rate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metrics/golden_corpus.h"
#include "metrics/metrics.h"

namespace atento {
namespace {

// Line 1: sat→is substituted, "today" inserted: 2 edits of 6; line 2: one deletion of 4.
TEST(ErrorRateTest, WordErrorRateIsOverTheCorpusNotTheMeanOfLines) {
  const MetricResult wer = Evaluate("wer", {"the cat sat on the mat today", "a b d"},
                                    {{"the cat is on the mat", "a b c d"}});
  EXPECT_DOUBLE_EQ(wer.value, 100 * 3.0 / 10);
  EXPECT_EQ(Detail(wer, "edits"), 3);
  EXPECT_EQ(Detail(wer, "reference_length"), 10);
}

TEST(ErrorRateTest, CharacterErrorRateCountsCodePointsAndWhiteSpace) {
  // é is one symbol though two bytes; the blank is one symbol too.
  EXPECT_DOUBLE_EQ(Evaluate("cer", {"cafe noir"}, {{"café noir"}}).value, 100 * 1.0 / 9);
  EXPECT_DOUBLE_EQ(Evaluate("cer", {"東京"}, {{"東 京"}}).value, 100 * 1.0 / 3);
}

TEST(ErrorRateTest, PhoneErrorRateIsOverSymbolsBetweenWhiteSpace) {
  // AH→EH and a missing OW, of 4 + 2 phones; HH is one symbol.
  const MetricResult per = Evaluate("per", {"HH EH L", "AY1  S"}, {{"HH AH L OW", "AY1 S"}});
  EXPECT_EQ(per.name, "per");
  EXPECT_DOUBLE_EQ(per.value, 100 * 2.0 / 6);
}

TEST(ErrorRateTest, ExceedsHundredIfTheHypothesisIsMuchTooLong) {
  EXPECT_DOUBLE_EQ(Evaluate("wer", {"a b c d"}, {{"x"}}).value, 400);
}

TEST(ErrorRateTest, EmptyLines) {
  EXPECT_EQ(Evaluate("wer", {""}, {{"a b"}}).value, 100);
  EXPECT_EQ(Evaluate("wer", {"", ""}, {{"", ""}}).value, 0);
  EXPECT_EQ(Evaluate("wer", {"a b"}, {{""}}).value, 100);
  EXPECT_EQ(Evaluate("cer", {""}, {{""}}).value, 0);
  // The empty reference adds its edits to the corpus but no length.
  EXPECT_DOUBLE_EQ(Evaluate("wer", {"x", "a b"}, {{"", "a b"}}).value, 50);
}

TEST(ErrorRateTest, ClosestReferenceCountsLineByLine) {
  const MetricResult wer =
      Evaluate("wer", {"a b c", "d e"}, {{"a b c", "x y z"}, {"q r s t u", "d f"}});
  EXPECT_EQ(Detail(wer, "edits"), 1);
  EXPECT_EQ(Detail(wer, "reference_length"), 5);
}

TEST(ErrorRateTest, OnATieTheLongerReferenceCountsInAnyOrder) {
  for (const auto& references :
       {std::vector<ReferenceSet>{{"a"}, {"a b c"}}, std::vector<ReferenceSet>{{"a b c"}, {"a"}}}) {
    EXPECT_EQ(Detail(Evaluate("wer", {"a b"}, references), "reference_length"), 3);
  }
}

TEST(ErrorRateTest, LowercaseOption) {
  MetricOptions options;
  options.lowercase = true;
  EXPECT_EQ(Evaluate("wer", {"Der Öl"}, {{"der öl"}}).value, 100);
  const MetricResult wer = Evaluate("wer", {"Der Öl"}, {{"der öl"}}, options);
  EXPECT_EQ(wer.value, 0);
  EXPECT_EQ(wer.signature, "nrefs:1|case:lc|tok:none|version:atento-0.1");
}

TEST(ExactMatchTest, CountsLinesThatEqualAReference) {
  const std::vector<std::string> hypotheses = {"K AE T", "D AO G", "", "x "};
  EXPECT_EQ(Evaluate("exact", hypotheses, {{"K AE T", "D AA G", "", "x"}}).value, 50);
  const MetricResult two =
      Evaluate("exact", hypotheses, {{"K AE T", "D AA G", "", "x"}, {"-", "D AO G", "-", "-"}});
  EXPECT_EQ(two.value, 75);
  EXPECT_EQ(Detail(two, "matches"), 3);
  EXPECT_EQ(Detail(two, "lines"), 4);
}

TEST(ExactMatchTest, LowercaseOption) {
  MetricOptions options;
  options.lowercase = true;
  EXPECT_EQ(Evaluate("exact", {"É"}, {{"é"}}).value, 0);
  EXPECT_EQ(Evaluate("exact", {"É"}, {{"é"}}, options).value, 100);
}

}  // namespace
}  // namespace atento
