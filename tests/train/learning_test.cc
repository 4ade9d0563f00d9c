// Learning: what attention is for. A sequence of ten symbols, to be said backwards, is more than
// one vector of this size holds; with attention every symbol can be looked up.
#include <gtest/gtest.h>

#include <string>

#include "atento/trainer.h"
#include "base/file.h"
#include "base/random.h"
#include "temporary_directory.h"

namespace atento {
namespace {

std::string ReversalPairs(int pairs, uint64_t seed) {
  Random random(seed);
  std::string text;
  for (int i = 0; i < pairs; ++i) {
    std::string forward, backward;
    for (int j = 0; j < 10; ++j) {
      const std::string symbol(1, static_cast<char>('a' + random.Below(20)));
      forward += (j ? " " : "") + symbol;
      backward = symbol + (j ? " " : "") + backward;
    }
    text += forward + "\t" + backward + "\n";
  }
  return text;
}

// Exact match, in percent, on pairs not seen in training.
double LearnReversal(Attention attention, Attend attend) {
  TemporaryDirectory directory;
  WriteFileAtomically(directory.File("train.tsv"), ReversalPairs(6000, 1));
  WriteFileAtomically(directory.File("dev.tsv"), ReversalPairs(200, 2));
  TrainRequest request;
  request.train = {directory.File("train.tsv")};
  request.dev = {directory.File("dev.tsv")};
  request.directory = directory.File("model");
  request.text.source_tokenizer = request.text.target_tokenizer = TokenizerKind::kSymbols;
  ModelOptions& model = request.model;
  model.attention = attention;
  model.attend = attend;
  model.encoder_direction = Direction::kForward;
  model.embedding_size = model.attention_size = model.readout_size = 32;
  model.encoder_size = model.decoder_size = 64;
  TrainingOptions& training = request.training;
  training.learning_rate = 0.005;
  training.label_smoothing = 0;
  training.dropout_embedding = training.dropout_hidden = 0;
  training.dropout_annotations = training.dropout_output = 0;
  request.limits.max_steps = 400;
  request.limits.max_epochs = 0;
  request.limits.validate_every = "200";
  request.limits.validation_metrics = "exact";
  request.limits.early_stopping = "exact:100";
  request.training.threads = 2;
  return Train(request).best;
}

TEST(LearningTest, AttentionLearnsToReverse) {
  EXPECT_EQ(LearnReversal(Attention::kAdditive, Attend::kBetween), 100);
}

TEST(LearningTest, OneFixedVectorDoesNot) {
  EXPECT_LT(LearnReversal(Attention::kFixed, Attend::kBetween), 50);
}

}  // namespace
}  // namespace atento
