#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "expect_error.h"
#include "metrics/golden_corpus.h"

namespace atento {
namespace {

using Names = std::vector<std::string>;

TEST(MetricsTest, ResultsComeInTheOrderOfTheNames) {
  const auto results = EvaluateCorpus(Names{"exact", "rouge", "bleu", "rouge1"},
                                      {Names{"a b c d"}, std::vector<ReferenceSet>{{"a b c d"}}});
  Names names;
  for (const MetricResult& result : results) {
    names.push_back(result.name);
    EXPECT_NEAR(result.value, 100, 1e-9) << result.name;
  }
  EXPECT_EQ(names, (Names{"exact", "rouge1", "rouge2", "rougel", "bleu"}));
}

TEST(MetricsTest, UnknownNameListsTheKnown) {
  const std::string known =
      "unknown metric 'blue'; the metrics are bleu, bleu1, bleu2, bleu3, bleu4, chrf, cider, "
      "cider-d, wer, cer, per, exact, rouge, rouge1, rouge2, rougel, kept-f1, compression";
  EXPECT_ERROR(ExpandMetricNames(Names{"bleu", "blue"}), ErrorKind::kUsage, known);
  EXPECT_ERROR(LargerIsBetter("blue"), ErrorKind::kUsage, known);
  EXPECT_ERROR(MakeMetric("blue"), ErrorKind::kUsage, known);
  const std::vector<ReferenceSet> references = {{"a"}};
  EXPECT_ERROR(EvaluateCorpus(Names{"blue"}, {Names{"a"}, references}), ErrorKind::kUsage, known);
}

TEST(MetricsTest, UnequalLineCountsNameBoth) {
  const std::vector<ReferenceSet> references = {{"a", "b"}, {"a"}};
  EXPECT_ERROR(EvaluateCorpus(Names{"bleu"}, {Names{"a", "b"}, references}), ErrorKind::kData,
               "reference 2 has 1 line, but there are 2 lines of hypotheses");
}

TEST(MetricsTest, NothingToCompare) {
  const std::vector<ReferenceSet> empty = {{}}, none;
  EXPECT_ERROR(EvaluateCorpus(Names{"wer"}, {Names{}, empty}), ErrorKind::kData, "no lines");
  EXPECT_ERROR(EvaluateCorpus(Names{"wer"}, {Names{"a"}, none}), ErrorKind::kUsage, "no reference");
}

TEST(MetricsTest, RougeAloneIsNotOneMetric) {
  EXPECT_ERROR(MakeMetric("rouge"), ErrorKind::kUsage, "rouge1, rouge2, rougel");
}

// A better hypothesis must move every metric the way LargerIsBetter says.
TEST(MetricsTest, LargerIsBetterTellsTheDirection) {
  const std::vector<ReferenceSet> reference = {{"the cat is on the mat", "a dog"}};
  const Names good = {"the cat is on the mat", "the dog"};
  const Names bad = {"the cat on that mat", "the dog"};
  for (const std::string& name : ExpandMetricNames(MetricNames())) {
    if (name == "compression") continue;  // neither direction is better
    const double better = Evaluate(name, good, reference).value;
    const double worse = Evaluate(name, bad, reference).value;
    EXPECT_NE(better, worse) << name;
    EXPECT_EQ(LargerIsBetter(name), better > worse) << name;
  }
  EXPECT_TRUE(LargerIsBetter("rouge"));
}

// What bootstrap and results by length rest on.
TEST(MetricsTest, StatisticsOfPartsAddUpToTheWhole) {
  const GoldenCorpus corpus = ReadGoldenCorpus("random");
  const auto half = static_cast<std::ptrdiff_t>(corpus.hypotheses.size() / 2);
  const Names first(corpus.hypotheses.begin(), corpus.hypotheses.begin() + half);
  std::vector<ReferenceSet> first_references;
  for (const ReferenceSet& set : corpus.references) {
    first_references.emplace_back(set.begin(), set.begin() + half);
  }
  for (const std::string& name : ExpandMetricNames(MetricNames())) {
    if (name.starts_with("cider")) continue;  // a part has other document frequencies
    const auto metric = MakeMetric(name);
    const LineStatisticsTable table(metric.get(),
                                    {corpus.hypotheses, corpus.references, corpus.references[0]});
    ASSERT_EQ(table.lines(), corpus.hypotheses.size());
    std::vector<double> sum(metric->statistics_size());
    for (size_t line = 0; line < first.size(); ++line) {
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += table.Line(line)[i];
    }
    EXPECT_EQ(metric->Value(sum), Evaluate(name, first, first_references).value) << name;
  }
}

// As sacreBLEU's "nrefs:var": line 1 has both references, line 2 the first only.
TEST(MetricsTest, LinesMayHaveDifferentNumbersOfReferences) {
  const Names hypotheses = {"a b", "c d e f"};
  const std::vector<ReferenceSet> references = {{"x y", "c d e g"}, {"a b", "c d e f"}};
  const std::vector<int64_t> counts = {2, 1};
  const MetricCorpus corpus = {hypotheses, references, {}, counts};
  const auto results = EvaluateCorpus(Names{"exact", "per"}, corpus);
  EXPECT_DOUBLE_EQ(results[0].value, 50);
  EXPECT_DOUBLE_EQ(results[1].value, 100.0 / 6);
  EXPECT_EQ(results[1].signature.rfind("nrefs:var|", 0), 0u) << results[1].signature;
}

TEST(MetricsTest, MetricsThatNeedTheSourceSaySo) {
  const Names lines = {"a"}, two = {"a", "b"};
  const std::vector<ReferenceSet> references = {lines};
  EXPECT_ERROR(EvaluateCorpus(Names{"compression"}, {lines, references}), ErrorKind::kUsage,
               "compression needs the source");
  EXPECT_ERROR(EvaluateCorpus(Names{"compression"}, {lines, references, two}), ErrorKind::kData,
               "the source has 2 lines, but there are 1 line of hypotheses");
}

TEST(MetricsTest, OrderOfReferenceSetsDoesNotMatter) {
  const GoldenCorpus corpus = ReadGoldenCorpus("random");
  const std::vector<ReferenceSet> swapped = {corpus.references[1], corpus.references[0]};
  for (const std::string& name : ExpandMetricNames(MetricNames())) {
    if (name == "compression") continue;  // its source is the first set, see Evaluate
    if (name == "chrf") continue;  // as in sacreBLEU, the first of equally good references counts
    EXPECT_NEAR(Evaluate(name, corpus.hypotheses, corpus.references).value,
                Evaluate(name, corpus.hypotheses, swapped).value, 1e-9)
        << name;
  }
}

TEST(MetricsTest, AllEmptyGivesFiniteValuesAndDetails) {
  for (const std::string& name : ExpandMetricNames(MetricNames())) {
    const MetricResult result = Evaluate(name, {"", ""}, {{"", ""}, {"", ""}});
    EXPECT_TRUE(std::isfinite(result.value)) << name;
    for (const auto& [key, value] : result.details) EXPECT_TRUE(std::isfinite(value)) << key;
    EXPECT_EQ(result.signature.rfind("nrefs:2|case:mixed|", 0), 0u) << result.signature;
  }
}

}  // namespace
}  // namespace atento
