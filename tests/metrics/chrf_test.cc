#include "metrics/chrf.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metrics/golden_corpus.h"
#include "metrics/metrics.h"

namespace atento {
namespace {

constexpr double kTolerance = 1e-9;

TEST(ChrfTest, AgreesWithSacrebleu) {
  int compared = 0;
  for (const std::string& name : GoldenNames()) {
    SCOPED_TRACE(name);
    const GoldenCorpus corpus = ReadGoldenCorpus(name);
    for (const Json& expected : corpus.results.AsArray()) {
      if (expected.At("metric").AsString() != "chrf") continue;
      const std::string& signature = expected.At("signature").AsString();
      SCOPED_TRACE(signature);
      MetricOptions options;
      options.lowercase = expected.At("lowercase").AsBool();
      std::vector<ReferenceSet> references = corpus.references;
      references.resize(static_cast<size_t>(expected.At("references").AsInteger()));
      const MetricResult chrf = Evaluate("chrf", corpus.hypotheses, references, options);
      EXPECT_NEAR(chrf.value, expected.At("score").AsDouble(), kTolerance);
      EXPECT_EQ(chrf.signature,
                signature.substr(0, signature.find("version:")) + "version:atento-0.1");

      ChrfMetric metric(options);
      const LineStatisticsTable table(&metric, {corpus.hypotheses, references});
      const Json::Array& sentences = expected.At("sentences").AsArray();
      for (size_t i = 0; i < sentences.size(); ++i) {
        EXPECT_NEAR(metric.Value(table.Line(i)), sentences[i].AsDouble(), kTolerance)
            << "line " << i + 1 << ": " << corpus.hypotheses[i];
      }
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6 * 2 * 2);  // corpora, references, cases
}

// Orders 1 and 2 exist on both sides: P = (2/2 + 1/1) / 2 = 1, R = (2/3 + 1/2) / 2 = 7/12.
TEST(ChrfTest, OnlyOrdersThatBothSidesHaveCount) {
  const MetricResult chrf = Evaluate("chrf", {"a b"}, {{"ab c"}});
  EXPECT_NEAR(Detail(chrf, "precision"), 100, kTolerance);
  EXPECT_NEAR(Detail(chrf, "recall"), 100 * 7.0 / 12, kTolerance);
  EXPECT_NEAR(chrf.value, 100 * 5 * (7.0 / 12) / (4 + 7.0 / 12), kTolerance);
}

TEST(ChrfTest, IdenticalIs100AndEmptyIs0) {
  EXPECT_NEAR(Evaluate("chrf", {"né", "x"}, {{"né", "x"}}).value, 100, kTolerance);
  EXPECT_EQ(Evaluate("chrf", {"", ""}, {{"", ""}}).value, 0);
  EXPECT_EQ(Evaluate("chrf", {""}, {{"a"}}).value, 0);
  EXPECT_EQ(Evaluate("chrf", {"a"}, {{""}}).value, 0);
}

}  // namespace
}  // namespace atento
