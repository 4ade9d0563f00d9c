// Models of different architectures that share their vocabularies decide together.
#include "search/ensemble.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "search/tiny_model.h"
#include "search/translate.h"

namespace atento {
namespace {

class EnsembleTest : public testing::Test {
 protected:
  // One model of each architecture, also those without attention.
  EnsembleTest() {
    uint64_t seed = 0;
    for (const Architecture& architecture : Architectures()) {
      owned_.push_back(TinyModel({.model = architecture.options, .seed = ++seed, .end_logit = 0}));
      all_.push_back(owned_.back().get());
    }
  }

  std::vector<ScoredPair> Score(Ensemble models, const std::vector<std::string>& targets) {
    return ScoreLines(models, std::vector<std::string>(targets.size(), kSource), targets, threads_);
  }

  static constexpr const char* kSource = "a b c d e f g";
  std::vector<std::unique_ptr<Model>> owned_;
  std::vector<const Model*> all_;
  SearchThreads threads_{1};
};

TEST_F(EnsembleTest, ItsProbabilityIsTheMeanOfTheirs) {
  const ScoredPair together = Score(all_, {""})[0];  // of </s> alone
  double sum = 0;
  for (const Model* model : all_) {
    sum += std::exp(Score(std::vector<const Model*>{model}, {""})[0].log_prob);
  }
  EXPECT_NEAR(std::exp(together.log_prob), sum / static_cast<double>(all_.size()), 1e-6);
}

TEST_F(EnsembleTest, ItsWeightsAreTheMeanOfThoseWithAttention) {
  const std::string target = "t u v";
  const Alignment together = Score(all_, {target})[0].alignment;
  ASSERT_EQ(together.weights.size(), 21u);
  std::vector<double> sum(together.weights.size());
  int attending = 0;
  for (const Model* model : all_) {
    const Alignment alone = Score(std::vector<const Model*>{model}, {target})[0].alignment;
    EXPECT_EQ(alone.weights.empty(), !HasAlpha(model->config()));
    for (size_t i = 0; i < alone.weights.size(); ++i) sum[i] += double{alone.weights[i]};
    attending += HasAlpha(model->config());
  }
  EXPECT_LT(attending, static_cast<int>(all_.size()));
  for (size_t i = 0; i < sum.size(); ++i)
    EXPECT_NEAR(together.weights[i], sum[i] / attending, 1e-6);
}

// Luong's local attention, Bahdanau's additive one, and location attention; and all there are.
TEST_F(EnsembleTest, TheSearchSaysWhatTheScoreSays) {
  const std::vector<const Model*> three = {all_[7], all_[1], all_[8]};
  for (const auto& models : {three, all_}) {
    const std::vector<std::string> lines = {kSource};
    const TranslateOptions options{.search = {.beam = 4, .n_best = 4}};
    const auto hypotheses = TranslateLines(models, lines, options, threads_)[0].hypotheses;
    ASSERT_EQ(hypotheses.size(), 4u);
    for (const TranslationHypothesis& hypothesis : hypotheses) {
      SCOPED_TRACE(hypothesis.text);
      const ScoredPair scored = Score(models, {hypothesis.text})[0];
      EXPECT_NEAR(scored.log_prob, hypothesis.log_prob, 1e-5);
      EXPECT_EQ(scored.alignment.links, hypothesis.alignment.links);
      ASSERT_EQ(scored.alignment.weights.size(), hypothesis.alignment.weights.size());
      for (size_t i = 0; i < scored.alignment.weights.size(); ++i) {
        EXPECT_NEAR(scored.alignment.weights[i], hypothesis.alignment.weights[i], 1e-5) << i;
      }
    }
  }
}

}  // namespace
}  // namespace atento
