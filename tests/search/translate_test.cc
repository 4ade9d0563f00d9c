#include "search/translate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "expect_error.h"
#include "search/tiny_model.h"

namespace atento {
namespace {

// Lines of 1 to 12 words, some of them unknown.
std::vector<std::string> Lines(int count) {
  const std::vector<std::string> words = {"a", "b", "c", "d", "e", "f", "g", "unknown"};
  Random random(RandomKey(3));
  std::vector<std::string> lines(static_cast<size_t>(count));
  for (std::string& line : lines) {
    for (uint64_t left = 1 + random.Below(12); left > 0; --left) {
      line += words[random.Below(words.size())] + (left > 1 ? " " : "");
    }
  }
  return lines;
}

class TranslateTest : public testing::Test {
 protected:
  std::vector<Translation> Translate(const std::vector<std::string>& lines,
                                     const SearchOptions& options = {}, int count = 1) {
    SearchThreads threads(count);
    return TranslateLines(models_, lines, {.search = options}, threads);
  }
  std::vector<ScoredPair> Score(const std::vector<std::string>& sources,
                                const std::vector<std::string>& targets, int count = 1) {
    SearchThreads threads(count);
    return ScoreLines(models_, sources, targets, threads);
  }
  void Use(const TinyModelOptions& options) {
    model_ = TinyModel(options);
    models_ = {model_.get()};
  }

  std::unique_ptr<Model> model_ = TinyModel();
  std::vector<const Model*> models_ = {model_.get()};
};

void ExpectSame(const Translation& a, const Translation& b) {
  ASSERT_EQ(a.hypotheses.size(), b.hypotheses.size());
  for (size_t k = 0; k < a.hypotheses.size(); ++k) {
    EXPECT_EQ(a.hypotheses[k].text, b.hypotheses[k].text);
    EXPECT_NEAR(a.hypotheses[k].log_prob, b.hypotheses[k].log_prob, 1e-5);
    EXPECT_NEAR(a.hypotheses[k].score, b.hypotheses[k].score, 1e-5);
    EXPECT_EQ(a.hypotheses[k].alignment.links, b.hypotheses[k].alignment.links);
  }
}

TEST_F(TranslateTest, NeitherNeighboursNorThreadsNorBatchSizeChangeATranslation) {
  const std::vector<std::string> lines = Lines(40);
  SearchOptions options{.beam = 3, .n_best = 2};
  std::vector<Translation> alone;
  for (const std::string& line : lines) alone.push_back(Translate({line}, options)[0]);
  for (size_t i = 0; i < 5; ++i) ExpectSame(alone[i], Translate({lines[i]}, options, 3)[0]);
  for (int threads : {1, 2, 3}) {
    for (int size : {1, 7, 32}) {
      options.batch_sentences = size;
      const auto together = Translate(lines, options, threads);
      ASSERT_EQ(together.size(), lines.size());
      for (size_t i = 0; i < lines.size(); ++i) {
        SCOPED_TRACE(lines[i]);
        ExpectSame(alone[i], together[i]);
      }
    }
  }
}

TEST_F(TranslateTest, CountsTheDecoderStepsOfEveryHypothesis) {
  const std::vector<std::string> lines = Lines(20);
  // Greedily there is one hypothesis, and a step more than it has words: that of </s>.
  std::atomic<int64_t> steps = 0;
  SearchThreads threads(2);
  int64_t expected = 0;
  for (const Translation& translation :
       TranslateLines(models_, lines, {.search = {.beam = 1}, .steps = &steps}, threads)) {
    const std::string& text = translation.hypotheses[0].text;
    const auto words = text.empty() ? 0 : 1 + std::count(text.begin(), text.end(), ' ');
    expected += words + 1;
  }
  EXPECT_EQ(steps, expected);
}

TEST_F(TranslateTest, TheSameTwiceIsIdentical) {
  const std::vector<std::string> lines = Lines(20);
  const auto a = Translate(lines, {}, 2), b = Translate(lines, {}, 2);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(a[i].hypotheses[0].text, b[i].hypotheses[0].text);
    EXPECT_EQ(a[i].hypotheses[0].log_prob, b[i].hypotheses[0].log_prob);
  }
}

TEST_F(TranslateTest, ScoreEqualsTheLogProbOfTheSearch) {
  const std::vector<std::string> lines = Lines(30);
  for (double penalty : {0.0, 1.0}) {
    std::vector<std::string> sources, targets;
    std::vector<TranslationHypothesis> hypotheses;
    const auto translations = Translate(lines, {.beam = 4, .n_best = 4, .length_penalty = penalty});
    for (size_t i = 0; i < lines.size(); ++i) {
      for (const TranslationHypothesis& hypothesis : translations[i].hypotheses) {
        sources.push_back(lines[i]);
        targets.push_back(hypothesis.text);
        hypotheses.push_back(hypothesis);
      }
    }
    const auto scored = Score(sources, targets, 2);
    for (size_t i = 0; i < scored.size(); ++i) {
      SCOPED_TRACE(sources[i] + " -> " + targets[i]);
      EXPECT_NEAR(scored[i].log_prob, hypotheses[i].log_prob, 1e-5);
      EXPECT_EQ(scored[i].target_tokens, static_cast<int>(SplitWords(targets[i]).size()) + 1);
      EXPECT_NEAR(hypotheses[i].score,
                  penalty == 0 ? scored[i].log_prob : scored[i].log_prob / scored[i].target_tokens,
                  1e-5);
      EXPECT_EQ(scored[i].alignment.links, hypotheses[i].alignment.links);
    }
  }
}

TEST_F(TranslateTest, AlignmentsOfEveryArchitecture) {
  for (const Architecture& architecture : Architectures()) {
    SCOPED_TRACE(architecture.name);
    Use({.model = architecture.options, .end_logit = -20});
    const auto hypothesis = Translate({"a b c"})[0].hypotheses.at(0);
    const Alignment& alignment = hypothesis.alignment;
    const auto words = static_cast<int>(SplitWords(hypothesis.text).size());
    ASSERT_GT(words, 0);
    if (!HasAlpha(model_->config())) {
      EXPECT_EQ(alignment.target_words, 0);
      EXPECT_TRUE(alignment.weights.empty());
      EXPECT_TRUE(alignment.links.empty());
      continue;
    }
    EXPECT_EQ(alignment.source_words, 3);
    EXPECT_EQ(alignment.target_words, words);
    EXPECT_EQ(alignment.links.size(), static_cast<size_t>(words));
    ASSERT_EQ(alignment.weights.size(), static_cast<size_t>(3 * words));
    for (size_t t = 0; t < alignment.weights.size(); t += 3) {
      const float sum = alignment.weights[t] + alignment.weights[t + 1] + alignment.weights[t + 2];
      EXPECT_GT(sum, 0);
      EXPECT_LT(sum, 1);
    }
  }
}

TEST_F(TranslateTest, AlignmentsSpeakOfWordsEvenIfTokensAreCharacters) {
  Use({.source_kind = TokenizerKind::kCharacters, .end_logit = -20});
  const auto hypothesis = Translate({"ab  c d"})[0].hypotheses.at(0);
  EXPECT_EQ(hypothesis.alignment.source_words, 3);
  const auto scored = Score({"ab  c d"}, {hypothesis.text});
  ASSERT_EQ(scored[0].alignment.weights.size(), hypothesis.alignment.weights.size());
  for (size_t i = 0; i < scored[0].alignment.weights.size(); ++i) {
    EXPECT_NEAR(scored[0].alignment.weights[i], hypothesis.alignment.weights[i], 1e-5);
  }
}

TEST_F(TranslateTest, AlignmentsOnlyIfAskedFor) {
  SearchThreads threads(1);
  const std::vector<std::string> lines = {"a b c"};
  const auto without =
      TranslateLines(models_, lines, {.search = {}, .with_alignments = false}, threads);
  EXPECT_EQ(without[0].hypotheses[0].text, Translate(lines)[0].hypotheses[0].text);
  EXPECT_TRUE(without[0].hypotheses[0].alignment.weights.empty());
}

TEST_F(TranslateTest, UnknownWordsAreReplacedWithoutAlignmentsToo) {
  Use({.end_logit = -20});
  model_->parameters.views().output.b[kUnknownId] += 100;
  SearchThreads threads(1);
  const std::vector<std::string> lines = {"lion"};
  const TranslateOptions options{.search = {.beam = 1, .replace_unknown = true},
                                 .with_alignments = false};
  const TranslationHypothesis copied =
      TranslateLines(models_, lines, options, threads)[0].hypotheses.at(0);
  EXPECT_EQ(copied.text.substr(0, 9), "lion lion");
  EXPECT_EQ(copied.text.find("<unk>"), std::string::npos);
  EXPECT_TRUE(copied.alignment.weights.empty());
}

TEST_F(TranslateTest, EmptyLinesHaveNoHypotheses) {
  for (TokenizerKind kind : {TokenizerKind::kSymbols, TokenizerKind::kCharacters}) {
    Use({.source_kind = kind});
    const auto translations = Translate({"", "a b", "  \t", "c", ""});
    ASSERT_EQ(translations.size(), 5u);
    for (size_t i : {0u, 2u, 4u}) EXPECT_TRUE(translations[i].hypotheses.empty());
    for (size_t i : {1u, 3u}) EXPECT_EQ(translations[i].hypotheses.size(), 1u);
    EXPECT_TRUE(Translate({"", " "})[1].hypotheses.empty());
    EXPECT_TRUE(Translate({}).empty());
  }
}

TEST_F(TranslateTest, LongSourcesAreCutAndSaySo) {
  model_->description.training.max_source_tokens = 4;
  const auto translations = Translate({"a b c d", "a b c d e f"});
  EXPECT_FALSE(translations[0].truncated);
  EXPECT_TRUE(translations[1].truncated);
  EXPECT_EQ(translations[0].hypotheses[0].text, translations[1].hypotheses[0].text);
  EXPECT_EQ(translations[1].hypotheses[0].alignment.source_words, 6);
  // The shortest limit of an ensemble holds.
  const auto other = TinyModel({.seed = 2});
  models_.insert(models_.begin(), other.get());
  EXPECT_TRUE(Translate({"a b c d e"})[0].truncated);
}

TEST_F(TranslateTest, OptionsAreChecked) {
  EXPECT_ERROR(Translate({"a"}, {.beam = 2, .n_best = 3}), ErrorKind::kUsage, "--n-best 3",
               "--beam 3");
  EXPECT_ERROR(Translate({}, {.beam = 0}), ErrorKind::kUsage, "beam");
  EXPECT_ERROR(Translate({"a"}, {.batch_sentences = 0}), ErrorKind::kUsage, "batch-sentences");
}

TEST_F(TranslateTest, AWideBeamWorksInSmallerBatches) {
  const auto translations =
      Translate(Lines(8), {.beam = 1000, .n_best = 5, .max_length_ratio = 0.1});
  for (const Translation& translation : translations) {
    EXPECT_EQ(translation.hypotheses.size(), 5u);
  }
}

TEST_F(TranslateTest, ScoreKeepsEmptySides) {
  const auto scored = Score({"", "a b", "", "a"}, {"t u", "", "", "t"});
  ASSERT_EQ(scored.size(), 4u);
  EXPECT_EQ(scored[0].target_tokens, 3);
  EXPECT_EQ(scored[1].target_tokens, 1);
  EXPECT_EQ(scored[2].target_tokens, 1);
  for (const ScoredPair& pair : scored) {
    EXPECT_LT(pair.log_prob, 0);
    EXPECT_GT(pair.log_prob, -1000);
  }
  EXPECT_EQ(scored[0].alignment.target_words, 2);
  EXPECT_TRUE(scored[0].alignment.links.empty());
  EXPECT_EQ(scored[1].alignment.source_words, 2);
}

TEST_F(TranslateTest, ScoreDoesNotDependOnNeighbours) {
  const std::vector<std::string> sources = Lines(150);
  std::vector<std::string> targets;
  for (size_t i = 0; i < sources.size(); ++i) {
    targets.push_back(std::string(1 + 7 * i % 23, 't'));
    for (size_t k = 1; k < targets.back().size(); k += 2) targets.back()[k] = ' ';
  }
  const auto together = Score(sources, targets, 3);
  for (size_t i = 0; i < sources.size(); i += 10) {
    const ScoredPair alone = Score({sources[i]}, {targets[i]})[0];
    EXPECT_NEAR(together[i].log_prob, alone.log_prob, 1e-5) << i;
    EXPECT_EQ(together[i].target_tokens, alone.target_tokens);
    EXPECT_EQ(together[i].alignment.links, alone.alignment.links);
  }
}

TEST_F(TranslateTest, ScoreRefusesUnequalNumbersAndEndlessLines) {
  EXPECT_ERROR(Score({"a", "b"}, {"t"}), ErrorKind::kData, "2 source lines", "1 target lines");
  std::string endless;
  for (int i = 0; i <= 10000; ++i) endless += "a ";
  EXPECT_ERROR(Score({"a", endless}, {"t", "t"}), ErrorKind::kData, "line 2", "10001", "split");
}

TEST_F(TranslateTest, AnEnsembleNeedsOneVocabulary) {
  const auto same = TinyModel({.seed = 2});
  const auto other_source = TinyModel({.source_text = "a b c d e f h"});
  const auto other_target = TinyModel({.target_text = "t u v w x y q"});
  const auto other_kind = TinyModel({.source_kind = TokenizerKind::kCharacters});
  const std::vector<std::string> names = {"first", "second"};
  auto check = [&](const Model& second) {
    CheckEnsemble(std::vector<const Model*>{model_.get(), &second}, names);
  };
  check(*same);
  EXPECT_ERROR(check(*other_source), ErrorKind::kData, "first", "second", "source vocabularies");
  EXPECT_ERROR(check(*other_target), ErrorKind::kData, "first", "second", "target vocabularies");
  EXPECT_ERROR(check(*other_kind), ErrorKind::kData, "source vocabularies");
}

}  // namespace
}  // namespace atento
