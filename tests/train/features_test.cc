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
#include "expect_error.h"
#include "math/kernels.h"
#include "metrics/metrics.h"
#include "model/model.h"
#include "temporary_directory.h"
#include "train/prepare.h"
#include "train/validation.h"

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

// Every reference of an item counts once, however many others have.
TEST(TrainingOnFeatures, ValidationHasEachItemsOwnReferences) {
  TemporaryDirectory directory;
  const TrainRequest request = Captioning(directory.path(), "model");
  Train(request);
  const auto features = std::make_shared<const FeatureSet>(request.train[0]);
  const auto model = LoadModel(request.directory);
  const std::vector<TextPair> pairs = {
      {"item0", "it is red"},          {"item0", "red again"},  {"item0", "all of it is red"},
      {"item1", "all of it is green"}, {"item2", "blue again"}, {"item2", "it is blue"}};
  const std::vector<std::string> items = {"item0", "item1", "item2"};
  const std::vector<ReferenceSet> sets = {{"it is red", "all of it is green", "blue again"},
                                          {"red again", "", "it is blue"},
                                          {"all of it is red", "", ""}};
  const std::vector<int64_t> counts = {3, 1, 2};

  Translator translator(std::span(&request.directory, 1), 1);
  translator.SetFeatures(features);
  std::vector<std::string> captions;
  for (const Translation& translation : translator.Translate(items, {.beam = 1})) {
    captions.push_back(translation.hypotheses[0].text);
  }
  const std::vector<std::string> metrics = {"cider"};
  const auto expected = EvaluateCorpus(metrics, {captions, sets, {}, counts});
  SearchThreads threads(1);
  const ValidationResult result =
      Validator(*model, {pairs, features}, metrics, 0).Run(*model, threads);
  EXPECT_GT(expected[0].value, 0);
  EXPECT_NEAR(result.Value("cider"), expected[0].value, 1e-9);
}

// Images are then captioned by the CNN whose vectors it has read last.
TEST(TrainingOnFeatures, AModelThatIsTrainedFurtherKnowsTheNewCnn) {
  TemporaryDirectory directory;
  const std::vector<FeatureSet::Memory> items = {{"a", {1, 2}, {1, 0}}, {"b", {1, 2}, {0, 1}}};
  TrainRequest request = Captioning(directory.path(), "first");
  request.limits.max_steps = 1;
  request.train[1] = directory.File("pairs.tsv");
  WriteFileAtomically(request.train[1], "a\tone\nb\ttwo\n");
  for (const char* name : {"first", "second"}) {
    CnnOptions cnn;
    cnn.cnn_checksum = name;
    request.train[0] = directory.File(std::string(name) + ".safetensors");
    WriteFeatures(request.train[0], items, cnn);
    request.dev = request.train;
    request.directory = directory.File(name);
    Train(request);
    EXPECT_EQ(LoadModelDescription(request.directory)->description.cnn.cnn_checksum, name);
    request.init_from = request.directory;
  }
}

// Location attention has a score for so many positions and no more.
TEST(TrainingOnFeatures, DevelopmentItemsThatCannotBeReadAreLeftOut) {
  TemporaryDirectory directory;
  TrainRequest request = Captioning(directory.path(), "model");
  request.dev = request.train;
  request.train = {directory.File("pairs.safetensors"), directory.File("pairs.tsv")};
  std::vector<FeatureSet::Memory> items;
  for (const char* word : kWords) {
    items.push_back({word, {2, 5}, {1, 2, 3, 4, 5, 5, 4, 3, 2, 1}});
  }
  WriteFeatures(request.train[0], items);
  WriteFileAtomically(request.train[1], "red\tit is red\ngreen\tit is green\nblue\tblue again\n");
  request.model.attention = Attention::kLocation;
  request.model.location_positions = 4;
  request.training.max_source_tokens = 3;
  request.limits.max_steps = 1;
  request.limits.validation_metrics = "bleu";
  EXPECT_ERROR(Train(request), ErrorKind::kData,
               "all development pairs have more than 3 source or 2000 target tokens");
  request.dev = request.train;
  request.directory = directory.File("second");
  EXPECT_EQ(Train(request).steps, 1);
}

}  // namespace
}  // namespace atento
