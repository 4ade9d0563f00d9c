// Training on feature vectors: its own validation items, and matrix products of bfloat16.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "atento/features.h"
#include "atento/trainer.h"
#include "atento/translator.h"
#include "base/file.h"
#include "base/options.h"
#include "base/random.h"
#include "math/kernels.h"
#include "temporary_directory.h"
#include "train/prepare.h"

namespace atento {
namespace {

constexpr int kItems = 300;
constexpr int kCaptions = 3;  // of an item
const char* const kWords[] = {"red", "green", "blue"};

// Item i is of colour i mod 3; each of its four cells says so, with noise.
void WriteItems(const std::string& directory) {
  Random random(RandomKey(5));
  std::vector<FeatureSet::Memory> items;
  std::string captions[kCaptions];
  for (int i = 0; i < kItems; ++i) {
    FeatureSet::Memory& item = items.emplace_back();
    item.name = "item" + std::to_string(i);
    item.shape = {2, 2, 5};
    for (int k = 0; k < 20; ++k) {
      const double is = k % 5 == i % 3 ? 1 : 0;
      item.values.push_back(static_cast<float>(is + random.Uniform(-0.2, 0.2)));
    }
    const std::string word = kWords[i % 3];
    captions[0] += item.name + "\tit is " + word + "\n";
    captions[1] += item.name + "\t" + word + " again\n";
    captions[2] += item.name + "\tall of it is " + word + "\n";
  }
  WriteFeatures(directory + "/items.safetensors", items);
  // The captions of an item are far apart.
  WriteFileAtomically(directory + "/captions.tsv", captions[0] + captions[1] + captions[2]);
}

TrainRequest Captioning(const std::string& directory, const std::string& model) {
  if (!FileExists(directory + "/captions.tsv")) WriteItems(directory);
  const Preset preset = FindPreset("captions");
  TrainRequest request;
  request.train = {directory + "/items.safetensors", directory + "/captions.tsv"};
  request.directory = directory + "/" + model;
  request.text = preset.text;
  request.model = preset.model;
  request.training = preset.training;
  ModelOptions& options = request.model;
  options.embedding_size = options.encoder_size = options.decoder_size = 16;
  options.attention_size = options.readout_size = 16;
  request.training.dropout_embedding = request.training.dropout_annotations = 0;
  request.training.dropout_output = 0;
  request.training.batch_sentences = 30;
  request.training.learning_rate = 0.01;
  request.training.threads = 1;
  request.limits.max_steps = 60;
  request.limits.validate_every = "60";
  request.limits.validation_metrics = "";
  return request;
}

TEST(TrainingOnFeatures, AllCaptionsOfAnItemAreHeldOutOrNone) {
  TemporaryDirectory directory;
  const TrainingData data = ReadTrainingData(Captioning(directory.path(), "model"));
  std::map<std::string, int> train, held_out;
  for (const TextPair& pair : data.train) ++train[pair.source];
  for (const TextPair& pair : data.dev) ++held_out[pair.source];
  // One item in a hundred, not one pair.
  EXPECT_EQ(held_out.size(), 3u);
  EXPECT_EQ(train.size() + held_out.size(), static_cast<size_t>(kItems));
  for (const auto& [item, count] : train) EXPECT_EQ(count, kCaptions) << item;
  for (const auto& [item, count] : held_out) {
    EXPECT_EQ(count, kCaptions) << item;
    EXPECT_FALSE(train.contains(item)) << item;
  }
  EXPECT_EQ(data.dev_features, data.train_features);
}

// Of all items' first captions, by a model that was trained in this precision.
double LogProbAfterTraining(const std::string& directory, TrainingPrecision precision) {
  TrainRequest request = Captioning(directory, std::string(EnumName(precision)));
  request.training.precision = precision;
  Train(request);
  Translator translator(std::span(&request.directory, 1), 1);
  translator.SetFeatures(std::make_shared<const FeatureSet>(request.train[0]));
  std::vector<std::string> items, captions;
  for (int i = 0; i < kItems; ++i) {
    items.push_back("item" + std::to_string(i));
    captions.push_back("it is " + std::string(kWords[i % 3]));
  }
  double sum = 0;
  for (const auto& score : translator.Score(items, captions)) sum += score.log_prob / kItems;
  return sum;
}

TEST(TrainingOnFeatures, Bfloat16LearnsAsFloat32Does) {
  if (!HasProducts(Precision::kBfloat16)) GTEST_SKIP() << "a CPU without bfloat16";
  TemporaryDirectory directory;
  const double float32 = LogProbAfterTraining(directory.path(), TrainingPrecision::kFloat32);
  const double bfloat16 = LogProbAfterTraining(directory.path(), TrainingPrecision::kBfloat16);
  // Which of the three captions it is cannot be known, its colour can: ln 1/3, not ln 1/9.
  EXPECT_GT(float32, -1.5);
  EXPECT_NE(bfloat16, float32) << "nothing was rounded";
  EXPECT_NEAR(bfloat16, float32, 0.03);
}

}  // namespace
}  // namespace atento
