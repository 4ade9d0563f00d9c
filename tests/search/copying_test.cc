// Models that copy, with random weights: search, scores and ensembles over symbols that the
// vocabulary lacks.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "expect_error.h"
#include "search/tiny_model.h"
#include "search/translate.h"

namespace atento {
namespace {

std::vector<ModelOptions> CopyingOptions() {
  std::vector<ModelOptions> all(4, TinyOptions());
  for (ModelOptions& options : all) options.copy = true;
  all[1].attention_size = 8;
  all[1].attention_heads = 2;
  all[1].coverage = all[1].input_feeding = true;
  all[2].attention = Attention::kGeneral;
  all[2].attention_window = AttentionWindow::kLocalP;
  all[2].window_radius = 2;
  all[2].attend = Attend::kAfter;
  all[2].cell = Cell::kLstm;
  all[3].attend = Attend::kBefore;
  all[3].readout = Readout::kMaxout;
  all[3].start = Start::kFinal;
  return all;
}

// Between writing and copying. Some of the source's words are the target's.
std::unique_ptr<Model> CopyingModel(const ModelOptions& options, uint64_t seed = 1) {
  auto model = TinyModel({.model = options,
                          .source_text = "a b c d t",
                          .target_text = "t u v b",
                          .seed = seed,
                          .scale = 1});
  if (options.copy) model->parameters.views().copy.b[0] = -1;
  return model;
}

std::vector<std::string> Lines() {
  return {"a new1 b t",     "new2", "new3 new3 a new4 new5 d",         "b c",
          "t t new6 u u v", "",     "c d a b t new7 new8 new9 new10 a"};
}

class CopyingTest : public testing::TestWithParam<ModelOptions> {
 protected:
  std::vector<Translation> Translate(const std::vector<std::string>& lines,
                                     const SearchOptions& options = {}) {
    return TranslateLines(models_, lines, {.search = options}, threads_);
  }

  std::unique_ptr<Model> model_ = CopyingModel(GetParam());
  std::unique_ptr<Model> other_ = CopyingModel(GetParam(), 2);
  std::vector<const Model*> models_ = {model_.get()};
  SearchThreads threads_{1};
};

INSTANTIATE_TEST_SUITE_P(Models, CopyingTest, testing::ValuesIn(CopyingOptions()),
                         [](const auto& instance) { return std::to_string(instance.index); });

TEST_P(CopyingTest, NeighboursChangeNothingAndUnknownWordsAreWritten) {
  for (const int beam : {1, 4}) {
    const std::vector<std::string> lines = Lines();
    const auto together = Translate(lines, {.beam = beam});
    int copied = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
      const auto alone = Translate({lines[i]}, {.beam = beam})[0].hypotheses;
      ASSERT_EQ(alone.size(), together[i].hypotheses.size());
      if (lines[i].empty()) continue;
      const std::string& text = together[i].hypotheses[0].text;
      EXPECT_EQ(alone[0].text, text);
      EXPECT_NEAR(alone[0].log_prob, together[i].hypotheses[0].log_prob, 1e-5);
      for (std::string_view word : SplitWords(text)) {
        copied += word.starts_with("new");
        EXPECT_TRUE(!word.starts_with("new") || lines[i].find(word) != std::string::npos);
      }
    }
    EXPECT_GT(copied, 0);
  }
}

// Of one model and of two.
TEST_P(CopyingTest, TheSearchSaysWhatTheScoreSays) {
  for (const auto& models : {models_, {model_.get(), other_.get()}}) {
    const std::vector<std::string> line = {"new3 t a new3 new4"};
    const TranslateOptions options{.search = {.beam = 6, .n_best = 6}};
    const auto hypotheses = TranslateLines(models, line, options, threads_)[0].hypotheses;
    ASSERT_EQ(hypotheses.size(), 6u);
    for (const TranslationHypothesis& hypothesis : hypotheses) {
      SCOPED_TRACE(hypothesis.text);
      const std::vector<std::string> target = {hypothesis.text};
      const ScoredPair scored = ScoreLines(models, line, target, threads_)[0];
      // "<unk>" stands for every unknown word, but for those of the source.
      if (hypothesis.text.find("<unk>") != std::string::npos) continue;
      EXPECT_NEAR(scored.log_prob, hypothesis.log_prob, 1e-5);
      EXPECT_EQ(scored.alignment.links, hypothesis.alignment.links);
    }
  }
}

TEST_P(CopyingTest, AnEnsemblesProbabilityIsTheMean) {
  const std::vector<const Model*> both = {model_.get(), other_.get()};
  const std::vector<std::string> line = {"a new1 b"}, target = {""};
  const auto score = [&](Ensemble models) {
    return std::exp(ScoreLines(models, line, target, threads_)[0].log_prob);
  };
  const double mean = (score(std::vector<const Model*>{model_.get()}) +
                       score(std::vector<const Model*>{other_.get()})) /
                      2;
  EXPECT_NEAR(score(both), mean, 1e-6);
}

// A word that the source has is worth its share of copying; another is <unk>.
TEST_P(CopyingTest, OnlyWordsOfTheSourceAreMoreThanUnknown) {
  const std::vector<std::string> line(3, "a new1 b"), targets = {"new1", "new2", "new3"};
  const auto scores = ScoreLines(models_, line, targets, threads_);
  EXPECT_EQ(scores[1].log_prob, scores[2].log_prob);
  EXPECT_GT(std::abs(scores[0].log_prob - scores[1].log_prob), 1e-3);
  EXPECT_EQ(scores[0].target_tokens, 2);
}

TEST(CopyingModelsTest, AreNoEnsembleWithOthersAndHaveNoShortlist) {
  ModelOptions options = TinyOptions();
  const auto plain = CopyingModel(options);
  options.copy = true;
  const auto copying = CopyingModel(options);
  const std::vector<std::string> names = {"first", "second"};
  EXPECT_ERROR(CheckEnsemble(std::vector<const Model*>{plain.get(), copying.get()}, names),
               ErrorKind::kData, "second was trained with --copy and first without");
  EXPECT_ERROR(CheckEnsemble(std::vector<const Model*>{copying.get(), plain.get()}, names),
               ErrorKind::kData, "first was trained with --copy and second without");
  EXPECT_ERROR(LoadShortlist("list", *copying), ErrorKind::kUsage, "--shortlist list", "--copy");
}

}  // namespace
}  // namespace atento
