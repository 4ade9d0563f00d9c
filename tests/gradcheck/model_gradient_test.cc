// Whole models in double precision: every preset, shrunk, and the combinations that no preset
// covers.
#include <gtest/gtest.h>

#include <algorithm>

#include "atento/features.h"
#include "atento/trainer.h"
#include "base/options.h"
#include "gradcheck/gradient_check.h"
#include "math/kernels.h"
#include "model/seq2seq.h"

namespace atento {
namespace {

// What no preset covers: as in config.json, where they are not those of a new ModelOptions.
struct NamedOptions {
  const char* name;
  const char* options;
};

constexpr NamedOptions kCombinations[] = {
    {"lstm-between-two-layers-feeding",
     R"({"cell": "lstm", "encoder-layers": 2, "decoder-layers": 2, "input-feeding": true})"},
    {"gru-before-two-layers-maxout-feeding",
     R"({"attend": "before", "decoder-layers": 2, "readout": "maxout", "input-feeding": true})"},
    {"no-attention", R"({"attention": "none", "attend": "after", "start": "final",
                         "encoder-direction": "forward"})"},
    {"tie-target", R"({"tie": "target"})"},
    {"tie-all-general", R"({"tie": "all", "attention": "general", "cell": "gru-reset-before"})"},
    {"scaled-dot-two-heads", R"({"attention": "scaled-dot", "attention-heads": 2,
                                 "attend": "after", "readout": "tanh"})"},
    {"additive-two-heads-coverage", R"({"attention-heads": 2, "coverage": true})"},
    {"coverage-after-feeding",
     R"({"coverage": true, "attend": "after", "input-feeding": true, "cell": "lstm"})"},
    {"coverage-before", R"({"coverage": true, "attend": "before"})"},
    {"location", R"({"attention": "location"})"},
    {"local-m-location-after",
     R"({"attention": "location", "attention-window": "local-m", "attend": "after"})"},
    {"local-p-dot", R"({"attention": "dot", "attention-window": "local-p", "attend": "after",
                        "input-feeding": true})"},
    {"local-p-general", R"({"attention": "general", "attention-window": "local-p",
                            "attend": "after", "input-feeding": true})"},
    {"local-p-additive", R"({"attention": "additive", "attention-window": "local-p",
                             "attend": "after", "input-feeding": true})"},
    {"local-p-location", R"({"attention": "location", "attention-window": "local-p",
                             "attend": "after", "input-feeding": true})"},
    {"local-m-additive-two-heads", R"({"attention-window": "local-m", "attention-heads": 2})"},
    {"residual-two-layers", R"({"encoder-layers": 2, "decoder-layers": 2, "residual": true,
                                "cell": "lstm", "attend": "after", "attention": "general"})"},
    {"residual-between-maxout",
     R"({"encoder-layers": 2, "decoder-layers": 2, "residual": true, "readout": "maxout"})"},
    {"layer-normalization-tanh",
     R"({"layer-normalization": true, "cell": "tanh", "encoder-layers": 2, "decoder-layers": 2,
         "input-feeding": true})"},
    {"layer-normalization-gru",
     R"({"layer-normalization": true, "cell": "gru", "encoder-layers": 2, "decoder-layers": 2,
         "input-feeding": true})"},
    {"layer-normalization-gru-reset-before",
     R"({"layer-normalization": true, "cell": "gru-reset-before", "encoder-layers": 2,
         "decoder-layers": 2, "input-feeding": true})"},
    {"layer-normalization-lstm",
     R"({"layer-normalization": true, "cell": "lstm", "encoder-layers": 2, "decoder-layers": 2,
         "input-feeding": true})"},
    {"copy-coverage-heads-feeding", R"({"copy": true, "coverage": true, "input-feeding": true,
                                        "attention-heads": 2, "cell": "lstm"})"},
    {"copy-before-maxout",
     R"({"copy": true, "attend": "before", "readout": "maxout", "decoder-layers": 2})"},
    {"copy-gate-two-heads", R"({"copy": true, "context-gate": true, "attention-heads": 2})"},
    {"copy-local-p-after-tied",
     R"({"copy": true, "attention": "general", "attention-window": "local-p", "attend": "after",
         "tie": "target"})"},
    {"features-gate-before", R"({"source-kind": "features", "encoder-layers": 0, "cell": "lstm",
                                 "attend": "before", "context-gate": true})"},
    {"features-two-layers-copy", R"({"source-kind": "features", "encoder-layers": 2,
                                     "decoder-layers": 2, "start": "copy",
                                     "attention": "general"})"},
    {"gate-two-heads-before", R"({"context-gate": true, "attention-heads": 2, "attend": "before",
                                  "decoder-layers": 2})"},
    {"gate-two-heads-between", R"({"context-gate": true, "attention-heads": 2,
                                   "attend": "between", "decoder-layers": 2})"},
    {"gate-two-heads-after", R"({"context-gate": true, "attention-heads": 2, "attend": "after",
                                 "decoder-layers": 2})"},
    {"gate-local-p-dot", R"({"context-gate": true, "attention": "dot",
                             "attention-window": "local-p", "attend": "after"})"},
    {"bidirectional-first", R"({"encoder-direction": "bidirectional-first", "encoder-layers": 2})"},
};

struct ModelCase {
  std::string name;
  ModelConfig config;
};

// Odd sizes, as small as the architecture allows.
ModelConfig Shrink(const ModelOptions& options) {
  ModelConfig config;
  static_cast<ModelOptions&>(config) = options;
  config.source_vocabulary = 6;
  config.target_vocabulary = config.tie == Tie::kAll ? 6 : 7;
  config.embedding_size = 3;
  config.feature_size = config.has_features() ? 4 : 0;
  config.encoder_layers = std::min(config.encoder_layers, 2);
  config.decoder_layers = std::min(config.decoder_layers, 2);
  config.encoder_size = 3;
  config.decoder_size = 5;
  if (config.attention == Attention::kDot || config.attention == Attention::kScaledDot ||
      config.start == Start::kCopy) {
    config.decoder_size = config.annotation_size();
  }
  config.attention_size = 4;
  config.window_radius = 1;
  config.location_positions = 6;
  config.readout_size = config.tie == Tie::kNone ? 2 : config.embedding_size;
  CheckModelConfig(config);
  return config;
}

std::vector<ModelCase> Cases() {
  std::vector<ModelCase> cases;
  for (const std::string& name : PresetNames()) {
    cases.push_back({name, Shrink(FindPreset(name).model)});
  }
  for (const NamedOptions& each : kCombinations) {
    const Json options = Json::Parse(each.options, each.name);
    cases.push_back({each.name, Shrink(OptionsFromJson(options, ModelOptions{}, each.name))});
  }
  return cases;
}

// Six vectors, of which the sources of a batch are rows.
FeatureSet TestFeatures(int size) {
  FeatureSet::Memory item{"item", {6, size}, std::vector<float>(static_cast<size_t>(6 * size))};
  Random random(37);
  for (float& value : item.values) value = static_cast<float>(random.Uniform(-1, 1));
  return FeatureSet("memory", std::span(&item, 1));
}

Batch TestBatch(const ModelConfig& config) {
  std::vector<TokenPair> pairs = {{{2, 3, 2, 4}, {5, 2}, {{0, 1}, {0, 3}, {1, 0}}},
                                  {{3}, {2, 5, 5, 3}, {}},
                                  {{5, 0, 4}, {}, {}},
                                  {{2, 3}, {4, 4, 3}, {{2, 1}}}};
  if (!config.copy) {
    return MakeBatch(pairs, config.has_features() ? SourceEnd::kNone : SourceEnd::kAdded);
  }
  // Symbols that are written, copied, or both; some twice in the source, some beyond the vocabulary.
  const int V = config.target_vocabulary;
  const std::vector<std::vector<int>> copies = {
      {2, V, 2, V + 1, 1}, {5, 1}, {V, V, 4, 1}, {V, 4, 1}};
  const std::vector<std::vector<int>> extended = {{V + 1, 2}, {2, 5, 5, 3}, {}, {4, V, 3}};
  for (size_t i = 0; i < pairs.size(); ++i) {
    pairs[i].copies = copies[i];
    pairs[i].extended_target = extended[i];
  }
  return MakeBatch(pairs);
}

// Maxima, and what is nearly as sharp at these sizes.
bool HasKinks(const ModelConfig& config) {
  return config.readout == Readout::kMaxout || config.layer_normalization || config.coverage ||
         config.attention_window == AttentionWindow::kLocalP;
}

class ModelGradientTest : public testing::TestWithParam<ModelCase> {};

TEST_P(ModelGradientTest, MatchesDifferences) {
  const ModelConfig& config = GetParam().config;
  Parameters parameters(config), gradient(config);
  Random random(29);
  ForEachTensor(config, parameters.views(),
                [&](const Tensor& tensor) { FillForCheck(random, tensor.values()); });
  const FeatureSet features = TestFeatures(4);
  const Batch batch = TestBatch(config);
  LossOptions options;
  options.output = {.label_smoothing = Real{0.1}, .gradient_scale = Real{0.3}};
  const bool scored = HasAlpha(config);
  options.guided_weight = scored ? Real{0.4} : Real{0};
  options.coverage_weight = config.coverage ? Real{0.6} : Real{0};
  // Not to make sharper what is sharp already.
  options.doubly_stochastic_weight = scored && !config.layer_normalization ? Real{0.7} : Real{0};
  Arena arena;
  PackedWeights weights;
  const ModelPass pass{config,
                       parameters.views(),
                       {arena, weights},
                       {Real{0.2}, Real{0.25}, Real{0.15}, Real{0.3}, 31},
                       false,
                       config.has_features() ? &features : nullptr};
  Parameters ignored(config);
  auto loss = [&] {
    weights.Invalidate();
    const BatchLoss sums = ForwardBackward(pass, batch, options, ignored.views());
    return 0.3 * (sums.output.loss + options.guided_weight * sums.attention.guided +
                  options.coverage_weight * sums.attention.coverage +
                  options.doubly_stochastic_weight * sums.attention.doubly_stochastic);
  };
  ForwardBackward(pass, batch, options, gradient.views());
  ForwardBackward(pass, batch, options, gradient.views());
  Scale(Real{0.5}, gradient.flat());

  std::vector<std::pair<std::string, Vector>> analytic;
  ForEachTensor(config, gradient.views(),
                [&](const Tensor& tensor) { analytic.emplace_back(tensor.name, tensor.values()); });
  size_t next = 0;
  ForEachTensor(config, parameters.views(), [&](const Tensor& tensor) {
    ASSERT_EQ(analytic[next].first, tensor.name);
    ExpectGradient(tensor.name, analytic[next++].second, tensor.values(), loss,
                   HasKinks(config) ? kKinkedStep : kSmoothStep);
  });
}

INSTANTIATE_TEST_SUITE_P(Models, ModelGradientTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<ModelCase>& test) {
                           std::string name = test.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace atento
