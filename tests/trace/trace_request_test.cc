// What a trace may be asked: to go on from a prefix, to attend otherwise; and what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "expect_error.h"
#include "trace/traced_model.h"

namespace atento {
namespace {

// The trace as if nothing of it had been given.
std::string Unforced(Trace trace) {
  trace.prefix_tokens = 0;
  for (TraceStep& step : trace.steps) {
    step.forced = false;
    if (step.attention) step.attention->replaced = false;
  }
  return TraceToJson(trace);
}

std::vector<int> Prefix(const Trace& trace, size_t tokens) {
  return {trace.target.ids.begin(), trace.target.ids.begin() + static_cast<std::ptrdiff_t>(tokens)};
}

// All heads' weights of a step, head by head.
std::vector<float> WeightsOf(const TraceStep& step) {
  std::vector<float> weights;
  for (const TraceHead& head : step.attention->heads) {
    weights.insert(weights.end(), head.weights.begin(), head.weights.end());
  }
  return weights;
}

// ---- prefixes ----------------------------------------------------------------------------------

TEST(TracePrefixTest, APrefixOfTheModelsOwnChangesNothing) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const Trace free = model.Greedy();
    for (size_t tokens = 0; tokens <= free.target.ids.size(); ++tokens) {
      const Trace trace =
          model.Greedy({.text = kTracedText, .target_prefix = Prefix(free, tokens)});
      EXPECT_EQ(Unforced(trace), Unforced(free)) << tokens << " tokens";
      EXPECT_EQ(trace.prefix_tokens, static_cast<int>(tokens));
      for (size_t t = 0; t < trace.steps.size(); ++t) {
        EXPECT_EQ(trace.steps[t].forced, t < tokens);
      }
    }
  });
}

TEST(TracePrefixTest, SearchGoesOnFromACandidate) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const Trace free = model.Greedy();
    const size_t t = free.steps.size() / 2;
    for (int beam : {1, 3}) {
      for (const TraceSymbol& candidate : free.steps[t].candidates) {
        std::vector<int> prefix = Prefix(free, t);
        prefix.push_back(candidate.id);
        const Trace trace =
            MakeTrace(model.translator(),
                      {.text = kTracedText, .search = {.beam = beam}, .target_prefix = prefix});
        EXPECT_EQ(Prefix(trace, t + 1), prefix);
        EXPECT_NEAR(trace.steps[t].chosen.log_prob, candidate.log_prob, 1e-6);
        EXPECT_EQ(trace.target.ids.size() == t + 1, candidate.id == kEndId);
        if (beam > 1) {
          EXPECT_EQ(trace.beam->finished.at(0).ids, trace.target.ids);
        }
        // What came after is probable as `score` says of the whole.
        const Trace scored = model.Greedy({.text = kTracedText, .target = trace.target.text});
        if (scored.target.ids == trace.target.ids) {
          EXPECT_NEAR(scored.log_prob, trace.log_prob, 1e-5);
        }
      }
    }
  });
}

TEST(TracePrefixTest, UpToTheLengthLimit) {
  const TracedModel model(TinyOptions());
  // ceil(2 · 1) + 10
  const std::vector<int> longest(12, 2);
  Trace trace = model.Greedy({.text = "a", .target_prefix = longest});
  EXPECT_EQ(trace.target.ids.size(), 13u);
  std::vector<int> ended = longest;
  ended.push_back(kEndId);
  trace = model.Greedy({.text = "a", .target_prefix = ended});
  EXPECT_EQ(trace.target.ids, ended);
}

TEST(TracePrefixTest, BadPrefixesAreRefused) {
  const TracedModel model(TinyOptions());
  auto trace = [&](std::vector<int> prefix) {
    model.Greedy({.text = "a", .target_prefix = std::move(prefix)});
  };
  EXPECT_ERROR(trace({2, 9}), ErrorKind::kUsage, "target_prefix: id 9 at position 1", "0 to 8");
  EXPECT_ERROR(trace({-1}), ErrorKind::kUsage, "target_prefix: id -1 at position 0");
  EXPECT_ERROR(trace({2, 1, 2}), ErrorKind::kUsage, "id 1 at position 1 is </s>");
  EXPECT_ERROR(trace(std::vector<int>(13, 2)), ErrorKind::kUsage, "target_prefix has 13 tokens",
               "12 or fewer");
  EXPECT_ERROR(model.Greedy({.text = "a", .target = "t", .target_prefix = {2}}), ErrorKind::kUsage,
               "target and target_prefix");
}

// ---- weights -----------------------------------------------------------------------------------

TEST(TraceAlphaTest, TheModelsOwnWeightsChangeNothing) {
  ForEachAttendingModel([](const ModelOptions&, const TracedModel& model) {
    const Trace free = model.Greedy();
    for (size_t t = 0; t < free.steps.size(); ++t) {
      const Trace trace =
          model.Greedy({.text = kTracedText,
                        .alpha = AlphaOverride{static_cast<int>(t), WeightsOf(free.steps[t])}});
      EXPECT_EQ(Unforced(trace), Unforced(free)) << "step " << t;
      for (size_t i = 0; i < trace.steps.size(); ++i) {
        EXPECT_EQ(trace.steps[i].attention->replaced, i == t);
      }
    }
  });
}

TEST(TraceAlphaTest, AllWeightOnOnePositionMakesTheContextThatAnnotation) {
  ForEachAttendingModel([](const ModelOptions& options, const TracedModel& model) {
    const Trace free = model.Greedy();
    const size_t t = free.steps.size() / 2, S = free.source.ids.size();
    for (size_t j = 0; j < S; ++j) {
      AlphaOverride alpha{static_cast<int>(t), std::vector<float>(S)};
      alpha.weights[j] = 17;
      const Trace trace = model.Greedy({.text = kTracedText, .alpha = alpha});
      ASSERT_GT(trace.steps.size(), t);
      const TraceAttention& attention = *trace.steps[t].attention;
      const size_t C = attention.context.size(), heads = attention.heads.size();
      for (size_t i = 0; i < C; ++i) {
        // Less than 1 with local-p: as much as the head's own weights had.
        const TraceVector& own = free.steps[t].attention->heads[i * heads / C].weights;
        const double sum = std::accumulate(own.begin(), own.end(), 0.0);
        const double gate = double{attention.gate.value_or(1)};
        EXPECT_NEAR(attention.context[i],
                    gate * sum * double{trace.encoder.annotations.Row(static_cast<int>(j))[i]},
                    1e-6);
        if (options.attention_window != AttentionWindow::kLocalP) {
          EXPECT_NEAR(sum, 1, 1e-6);
        }
      }
      for (size_t before = 0; before < t; ++before) {
        EXPECT_EQ(trace.steps[before].chosen.log_prob, free.steps[before].chosen.log_prob);
      }
    }
  });
}

// The context changes what comes next, and coverage remembers.
TEST(TraceAlphaTest, WhatFollowsIsComputedFromTheNewWeights) {
  ForEachAttendingModel([](const ModelOptions& options, const TracedModel& model) {
    const Trace free = model.Greedy();
    AlphaOverride alpha{0, std::vector<float>(free.source.ids.size())};
    alpha.weights.back() = 1;
    const Trace trace = model.Greedy({.text = kTracedText, .alpha = alpha});
    EXPECT_NE(trace.steps[0].chosen.log_prob, free.steps[0].chosen.log_prob);
    for (size_t t = 0; t < trace.steps.size() && static_cast<int>(t) < trace.length_limit; ++t) {
      EXPECT_EQ(trace.steps[t].chosen.id, trace.steps[t].candidates[0].id);
    }
    if (options.coverage && trace.steps.size() > 1) {
      EXPECT_EQ(trace.steps[1].attention->coverage, trace.steps[0].attention->weights);
    }
  });
}

TEST(TraceAlphaTest, SearchIsGreedyAndGoesOnFromAPrefix) {
  const TracedModel model(TinyOptions());
  const Trace free = model.Beam(5);
  AlphaOverride alpha{1, std::vector<float>(free.source.ids.size(), 1)};
  const std::vector<int> prefix = {free.target.ids[0] == 3 ? 4 : 3};
  const Trace trace =
      MakeTrace(model.translator(), {.text = kTracedText, .target_prefix = prefix, .alpha = alpha});
  EXPECT_EQ(trace.search->beam, 1);
  EXPECT_FALSE(trace.beam);
  EXPECT_EQ(trace.target.ids[0], prefix[0]);
  const Trace again = model.Greedy({.text = kTracedText, .target_prefix = prefix, .alpha = alpha});
  EXPECT_EQ(TraceToJson(trace), TraceToJson(again));
}

TEST(TraceAlphaTest, AGivenTranslationIsReadWithOtherWeights) {
  const TracedModel model(TinyOptions());
  AlphaOverride alpha{1, {0, 0, 1}};
  const Trace own = model.Greedy({.text = "a b", .target = "t u v"});
  const Trace trace = model.Greedy({.text = "a b", .target = "t u v", .alpha = alpha});
  EXPECT_EQ(trace.target.ids, own.target.ids);
  EXPECT_EQ(trace.steps[0].chosen.log_prob, own.steps[0].chosen.log_prob);
  EXPECT_NE(trace.steps[1].chosen.log_prob, own.steps[1].chosen.log_prob);
  alpha.step = 4;
  EXPECT_ERROR(model.Greedy({.text = "a b", .target = "t u v", .alpha = alpha}), ErrorKind::kUsage,
               "alpha.step 4 is out of range", "0 to 3");
}

TEST(TraceAlphaTest, BadWeightsAreRefused) {
  ModelOptions options = TinyOptions();
  options.attention_heads = 2;
  options.attention_size = 8;
  const TracedModel model(options);
  auto trace = [&](int step, std::vector<float> weights) {
    model.Greedy({.text = "a b", .alpha = AlphaOverride{step, std::move(weights)}});
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_ERROR(trace(0, {1, 2}), ErrorKind::kUsage, "alpha.weights has 2 numbers", "3 source");
  EXPECT_ERROR(trace(0, {}), ErrorKind::kUsage, "alpha.weights has 0 numbers");
  EXPECT_ERROR(trace(0, {0, 0, 0}), ErrorKind::kUsage, "all weights are 0");
  EXPECT_ERROR(trace(0, {1, 0, 0, 0, 0, 0}), ErrorKind::kUsage, "of head 1: all weights are 0");
  EXPECT_ERROR(trace(0, {1, -1, 0}), ErrorKind::kUsage, "at position 1");
  EXPECT_ERROR(trace(0, {1, 1, kNan}), ErrorKind::kUsage, "at position 2");
  EXPECT_ERROR(trace(0, {kInfinity, 1, 1}), ErrorKind::kUsage, "at position 0");
  EXPECT_ERROR(trace(-1, {1, 1, 1}), ErrorKind::kUsage, "alpha.step -1 is out of range");
  EXPECT_ERROR(trace(99, {1, 1, 1}), ErrorKind::kUsage, "alpha.step 99 is out of range", "0 to ");
}

// The largest and the smallest of numbers scale like any other.
TEST(TraceAlphaTest, WeightsOfAnySizeAreScaled) {
  const TracedModel model(TinyOptions());
  auto first = [&](float weight) {
    const Trace trace =
        model.Greedy({.text = "a b", .alpha = AlphaOverride{0, std::vector<float>(3, weight)}});
    return trace.steps[0].attention->weights;
  };
  for (float weight :
       {std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min()}) {
    for (float alpha : first(weight)) EXPECT_NEAR(alpha, 1 / 3.0, 1e-6);
  }
}

TEST(TraceAlphaTest, WithoutWeightsThereIsNothingToReplace) {
  ForEachTracedModel([](const ModelOptions& options, const TracedModel& model) {
    if (HasAlpha(options)) return;
    EXPECT_ERROR(model.Greedy({.text = "a", .alpha = AlphaOverride{0, {1, 1}}}), ErrorKind::kUsage,
                 "no weights of attention");
  });
}

// ---- the rest ----------------------------------------------------------------------------------

TEST(TraceRequestTest, BadRequestsAreRefused) {
  const TracedModel model(TinyOptions());
  EXPECT_ERROR(model.Greedy({.text = ""}), ErrorKind::kUsage, "no words");
  EXPECT_ERROR(model.Greedy({.text = " \t"}), ErrorKind::kUsage, "no words");
  EXPECT_ERROR(model.Greedy({.text = "a", .options = {.candidates = 0}}), ErrorKind::kUsage,
               "candidates");
  EXPECT_ERROR(MakeTrace(model.translator(), {.text = "a", .search = {.beam = 0}}),
               ErrorKind::kUsage, "beam");
  std::string longest;
  for (int i = 0; i < 1001; ++i) longest += "t ";
  EXPECT_ERROR(model.Greedy({.text = "a", .target = longest}), ErrorKind::kData,
               "target has 1001 tokens");
  EXPECT_ERROR(model.Greedy({.text = longest, .target = "t"}), ErrorKind::kData,
               "text has 1001 tokens");
}

TEST(TraceRequestTest, LocationAttentionHasAnEnd) {
  ModelOptions options = TinyOptions();
  options.attention = Attention::kLocation;
  options.attend = Attend::kAfter;
  options.location_positions = 101;
  const TracedModel model(options);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "a ";
  EXPECT_EQ(model.Greedy({.text = text, .target = "t"}).steps.size(), 2u);
  EXPECT_ERROR(model.Greedy({.text = text + "a", .target = "t"}), ErrorKind::kData,
               "text has 101 tokens", "100 or fewer");
}

TEST(TraceRequestTest, AnEmptyTargetHasOneStep) {
  const Trace trace = TracedModel(TinyOptions()).Greedy({.text = "a b", .target = ""});
  EXPECT_EQ(trace.target.ids, std::vector<int>{kEndId});
  EXPECT_EQ(trace.steps.size(), 1u);
  EXPECT_EQ(trace.alignment.target_words, 0);
}

TEST(TraceRequestTest, LongSourcesAreCutAsInTranslation) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "a b ";
  const TracedModel model(TinyOptions());
  const Trace trace = model.Greedy({.text = text, .search = {.max_length_ratio = 0.01}});
  EXPECT_TRUE(trace.truncated);
  EXPECT_EQ(trace.source.words.size(), 600u);
  EXPECT_LT(trace.source.ids.size(), 600u);
  EXPECT_EQ(trace.alignment.source_words, 600);
}

TEST(TraceRequestTest, AnEnsembleIsRefused) {
  TemporaryDirectory directory;
  const auto model = TinyModel();
  SaveModelDescription(*model, directory.path());
  SaveParameters(model->config(), model->parameters, directory.File("model.safetensors"));
  const std::vector<std::string> twice = {directory.path(), directory.path()};
  EXPECT_ERROR(MakeTrace(Translator(twice, 1), {.text = "a"}), ErrorKind::kUsage, "ensemble of 2");
}

}  // namespace
}  // namespace atento
