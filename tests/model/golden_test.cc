// The model against PyTorch, from tests/golden/model/ (made by tests/golden/make_model_golden.py):
// logits, attention, loss, every gradient, and ten steps of Adam.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "atento/features.h"
#include "base/options.h"
#include "math/kernels.h"
#include "model/posterior.h"
#include "model/safetensors.h"
#include "model/seq2seq.h"
#include "text/tokenizer.h"

namespace atento {
namespace {

// Relative to the norm of what is compared.
constexpr bool kDouble = sizeof(Real) == sizeof(double);
constexpr double kTolerance = kDouble ? 1e-12 : 1e-5;
constexpr double kPosteriorTolerance = kDouble ? 1e-9 : 1e-4;
constexpr double kAdamTolerance = kDouble ? 1e-9 : 1e-4;
constexpr Real kLabelSmoothing = Real(0.1);

// As in the objective of make_model_golden.py.
constexpr Real kGuidedWeight = Real(0.4);
constexpr Real kCoverageWeight = Real(0.6);
constexpr Real kDoublyStochasticWeight = Real(0.7);

struct GoldenModel {
  const char* name;
  const char* options;  // as in config.json, where they are not those of a new ModelOptions
};

constexpr GoldenModel kGoldenModels[] = {
    {"gru_between", R"({"cell": "gru", "embedding-size": 5, "encoder-size": 5, "decoder-size": 7,
        "attention": "additive", "attention-size": 8, "attend": "between",
        "readout": "deep-tanh", "readout-size": 6, "start": "mean"})"},
    {"lstm_input_feeding", R"({"cell": "lstm", "embedding-size": 5,
        "encoder-size": 4, "encoder-layers": 2, "decoder-size": 8, "decoder-layers": 2,
        "attention": "general", "attend": "after", "input-feeding": true,
        "readout": "tanh", "readout-size": 5, "start": "copy", "tie": "target"})"},
    {"bahdanau", R"({"cell": "gru-reset-before", "embedding-size": 8,
        "encoder-size": 5, "decoder-size": 6,
        "attention": "additive", "attention-size": 7, "attend": "before",
        "readout": "maxout", "readout-size": 5, "start": "final"})"},
    {"walkthrough", R"({"cell": "tanh", "encoder-direction": "forward", "embedding-size": 6,
        "encoder-size": 7, "decoder-size": 7, "attention": "dot", "attend": "after",
        "readout": "tanh", "readout-size": 9, "start": "copy"})"},
    // Scores.
    {"scaled_dot_heads", R"({"cell": "gru", "embedding-size": 4,
        "encoder-size": 4, "decoder-size": 8,
        "attention": "scaled-dot", "attention-heads": 2, "attend": "before",
        "readout": "tanh", "readout-size": 5, "start": "mean"})"},
    {"additive_heads", R"({"cell": "lstm", "embedding-size": 4,
        "encoder-size": 3, "decoder-size": 5,
        "attention": "additive", "attention-size": 8, "attention-heads": 2, "attend": "between",
        "readout": "deep-tanh", "readout-size": 4, "start": "mean"})"},
    {"location", R"({"cell": "tanh", "encoder-direction": "forward", "embedding-size": 4,
        "encoder-size": 5, "decoder-size": 6,
        "attention": "location", "location-positions": 8, "attend": "after",
        "readout": "tanh", "readout-size": 5, "start": "final"})"},
    // Windows.
    {"local_m", R"({"cell": "gru", "embedding-size": 4, "encoder-size": 3, "decoder-size": 5,
        "attention": "general", "attention-window": "local-m", "window-radius": 1,
        "attend": "after", "readout": "tanh", "readout-size": 5, "start": "mean"})"},
    {"local_p", R"({"cell": "lstm", "embedding-size": 4, "encoder-size": 3, "decoder-size": 6,
        "attention": "general", "attention-window": "local-p", "window-radius": 2,
        "attend": "after", "input-feeding": true,
        "readout": "tanh", "readout-size": 5, "start": "copy"})"},
    {"local_p_additive", R"({"cell": "gru", "embedding-size": 4,
        "encoder-size": 3, "decoder-size": 5, "attention": "additive", "attention-size": 7,
        "attention-window": "local-p", "window-radius": 1, "attend": "before",
        "readout": "deep-tanh", "readout-size": 5, "start": "mean"})"},
    // Coverage, and the losses on the attention weights.
    {"coverage", R"({"cell": "gru", "embedding-size": 4, "encoder-size": 3, "decoder-size": 5,
        "attention": "additive", "attention-size": 6, "coverage": true, "attend": "between",
        "readout": "deep-tanh", "readout-size": 5, "start": "mean"})"},
    // A gated context, and sources of feature vectors.
    {"gate", R"({"cell": "gru", "embedding-size": 4, "encoder-size": 3, "decoder-size": 6,
        "attention": "general", "context-gate": true, "attend": "between",
        "readout": "deep-tanh", "readout-size": 5, "start": "mean"})"},
    {"captions", R"({"source-kind": "features", "cell": "lstm", "embedding-size": 4,
        "encoder-layers": 0, "encoder-size": 6, "decoder-size": 5, "attention": "additive",
        "attention-size": 6, "attention-heads": 2, "context-gate": true, "attend": "before",
        "readout": "deep-tanh", "readout-size": 5, "start": "mean"})"},
    {"frames", R"({"source-kind": "features", "cell": "gru", "embedding-size": 4,
        "encoder-size": 3, "decoder-size": 5, "attention": "additive", "attention-size": 6,
        "attend": "after", "readout": "tanh", "readout-size": 5, "start": "final"})"},
    // One vector for the whole source: at every step, or as the first state alone.
    {"fixed", R"({"cell": "gru-reset-before", "encoder-direction": "forward", "embedding-size": 4,
        "encoder-size": 5, "decoder-size": 6, "attention": "fixed", "attend": "before",
        "readout": "maxout", "readout-size": 5, "start": "final"})"},
    {"none", R"({"cell": "lstm", "encoder-direction": "forward", "embedding-size": 4,
        "encoder-size": 5, "decoder-size": 5, "attention": "none", "attend": "after",
        "readout": "deep-tanh", "readout-size": 4, "start": "copy"})"},
    // Layers and cells.
    {"reversed_source", R"({"cell": "lstm", "encoder-direction": "backward", "embedding-size": 4,
        "encoder-size": 5, "encoder-layers": 2, "decoder-size": 5, "decoder-layers": 2,
        "attention": "general", "attention-window": "local-p", "window-radius": 2,
        "attend": "after", "input-feeding": true,
        "readout": "tanh", "readout-size": 5, "start": "copy"})"},
    {"before_two_layers", R"({"cell": "gru", "embedding-size": 4, "encoder-size": 3,
        "decoder-size": 5, "decoder-layers": 2, "attention": "additive", "attention-size": 6,
        "attend": "before", "readout": "maxout", "readout-size": 4, "start": "mean"})"},
    {"tie_all", R"({"cell": "gru", "embedding-size": 5, "encoder-size": 4, "decoder-size": 6,
        "attention": "additive", "attention-size": 6, "attend": "between",
        "readout": "deep-tanh", "readout-size": 5, "start": "mean", "tie": "all"})"},
    {"residual", R"({"cell": "lstm", "embedding-size": 4, "residual": true,
        "encoder-size": 3, "encoder-layers": 2, "decoder-size": 6, "decoder-layers": 2,
        "attention": "general", "attend": "after",
        "readout": "tanh", "readout-size": 5, "start": "copy"})"},
    {"bidirectional_first", R"({"cell": "gru", "encoder-direction": "bidirectional-first",
        "embedding-size": 4, "encoder-size": 4, "encoder-layers": 2, "decoder-size": 5,
        "attention": "additive", "attention-size": 4, "attend": "before",
        "readout": "tanh", "readout-size": 4, "start": "final"})"},
    {"normalized_tanh", R"({"cell": "tanh", "layer-normalization": true,
        "encoder-direction": "forward", "embedding-size": 4, "encoder-size": 6, "decoder-size": 6,
        "attention": "dot", "attend": "after",
        "readout": "tanh", "readout-size": 5, "start": "copy"})"},
    {"normalized_gru", R"({"cell": "gru", "layer-normalization": true,
        "embedding-size": 4, "encoder-size": 4, "decoder-size": 5,
        "attention": "additive", "attention-size": 5, "attend": "between",
        "readout": "deep-tanh", "readout-size": 4, "start": "mean"})"},
    {"normalized_gru_reset_before", R"({"cell": "gru-reset-before", "layer-normalization": true,
        "embedding-size": 4, "encoder-size": 4, "decoder-size": 5,
        "attention": "additive", "attention-size": 5, "attend": "before",
        "readout": "maxout", "readout-size": 4, "start": "final"})"},
    {"normalized_lstm", R"({"cell": "lstm", "layer-normalization": true,
        "encoder-direction": "forward", "embedding-size": 4, "encoder-size": 5, "decoder-size": 5,
        "attention": "general", "attend": "after", "input-feeding": true,
        "readout": "tanh", "readout-size": 4, "start": "copy"})"},
    {"copy", R"({"cell": "lstm", "embedding-size": 4, "encoder-size": 4, "decoder-size": 5,
        "attention": "additive", "attention-size": 6, "attention-heads": 2, "coverage": true,
        "attend": "between", "readout": "deep-tanh", "readout-size": 4, "start": "mean",
        "copy": true})"},
    {"copy_local_p", R"({"cell": "gru-reset-before", "embedding-size": 5, "encoder-size": 3,
        "decoder-size": 5, "attention": "general", "attention-window": "local-p",
        "window-radius": 6, "attend": "before", "readout": "maxout", "readout-size": 5,
        "start": "final", "tie": "target", "copy": true})"},
    // Much of that at once. Of the encoder's layers only the last hands on as much as it reads.
    {"combined", R"({"cell": "lstm", "residual": true, "layer-normalization": true,
        "encoder-direction": "bidirectional-first", "embedding-size": 3,
        "encoder-size": 4, "encoder-layers": 3, "decoder-size": 5, "decoder-layers": 2,
        "attention": "additive", "attention-size": 6, "attention-heads": 2,
        "attention-window": "local-p", "window-radius": 1, "coverage": true,
        "attend": "between", "input-feeding": true,
        "readout": "deep-tanh", "readout-size": 3, "start": "mean"})"},
};

ModelConfig Config(const GoldenModel& model) {
  ModelConfig config;
  static_cast<ModelOptions&>(config) =
      OptionsFromJson(Json::Parse(model.options, model.name), ModelOptions{}, model.name);
  config.source_vocabulary = config.has_features() ? 0 : 11;
  config.feature_size = config.has_features() ? 7 : 0;
  config.target_vocabulary = config.tie == Tie::kAll ? config.source_vocabulary : 9;
  CheckModelConfig(config);
  return config;
}

// What PyTorch computed.
class GoldenFile {
 public:
  explicit GoldenFile(const std::string& name)
      : file_(std::string(ATENTO_SOURCE_DIR) + "/tests/golden/model/" + name + ".safetensors") {}

  bool Has(const std::string& name) const { return file_.Find(name) != nullptr; }
  std::vector<double> Numbers(const std::string& name) const {
    const SafetensorsEntry& entry = Entry(name, Dtype::kF64);
    std::vector<double> numbers(entry.bytes.size() / sizeof(double));
    std::memcpy(numbers.data(), entry.bytes.data(), entry.bytes.size());
    return numbers;
  }
  // vocabulary: of the target.
  std::vector<TokenPair> Pairs(int vocabulary) const {
    std::vector<TokenPair> pairs;
    for (int i = 0; Has("source/" + std::to_string(i)); ++i) {
      const std::string number = std::to_string(i);
      pairs.push_back({Ids("source/" + number), Ids("target/" + number), Links("links/" + number)});
      if (!Has("copies/" + number)) continue;
      TokenPair& pair = pairs.back();
      pair.copies = Ids("copies/" + number);
      pair.extended_target = pair.target;
      for (int& id : pair.target) id = id < vocabulary ? id : kUnknownId;
    }
    return pairs;
  }
  // One item of all vectors.
  std::optional<FeatureSet> Features() const {
    if (!Has("features")) return std::nullopt;
    const std::vector<double> numbers = Numbers("features");
    const FeatureSet::Memory item{"all", file_.Find("features")->shape,
                                  std::vector<float>(numbers.begin(), numbers.end())};
    return FeatureSet("golden features", std::span(&item, 1));
  }
  // Throws Error unless every parameter is there, in the shape that it has here.
  void ReadParameters(const ModelConfig& config, Parameters& parameters) const {
    ForEachTensor(config, parameters.views(), [&](const Tensor& tensor) {
      std::vector<int64_t> shape = {tensor.rows};
      if (tensor.cols > 0) shape.push_back(tensor.cols);
      file_.ReadTensor("parameters/" + tensor.name, shape, tensor.values());
    });
  }
  int parameters() const {
    return static_cast<int>(
        std::count_if(file_.entries().begin(), file_.entries().end(),
                      [](const auto& entry) { return entry.name.starts_with("parameters/"); }));
  }

 private:
  const SafetensorsEntry& Entry(const std::string& name, Dtype dtype) const {
    const SafetensorsEntry* entry = file_.Find(name);
    if (!entry || entry->dtype != dtype) throw std::runtime_error("golden file without " + name);
    return *entry;
  }
  std::vector<int> Ids(const std::string& name) const {
    const SafetensorsEntry& entry = Entry(name, Dtype::kI32);
    std::vector<int> ids(entry.bytes.size() / sizeof(int));
    std::copy_n(entry.bytes.data(), entry.bytes.size(), reinterpret_cast<std::byte*>(ids.data()));
    return ids;
  }

  // Target and source position; none if the file has none.
  std::vector<std::pair<int, int>> Links(const std::string& name) const {
    std::vector<std::pair<int, int>> links;
    const std::vector<int> numbers = Has(name) ? Ids(name) : std::vector<int>();
    for (size_t i = 0; i + 1 < numbers.size(); i += 2) {
      links.emplace_back(numbers[i], numbers[i + 1]);
    }
    return links;
  }

  SafetensorsFile file_;
};

double Norm(const std::vector<double>& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

// |ours − golden| ≤ tolerance · |golden|
void ExpectClose(ConstVector ours, const std::vector<double>& golden, const std::string& name) {
  ASSERT_EQ(ours.size(), golden.size()) << name;
  std::vector<double> difference(golden.size());
  for (size_t i = 0; i < golden.size(); ++i) difference[i] = ours[i] - golden[i];
  EXPECT_GT(Norm(golden), 0) << name;
  EXPECT_LE(Norm(difference), kTolerance * Norm(golden)) << name;
}

void ExpectSum(double ours, double golden, double tolerance, const std::string& name) {
  EXPECT_GT(golden, 0) << name;
  EXPECT_NEAR(ours, golden, tolerance * golden) << name;
}

void Append(ConstVector values, std::vector<Real>& all) {
  all.insert(all.end(), values.begin(), values.end());
}

double LogProb(const std::vector<double>& logits, size_t begin, size_t size, int id) {
  double sum = 0;
  for (size_t v = 0; v < size; ++v) sum += std::exp(logits[begin + v]);
  return logits[begin + static_cast<size_t>(id)] - std::log(sum);
}

class ModelGolden : public testing::TestWithParam<GoldenModel> {
 protected:
  void SetUp() override { golden_.ReadParameters(config_, parameters_); }

  BatchLoss Gradient(Parameters& gradient) {
    LossOptions loss;
    loss.output = {.label_smoothing = kLabelSmoothing,
                   .gradient_scale = Real(1) / static_cast<Real>(batch_.target.rows())};
    loss.guided_weight = attention_losses_ ? kGuidedWeight : 0;
    loss.coverage_weight = attention_losses_ ? kCoverageWeight : 0;
    loss.doubly_stochastic_weight = doubly_stochastic_ ? kDoublyStochasticWeight : 0;
    return ForwardBackward(pass_, batch_, loss, gradient.views());
  }
  double Golden(const std::string& name) const { return golden_.Numbers(name)[0]; }

  // Of a row of the batch's α, the positions of this pair's source.
  ConstVector AlphaOf(size_t pair, ConstVector row) const {
    return row.first(pairs_[pair].source.size() + (features_ ? 0 : 1));
  }

  // Of a step's logits those that are in the file: as they are, or as ln p if the model copies.
  Vector Symbols(size_t pair, Vector logits) const {
    if (!config_.copy) return logits;
    const std::vector<int>& copies = pairs_[pair].copies;
    const int last = *std::max_element(copies.begin(), copies.end());
    const Vector own =
        logits.first(static_cast<size_t>(std::max(last + 1, config_.target_vocabulary)));
    for (Real beyond : logits.subspan(own.size())) EXPECT_EQ(beyond, -INFINITY);
    const Real log_sum = LogSumExp(own);
    for (Real& logit : own) logit -= log_sum;
    return own;
  }

  const ModelConfig config_ = Config(GetParam());
  const GoldenFile golden_{GetParam().name};
  const bool attends_ = config_.attention != Attention::kNone;
  const bool attention_losses_ = golden_.Has("guided_loss");
  const bool doubly_stochastic_ = golden_.Has("doubly_stochastic_loss");
  const std::optional<FeatureSet> features_ = golden_.Features();
  const std::vector<TokenPair> pairs_ = golden_.Pairs(config_.target_vocabulary);
  const Batch batch_ = MakeBatch(pairs_, features_ ? SourceEnd::kNone : SourceEnd::kAdded);
  Parameters parameters_{config_};
  Arena arena_;
  PackedWeights weights_;
  const ModelPass pass_{.config = config_,
                        .params = parameters_.views(),
                        .workspace = {arena_, weights_},
                        .features = features_ ? &*features_ : nullptr};
};

TEST_P(ModelGolden, HasTheSameParameters) {
  int tensors = 0;
  ForEachTensor(config_, parameters_.views(), [&](const Tensor&) { ++tensors; });
  EXPECT_EQ(tensors, golden_.parameters());
  EXPECT_EQ(pairs_.size(), 5u);
}

// Search's own path: one step after the other, with the right symbols forced.
TEST_P(ModelGolden, LogitsAndAttentionOfEveryStep) {
  const EncodedSources sources = EncodeSources(pass_, batch_.source, batch_.source_ids);
  std::vector<std::vector<Real>> logits(pairs_.size()), alpha(pairs_.size());
  DecoderState state = sources.start;
  for (int t = 0; t < batch_.target.steps(); ++t) {
    const int rows = batch_.target.alive(t);
    const std::span<const int> ids =
        std::span(batch_.target_input)
            .subspan(static_cast<size_t>(batch_.target.Offset(t)), static_cast<size_t>(rows));
    const std::span<const int> columns =
        std::span(batch_.target_to_source).first(static_cast<size_t>(rows));
    std::vector<int> parents(static_cast<size_t>(rows));
    std::iota(parents.begin(), parents.end(), 0);
    const StepOutput step = DecodeStep(pass_, sources, state,
                                       {.ids = ids,
                                        .parents = t == 0 ? columns : parents,
                                        .columns = columns,
                                        .number = t,
                                        .copies = batch_.source_copies,
                                        .extended_symbols = 2});
    for (int r = 0; r < rows; ++r) {
      const size_t pair = static_cast<size_t>(batch_.target_order[static_cast<size_t>(r)]);
      Append(Symbols(pair, step.logits.RowSpan(r)), logits[pair]);
      if (!attends_) continue;
      Append(AlphaOf(pair, step.cache.attention.alpha.RowSpan(r)), alpha[pair]);
    }
    state = step.state;
  }
  for (size_t i = 0; i < pairs_.size(); ++i) {
    ExpectClose(logits[i], golden_.Numbers("logits/" + std::to_string(i)),
                "logits of pair " + std::to_string(i));
    if (!attends_) continue;
    ExpectClose(alpha[i], golden_.Numbers("alpha/" + std::to_string(i)),
                "alpha of pair " + std::to_string(i));
  }
}

TEST_P(ModelGolden, ForcedLogProbsAndAttention) {
  const ForcedDecoding forced = ForceDecode(pass_, batch_, kLabelSmoothing);
  ExpectSum(forced.sums.loss, Golden("loss"), kTolerance, "loss");
  const SequenceLayout& layout = batch_.target;
  for (int b = 0; b < layout.batch(); ++b) {
    const int pair = batch_.target_order[static_cast<size_t>(b)];
    const std::vector<double> logits = golden_.Numbers("logits/" + std::to_string(pair));
    const size_t V = logits.size() / static_cast<size_t>(layout.length(b));
    std::vector<Real> log_probs, alpha;
    std::vector<double> expected;
    for (int t = 0; t < layout.length(b); ++t) {
      const int row = layout.Row(t, b);
      log_probs.push_back(forced.log_probs[static_cast<size_t>(row)]);
      expected.push_back(LogProb(logits, static_cast<size_t>(t) * V, V,
                                 batch_.target_output[static_cast<size_t>(row)]));
      if (attends_) Append(AlphaOf(static_cast<size_t>(pair), forced.alpha.RowSpan(row)), alpha);
    }
    ExpectClose(log_probs, expected, "log p of pair " + std::to_string(pair));
    if (!attends_) continue;
    ExpectClose(alpha, golden_.Numbers("alpha/" + std::to_string(pair)),
                "alpha of pair " + std::to_string(pair));
  }
}

// Bayes' rule, written out along search's path: a step for each row and position.
TEST_P(ModelGolden, PosteriorOfEveryPosition) {
  if (!HasAlpha(config_)) return;
  Arena arena;  // never reset: states stay valid
  const ModelPass search{.config = config_,
                         .params = parameters_.views(),
                         .workspace = {arena, weights_},
                         .features = pass_.features};
  const ForcedDecoding forced = ForceDecode(pass_, batch_, 0);
  const Matrix posterior = PosteriorAttention(pass_, batch_, forced);
  const EncodedSources sources = EncodeSources(search, batch_.source, batch_.source_ids);
  for (int b = 0; b < batch_.target.batch(); ++b) {
    const int column = batch_.target_to_source[static_cast<size_t>(b)], first = 0;
    DecoderState state = sources.start;
    for (int t = 0; t < batch_.target.length(b); ++t) {
      const int row = batch_.target.Row(t, b), y = batch_.target_output[static_cast<size_t>(row)];
      StepInput input{.ids = {&batch_.target_input[static_cast<size_t>(row)], 1},
                      .parents = {t == 0 ? &column : &first, 1},
                      .columns = {&column, 1},
                      .number = t,
                      .copies = batch_.source_copies,
                      .extended_symbols = 2};
      const StepOutput mixed = DecodeStep(search, sources, state, input);
      std::vector<double> joint(static_cast<size_t>(batch_.source.length(column)));
      for (size_t j = 0; j < joint.size(); ++j) {
        const double prior = mixed.cache.attention.alpha(0, static_cast<int>(j));
        if (prior == 0) continue;
        std::vector<Real> only(static_cast<size_t>(batch_.source.steps()));
        only[j] = 1;
        input.alpha = {only.data(), 1, static_cast<int>(only.size())};
        const StepOutput tried = DecodeStep(search, sources, state, input);
        joint[j] = prior * std::exp(tried.logits(0, y) - LogSumExp(tried.logits.RowSpan(0)));
      }
      const double sum = std::accumulate(joint.begin(), joint.end(), 0.0);
      for (size_t j = 0; j < joint.size(); ++j) {
        EXPECT_NEAR(posterior(row, static_cast<int>(j)), joint[j] / sum, kPosteriorTolerance)
            << "target " << b << ", step " << t << ", position " << j;
      }
      state = mixed.state;
    }
  }
}

TEST_P(ModelGolden, EveryGradient) {
  Parameters gradient(config_);
  const BatchLoss sums = Gradient(gradient);
  ExpectSum(sums.output.loss, Golden("loss"), kTolerance, "loss");
  EXPECT_EQ(sums.output.tokens, batch_.target.rows());
  if (attention_losses_) {
    ExpectSum(sums.attention.guided, Golden("guided_loss"), kTolerance, "guided loss");
    ExpectSum(sums.attention.coverage, Golden("coverage_loss"), kTolerance, "coverage loss");
  }
  if (doubly_stochastic_) {
    ExpectSum(sums.attention.doubly_stochastic, Golden("doubly_stochastic_loss"), kTolerance,
              "doubly stochastic loss");
  }
  ForEachTensor(config_, gradient.views(), [&](const Tensor& tensor) {
    ExpectClose(tensor.values(), golden_.Numbers("gradients/" + tensor.name), tensor.name);
  });
}

TEST_P(ModelGolden, TenStepsOfAdam) {
  // As in make_model_golden.py: it clips some of the steps.
  constexpr double kClipNorm = 0.5;
  const std::vector<double> losses = golden_.Numbers("adam_losses");
  Parameters gradient(config_), m(config_), v(config_);
  ASSERT_EQ(losses.size(), 11u);
  for (size_t step = 0; step < losses.size(); ++step) {
    Fill(Matrix(gradient.flat().data(), 1, static_cast<int>(gradient.flat().size())), 0);
    const BatchLoss sums = Gradient(gradient);
    const double objective = sums.output.loss + kGuidedWeight * sums.attention.guided +
                             kCoverageWeight * sums.attention.coverage +
                             kDoublyStochasticWeight * sums.attention.doubly_stochastic;
    ExpectSum(objective, losses[step], kAdamTolerance, "before step " + std::to_string(step + 1));
    const double norm = std::sqrt(SumOfSquares(gradient.flat()));
    const double t = static_cast<double>(step) + 1;
    AdamUpdate({.learning_rate = Real(0.01),
                .beta1 = Real(0.9),
                .beta2 = Real(0.999),
                .epsilon = Real(1e-8),
                .correction1 = static_cast<Real>(1 - std::pow(0.9, t)),
                .correction2 = static_cast<Real>(1 - std::pow(0.999, t)),
                .weight_decay = 0,
                .gradient_scale = static_cast<Real>(std::min(1.0, kClipNorm / norm))},
               gradient.flat(), m.flat(), v.flat(), parameters_.flat());
    weights_.Invalidate();
  }
}

INSTANTIATE_TEST_SUITE_P(PyTorch, ModelGolden, testing::ValuesIn(kGoldenModels),
                         [](const auto& model) { return std::string(model.param.name); });

}  // namespace
}  // namespace atento
