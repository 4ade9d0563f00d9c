// Learning: what attention is for. A sequence of ten symbols, to be said backwards, is more than
// one vector of this size holds; with attention every symbol can be looked up.
#include <gtest/gtest.h>

#include <functional>
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

// Six words; every other one is never seen again, neither here nor with another prefix.
std::string RareWordPairs(int pairs, const std::string& prefix) {
  Random random(3);
  std::string text;
  for (int i = 0; i < pairs; ++i) {
    std::string forward, backward;
    for (int j = 0; j < 6; ++j) {
      const bool rare = (i + j) % 2 == 0;
      const std::string word = rare ? prefix + std::to_string(6 * i + j)
                                    : std::string(1, static_cast<char>('a' + random.Below(10)));
      forward += (j ? " " : "") + word;
      backward = word + (j ? " " : "") + backward;
    }
    text += forward + "\t" + backward + "\n";
  }
  return text;
}

// Exact match, in percent, on pairs not seen in training.
double Learn(const std::string& train, const std::string& dev,
             const std::function<void(TrainRequest&)>& change) {
  TemporaryDirectory directory;
  WriteFileAtomically(directory.File("train.tsv"), train);
  WriteFileAtomically(directory.File("dev.tsv"), dev);
  TrainRequest request;
  request.train = {directory.File("train.tsv")};
  request.dev = {directory.File("dev.tsv")};
  request.directory = directory.File("model");
  request.text.source_tokenizer = request.text.target_tokenizer = TokenizerKind::kSymbols;
  ModelOptions& model = request.model;
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
  change(request);
  return Train(request).best;
}

double LearnReversal(Attention attention, Attend attend) {
  return Learn(ReversalPairs(6000, 1), ReversalPairs(200, 2), [&](TrainRequest& request) {
    request.model.attention = attention;
    request.model.attend = attend;
  });
}

// A vocabulary of the ten words that are not rare.
double LearnRareWords(bool copy) {
  return Learn(RareWordPairs(3000, "train"), RareWordPairs(100, "dev"), [&](TrainRequest& request) {
    request.model.copy = copy;
    request.text.source_tokenizer = request.text.target_tokenizer = TokenizerKind::kWords;
    request.text.vocabulary_size = 12;
  });
}

TEST(LearningTest, AttentionLearnsToReverse) {
  EXPECT_EQ(LearnReversal(Attention::kAdditive, Attend::kBetween), 100);
}

TEST(LearningTest, OneFixedVectorDoesNot) {
  EXPECT_LT(LearnReversal(Attention::kFixed, Attend::kBetween), 50);
}

TEST(LearningTest, WordsThatWereNeverSeenAreCopied) { EXPECT_EQ(LearnRareWords(true), 100); }

TEST(LearningTest, WithoutCopyingTheyStayUnknown) { EXPECT_EQ(LearnRareWords(false), 0); }

}  // namespace
}  // namespace atento
