#include "metrics/by_length.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expect_error.h"
#include "metrics/golden_corpus.h"

namespace atento {
namespace {

using Names = std::vector<std::string>;

// "1-5:3 6-10:2": names and sizes.
std::string Bins(const std::vector<int64_t>& lengths, const LengthBinOptions& options) {
  std::string text;
  for (const LengthBin& bin : BinByLength(lengths, options)) {
    if (!text.empty()) text += ' ';
    text += bin.Name() + ":" + std::to_string(bin.lines.size());
  }
  return text;
}

TEST(BinByLengthTest, LimitsBelongToTheLowerBin) {
  EXPECT_EQ(Bins({1, 5, 6, 10, 11, 15}, {5, 1}), "1-5:2 6-10:2 11-15:2");
}

TEST(BinByLengthTest, LinesKeepTheirOrder) {
  const std::vector<int64_t> lengths = {7, 2, 8, 1};
  const auto bins = BinByLength(lengths, {5, 1});
  ASSERT_EQ(bins.size(), 2u);
  EXPECT_EQ(bins[0].lines, (std::vector<size_t>{1, 3}));
  EXPECT_EQ(bins[1].lines, (std::vector<size_t>{0, 2}));
}

TEST(BinByLengthTest, SmallBinsAtTheEndAreJoinedIntoAnOpenOne) {
  EXPECT_EQ(Bins({1, 2, 3, 6, 7, 11, 16}, {5, 2}), "1-5:3 6-10:2 11+:2");
  EXPECT_EQ(Bins({1, 2, 3, 6, 7, 11, 16}, {5, 3}), "1-5:3 6+:4");
  EXPECT_EQ(Bins({1, 2, 3, 1000000}, {5, 2}), "1+:4") << "a far one makes no empty bins";
}

TEST(BinByLengthTest, ALargeEnoughLastBinIsClosed) {
  EXPECT_EQ(Bins({1, 6, 7}, {5, 2}), "1-5:1 6-10:2");
}

TEST(BinByLengthTest, FewSentencesInAllAreOneBin) {
  EXPECT_EQ(Bins({13}, {5, 10}), "11-15:1") << "nothing was joined";
  EXPECT_EQ(Bins({12, 13}, {5, 10}), "11-15:2");
  EXPECT_EQ(Bins({12, 13, 16, 99}, {5, 10}), "11+:4");
  EXPECT_EQ(Bins({2, 3}, {5, 10}), "1-5:2");
}

TEST(BinByLengthTest, StartsAtTheShortestAndMayHaveGaps) {
  EXPECT_EQ(Bins({12, 13, 22, 23}, {5, 2}), "11-15:2 16-20:0 21-25:2");
}

TEST(BinByLengthTest, SentencesWithoutWordsAreInTheFirst) {
  EXPECT_EQ(Bins({0, 3, 6}, {5, 1}), "0-5:2 6-10:1");
}

TEST(BinByLengthTest, OneLengthPerBin) { EXPECT_EQ(Bins({1, 2, 2}, {1, 1}), "1:1 2:2"); }

TEST(BinByLengthTest, NoSentencesNoBins) { EXPECT_EQ(Bins({}, {}), ""); }

TEST(LengthBinTest, Names) {
  EXPECT_EQ((LengthBin{6, 10, {}}.Name("–")), "6–10");
  EXPECT_EQ((LengthBin{31, {}, {}}.Name("–")), "31+");
}

TEST(EvaluateByLengthTest, HandComputed) {
  const std::vector<int64_t> lengths = {2, 4, 2, 12};
  const Names hypotheses = {"a b", "a b c d", "a x", "x"};
  const std::vector<ReferenceSet> references = {{"a b", "a b c x", "a b", "y"}};
  const auto results = EvaluateByLength(Names{"exact", "wer"}, {hypotheses, references},
                                        BinByLength(lengths, {3, 1}));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].all.name, "exact");
  EXPECT_EQ(results[0].all.value, 25);
  using Values = std::vector<std::optional<double>>;
  EXPECT_EQ(results[0].bins, (Values{50, 0, std::nullopt, 0}));
  EXPECT_EQ(results[1].bins, (Values{100 * 1.0 / 4, 100 * 1.0 / 4, std::nullopt, 100}));
}

// A bin's value is that of a corpus of its lines, not a mean over lines.
TEST(EvaluateByLengthTest, EqualsTheMetricsOfEachBinAlone) {
  const GoldenCorpus corpus = ReadGoldenCorpus("random");
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < corpus.hypotheses.size(); ++i) {
    lengths.push_back(static_cast<int64_t>(i % 17));
  }
  const auto bins = BinByLength(lengths, {4, 2});
  ASSERT_GT(bins.size(), 2u);
  const Names names = {"bleu", "chrf", "cer", "rouge"};
  const auto results =
      EvaluateByLength(names, {corpus.hypotheses, corpus.references, corpus.references[0]}, bins);
  for (size_t b = 0; b < bins.size(); ++b) {
    Names hypotheses;
    std::vector<ReferenceSet> references(corpus.references.size());
    for (size_t line : bins[b].lines) {
      hypotheses.push_back(corpus.hypotheses[line]);
      for (size_t r = 0; r < references.size(); ++r) {
        references[r].push_back(corpus.references[r][line]);
      }
    }
    for (const MetricByLength& result : results) {
      EXPECT_EQ(result.bins[b], Evaluate(result.all.name, hypotheses, references).value);
    }
  }
  for (const MetricByLength& result : results) {
    const MetricResult whole = Evaluate(result.all.name, corpus.hypotheses, corpus.references);
    EXPECT_EQ(result.all.value, whole.value);
    EXPECT_EQ(result.all.signature, whole.signature);
  }
}

TEST(EvaluateByLengthTest, ErrorsAreThoseOfTheMetrics) {
  const std::vector<ReferenceSet> references = {{"a"}};
  const std::vector<LengthBin> bins;
  EXPECT_ERROR(EvaluateByLength(Names{"blue"}, {Names{"a"}, references}, bins), ErrorKind::kUsage,
               "unknown metric");
  EXPECT_ERROR(EvaluateByLength(Names{"wer"}, {Names{"a", "b"}, references}, bins),
               ErrorKind::kData, "1 line, but there are 2 lines");
}

}  // namespace
}  // namespace atento
