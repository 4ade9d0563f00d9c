// One update: clipping, averaging, threads, and what a gradient that is not finite leaves alone.
#include "train/learner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "math/kernels.h"

namespace atento {
namespace {

const std::vector<std::string>& Lines() {
  static const std::vector<std::string> lines = {"a b c d", "b c", "d a b", "c", "a d d b c"};
  return lines;
}

std::vector<TokenPair> Pairs(const Model& model) {
  std::vector<TokenPair> pairs;
  for (const std::string& line : Lines()) {
    const std::vector<int> ids = model.source_tokenizer.Encode(line).ids;
    pairs.push_back({ids, {ids.rbegin(), ids.rend()}});
  }
  return pairs;
}

// Plain gradient descent at rate 1 without dropout: the change of the parameters is the gradient.
std::unique_ptr<Model> NewModel(const std::function<void(TrainingOptions&)>& change = nullptr,
                                const std::function<void(ModelConfig&)>& change_model = nullptr) {
  TokenizerOptions words;
  words.kind = TokenizerKind::kWords;
  const Tokenizer tokenizer = Tokenizer::Train(words, Lines());
  ModelDescription description;
  description.text.source_tokenizer = description.text.target_tokenizer = TokenizerKind::kWords;
  ModelConfig& config = description.model;
  config.source_vocabulary = config.target_vocabulary = tokenizer.vocabulary_size();
  config.embedding_size = config.encoder_size = config.decoder_size = 6;
  config.attention_size = config.readout_size = 6;
  TrainingOptions& training = description.training;
  training.optimizer = Optimizer::kSgd;
  training.clip_norm = 0;
  training.dropout_embedding = training.dropout_hidden = 0;
  training.dropout_annotations = training.dropout_output = 0;
  if (change) change(training);
  if (change_model) change_model(config);
  description.text.joint_vocabulary = config.tie == Tie::kAll;
  auto model = std::make_unique<Model>(description, tokenizer, tokenizer);
  Initialize(model->config(), 3, model->parameters);
  return model;
}

struct Updated {
  UpdateResult result;
  std::vector<Real> change;  // of the parameters

  double norm() const {
    double sum = 0;
    for (Real c : change) sum += static_cast<double>(c) * c;
    return std::sqrt(sum);
  }
};

// product_threads: more than 1 only with one thread for the sentences.
Updated UpdateOnce(Model& model, int threads, int product_threads = 1) {
  const std::vector<TokenPair> pairs = Pairs(model);
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = 5;
  options.workers = threads;
  TrainingBatches batches(pairs, options);
  Learner learner(model, threads, nullptr, product_threads);
  const std::vector<Real> before(model.parameters.flat().begin(), model.parameters.flat().end());
  Updated updated;
  updated.result = learner.Update(batches.Next(), 1, 1);
  for (size_t i = 0; i < before.size(); ++i) {
    updated.change.push_back(model.parameters.flat()[i] - before[i]);
  }
  return updated;
}

// The loss of some updates of the same sentences.
double LossAfter(int updates, TrainingPrecision precision) {
  const std::unique_ptr<Model> model = NewModel([&](TrainingOptions& training) {
    training.optimizer = Optimizer::kAdam;
    training.precision = precision;
  });
  const std::vector<TokenPair> pairs = Pairs(*model);
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = 5;
  TrainingBatches batches(pairs, options);
  Learner learner(*model, 1);
  double loss = 0;
  for (int i = 1; i <= updates; ++i) {
    loss = learner.Update(batches.Next(), i, 0.01).loss.output.loss;
  }
  return loss;
}

TEST(LearnerTest, Bfloat16LearnsAsFloat32Does) {
  if (!HasProducts(Precision::kBfloat16)) GTEST_SKIP() << "a CPU without bfloat16";
  const double start = LossAfter(1, TrainingPrecision::kFloat32);
  const double float32 = LossAfter(80, TrainingPrecision::kFloat32);
  const double bfloat16 = LossAfter(80, TrainingPrecision::kBfloat16);
  EXPECT_LT(float32, 0.6 * start);
  EXPECT_NE(bfloat16, float32) << "nothing was rounded";
  EXPECT_NEAR(bfloat16, float32, 0.02 * float32);
}

TEST(LearnerTest, TheGradientInBfloat16IsCloseToThatInFloat32) {
  if (!HasProducts(Precision::kBfloat16)) GTEST_SKIP() << "a CPU without bfloat16";
  const Updated exact = UpdateOnce(*NewModel(), 2);
  const Updated rounded = UpdateOnce(*NewModel([](TrainingOptions& training) {
    training.precision = TrainingPrecision::kBfloat16;
  }),
                                     2);
  double difference = 0;
  for (size_t i = 0; i < exact.change.size(); ++i) {
    difference += std::pow(static_cast<double>(rounded.change[i] - exact.change[i]), 2);
  }
  EXPECT_GT(difference, 0) << "nothing was rounded";
  EXPECT_LT(std::sqrt(difference), 0.02 * exact.norm());
}

// The gradient, in this epoch, of pairs whose first words are linked.
std::vector<Real> GuidedGradient(double weight, double decay, int64_t epoch) {
  const std::unique_ptr<Model> model = NewModel([&](TrainingOptions& training) {
    training.guided_alignment_weight = weight;
    training.guided_alignment_decay = decay;
  });
  std::vector<TokenPair> pairs = Pairs(*model);
  for (TokenPair& pair : pairs) pair.links = {{0, 0}};
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = 5;
  TrainingBatches batches(pairs, options);
  TrainingStep step = batches.Next();
  step.position.epoch = epoch;
  std::vector<Real> change(model->parameters.flat().begin(), model->parameters.flat().end());
  Learner(*model, 1).Update(step, 1, 1);
  for (size_t i = 0; i < change.size(); ++i) change[i] = model->parameters.flat()[i] - change[i];
  return change;
}

TEST(LearnerTest, GuidanceFadesByItsDecayWithEveryEpoch) {
  EXPECT_NE(GuidedGradient(0.8, 0.5, 0), GuidedGradient(0, 1, 0)) << "nothing was guided";
  EXPECT_EQ(GuidedGradient(0.8, 0.5, 0), GuidedGradient(0.8, 1, 0));
  EXPECT_EQ(GuidedGradient(0.8, 0.5, 2), GuidedGradient(0.2, 1, 0));
}

TEST(LearnerTest, ProductsThatThreadsShareGiveTheSameGradient) {
  const Updated alone = UpdateOnce(*NewModel(), 1);
  const Updated shared = UpdateOnce(*NewModel(), 1, 3);
  ASSERT_EQ(shared.change.size(), alone.change.size());
  for (size_t i = 0; i < alone.change.size(); ++i) {
    EXPECT_NEAR(shared.change[i], alone.change[i], 1e-5 * alone.norm()) << i;
  }
}

TEST(LearnerTest, AnOutputLayerStartsAsLargeAsEmbeddings) {
  ModelConfig config;
  config.source_vocabulary = config.target_vocabulary = 2000;
  Parameters parameters(config);
  Initialize(config, 1, parameters);
  auto deviation = [](const Matrix& matrix) {
    return std::sqrt(static_cast<double>(SumOfSquares({matrix.data, matrix.size()})) /
                     static_cast<double>(matrix.size()));
  };
  const Seq2SeqParams& views = parameters.views();
  ASSERT_EQ(config.tie, Tie::kNone);
  ASSERT_EQ(config.readout_size, config.embedding_size);
  EXPECT_NEAR(deviation(views.output.W_o), deviation(views.target_embedding),
              0.01 * deviation(views.target_embedding))
      << "a model of a large vocabulary would not begin to learn";
}

TEST(LearnerTest, WithoutClippingTheStepIsTheGradient) {
  const std::unique_ptr<Model> model = NewModel();
  const Updated updated = UpdateOnce(*model, 1);
  EXPECT_GT(updated.result.gradient_norm, 0.01);
  EXPECT_NEAR(updated.norm(), updated.result.gradient_norm, 1e-4);
}

TEST(LearnerTest, ClippingLimitsTheNormAndKeepsTheDirection) {
  const std::unique_ptr<Model> plain = NewModel();
  const std::unique_ptr<Model> clipped =
      NewModel([](TrainingOptions& options) { options.clip_norm = 0.01; });
  const Updated free = UpdateOnce(*plain, 1), limited = UpdateOnce(*clipped, 1);
  EXPECT_NEAR(limited.norm(), 0.01, 1e-4);
  const double ratio = limited.norm() / free.norm();
  for (size_t i = 0; i < free.change.size(); ++i) {
    EXPECT_NEAR(limited.change[i], ratio * free.change[i], 1e-5);
  }
}

TEST(LearnerTest, AveragingOverSentencesMultipliesByTheirMeanLength) {
  const std::unique_ptr<Model> tokens = NewModel();
  const std::unique_ptr<Model> sentences = NewModel(
      [](TrainingOptions& options) { options.loss_normalization = LossNormalization::kSentences; });
  const double per_token = UpdateOnce(*tokens, 1).result.gradient_norm;
  // 15 words and 5 ends in 5 sentences.
  EXPECT_NEAR(UpdateOnce(*sentences, 1).result.gradient_norm, per_token * 20 / 5, 1e-4 * per_token);
}

struct ThreadsCase {
  const char* name;
  void (*change)(ModelConfig&);
};

const ThreadsCase kThreadsCases[] = {
    {"as they are", [](ModelConfig&) {}},
    {"tied to the output", [](ModelConfig& c) { c.tie = Tie::kTarget; }},
    {"all tied", [](ModelConfig& c) { c.tie = Tie::kAll; }},
    {"LSTM, two layers, general, input feeding",
     [](ModelConfig& c) {
       c.cell = Cell::kLstm;
       c.encoder_layers = c.decoder_layers = 2;
       c.encoder_size = 3;
       c.attention = Attention::kGeneral;
       c.attend = Attend::kAfter;
       c.input_feeding = true;
       c.start = Start::kCopy;
     }},
    {"reset before, maxout, coverage, normalised",
     [](ModelConfig& c) {
       c.cell = Cell::kGruResetBefore;
       c.readout = Readout::kMaxout;
       c.attend = Attend::kBefore;
       c.coverage = true;
       c.layer_normalization = true;
     }},
    {"tanh, location, local-p, last state",
     [](ModelConfig& c) {
       c.cell = Cell::kTanh;
       c.attention = Attention::kLocation;
       c.attention_window = AttentionWindow::kLocalP;
       c.start = Start::kFinal;
     }},
};

TEST(LearnerTest, ThreadsComputeWhatOneDoes) {
  for (const ThreadsCase& c : kThreadsCases) {
    SCOPED_TRACE(c.name);
    const Updated alone = UpdateOnce(*NewModel(nullptr, c.change), 1);
    for (int threads : {2, 3, 8}) {
      SCOPED_TRACE(threads);
      const Updated shared = UpdateOnce(*NewModel(nullptr, c.change), threads);
      EXPECT_NEAR(shared.result.loss.output.loss, alone.result.loss.output.loss, 1e-4);
      EXPECT_EQ(shared.result.loss.output.tokens, alone.result.loss.output.tokens);
      for (size_t i = 0; i < alone.change.size(); ++i) {
        ASSERT_NEAR(shared.change[i], alone.change[i], 1e-5) << i;
      }
    }
  }
}

TEST(LearnerTest, NoGradientIsLeftForTheNextUpdate) {
  const std::unique_ptr<Model> model = NewModel();
  const std::vector<TokenPair> pairs = Pairs(*model);
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = 5;
  options.workers = 3;
  options.shuffle_batches = false;
  TrainingBatches batches(pairs, options);
  const TrainingStep step = batches.Next();
  Learner learner(*model, 3);
  // At rate 0 nothing moves, so that the same step has the same gradient.
  const double norm = learner.Update(step, 1, 0).gradient_norm;
  EXPECT_EQ(learner.Update(step, 2, 0).gradient_norm, norm);
  Real& bias = model->parameters.views().output.b[2];
  const Real value = std::exchange(bias, std::numeric_limits<Real>::quiet_NaN());
  EXPECT_TRUE(learner.Update(step, 3, 0).skipped);
  bias = value;
  EXPECT_EQ(learner.Update(step, 4, 0).gradient_norm, norm);
}

TEST(LearnerTest, TheAverageFollowsItsFormula) {
  const std::unique_ptr<Model> model =
      NewModel([](TrainingOptions& options) { options.ema_decay = 0.28; });
  const std::vector<TokenPair> pairs = Pairs(*model);
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = 5;
  options.workers = 2;
  TrainingBatches batches(pairs, options);
  Learner learner(*model, 2);
  const ConstVector w = model->parameters.flat(), average = learner.optimizer().average()->flat();
  std::vector<double> expected(w.begin(), w.end());
  for (int t = 1; t <= 4; ++t) {
    learner.Update(batches.Next(), t, 1);
    // 2/11, 3/12, then 0.28, since 4/13 is above it.
    const double decay = std::min(0.28, (1.0 + t) / (10 + t));
    for (size_t i = 0; i < w.size(); ++i) expected[i] = decay * expected[i] + (1 - decay) * w[i];
  }
  double distance = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    EXPECT_NEAR(average[i], expected[i], 1e-6);
    distance = std::max<double>(distance, std::abs(average[i] - w[i]));
  }
  EXPECT_GT(distance, 1e-3);
  // A skipped step leaves it alone.
  const std::vector<Real> before(average.begin(), average.end());
  model->parameters.views().output.b[2] = std::numeric_limits<Real>::quiet_NaN();
  EXPECT_TRUE(learner.Update(batches.Next(), 5, 1).skipped);
  EXPECT_EQ(std::vector<Real>(average.begin(), average.end()), before);
}

TEST(LearnerTest, ASkippedStepChangesNothing) {
  const std::unique_ptr<Model> model =
      NewModel([](TrainingOptions& options) { options.optimizer = Optimizer::kAdam; });
  model->parameters.views().output.b[2] = std::numeric_limits<Real>::quiet_NaN();
  const std::vector<TokenPair> pairs = Pairs(*model);
  TrainingBatchOptions options;
  options.batch_tokens = 0;
  options.batch_sentences = 5;
  TrainingBatches batches(pairs, options);
  Learner learner(*model, 1);
  const Matrix W = model->parameters.views().decoder.W_readout;
  const std::vector<Real> before(W.data, W.data + W.size());
  EXPECT_TRUE(learner.Update(batches.Next(), 1, 1).skipped);
  EXPECT_EQ(std::vector<Real>(W.data, W.data + W.size()), before);
  for (const auto& moment : learner.optimizer().moments()) {
    for (Real m : moment->flat()) EXPECT_EQ(m, 0);
  }
}

}  // namespace
}  // namespace atento
