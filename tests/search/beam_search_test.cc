#include "search/beam_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "expect_error.h"
#include "search/force_decode.h"
#include "search/tiny_model.h"

namespace atento {
namespace {

using Ids = std::vector<int>;

// Of one source.
std::vector<Hypothesis> Search(Ensemble models, const Ids& source, const SearchOptions& options,
                               bool with_alpha = false) {
  SearchArenas arenas;
  return BeamSearch(models, std::vector<Ids>{source}, options, arenas,
                    {.with_alpha = with_alpha})[0];
}

std::vector<ForcedPair> Force(Ensemble models, const std::vector<TokenPair>& pairs) {
  SearchArenas arenas;
  return ForceDecodePairs(models, pairs, arenas);
}

// Takes the most probable symbol at every step: search as simple as it can be written.
Hypothesis GreedyLoop(Ensemble models, const Ids& source, double ratio) {
  const Batch batch = MakeSourceBatch(std::vector<Ids>{source});
  Arena arena;  // never reset: states stay valid
  std::vector<EncodedSources> encoded;
  std::vector<DecoderState> states;
  for (const Model* model : models) {
    encoded.push_back(EncodeSources(model->Pass(arena), batch.source, batch.source_ids));
    states.push_back(encoded.back().start);
  }
  Hypothesis result;
  int last = kEndId;
  const int zero = 0;
  while (true) {
    std::vector<double> p(static_cast<size_t>(models[0]->config().target_vocabulary));
    for (size_t m = 0; m < models.size(); ++m) {
      const StepOutput step = DecodeStep(models[m]->Pass(arena), encoded[m], states[m],
                                         {{&last, 1}, {&zero, 1}, {&zero, 1}});
      states[m] = step.state;
      double sum = 0;
      for (Real logit : step.logits.RowSpan(0)) sum += std::exp(double{logit});
      for (size_t v = 0; v < p.size(); ++v) {
        p[v] += std::exp(double{step.logits(0, static_cast<int>(v))}) / sum /
                static_cast<double>(models.size());
      }
    }
    last = static_cast<int>(std::max_element(p.begin(), p.end()) - p.begin());
    const double limit = std::ceil(ratio * static_cast<double>(source.size())) + 10;
    if (static_cast<double>(result.ids.size()) == limit) last = kEndId;
    result.log_prob += std::log(p[static_cast<size_t>(last)]);
    if (last == kEndId) return result;
    result.ids.push_back(last);
  }
}

class EveryArchitecture : public testing::TestWithParam<Architecture> {};

INSTANTIATE_TEST_SUITE_P(BeamSearchTest, EveryArchitecture, testing::ValuesIn(Architectures()),
                         [](const auto& instance) { return std::to_string(instance.index); });

TEST_P(EveryArchitecture, BeamOfOneIsGreedySearch) {
  const auto model = TinyModel({.model = GetParam().options});
  const std::vector<const Model*> models = {model.get()};
  const auto sources = TinySources(20, model->config().source_vocabulary);
  SearchArenas arenas;
  const auto results = BeamSearch(models, sources, {.beam = 1, .max_length_ratio = 1.5}, arenas);
  std::set<size_t> lengths;
  for (size_t i = 0; i < sources.size(); ++i) {
    const Hypothesis greedy = GreedyLoop(models, sources[i], 1.5);
    ASSERT_EQ(results[i].size(), 1u);
    EXPECT_EQ(results[i][0].ids, greedy.ids);
    EXPECT_NEAR(results[i][0].log_prob, greedy.log_prob, 1e-5) << i;
    lengths.insert(greedy.ids.size());
  }
  EXPECT_GT(lengths.size(), 2u) << "the model is too dull for this test";
}

TEST_P(EveryArchitecture, LogProbAndAlphaAreThoseOfForcedDecoding) {
  const auto model = TinyModel({.model = GetParam().options});
  const std::vector<const Model*> models = {model.get()};
  const auto sources = TinySources(12, model->config().source_vocabulary);
  SearchArenas arenas;
  const auto results =
      BeamSearch(models, sources, {.beam = 4, .n_best = 4}, arenas, {.with_alpha = true});
  for (size_t i = 0; i < sources.size(); ++i) {
    for (const Hypothesis& hypothesis : results[i]) {
      const ForcedPair forced = Force(models, {{sources[i], hypothesis.ids}})[0];
      EXPECT_NEAR(hypothesis.log_prob, forced.log_prob, 1e-5);
      ASSERT_EQ(hypothesis.alpha.size(), forced.alpha.size());
      const size_t size = (hypothesis.ids.size() + 1) * (sources[i].size() + 1);
      EXPECT_EQ(hypothesis.alpha.size(), HasAlpha(model->config()) ? size : 0);
      for (size_t k = 0; k < forced.alpha.size(); ++k) {
        EXPECT_NEAR(hypothesis.alpha[k], forced.alpha[k], 1e-5);
      }
    }
  }
}

TEST_P(EveryArchitecture, NeighboursInTheBatchChangeNothing) {
  const auto model = TinyModel({.model = GetParam().options});
  const std::vector<const Model*> models = {model.get()};
  const auto sources = TinySources(15, model->config().source_vocabulary);
  const SearchOptions options{.beam = 3, .n_best = 3};
  SearchArenas arenas;
  const auto together = BeamSearch(models, sources, options, arenas);
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto alone = Search(models, sources[i], options);
    ASSERT_EQ(alone.size(), together[i].size());
    for (size_t k = 0; k < alone.size(); ++k) {
      EXPECT_EQ(alone[k].ids, together[i][k].ids);
      EXPECT_NEAR(alone[k].log_prob, together[i][k].log_prob, 1e-5);
    }
  }
}

// Bit by bit.
TEST_P(EveryArchitecture, WhoeverWatchesASearchDoesNotChangeIt) {
  const auto model = TinyModel({.model = GetParam().options});
  const std::vector<const Model*> models = {model.get()};
  const SearchOptions options{.beam = 3, .n_best = 2};
  for (const std::vector<int>& source : TinySources(12, model->config().source_vocabulary)) {
    const auto expected = Search(models, source, options);
    BeamTree tree;
    const BeamInspection inspection{.tree = &tree};
    SearchArenas arenas;
    const auto watched =
        BeamSearch(models, std::span(&source, 1), options, arenas, {.inspection = &inspection})[0];
    ASSERT_EQ(watched.size(), expected.size());
    ASSERT_GE(tree.finished.size(), watched.size());
    for (size_t k = 0; k < watched.size(); ++k) {
      EXPECT_EQ(watched[k].ids, expected[k].ids);
      EXPECT_EQ(watched[k].log_prob, expected[k].log_prob);
      EXPECT_EQ(tree.finished[k].hypothesis.ids, expected[k].ids);
      EXPECT_EQ(tree.finished[k].hypothesis.log_prob, expected[k].log_prob);
    }
  }
}

TEST(BeamSearchTest, StopsAtTheStepThatItIsToldTo) {
  const auto model = TinyModel({.end_logit = -100});
  const std::vector<const Model*> models = {model.get()};
  const std::vector<Ids> sources = {{2, 3, 4}, {3}};
  SearchArenas arenas;
  int steps = 0;
  const StopSearch stop = [&] { return ++steps == 4; };
  EXPECT_THROW(BeamSearch(models, sources, {.beam = 2}, arenas, {.stop = stop}), SearchStopped);
  EXPECT_EQ(steps, 4);
  steps = 4;
  EXPECT_EQ(BeamSearch(models, sources, {.beam = 2}, arenas, {.stop = stop})[1][0].ids,
            Search(models, sources[1], {.beam = 2})[0].ids)
      << "the arenas may be used again";
}

TEST(BeamSearchTest, AlphaOfEachSymbolSumsToOne) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  const Ids source = {2, 3, 4};
  for (const Hypothesis& h : Search(models, source, {.beam = 3, .n_best = 3}, true)) {
    ASSERT_EQ(h.alpha.size(), (h.ids.size() + 1) * 4);
    for (size_t t = 0; t <= h.ids.size(); ++t) {
      EXPECT_NEAR(h.alpha[4 * t] + h.alpha[4 * t + 1] + h.alpha[4 * t + 2] + h.alpha[4 * t + 3], 1,
                  1e-5);
    }
  }
  EXPECT_TRUE(Search(models, source, {}, false)[0].alpha.empty());
}

// ---- against all hypotheses there are ----------------------------------------------------------

// All 2047 sequences of at most 10 symbols out of two, </s> not counted: what an empty source
// allows.
std::vector<TokenPair> AllTargets() {
  std::vector<TokenPair> all(1);
  for (size_t i = 0; all[i].target.size() < 10; ++i) {
    for (int id : {0, 2}) {
      all.push_back(all[i]);
      all.back().target.push_back(id);
    }
  }
  return all;
}

class Exhaustive : public testing::TestWithParam<double> {
 protected:
  std::vector<Hypothesis> Enumerate() const {
    const std::vector<TokenPair> targets = AllTargets();
    const std::vector<ForcedPair> forced = Force(models_, targets);
    std::vector<Hypothesis> all(targets.size());
    for (size_t i = 0; i < all.size(); ++i) {
      all[i].ids = targets[i].target;
      all[i].log_prob = forced[i].log_prob;
      all[i].score =
          forced[i].log_prob / std::pow(static_cast<double>(all[i].ids.size()) + 1, GetParam());
    }
    std::sort(all.begin(), all.end(),
              [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
    return all;
  }

  std::unique_ptr<Model> model_ =
      TinyModel({.target_text = "a a a", .scale = 1.5, .end_logit = -1});
  std::vector<const Model*> models_ = {model_.get()};
};

INSTANTIATE_TEST_SUITE_P(LengthPenalties, Exhaustive, testing::Values(0, 0.6, 1, 2));

TEST_P(Exhaustive, AWideBeamFindsAllHypothesesInOrder) {
  const std::vector<Hypothesis> all = Enumerate();
  ASSERT_EQ(all.size(), 2047u);
  SearchOptions options{.beam = 2048, .n_best = 2048, .length_penalty = GetParam()};
  const std::vector<Hypothesis> found = Search(models_, {}, options);
  ASSERT_EQ(found.size(), all.size());
  std::set<Ids> distinct;
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_NEAR(found[i].score, all[i].score, 1e-5) << i;
    distinct.insert(found[i].ids);
  }
  EXPECT_EQ(distinct.size(), all.size());
  EXPECT_EQ(found[0].ids, all[0].ids);
}

// Search may end early only when nothing better can come.
TEST_P(Exhaustive, EndingEarlyLosesNothing) {
  const std::vector<Hypothesis> all = Enumerate();
  for (int n_best : {1, 3, 20}) {
    SearchOptions options{.beam = 2048, .n_best = n_best, .length_penalty = GetParam()};
    const std::vector<Hypothesis> found = Search(models_, {}, options);
    ASSERT_EQ(found.size(), static_cast<size_t>(n_best));
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(found[i].score, all[i].score, 1e-5) << i;
    }
  }
}

// ---- options -----------------------------------------------------------------------------------

TEST(BeamSearchTest, NBestAreDistinctAndSorted) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  for (const Ids& source : TinySources(10, model->config().source_vocabulary)) {
    const auto results = Search(models, source, {.beam = 6, .n_best = 6});
    EXPECT_EQ(results.size(), 6u);
    std::set<Ids> distinct;
    for (size_t i = 0; i < results.size(); ++i) {
      distinct.insert(results[i].ids);
      EXPECT_LE(results[i].score, results[i == 0 ? 0 : i - 1].score);
      EXPECT_EQ(std::count(results[i].ids.begin(), results[i].ids.end(), kEndId), 0);
    }
    EXPECT_EQ(distinct.size(), results.size());
  }
}

TEST(BeamSearchTest, ScoreIsLogProbOverLength) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  for (double penalty : {0.0, 0.5, 1.0}) {
    for (const Hypothesis& h :
         Search(models, {2, 3, 4, 5}, {.n_best = 5, .length_penalty = penalty})) {
      EXPECT_LT(h.log_prob, 0);
      const auto symbols = static_cast<double>(h.ids.size() + 1);
      EXPECT_NEAR(h.score, h.log_prob / std::pow(symbols, penalty), 1e-12);
    }
  }
}

TEST(BeamSearchTest, LengthLimit) {
  EXPECT_EQ(LengthLimit(2, 0), 10);
  EXPECT_EQ(LengthLimit(2, 7), 24);
  EXPECT_EQ(LengthLimit(0.5, 3), 12);
  EXPECT_EQ(LengthLimit(0.01, 1), 11);
  EXPECT_EQ(LengthLimit(1000, 2'000'000'000), 1'000'000'000);
}

TEST(BeamSearchTest, EndIsForcedAtTheLimitAndCounted) {
  const auto model = TinyModel({.end_logit = -30});
  const std::vector<const Model*> models = {model.get()};
  const Ids source = {2, 3, 4};
  for (int beam : {1, 4}) {
    const auto results =
        Search(models, source, {.beam = beam, .n_best = beam, .max_length_ratio = 0.5});
    ASSERT_EQ(results.size(), static_cast<size_t>(beam));
    for (const Hypothesis& h : results) {
      EXPECT_EQ(h.ids.size(), 12u);
      EXPECT_LT(h.log_prob, -10);
      EXPECT_NEAR(h.log_prob, Force(models, {{source, h.ids}})[0].log_prob, 1e-4);
    }
  }
}

TEST(BeamSearchTest, LeastAndLargestLength) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  EXPECT_EQ(LengthLimit(models, {}, 7), 24);
  EXPECT_EQ(LengthLimit(models, {.max_length = 20}, 7), 20);
  EXPECT_EQ(LengthLimit(models, {.max_length = 30}, 7), 24);
  EXPECT_EQ(LeastLength(models, {}, 7), 0);
  EXPECT_EQ(LeastLength(models, {.min_length_ratio = 0.5, .min_length = 3}, 7), 4);
  EXPECT_EQ(LeastLength(models, {.min_length_ratio = 0.5, .min_length = 5}, 7), 5);
  EXPECT_EQ(LeastLength(models, {.max_length = 6, .min_length_ratio = 3}, 7), 6);
}

TEST(BeamSearchTest, NoHypothesisIsShorterOrLongerThanAllowed) {
  for (Real end_logit : {Real{4}, Real{-30}}) {
    const auto model = TinyModel({.end_logit = end_logit});
    const std::vector<const Model*> models = {model.get()};
    const auto sources = TinySources(10, model->config().source_vocabulary);
    for (int beam : {1, 4}) {
      const SearchOptions options = {
          .beam = beam, .n_best = beam, .max_length = 8, .min_length_ratio = 1, .min_length = 3};
      for (const Ids& source : sources) {
        const size_t least = std::min(std::max(source.size(), size_t{3}), size_t{8});
        for (const Hypothesis& h : Search(models, source, options)) {
          EXPECT_GE(h.ids.size(), least);
          EXPECT_LE(h.ids.size(), 8u);
          EXPECT_EQ(std::count(h.ids.begin(), h.ids.end(), kEndId), 0);
          EXPECT_NEAR(h.log_prob, Force(models, {{source, h.ids}})[0].log_prob, 1e-4);
        }
      }
    }
  }
}

bool Repeats(const Ids& ids, size_t n) {
  std::set<Ids> seen;
  for (size_t i = 0; i + n <= ids.size(); ++i) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(i);
    if (!seen.insert(Ids(begin, begin + static_cast<std::ptrdiff_t>(n))).second) return true;
  }
  return false;
}

TEST(BeamSearchTest, BlockedNgramsComeOnce) {
  const auto model = TinyModel({.end_logit = -30});
  const std::vector<const Model*> models = {model.get()};
  const auto sources = TinySources(10, model->config().source_vocabulary);
  for (int n : {1, 2, 3}) {
    bool repeated = false;
    for (const Ids& source : sources) {
      const SearchOptions free = {.beam = 3, .n_best = 3, .max_length = 12};
      SearchOptions blocking = free;
      blocking.block_ngrams = n;
      for (const Hypothesis& h : Search(models, source, free)) {
        repeated |= Repeats(h.ids, static_cast<size_t>(n));
      }
      for (const Hypothesis& h : Search(models, source, blocking)) {
        EXPECT_FALSE(Repeats(h.ids, static_cast<size_t>(n))) << n;
        EXPECT_NEAR(h.log_prob, Force(models, {{source, h.ids}})[0].log_prob, 1e-4);
      }
    }
    EXPECT_TRUE(repeated) << "the model is too varied for this test, n = " << n;
  }
}

// What is blocked does not make other symbols likelier, and what never repeats stays as it is.
TEST(BeamSearchTest, BlockingWhatDoesNotRepeatChangesNothing) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  for (const Ids& source : TinySources(10, model->config().source_vocabulary)) {
    const auto free = Search(models, source, {.beam = 3});
    const auto blocking = Search(models, source, {.beam = 3, .block_ngrams = 100});
    EXPECT_EQ(free[0].ids, blocking[0].ids);
    EXPECT_EQ(free[0].log_prob, blocking[0].log_prob);
  }
}

// Every symbol once, and then nothing is left but the end, which the least length forbids.
TEST(BeamSearchTest, AHypothesisEndsWhenNothingElseMayFollow) {
  const auto model = TinyModel({.end_logit = -30});
  const std::vector<const Model*> models = {model.get()};
  const auto symbols = static_cast<size_t>(model->config().target_vocabulary);
  const SearchOptions options = {
      .beam = 2, .max_length_ratio = 1000, .min_length = 1000, .block_ngrams = 1};
  const auto results = Search(models, {2, 3, 4}, options);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].ids.size(), symbols - 1);
  EXPECT_FALSE(Repeats(results[0].ids, 1));
}

TEST(BeamSearchTest, LimitsDoNotDependOnBatchNeighbours) {
  const auto model = TinyModel();
  const std::vector<const Model*> models = {model.get()};
  const auto sources = TinySources(12, model->config().source_vocabulary);
  const SearchOptions options = {
      .beam = 3, .max_length = 9, .min_length_ratio = 0.7, .min_length = 2, .block_ngrams = 2};
  SearchArenas arenas;
  const auto together = BeamSearch(models, sources, options, arenas);
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto alone = Search(models, sources[i], options);
    EXPECT_EQ(together[i][0].ids, alone[0].ids);
    EXPECT_NEAR(together[i][0].log_prob, alone[0].log_prob, 1e-5);
  }
}

TEST(BeamSearchTest, CheckSearchOptions) {
  CheckSearchOptions({.beam = 3, .n_best = 3});
  EXPECT_ERROR(CheckSearchOptions({.beam = 2, .n_best = 3}), ErrorKind::kUsage,
               "--n-best 3 needs --beam 3 or more");
  EXPECT_ERROR(CheckSearchOptions({.max_length = 3, .min_length = 4}), ErrorKind::kUsage,
               "--min-length 4 is above --max-length 3");
  EXPECT_ERROR(CheckSearchOptions({.beam = 0}), ErrorKind::kUsage, "beam");
  EXPECT_ERROR(CheckSearchOptions({.length_penalty = -1}), ErrorKind::kUsage, "length-penalty");
  EXPECT_ERROR(CheckSearchOptions({.length_penalty = std::nan("")}), ErrorKind::kUsage,
               "length-penalty");
}

// The weights of a file may be anything.
TEST(BeamSearchTest, WeightsThatAreNotNumbersDoNoHarm) {
  for (Real value :
       {std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    const auto model = TinyModel();
    model->parameters.views().output.b[3] = value;
    const std::vector<const Model*> models = {model.get()};
    for (int beam : {1, 5}) {
      const auto results = Search(models, {2, 3}, {.beam = beam, .n_best = beam});
      ASSERT_FALSE(results.empty());
      for (const Hypothesis& h : results) {
        EXPECT_EQ(h.log_prob, -std::numeric_limits<double>::infinity());
        EXPECT_EQ(h.score, h.log_prob);
      }
    }
  }
}

// ---- ensembles ---------------------------------------------------------------------------------

TEST(BeamSearchTest, AModelTwiceIsTheModel) {
  const auto model = TinyModel();
  const std::vector<const Model*> once = {model.get()}, twice = {model.get(), model.get()};
  for (const Ids& source : TinySources(10, model->config().source_vocabulary)) {
    const auto a = Search(once, source, {.beam = 4, .n_best = 4}, true);
    const auto b = Search(twice, source, {.beam = 4, .n_best = 4}, true);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].ids, b[i].ids);
      EXPECT_NEAR(a[i].log_prob, b[i].log_prob, 1e-5);
      ASSERT_EQ(a[i].alpha.size(), b[i].alpha.size());
      for (size_t k = 0; k < a[i].alpha.size(); ++k) {
        EXPECT_NEAR(a[i].alpha[k], b[i].alpha[k], 1e-6);
      }
    }
  }
}

TEST(BeamSearchTest, AnEnsembleAveragesProbabilities) {
  const auto architectures = Architectures();
  const auto a = TinyModel({.seed = 1});
  const auto b = TinyModel({.model = architectures[2].options, .seed = 2});
  const auto c = TinyModel({.model = architectures[6].options, .seed = 3});
  const std::vector<const Model*> models = {a.get(), b.get(), c.get()};
  for (const Ids& source : TinySources(10, a->config().source_vocabulary)) {
    const Hypothesis greedy = GreedyLoop(models, source, 2);
    const Hypothesis found = Search(models, source, {.beam = 1}, true)[0];
    EXPECT_EQ(found.ids, greedy.ids);
    EXPECT_NEAR(found.log_prob, greedy.log_prob, 1e-5);
    const ForcedPair forced = Force(models, {{source, found.ids}})[0];
    EXPECT_NEAR(forced.log_prob, greedy.log_prob, 1e-5);
    // The mean of the two that have attention.
    const ForcedPair of_a = Force({&models[0], 1}, {{source, found.ids}})[0];
    const ForcedPair of_b = Force({&models[1], 1}, {{source, found.ids}})[0];
    ASSERT_EQ(found.alpha.size(), of_a.alpha.size());
    ASSERT_EQ(forced.alpha.size(), of_a.alpha.size());
    for (size_t k = 0; k < found.alpha.size(); ++k) {
      EXPECT_NEAR(found.alpha[k], (of_a.alpha[k] + of_b.alpha[k]) / 2, 1e-5);
      EXPECT_NEAR(forced.alpha[k], found.alpha[k], 1e-5);
    }
  }
}

}  // namespace
}  // namespace atento
