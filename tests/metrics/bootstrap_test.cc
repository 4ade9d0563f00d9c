#include "metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "metrics/golden_corpus.h"

namespace atento {
namespace {

using Lines = std::vector<std::string>;

// A corpus of `lines` lines, of which the first `right` are right.
Lines Answers(size_t lines, size_t right) {
  Lines answers(lines, "no");
  for (size_t i = 0; i < right; ++i) answers[i] = "yes";
  return answers;
}

const Lines kExact = {"exact"};

BootstrapResult BootstrapExact(const Lines& hypotheses, const Lines& baseline, int64_t seed = 1) {
  const std::vector<ReferenceSet> references = {Answers(hypotheses.size(), hypotheses.size())};
  return Bootstrap(kExact, {hypotheses, references}, baseline, {}, {2000, seed}).at(0);
}

// The number of right lines in a sample is binomial: 50 ± 1.96 · sqrt(0.25 / 400) · 100.
TEST(BootstrapTest, IntervalOfAShareIsThatOfABinomial) {
  const BootstrapResult result = BootstrapExact(Answers(400, 200), {});
  EXPECT_EQ(result.result.value, 50);
  EXPECT_NEAR(result.interval.low, 45.1, 0.8);
  EXPECT_NEAR(result.interval.high, 54.9, 0.8);
  EXPECT_FALSE(result.comparison);
}

TEST(BootstrapTest, TheSeedAloneDecides) {
  const BootstrapResult a = BootstrapExact(Answers(100, 37), {}, 5);
  const BootstrapResult b = BootstrapExact(Answers(100, 37), {}, 5);
  EXPECT_EQ(a.interval.low, b.interval.low);
  EXPECT_EQ(a.interval.high, b.interval.high);
  // Other metrics beside it draw nothing.
  const Lines hypotheses = Answers(100, 37);
  const std::vector<ReferenceSet> references = {Answers(100, 100)};
  const auto both = Bootstrap(Lines{"chrf", "exact"}, {hypotheses, references}, {}, {}, {2000, 5});
  EXPECT_EQ(both.at(1).interval.low, a.interval.low);
  EXPECT_EQ(both.at(1).interval.high, a.interval.high);
}

// 10 lines of 200 differ, all in favour of the one: every sample with any of them says so.
TEST(BootstrapTest, PairedSamplesTellWhatIntervalsDoNot) {
  const BootstrapResult result = BootstrapExact(Answers(200, 110), Answers(200, 100));
  const BootstrapComparison& comparison = result.comparison.value();
  EXPECT_EQ(comparison.baseline.value, 50);
  EXPECT_NEAR(comparison.difference, 5, 1e-9);
  EXPECT_GT(comparison.baseline_interval.high, result.interval.low);
  EXPECT_GT(comparison.difference_interval.low, 1);
  EXPECT_LT(comparison.difference_interval.high, 9);
  EXPECT_LT(comparison.p_value, 0.005);
  const BootstrapResult swapped = BootstrapExact(Answers(200, 100), Answers(200, 110));
  EXPECT_NEAR(swapped.comparison->difference, -5, 1e-9);
  EXPECT_EQ(swapped.comparison->p_value, comparison.p_value);
}

// One line for, one against, 98 alike: about half of the samples have no difference or another sign.
TEST(BootstrapTest, NoDifferenceIsNotSignificant) {
  Lines a = Answers(100, 50), b = Answers(100, 50);
  EXPECT_EQ(BootstrapExact(a, b).comparison->p_value, 1);
  a[99] = "yes";
  EXPECT_GT(BootstrapExact(a, b).comparison->p_value, 0.3);  // (1 - 1/100)^100 have none
}

TEST(BootstrapTest, OneSampleOfOneLine) {
  const Lines one = {"yes"};
  const std::vector<ReferenceSet> references = {one};
  const auto results = Bootstrap(Lines{"bleu", "cider-d"}, {one, references}, one, {}, {1, 1});
  for (const BootstrapResult& result : results) {
    EXPECT_EQ(result.interval.low, result.result.value);
    EXPECT_EQ(result.interval.high, result.result.value);
    EXPECT_EQ(result.comparison->p_value, 1);
  }
}

}  // namespace
}  // namespace atento
