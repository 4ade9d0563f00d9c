#include "metrics/rouge.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metrics/golden_corpus.h"
#include "metrics/metrics.h"

namespace atento {
namespace {

double F1(double precision, double recall) {
  return 100 * 2 * precision * recall / (precision + recall);
}

// Lin 2004, section 3: against "police killed the gunman", ROUGE-L tells S2 from S3.
TEST(RougeTest, LongestCommonSubsequenceOfLinsExample) {
  const std::vector<ReferenceSet> reference = {{"police killed the gunman"}};
  EXPECT_DOUBLE_EQ(Evaluate("rougel", {"police kill the gunman"}, reference).value, 75);
  EXPECT_DOUBLE_EQ(Evaluate("rougel", {"the gunman kill police"}, reference).value, 50);
  EXPECT_DOUBLE_EQ(Evaluate("rouge1", {"the gunman kill police"}, reference).value, 75);
  EXPECT_NEAR(Evaluate("rouge2", {"the gunman kill police"}, reference).value, F1(1.0 / 3, 1.0 / 3),
              1e-12);
}

TEST(RougeTest, CountsAreClippedAndPrecisionDiffersFromRecall) {
  // "the" is matched twice at most; 3 of 5 tokens, 3 of 4 in the reference.
  const MetricResult rouge = Evaluate("rouge1", {"the the the cat dog"}, {{"the cat the hat"}});
  EXPECT_DOUBLE_EQ(rouge.value, F1(3.0 / 5, 3.0 / 4));
  EXPECT_DOUBLE_EQ(Detail(rouge, "precision"), 60);
  EXPECT_DOUBLE_EQ(Detail(rouge, "recall"), 75);
}

TEST(RougeTest, IsTheMeanOfLines) {
  EXPECT_DOUBLE_EQ(Evaluate("rouge1", {"a b c d e f g h", "x"}, {{"a b c d e f g h", "y"}}).value,
                   50);
}

TEST(RougeTest, TheBestReferenceCounts) {
  EXPECT_DOUBLE_EQ(Evaluate("rougel", {"a b"}, {{"x y"}, {"a b"}, {"a"}}).value, 100);
}

TEST(RougeTest, EmptyAndOneTokenLines) {
  EXPECT_EQ(Evaluate("rouge1", {""}, {{""}}).value, 0);
  EXPECT_EQ(Evaluate("rougel", {""}, {{"a"}}).value, 0);
  EXPECT_EQ(Evaluate("rougel", {"a"}, {{""}}).value, 0);
  EXPECT_EQ(Evaluate("rouge1", {"a"}, {{"a"}}).value, 100);
  EXPECT_EQ(Evaluate("rouge2", {"a"}, {{"a"}}).value, 0);  // no bigram
}

TEST(RougeTest, TokensAreAsGivenInAnyScript) {
  EXPECT_EQ(Evaluate("rouge1", {"東京 Tower"}, {{"東京 tower"}}).value, 50);
  MetricOptions options;
  options.lowercase = true;
  EXPECT_EQ(Evaluate("rouge1", {"東京 Tower"}, {{"東京 tower"}}, options).value, 100);
}

}  // namespace
}  // namespace atento
