#include "metrics/bleu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "expect_error.h"
#include "metrics/golden_corpus.h"
#include "metrics/metrics.h"

namespace atento {
namespace {

constexpr double kTolerance = 1e-9;

// Ours is sacreBLEU's signature but for the version.
std::string WithoutVersion(const std::string& signature) {
  return signature.substr(0, signature.find("|version:"));
}

void ExpectSameAsSacrebleu(const GoldenCorpus& corpus, const Json& expected) {
  MetricOptions options;
  options.bleu_tokenizer = expected.At("tokenizer").AsString();
  options.lowercase = expected.At("lowercase").AsBool();
  SCOPED_TRACE(expected.At("signature").AsString());
  std::vector<ReferenceSet> references = corpus.references;
  references.resize(static_cast<size_t>(expected.At("references").AsInteger()));

  BleuMetric metric(options);
  const std::vector<double> sum =
      LineStatisticsTable(&metric, {corpus.hypotheses, references}).Sum();
  const BleuScore bleu = metric.Score(sum);
  for (size_t n = 0; n < kBleuOrder; ++n) {
    EXPECT_EQ(bleu.matches[n], expected.At("matches").AsArray()[n].AsDouble()) << n;
    EXPECT_EQ(bleu.totals[n], expected.At("totals").AsArray()[n].AsDouble()) << n;
    EXPECT_NEAR(bleu.precisions[n], expected.At("precisions").AsArray()[n].AsDouble(), kTolerance);
  }
  EXPECT_EQ(bleu.hypothesis_length, expected.At("hypothesis_length").AsDouble());
  EXPECT_EQ(bleu.reference_length, expected.At("reference_length").AsDouble());
  EXPECT_NEAR(bleu.brevity_penalty, expected.At("brevity_penalty").AsDouble(), kTolerance);
  EXPECT_NEAR(bleu.score, expected.At("score").AsDouble(), kTolerance);

  const MetricResult result = Evaluate("bleu", corpus.hypotheses, references, options);
  EXPECT_EQ(result.value, bleu.score);
  EXPECT_EQ(WithoutVersion(result.signature), WithoutVersion(expected.At("signature").AsString()));
}

TEST(BleuTest, AgreesWithSacrebleu) {
  int compared = 0;
  for (const std::string& name : GoldenNames()) {
    SCOPED_TRACE(name);
    const GoldenCorpus corpus = ReadGoldenCorpus(name);
    for (const Json& expected : corpus.results.AsArray()) {
      if (expected.At("metric").AsString() != "bleu") continue;
      ExpectSameAsSacrebleu(corpus, expected);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6 * 2 * 2 * 3);  // corpora, references, cases, tokenisers
}

TEST(BleuTest, SignatureNamesEverySetting) {
  MetricOptions options;
  EXPECT_EQ(BleuMetric(options).Signature(1),
            "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:atento-0.1");
  options.bleu_tokenizer = "char";
  options.lowercase = true;
  EXPECT_EQ(BleuMetric(options).Signature(3),
            "nrefs:3|case:lc|eff:no|tok:char|smooth:exp|version:atento-0.1");
}

// Matches 5/6, 3/5, 1/4, 0/3: the missing order is smoothed to 1/2 match.
TEST(BleuTest, SmoothsAnOrderWithoutMatches) {
  const MetricResult bleu =
      Evaluate("bleu", {"the cat sat on the mat"}, {{"the cat is on the mat"}});
  EXPECT_NEAR(bleu.value, 100 * std::pow(5.0 / 6 * 3.0 / 5 * 1.0 / 4 * (0.5 / 3), 0.25),
              kTolerance);
  EXPECT_NEAR(Detail(bleu, "precision_4"), 100 * 0.5 / 3, kTolerance);
}

TEST(BleuTest, BrevityPenaltyOfAShortHypothesis) {
  const MetricResult bleu = Evaluate("bleu", {"a b c d"}, {{"a b c d e f"}});
  EXPECT_NEAR(bleu.value, 100 * std::exp(1 - 6.0 / 4), kTolerance);
  EXPECT_NEAR(Detail(bleu, "brevity_penalty"), std::exp(1 - 6.0 / 4), kTolerance);
  EXPECT_EQ(Detail(bleu, "hypothesis_length"), 4);
  EXPECT_EQ(Detail(bleu, "reference_length"), 6);
}

TEST(BleuTest, ReferenceLengthIsTheClosestAndOnATieTheShorter) {
  const MetricResult bleu = Evaluate("bleu", {"a b c d"}, {{"a b c d e"}, {"a b c"}, {"a"}});
  EXPECT_EQ(Detail(bleu, "reference_length"), 3);
}

TEST(BleuTest, LinesOfOneTokenHaveNoScore) {
  EXPECT_EQ(Evaluate("bleu", {"yes", "no"}, {{"yes", "no"}}).value, 0);
}

TEST(BleuTest, AllEmptyIsZeroAndFinite) {
  const MetricResult bleu = Evaluate("bleu", {"", ""}, {{"", ""}});
  EXPECT_EQ(bleu.value, 0);
  for (const auto& [name, value] : bleu.details) EXPECT_TRUE(std::isfinite(value)) << name;
}

TEST(BleuTest, UnknownTokenizerIsAUsageErrorThatListsTheKnown) {
  MetricOptions options;
  options.bleu_tokenizer = "intl";
  EXPECT_ERROR(BleuMetric{options}, ErrorKind::kUsage,
               "unknown BLEU tokenizer 'intl'; the tokenizers are 13a, char, none");
}

}  // namespace
}  // namespace atento
