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
  auto add = [&](const std::string& name, auto&& change) {
    ModelOptions options;
    change(options);
    cases.push_back({name, Shrink(options)});
  };
  add("lstm-between-two-layers-feeding", [](ModelOptions& o) {
    o.cell = Cell::kLstm;
    o.encoder_layers = o.decoder_layers = 2;
    o.input_feeding = true;
  });
  add("gru-before-two-layers-maxout-feeding", [](ModelOptions& o) {
    o.attend = Attend::kBefore;
    o.decoder_layers = 2;
    o.readout = Readout::kMaxout;
    o.input_feeding = true;
  });
  add("no-attention", [](ModelOptions& o) {
    o.attention = Attention::kNone;
    o.attend = Attend::kAfter;
    o.start = Start::kFinal;
    o.encoder_direction = Direction::kForward;
  });
  add("tie-target", [](ModelOptions& o) { o.tie = Tie::kTarget; });
  add("tie-all-general", [](ModelOptions& o) {
    o.tie = Tie::kAll;
    o.attention = Attention::kGeneral;
    o.cell = Cell::kGruResetBefore;
  });
  add("scaled-dot-two-heads", [](ModelOptions& o) {
    o.attention = Attention::kScaledDot;
    o.attention_heads = 2;
    o.attend = Attend::kAfter;
    o.readout = Readout::kTanh;
  });
  add("additive-two-heads-coverage", [](ModelOptions& o) {
    o.attention_heads = 2;
    o.coverage = true;
  });
  add("coverage-after-feeding", [](ModelOptions& o) {
    o.coverage = true;
    o.attend = Attend::kAfter;
    o.input_feeding = true;
    o.cell = Cell::kLstm;
  });
  add("coverage-before", [](ModelOptions& o) {
    o.coverage = true;
    o.attend = Attend::kBefore;
  });
  add("location", [](ModelOptions& o) { o.attention = Attention::kLocation; });
  add("local-m-location-after", [](ModelOptions& o) {
    o.attention = Attention::kLocation;
    o.attention_window = AttentionWindow::kLocalM;
    o.attend = Attend::kAfter;
  });
  for (const Attention score :
       {Attention::kDot, Attention::kGeneral, Attention::kAdditive, Attention::kLocation}) {
    add("local-p-" + std::string(EnumName(score)), [&](ModelOptions& o) {
      o.attention = score;
      o.attention_window = AttentionWindow::kLocalP;
      o.attend = Attend::kAfter;
      o.input_feeding = true;
    });
  }
  add("local-m-additive-two-heads", [](ModelOptions& o) {
    o.attention_window = AttentionWindow::kLocalM;
    o.attention_heads = 2;
  });
  add("residual-two-layers", [](ModelOptions& o) {
    o.encoder_layers = o.decoder_layers = 2;
    o.residual = true;
    o.cell = Cell::kLstm;
    o.attend = Attend::kAfter;
    o.attention = Attention::kGeneral;
  });
  add("residual-between-maxout", [](ModelOptions& o) {
    o.encoder_layers = o.decoder_layers = 2;
    o.residual = true;
    o.readout = Readout::kMaxout;
  });
  for (const Cell cell : {Cell::kTanh, Cell::kGru, Cell::kGruResetBefore, Cell::kLstm}) {
    add("layer-normalization-" + std::string(EnumName(cell)), [&](ModelOptions& o) {
      o.layer_normalization = true;
      o.cell = cell;
      o.encoder_layers = o.decoder_layers = 2;
      o.input_feeding = true;
    });
  }
  add("copy-coverage-heads-feeding", [](ModelOptions& o) {
    o.copy = o.coverage = o.input_feeding = true;
    o.attention_heads = 2;
    o.cell = Cell::kLstm;
  });
  add("copy-before-maxout", [](ModelOptions& o) {
    o.copy = true;
    o.attend = Attend::kBefore;
    o.readout = Readout::kMaxout;
    o.decoder_layers = 2;
  });
  add("copy-gate-two-heads", [](ModelOptions& o) {
    o.copy = o.context_gate = true;
    o.attention_heads = 2;
  });
  add("copy-local-p-after-tied", [](ModelOptions& o) {
    o.copy = true;
    o.attention = Attention::kGeneral;
    o.attention_window = AttentionWindow::kLocalP;
    o.attend = Attend::kAfter;
    o.tie = Tie::kTarget;
  });
  add("features-gate-before", [](ModelOptions& o) {
    o.source_kind = SourceKind::kFeatures;
    o.encoder_layers = 0;
    o.cell = Cell::kLstm;
    o.attend = Attend::kBefore;
    o.context_gate = true;
  });
  add("features-two-layers-copy", [](ModelOptions& o) {
    o.source_kind = SourceKind::kFeatures;
    o.encoder_layers = o.decoder_layers = 2;
    o.start = Start::kCopy;
    o.attention = Attention::kGeneral;
  });
  for (const Attend attend : {Attend::kBefore, Attend::kBetween, Attend::kAfter}) {
    add("gate-two-heads-" + std::string(EnumName(attend)), [&](ModelOptions& o) {
      o.context_gate = true;
      o.attention_heads = 2;
      o.attend = attend;
      o.decoder_layers = 2;
    });
  }
  add("gate-local-p-dot", [](ModelOptions& o) {
    o.context_gate = true;
    o.attention = Attention::kDot;
    o.attention_window = AttentionWindow::kLocalP;
    o.attend = Attend::kAfter;
  });
  add("bidirectional-first", [](ModelOptions& o) {
    o.encoder_direction = Direction::kBidirectionalFirst;
    o.encoder_layers = 2;
  });
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
  const bool scored = config.attention != Attention::kNone && config.attention != Attention::kFixed;
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
