// The model against PyTorch, from tests/golden/model/ (made by tests/golden/make_model_golden.py):
// logits, attention, loss, every gradient, and ten steps of Adam.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "math/kernels.h"
#include "model/safetensors.h"
#include "model/seq2seq.h"

namespace atento {
namespace {

// Relative to the norm of what is compared.
constexpr bool kDouble = sizeof(Real) == sizeof(double);
constexpr double kTolerance = kDouble ? 1e-12 : 1e-5;
constexpr double kAdamTolerance = kDouble ? 1e-9 : 1e-4;
constexpr Real kLabelSmoothing = Real(0.1);

struct GoldenModel {
  const char* name;
  ModelConfig config;
};

ModelConfig Config(const ModelOptions& options) {
  ModelConfig config;
  static_cast<ModelOptions&>(config) = options;
  config.source_vocabulary = 11;
  config.target_vocabulary = 9;
  return config;
}

std::vector<GoldenModel> GoldenModels() {
  return {{"gru_between", Config({.cell = Cell::kGru,
                                  .embedding_size = 5,
                                  .encoder_size = 5,
                                  .decoder_size = 7,
                                  .attention = Attention::kAdditive,
                                  .attention_size = 8,
                                  .attend = Attend::kBetween,
                                  .readout = Readout::kDeepTanh,
                                  .readout_size = 6,
                                  .start = Start::kMean})},
          {"lstm_input_feeding", Config({.cell = Cell::kLstm,
                                         .embedding_size = 5,
                                         .encoder_layers = 2,
                                         .encoder_size = 4,
                                         .decoder_layers = 2,
                                         .decoder_size = 8,
                                         .attention = Attention::kGeneral,
                                         .attend = Attend::kAfter,
                                         .input_feeding = true,
                                         .readout = Readout::kTanh,
                                         .readout_size = 5,
                                         .start = Start::kCopy,
                                         .tie = Tie::kTarget})},
          {"bahdanau", Config({.cell = Cell::kGruResetBefore,
                               .embedding_size = 8,
                               .encoder_size = 5,
                               .decoder_size = 6,
                               .attention = Attention::kAdditive,
                               .attention_size = 7,
                               .attend = Attend::kBefore,
                               .readout = Readout::kMaxout,
                               .readout_size = 5,
                               .start = Start::kFinal})},
          {"walkthrough", Config({.cell = Cell::kTanh,
                                  .embedding_size = 6,
                                  .encoder_direction = Direction::kForward,
                                  .encoder_size = 7,
                                  .decoder_size = 7,
                                  .attention = Attention::kDot,
                                  .attend = Attend::kAfter,
                                  .readout = Readout::kTanh,
                                  .readout_size = 9,
                                  .start = Start::kCopy})}};
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
  std::vector<TokenPair> Pairs() const {
    std::vector<TokenPair> pairs;
    for (int i = 0; Has("source/" + std::to_string(i)); ++i) {
      pairs.push_back({Ids("source/" + std::to_string(i)), Ids("target/" + std::to_string(i))});
    }
    return pairs;
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

double LogProb(const std::vector<double>& logits, size_t begin, size_t size, int id) {
  double sum = 0;
  for (size_t v = 0; v < size; ++v) sum += std::exp(logits[begin + v]);
  return logits[begin + static_cast<size_t>(id)] - std::log(sum);
}

class ModelGolden : public testing::TestWithParam<GoldenModel> {
 protected:
  void SetUp() override { golden_.ReadParameters(config_, parameters_); }

  LossSums Gradient(Parameters& gradient) {
    LossOptions loss;
    loss.output = {.label_smoothing = kLabelSmoothing,
                   .gradient_scale = Real(1) / static_cast<Real>(batch_.target.rows())};
    return ForwardBackward(pass_, batch_, loss, gradient.views()).output;
  }

  const ModelConfig config_ = GetParam().config;
  const GoldenFile golden_{GetParam().name};
  const std::vector<TokenPair> pairs_ = golden_.Pairs();
  const Batch batch_ = MakeBatch(pairs_);
  Parameters parameters_{config_};
  Arena arena_;
  PackedWeights weights_;
  const ModelPass pass_{config_, parameters_.views(), {arena_, weights_}};
};

TEST_P(ModelGolden, HasTheSameParameters) {
  int tensors = 0;
  ForEachTensor(config_, parameters_.views(), [&](const Tensor&) { ++tensors; });
  EXPECT_EQ(tensors, golden_.parameters());
  EXPECT_EQ(pairs_.size(), 5u);
}

// Search's own path: one step after the other, with the right symbols forced.
TEST_P(ModelGolden, LogitsOfEveryStep) {
  const EncodedSources sources = EncodeSources(pass_, batch_.source, batch_.source_ids);
  std::vector<std::vector<Real>> logits(pairs_.size());
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
    const StepOutput step =
        DecodeStep(pass_, sources, state,
                   {.ids = ids, .parents = t == 0 ? columns : parents, .columns = columns});
    for (int r = 0; r < rows; ++r) {
      std::vector<Real>& all =
          logits[static_cast<size_t>(batch_.target_order[static_cast<size_t>(r)])];
      const Vector row = step.logits.RowSpan(r);
      all.insert(all.end(), row.begin(), row.end());
    }
    state = step.state;
  }
  for (size_t i = 0; i < pairs_.size(); ++i) {
    ExpectClose(logits[i], golden_.Numbers("logits/" + std::to_string(i)),
                "logits of pair " + std::to_string(i));
  }
}

TEST_P(ModelGolden, ForcedLogProbsAndAttention) {
  const ForcedDecoding forced = ForceDecode(pass_, batch_, kLabelSmoothing);
  EXPECT_NEAR(forced.sums.loss, golden_.Numbers("loss")[0],
              kTolerance * golden_.Numbers("loss")[0]);
  const SequenceLayout& layout = batch_.target;
  for (int b = 0; b < layout.batch(); ++b) {
    const int pair = batch_.target_order[static_cast<size_t>(b)];
    const std::vector<double> logits = golden_.Numbers("logits/" + std::to_string(pair));
    const size_t V = static_cast<size_t>(config_.target_vocabulary);
    const size_t S = pairs_[static_cast<size_t>(pair)].source.size() + 1;
    std::vector<Real> log_probs, alpha;
    std::vector<double> expected;
    for (int t = 0; t < layout.length(b); ++t) {
      const int row = layout.Row(t, b);
      log_probs.push_back(forced.log_probs[static_cast<size_t>(row)]);
      expected.push_back(LogProb(logits, static_cast<size_t>(t) * V, V,
                                 batch_.target_output[static_cast<size_t>(row)]));
      const Vector weights = forced.alpha.RowSpan(row);
      alpha.insert(alpha.end(), weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(S));
    }
    ExpectClose(log_probs, expected, "log p of pair " + std::to_string(pair));
    ExpectClose(alpha, golden_.Numbers("alpha/" + std::to_string(pair)),
                "alpha of pair " + std::to_string(pair));
  }
}

TEST_P(ModelGolden, EveryGradient) {
  Parameters gradient(config_);
  const LossSums sums = Gradient(gradient);
  EXPECT_NEAR(sums.loss, golden_.Numbers("loss")[0], kTolerance * golden_.Numbers("loss")[0]);
  EXPECT_EQ(sums.tokens, batch_.target.rows());
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
    const double loss = Gradient(gradient).loss;
    EXPECT_NEAR(loss, losses[step], kAdamTolerance * losses[step]) << "before step " << step + 1;
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

INSTANTIATE_TEST_SUITE_P(PyTorch, ModelGolden, testing::ValuesIn(GoldenModels()),
                         [](const auto& model) { return std::string(model.param.name); });

}  // namespace
}  // namespace atento
