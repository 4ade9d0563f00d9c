// A trace shows what the equations say: recomputed from its own numbers, and compared with what
// translate and score say of the same sentence.
#include "atento/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/utf8.h"
#include "expect_error.h"
#include "trace/traced_model.h"

namespace atento {
namespace {

double Dot(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

template <class Vector>
std::span<const float> Share(const Vector& values, int heads, int head) {
  const size_t size = std::size(values) / static_cast<size_t>(heads);
  return std::span<const float>(values).subspan(static_cast<size_t>(head) * size, size);
}

void ExpectNear(std::span<const float> a, std::span<const float> b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "at " << i;
}

// body(step, its attention, head) for every head of every step.
template <class Body>
void ForEachHead(const Trace& trace, const Body& body) {
  for (const TraceStep& step : trace.steps) {
    ASSERT_EQ(step.attention->heads.size(),
              static_cast<size_t>(trace.model.options.attention_heads));
    for (int k = 0; k < trace.model.options.attention_heads; ++k) body(*step.attention, k);
  }
}

TEST(TraceTest, WeightsSumToOneAndContextsAreTheirSumOfAnnotations) {
  ForEachAttendingModel([](const ModelOptions& options, const TracedModel& model) {
    const Trace trace = model.Greedy();
    const TraceMatrix& h = trace.encoder.annotations;
    ForEachHead(trace, [&](const TraceAttention& attention, int k) {
      const TraceVector& weights = attention.heads[static_cast<size_t>(k)].weights;
      const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
      if (options.attention_window == AttentionWindow::kLocalP) {
        EXPECT_LT(sum, 1);
      } else {
        EXPECT_NEAR(sum, 1, 1e-6);
      }
      const auto context = Share(attention.context, options.attention_heads, k);
      for (size_t i = 0; i < context.size(); ++i) {
        double c = 0;
        for (int j = 0; j < h.rows; ++j) {
          c += double{weights[static_cast<size_t>(j)]} *
               double{Share(h.Row(j), options.attention_heads, k)[i]};
        }
        EXPECT_NEAR(context[i], attention.gate.value_or(1) * c, 1e-6);
      }
    });
  });
}

TEST(TraceTest, WeightsAreTheSoftmaxOfTheScoresInTheWindow) {
  ForEachAttendingModel([](const ModelOptions&, const TracedModel& model) {
    ForEachHead(model.Greedy(), [](const TraceAttention& attention, int k) {
      const auto& [scores, weights] = attention.heads[static_cast<size_t>(k)];
      double sum = 0;
      for (float e : scores) sum += std::isnan(e) ? 0 : std::exp(double{e});
      for (size_t j = 0; j < scores.size(); ++j) {
        double alpha = std::isnan(scores[j]) ? 0 : std::exp(double{scores[j]}) / sum;
        if (alpha > 0 && attention.window && !attention.window->gaussian.empty()) {
          alpha *= double{attention.window->gaussian[j]};
        }
        EXPECT_NEAR(weights[j], alpha, 1e-5) << "at " << j;
      }
    });
  });
}

TEST(TraceTest, TheWeightsThatAreLookedAtAreTheMeanOfTheHeads) {
  ForEachAttendingModel([](const ModelOptions& options, const TracedModel& model) {
    for (const TraceStep& step : model.Greedy().steps) {
      TraceVector mean(step.attention->weights.size());
      for (const TraceHead& head : step.attention->heads) {
        for (size_t j = 0; j < mean.size(); ++j) {
          mean[j] += head.weights[j] / static_cast<float>(options.attention_heads);
        }
      }
      ExpectNear(step.attention->weights, mean, 1e-6);
    }
  });
}

// e_j by its equation, from the vectors of the trace.
double ScoreOf(const Trace& trace, const TraceAttention& attention, int k, int j) {
  const ModelOptions& options = trace.model.options;
  const int heads = options.attention_heads;
  const auto h = Share(trace.encoder.annotations.Row(j), heads, k);
  switch (options.attention) {
    case Attention::kDot:
      return Dot(Share(attention.query, heads, k), h);
    case Attention::kScaledDot:
      return Dot(Share(attention.query, heads, k), h) / std::sqrt(h.size());
    case Attention::kGeneral:
      return Dot(Share(attention.projected, heads, k), h);
    case Attention::kLocation:
      return double{attention.projected[static_cast<size_t>(j)]};
    default:
      break;
  }
  const auto q = Share(attention.projected, heads, k), v = Share(trace.attention.v_a, heads, k);
  const auto key = Share(trace.attention.keys.Row(j), heads, k);
  double e = 0;
  for (size_t i = 0; i < v.size(); ++i) {
    double x = double{q[i]} + double{key[i]};
    if (options.coverage) {
      x += double{Share(trace.attention.w_c, heads, k)[i]} *
           double{attention.coverage[static_cast<size_t>(j)]};
    }
    e += double{v[i]} * std::tanh(x);
  }
  return e;
}

TEST(TraceTest, ScoresFollowFromWhatTheTraceShows) {
  ForEachAttendingModel([](const ModelOptions&, const TracedModel& model) {
    const Trace trace = model.Greedy();
    ForEachHead(trace, [&](const TraceAttention& attention, int k) {
      const TraceVector& scores = attention.heads[static_cast<size_t>(k)].scores;
      for (size_t j = 0; j < scores.size(); ++j) {
        if (std::isnan(scores[j])) continue;
        EXPECT_NEAR(scores[j], ScoreOf(trace, attention, k, static_cast<int>(j)), 1e-5);
      }
    });
  });
}

TEST(TraceTest, WindowsLieAroundTheirCenter) {
  int windows = 0;
  ForEachAttendingModel([&](const ModelOptions& options, const TracedModel& model) {
    const Trace trace = model.Greedy();
    const double S = static_cast<double>(trace.source.ids.size()), D = options.window_radius;
    int number = 0;
    for (const TraceStep& step : trace.steps) {
      const auto& window = step.attention->window;
      ASSERT_EQ(window.has_value(), options.attention_window != AttentionWindow::kGlobal);
      if (!window) continue;
      ++windows;
      const bool local_p = options.attention_window == AttentionWindow::kLocalP;
      const double p = local_p ? S / (1 + std::exp(-Dot(trace.attention.v_p, window->hidden)))
                               : std::min<double>(number, S - 1);
      EXPECT_NEAR(window->center, p, 1e-5);
      for (int j = 0; j < static_cast<int>(S); ++j) {
        const bool inside = std::abs(j - double{window->center}) <= D;
        EXPECT_EQ(inside, window->first <= j && j <= window->last);
        EXPECT_EQ(inside, !std::isnan(step.attention->heads[0].scores[static_cast<size_t>(j)]));
        if (!local_p || !inside) continue;
        EXPECT_NEAR(window->gaussian[static_cast<size_t>(j)],
                    std::exp(-(j - p) * (j - p) / (2 * D * D / 4)), 1e-5);
      }
      ++number;
    }
  });
  EXPECT_GT(windows, 10);
}

TEST(TraceTest, CoverageIsTheSumOfTheWeightsBefore) {
  int steps = 0;
  ForEachAttendingModel([&](const ModelOptions& options, const TracedModel& model) {
    const Trace trace = model.Greedy();
    TraceVector sum(trace.source.ids.size());
    for (const TraceStep& step : trace.steps) {
      EXPECT_EQ(step.attention->coverage.empty(), !options.coverage);
      if (!options.coverage) continue;
      ExpectNear(step.attention->coverage, sum, 1e-6);
      for (size_t j = 0; j < sum.size(); ++j) sum[j] += step.attention->weights[j];
      ++steps;
    }
  });
  EXPECT_GT(steps, 5);
}

// Side by side, and with what the layer reads where it says so.
TEST(TraceTest, AnnotationsAreTheStatesOfTheLastLayer) {
  ForEachTracedModel([](const ModelOptions& options, const TracedModel& model) {
    const Trace trace = model.Greedy();
    ASSERT_EQ(trace.encoder.layers.size(), static_cast<size_t>(options.encoder_layers));
    TraceMatrix x = trace.encoder.embeddings;
    for (const TraceEncoderLayer& layer : trace.encoder.layers) {
      TraceMatrix states{x.rows, 0, {}};
      for (int j = 0; j < x.rows; ++j) {
        for (const auto& network : layer.directions) {
          const auto row = network.h.Row(j);
          states.values.insert(states.values.end(), row.begin(), row.end());
          EXPECT_EQ(network.c.empty(), options.cell != Cell::kLstm);
        }
      }
      states.columns = static_cast<int>(states.values.size()) / states.rows;
      if (!layer.outputs.empty()) {
        for (size_t i = 0; i < x.values.size(); ++i) states.values[i] += x.values[i];
        ExpectNear(layer.outputs.values, states.values, 1e-6);
      }
      x = states;
    }
    ExpectNear(trace.encoder.annotations.values, x.values, 1e-6);
    EXPECT_EQ(trace.encoder.layers[0].directions.back().backward,
              options.encoder_direction != Direction::kForward);
  });
}

// Each step starts from where the one before ended, so queries and readouts are states of theirs.
TEST(TraceTest, QueriesAndReadoutsAreStates) {
  ForEachTracedModel([](const ModelOptions& options, const TracedModel& model) {
    const Trace trace = model.Greedy();
    TraceVector before = trace.start.back().h;
    for (const TraceStep& step : trace.steps) {
      const TraceDecoderLayer& top = step.layers.back();
      const TraceVector& output = top.output.empty() ? top.state.h : top.output;
      EXPECT_EQ(step.readout.state, options.readout == Readout::kMaxout ? before : output);
      EXPECT_EQ(step.readout.inner.empty(), options.readout != Readout::kMaxout);
      for (size_t i = 0; i < step.readout.inner.size() / 2; ++i) {
        EXPECT_EQ(step.readout.t[i],
                  std::max(step.readout.inner[2 * i], step.readout.inner[2 * i + 1]));
      }
      if (trace.model.attends) {
        EXPECT_EQ(step.attention->query, options.attend == Attend::kBefore ? before
                                         : options.attend == Attend::kBetween
                                             ? step.layers[0].between.h
                                             : output);
      }
      before = top.state.h;
    }
  });
}

TEST(TraceTest, WithoutScoresThereAreTheVectorsThatThereAre) {
  ForEachTracedModel([](const ModelOptions& options, const TracedModel& model) {
    if (HasAlpha(options)) return;
    const Trace trace = model.Greedy();
    EXPECT_FALSE(trace.model.attends);
    EXPECT_TRUE(trace.alignment.weights.empty());
    const TraceMatrix& h = trace.encoder.annotations;
    for (const TraceStep& step : trace.steps) {
      EXPECT_FALSE(step.readout.t.empty());
      ASSERT_EQ(step.attention.has_value(), options.attention == Attention::kFixed);
      if (!step.attention) continue;
      EXPECT_TRUE(step.attention->heads.empty());
      EXPECT_EQ(step.attention->weights.back(), 1);
      ExpectNear(step.attention->context, h.Row(h.rows - 1), 0);
    }
  });
}

// ---- what translate and score say --------------------------------------------------------------

TEST(TraceTest, ChosenTokensAreTheTranslation) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const std::vector<std::string> texts = {kTracedText};
    for (int beam : {1, 4}) {
      const auto expected =
          model.translator().Translate(texts, {.beam = beam}).at(0).hypotheses.at(0);
      const Trace trace = model.Beam(beam);
      EXPECT_EQ(trace.target.text, expected.text);
      EXPECT_NEAR(trace.log_prob, expected.log_prob, 1e-5);
      EXPECT_NEAR(trace.score, expected.score, 1e-5);
      ExpectNear(trace.alignment.weights, expected.alignment.weights, 1e-5);
      EXPECT_EQ(trace.alignment.links, expected.alignment.links);
      double log_prob = 0;
      for (size_t t = 0; t < trace.steps.size(); ++t) {
        const TraceStep& step = trace.steps[t];
        EXPECT_EQ(step.chosen.id, trace.target.ids[t]);
        EXPECT_EQ(step.input_id, t == 0 ? 1 : trace.target.ids[t - 1]);
        if (beam == 1) {
          const bool last = static_cast<int>(t) == trace.length_limit;
          EXPECT_EQ(step.chosen.id, last ? kEndId : step.candidates[0].id);
        }
        log_prob += step.chosen.log_prob;
      }
      EXPECT_DOUBLE_EQ(trace.log_prob, log_prob);
    }
  });
}

TEST(TraceTest, AGivenTranslationIsScoredAsByScore) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const std::vector<std::string> sources = {kTracedText}, targets = {"z x u"};
    const ScoredPair expected = model.translator().Score(sources, targets).at(0);
    const Trace trace = model.Greedy({.text = kTracedText, .target = targets[0]});
    EXPECT_EQ(trace.target.text, targets[0]);
    EXPECT_EQ(trace.target.tokens, (std::vector<std::string>{"z", "x", "u", "</s>"}));
    EXPECT_EQ(trace.prefix_tokens, 4);
    EXPECT_FALSE(trace.search || trace.beam);
    EXPECT_NEAR(trace.log_prob, expected.log_prob, 1e-5);
    ExpectNear(trace.alignment.weights, expected.alignment.weights, 1e-5);
    EXPECT_EQ(trace.alignment.links, expected.alignment.links);
    for (const TraceStep& step : trace.steps) EXPECT_TRUE(step.forced);
  });
}

// Every candidate has the probability that force-decoding gives to what was chosen so far and it.
TEST(TraceTest, CandidatesAreSortedAndAsProbableAsForceDecodingSays) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const Trace trace = model.Greedy({.text = kTracedText, .options = {.candidates = 3}});
    std::string words;
    double log_prob = 0;
    const std::vector<std::string> sources = {kTracedText};
    for (const TraceStep& step : trace.steps) {
      ASSERT_EQ(step.candidates.size(), 3u);
      for (size_t i = 0; i < 3; ++i) {
        const TraceSymbol& candidate = step.candidates[i];
        if (i > 0) {
          EXPECT_LE(candidate.log_prob, step.candidates[i - 1].log_prob);
        }
        if (candidate.id != 1) continue;  // only a whole translation has a score
        const std::vector<std::string> targets = {words};
        EXPECT_NEAR(log_prob + candidate.log_prob,
                    model.translator().Score(sources, targets)[0].log_prob, 1e-5);
      }
      log_prob += step.chosen.log_prob;
      words += step.chosen.token + " ";
    }
  });
}

TEST(TraceTest, WeightsAloneAreTheSameWithoutTheVectors) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const Trace all = model.Greedy();
    const Trace weights =
        model.Greedy({.text = kTracedText, .options = {.detail = TraceDetail::kWeights}});
    EXPECT_EQ(weights.target.ids, all.target.ids);
    EXPECT_EQ(weights.log_prob, all.log_prob);
    EXPECT_TRUE(weights.encoder.annotations.empty() && weights.start.empty());
    for (size_t t = 0; t < all.steps.size(); ++t) {
      const TraceStep& step = weights.steps[t];
      EXPECT_TRUE(step.embedding.empty() && step.layers.empty() && step.readout.t.empty());
      if (!step.attention) continue;
      EXPECT_EQ(step.attention->weights, all.steps[t].attention->weights);
      EXPECT_TRUE(step.attention->context.empty() && step.attention->query.empty());
    }
    EXPECT_LT(TraceToJson(weights).size(), TraceToJson(all).size());
  });
}

TEST(TraceTest, WordsOfSubwords) {
  const TracedModel model(TinyModelOptions{.source_text = "ab cde",
                                           .target_text = "xy z",
                                           .source_kind = TokenizerKind::kCharacters,
                                           .target_kind = TokenizerKind::kCharacters});
  const Trace trace = model.Greedy({.text = "ab  cde", .target = "xy z"});
  EXPECT_EQ(trace.source.words, (std::vector<std::string>{"ab", "cde"}));
  EXPECT_EQ(trace.source.tokens.back(), "</s>");
  EXPECT_EQ(trace.source.word_of, (std::vector<int>{0, 0, -1, -1, 1, 1, 1, -1}));
  EXPECT_EQ(trace.target.tokens, (std::vector<std::string>{"x", "y", "▁", "z", "</s>"}));
  EXPECT_EQ(trace.target.word_of, (std::vector<int>{0, 0, -1, 1, -1}));
  EXPECT_EQ(trace.alignment.source_words, 2);
  EXPECT_EQ(trace.alignment.target_words, 2);
}

// Of the source's words the target's vocabulary has "u" alone.
TEST(TraceTest, WhatIsCopiedIsSaidWithItsPlaces) {
  TinyModelOptions options{.source_text = "a b u", .scale = 1};
  options.model.copy = true;
  const TracedModel model(options);
  const int V = TinyTokenizer(kTinyTarget).vocabulary_size();
  const TraceRequest request{
      .text = "b u new b", .options = {.candidates = 100}, .target = "new u other b"};
  const Trace trace = model.Greedy(request);
  const int u = trace.source.copies.at(1);
  EXPECT_EQ(trace.source.copies, (std::vector<int>{V, u, V + 1, V, kEndId}));
  EXPECT_LT(u, V);
  EXPECT_EQ(trace.target.ids, (std::vector<int>{V + 1, u, kUnknownId, V, kEndId}));
  EXPECT_EQ(trace.target.tokens, (std::vector<std::string>{"new", "u", "<unk>", "b", "</s>"}));
  EXPECT_EQ(trace.steps[1].input_token, "new");
  for (const TraceStep& step : trace.steps) {
    ASSERT_TRUE(step.p_gen && *step.p_gen > 0 && *step.p_gen < 1);
    ASSERT_EQ(step.candidates.size(), static_cast<size_t>(V) + 2) << "all there are";
    double total = 0;
    for (const TraceSymbol& symbol : step.candidates) {
      double weight = 0;
      for (int j : symbol.positions) {
        EXPECT_EQ(trace.source.copies.at(static_cast<size_t>(j)), symbol.id);
        weight += double{step.attention->weights.at(static_cast<size_t>(j))};
      }
      const double p = std::exp(symbol.log_prob);
      EXPECT_NEAR(symbol.copied * p, (1 - *step.p_gen) * weight, 1e-5);
      EXPECT_TRUE(symbol.id < V || symbol.copied > 0.999) << "it cannot be written";
      total += p;
    }
    EXPECT_NEAR(total, 1, 1e-5);
  }
  EXPECT_EQ(trace.steps[3].chosen.positions, (std::vector<int>{0, 3}));

  const Trace goes_on = model.Greedy({.text = "b u new b", .target_prefix = {V + 1, V}});
  EXPECT_EQ(goes_on.target.words.at(0), "new");
  EXPECT_EQ(goes_on.target.words.at(1), "b");
  EXPECT_ERROR(model.Greedy({.text = "b u new b", .target_prefix = {V + 2}}), ErrorKind::kUsage,
               "ids are from 0 to " + std::to_string(V + 1));
}

// ---- the beam ----------------------------------------------------------------------------------

TEST(TraceTest, TheTreeOfTheBeam) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    for (int beam : {2, 5}) {
      const Trace trace = model.Beam(beam);
      const std::vector<TraceNode>& nodes = trace.beam.value().nodes;
      std::vector<int> children(nodes.size()), of_step(trace.steps.size() + 100);
      for (size_t n = 1; n < nodes.size(); ++n) {
        const TraceNode& node = nodes[n];
        ASSERT_LT(node.parent, static_cast<int>(n));
        const TraceNode& parent = nodes[static_cast<size_t>(node.parent)];
        ++children[static_cast<size_t>(node.parent)];
        EXPECT_EQ(node.step, parent.step + 1);
        EXPECT_LT(node.log_prob, parent.log_prob);
        EXPECT_NEAR(node.score, node.log_prob / (node.step + 1), 1e-12);
        ++of_step[static_cast<size_t>(node.step)];
      }
      EXPECT_LE(*std::max_element(of_step.begin(), of_step.end()), 2 * beam);
      int finished = 0, winners = 0;
      for (size_t n = 0; n < nodes.size(); ++n) {
        EXPECT_EQ(children[n] > 0, nodes[n].fate == BeamFate::kExpanded) << "node " << n;
        winners += nodes[n].fate == BeamFate::kWinner;
        finished += nodes[n].fate == BeamFate::kFinished || nodes[n].fate == BeamFate::kWinner;
      }
      EXPECT_EQ(winners, 1);
      EXPECT_EQ(finished, static_cast<int>(trace.beam->finished.size()));
    }
  });
}

TEST(TraceTest, FinishedHypothesesAreThePathsOfTheTree) {
  ForEachTracedModel([](const ModelOptions&, const TracedModel& model) {
    const std::vector<std::string> sources = {kTracedText};
    const Trace trace = model.Beam(5);
    const TraceBeam& beam = trace.beam.value();
    for (size_t rank = 0; rank < beam.finished.size(); ++rank) {
      const TraceHypothesis& hypothesis = beam.finished[rank];
      const TraceNode& end = beam.nodes[static_cast<size_t>(hypothesis.node)];
      EXPECT_EQ(end.fate, rank == 0 ? BeamFate::kWinner : BeamFate::kFinished);
      EXPECT_EQ(end.log_prob, hypothesis.log_prob);
      EXPECT_EQ(end.score, hypothesis.score);
      if (rank > 0) {
        EXPECT_LE(hypothesis.score, beam.finished[rank - 1].score);
      }
      std::vector<int> ids;
      for (int n = hypothesis.node; n > 0; n = beam.nodes[static_cast<size_t>(n)].parent) {
        ids.insert(ids.begin(), beam.nodes[static_cast<size_t>(n)].id);
      }
      EXPECT_EQ(ids, hypothesis.ids);
      const std::vector<std::string> targets = {hypothesis.text};
      const ScoredPair scored = model.translator().Score(sources, targets).at(0);
      EXPECT_NEAR(scored.log_prob, hypothesis.log_prob, 1e-5);
      ExpectNear(scored.alignment.weights, hypothesis.alignment.weights, 1e-5);
    }
    EXPECT_EQ(beam.finished.at(0).ids, trace.target.ids);
    EXPECT_EQ(beam.finished[0].text, trace.target.text);
  });
}

TEST(TraceTest, GreedySearchHasNoTree) { EXPECT_FALSE(TracedModel(TinyOptions()).Greedy().beam); }

}  // namespace
}  // namespace atento
