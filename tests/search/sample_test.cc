// Translations that are drawn: as often as they are probable, and the same again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "search/beam_search.h"
#include "search/force_decode.h"
#include "tiny_model.h"

namespace atento {
namespace {

using Ids = std::vector<int>;

std::vector<Hypothesis> Sample(Ensemble models, const Ids& source, const SearchOptions& options) {
  SearchArenas arenas;
  return BeamSearch(models, std::vector<Ids>{source}, options, arenas)[0];
}

// How often each translation comes, against its probability: four standard deviations.
void ExpectFrequencies(Ensemble models, const Ids& source) {
  constexpr int kDrawn = 1000;
  const SearchOptions options{.n_best = kDrawn, .max_length = 2, .sample = true};
  std::map<Ids, int> times;
  SearchArenas arenas;
  const auto drawn = Sample(models, source, options);
  ASSERT_EQ(drawn.size(), static_cast<size_t>(kDrawn));
  for (const Hypothesis& h : drawn) ++times[h.ids];
  EXPECT_GE(times.size(), 5u);
  for (const auto& [ids, count] : times) {
    const double log_prob =
        ForceDecodePairs(models, std::vector<TokenPair>{{source, ids}}, arenas)[0].log_prob;
    // At the length limit </s> is certain: what is drawn is the symbols before it.
    if (ids.size() == 2) continue;
    const double p = std::exp(log_prob), mean = kDrawn * p;
    EXPECT_NEAR(count, mean, 4 * std::sqrt(mean * (1 - p)) + 1) << ids.size() << " symbols";
  }
}

TEST(SampleTest, TranslationsComeAsOftenAsTheyAreProbable) {
  const auto a = TinyModel({.end_logit = 3});
  const auto b = TinyModel({.seed = 2, .end_logit = 3});
  const std::vector<const Model*> one = {a.get()}, both = {a.get(), b.get()};
  ExpectFrequencies(one, {2, 3});
  ExpectFrequencies(both, {2, 3});
}

TEST(SampleTest, TheSeedAndTheSourceDecide) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  const auto sources = TinySources(12, model->config().source_vocabulary);
  const SearchOptions options{.n_best = 4, .sample = true};
  SearchOptions other = options;
  other.seed = 2;
  SearchArenas arenas;
  const auto together = BeamSearch(models, sources, options, arenas);
  int different = 0;
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto alone = Sample(models, sources[i], options);
    const auto again = Sample(models, sources[i], other);
    ASSERT_EQ(alone.size(), 4u);
    for (size_t k = 0; k < alone.size(); ++k) {
      EXPECT_EQ(alone[k].ids, together[i][k].ids);
      different += alone[k].ids != again[k].ids ? 1 : 0;
    }
  }
  EXPECT_GT(different, 20);
}

TEST(SampleTest, LogProbIsThatOfForcedDecodingAndTheBestComesFirst) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  SearchArenas arenas;
  const auto drawn = Sample(models, {2, 3, 4}, {.n_best = 20, .sample = true});
  for (size_t k = 0; k < drawn.size(); ++k) {
    if (k > 0) {
      EXPECT_GE(drawn[k - 1].score, drawn[k].score);
    }
    const double log_prob =
        ForceDecodePairs(models, std::vector<TokenPair>{{{2, 3, 4}, drawn[k].ids}}, arenas)[0]
            .log_prob;
    EXPECT_NEAR(drawn[k].log_prob, log_prob, 1e-4);
  }
}

TEST(SampleTest, LimitsHold) {
  for (Real end_logit : {Real{4}, Real{-30}}) {
    const auto model = TinyModel({.end_logit = end_logit});
    const std::vector<const Model*> models = {model.get()};
    const SearchOptions options{
        .n_best = 30, .max_length = 6, .min_length = 4, .block_ngrams = 1, .sample = true};
    for (const Hypothesis& h : Sample(models, {2, 3, 4}, options)) {
      EXPECT_GE(h.ids.size(), 4u);
      EXPECT_LE(h.ids.size(), 6u);
      EXPECT_EQ(std::set<int>(h.ids.begin(), h.ids.end()).size(), h.ids.size()) << "repeats";
    }
  }
}

TEST(SampleTest, NothingLeftToDrawEnds) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  const SearchOptions options{
      .n_best = 3, .max_length = 100, .min_length = 50, .block_ngrams = 1, .sample = true};
  const int symbols = model->config().target_vocabulary - 1;
  for (const Hypothesis& h : Sample(models, Ids(60, 2), options)) {
    EXPECT_EQ(static_cast<int>(h.ids.size()), symbols);
  }
}

TEST(SampleTest, WeightsThatAreNotNumbersDoNoHarm) {
  const auto model = TinyModel();
  model->parameters.views().output.b[3] = std::numeric_limits<Real>::quiet_NaN();
  const std::vector<const Model*> models = {model.get()};
  const auto drawn = Sample(models, {2, 3}, {.n_best = 3, .sample = true});
  ASSERT_EQ(drawn.size(), 3u);
  for (const Hypothesis& h : drawn) {
    EXPECT_EQ(h.log_prob, -std::numeric_limits<double>::infinity());
  }
}

TEST(SampleTest, MoreThanTheBeamMayBeDrawn) {
  CheckSearchOptions({.beam = 2, .n_best = 3, .sample = true});
}

}  // namespace
}  // namespace atento
