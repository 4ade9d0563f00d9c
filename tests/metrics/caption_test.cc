// The metrics of captions and of shortened sentences: BLEU-1 to 4, CIDEr, kept-token F1, compression.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "metrics/cider.h"
#include "metrics/golden_corpus.h"
#include "metrics/metrics.h"

namespace atento {
namespace {

constexpr double kTolerance = 1e-9;

TEST(CaptionTest, AgreesWithPython) {
  const Json golden = ReadGoldenJson("captions");
  MetricOptions options;
  options.bleu_tokenizer = "none";
  int compared = 0;
  for (const Json& expected : golden.At("results").AsArray()) {
    const std::string& name = expected.At("metric").AsString();
    const GoldenCorpus corpus = ReadGoldenCorpus(expected.At("corpus").AsString());
    std::vector<ReferenceSet> references = corpus.references;
    references.resize(static_cast<size_t>(expected.At("references").AsInteger()));
    SCOPED_TRACE(name + " of " + expected.At("corpus").AsString());
    EXPECT_NEAR(Evaluate(name, corpus.hypotheses, references, options).value,
                expected.At("score").AsDouble(), kTolerance);
    const auto metric = MakeMetric(name, options);
    const LineStatisticsTable table(metric.get(), {corpus.hypotheses, references});
    const Json::Array& sentences = expected.At("sentences").AsArray();
    for (size_t i = 0; i < sentences.size(); ++i) {
      EXPECT_NEAR(metric->Value(table.Line(i)), sentences[i].AsDouble(), kTolerance)
          << "line " << i + 1 << ": " << corpus.hypotheses[i];
    }
    ++compared;
  }
  EXPECT_EQ(compared, 6 * 2 * 7);  // corpora, references, metrics
}

// Every n-gram is in one of two lines. Of "a b" against "a b c" the weights of the orders 1 and 2
// are all log 2: cosines 2 / sqrt(2 · 3) and 1 / sqrt(1 · 2); CIDEr-D: a bigram too few.
TEST(CiderTest, ByHand) {
  const std::vector<std::string> hypotheses = {"a b", "x"};
  const std::vector<ReferenceSet> references = {{"a b c", "d"}};
  const double line = 1000 / 4.0 * (2 / std::sqrt(6.0) + 1 / std::sqrt(2.0));
  EXPECT_NEAR(Evaluate("cider", hypotheses, references).value, line / 2, kTolerance);
  EXPECT_NEAR(Evaluate("cider-d", hypotheses, references).value, line / 2 * std::exp(-1 / 72.0),
              kTolerance);
}

TEST(CiderTest, WordsOfEveryLineWeighNothing) {
  const std::vector<ReferenceSet> references = {{"the dog", "the cat"}};
  EXPECT_EQ(Evaluate("cider", {"the", "the"}, references).value, 0);
  EXPECT_GT(Evaluate("cider", {"the", "cat"}, references).value, 0);
}

// Repeating what matches is what CIDEr-D was made against.
TEST(CiderTest, RepetitionPaysInTheUnclippedOneOnly) {
  const std::vector<ReferenceSet> references = {{"a small dog runs", "two cats sleep"}};
  const std::vector<std::string> once = {"dog", "cats"};
  const std::vector<std::string> often = {"dog dog dog dog", "cats cats cats cats"};
  EXPECT_GE(Evaluate("cider", often, references).value,
            Evaluate("cider", once, references).value - kTolerance);
  EXPECT_LT(Evaluate("cider-d", often, references).value,
            Evaluate("cider-d", once, references).value);
}

// One object measures two systems, as the bootstrap does: the frequencies are not counted twice.
TEST(CiderTest, AnotherCorpusStartsAnew) {
  const GoldenCorpus corpus = ReadGoldenCorpus("mixed");
  CiderMetric metric(CiderKind::kD, {});
  const MetricCorpus first = {corpus.references[1], corpus.references};
  const MetricCorpus second = {corpus.hypotheses, corpus.references};
  LineStatisticsTable(&metric, first);
  EXPECT_EQ(metric.Value(LineStatisticsTable(&metric, second).Sum()),
            Evaluate("cider-d", corpus.hypotheses, corpus.references).value);
}

TEST(CaptionBleuTest, AnOrderWithoutAMatchMakesItZero) {
  const std::vector<std::string> hypotheses = {"a b c x"};
  const std::vector<ReferenceSet> references = {{"a b c d"}};
  EXPECT_DOUBLE_EQ(Evaluate("bleu1", hypotheses, references).value, 75);
  EXPECT_NEAR(Evaluate("bleu2", hypotheses, references).value, 100 * std::sqrt(3.0 / 4 * 2.0 / 3),
              kTolerance);
  EXPECT_EQ(Evaluate("bleu4", hypotheses, references).value, 0);
  EXPECT_GT(Evaluate("bleu", hypotheses, references).value, 0);
}

TEST(KeptF1Test, NothingToKeepAndNothingKeptIsRight) {
  const std::vector<ReferenceSet> references = {{"", "a b"}};
  EXPECT_EQ(Evaluate("kept-f1", {"", "a b"}, references).value, 100);
  EXPECT_EQ(Evaluate("kept-f1", {"a", "a b"}, references).value, 50);
  EXPECT_EQ(Evaluate("rouge1", {"", "a b"}, references).value, 50);
}

TEST(CompressionTest, IsOfTheWholeCorpusNotTheMeanOfLines) {
  const std::vector<std::string> hypotheses = {"a", "b c d"}, source = {"a x", "b c d y y y"};
  const std::vector<ReferenceSet> references = {hypotheses};
  const MetricCorpus corpus = {hypotheses, references, source};
  const auto results = EvaluateCorpus(std::vector<std::string>{"compression"}, corpus);
  EXPECT_DOUBLE_EQ(results[0].value, 50);
  EXPECT_EQ(Detail(results[0], "hypothesis_length"), 4);
  EXPECT_EQ(Detail(results[0], "source_length"), 8);
}

}  // namespace
}  // namespace atento
