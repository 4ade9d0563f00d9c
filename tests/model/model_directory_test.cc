#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "base/random.h"
#include "base/version.h"
#include "expect_error.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "temporary_directory.h"

namespace atento {
namespace {

Tokenizer Words(const std::string& tokens, Normalization normalization = Normalization::kNone) {
  return Tokenizer::Parse(TokenizerKind::kWords, normalization, "<unk>\n</s>\n" + tokens, "words");
}

ModelDescription SmallDescription() {
  ModelDescription d;
  d.preset = "small";
  d.text.source_tokenizer = d.text.target_tokenizer = TokenizerKind::kWords;
  d.text.source_normalization = Normalization::kNfc;
  d.text.source_language = "en";
  d.model.embedding_size = d.model.readout_size = 3;
  d.model.encoder_size = 2;
  d.model.decoder_size = 5;
  d.model.attention_size = 4;
  d.model.source_vocabulary = 4;
  d.model.target_vocabulary = 5;
  d.training.learning_rate = 0.1 + 0.2;
  d.training.seed = int64_t{1} << 60;
  return d;
}

std::unique_ptr<Model> SmallModel(ModelDescription d = SmallDescription()) {
  auto model = std::make_unique<Model>(std::move(d), Words("go\nstop\n", Normalization::kNfc),
                                       Words("va\nhalte\nici\n"));
  Random random(7);
  for (Real& value : model->parameters.flat()) value = static_cast<float>(random.Normal());
  return model;
}

void Save(const Model& model, const std::string& directory) {
  SaveModelDescription(model, directory);
  SaveParameters(model.config(), model.parameters, directory + "/model.safetensors");
}

// The numbers of every tensor, in order.
std::vector<Real> Numbers(const Model& model) {
  std::vector<Real> numbers;
  Seq2SeqParams views = model.parameters.views();
  ForEachTensor(model.config(), views, [&](const Tensor& tensor) {
    numbers.insert(numbers.end(), tensor.values().begin(), tensor.values().end());
  });
  return numbers;
}

std::set<std::string> FilesIn(const std::string& directory) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files.insert(entry.path().filename().string());
  }
  return files;
}

// As an accident does it: neither atomically nor flushed to the disk. A new file, because some file
// systems flush one that is cut and written again.
void Overwrite(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

// A saved model whose files the test then damages.
class ModelDirectory : public testing::Test {
 protected:
  ModelDirectory() { Save(*model_, path()); }

  const std::string& path() const { return directory_.path(); }
  std::string File(const std::string& name) const { return directory_.File(name); }

  // Loads after change has been applied to config.json, a JSON value.
  void LoadWith(const std::function<void(Json&)>& change) {
    Json config = Json::Parse(ReadFile(File("config.json")), "config.json");
    change(config);
    Overwrite(File("config.json"), config.Dump());
    LoadModel(path());
  }
  void LoadWith(const std::string& object, const std::string& key, const Json& value) {
    LoadWith([&](Json& config) {
      Json changed = config.At(object);
      changed.Set(key, value);
      config.Set(object, changed);
    });
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Model> model_ = SmallModel();
};

TEST_F(ModelDirectory, RoundTrip) {
  EXPECT_EQ(FilesIn(path()), (std::set<std::string>{"config.json", "model.safetensors",
                                                    "source.vocab", "target.vocab"}));
  const std::unique_ptr<Model> loaded = LoadModel(path());
  const ModelDescription& d = loaded->description;
  EXPECT_EQ(d.preset, "small");
  EXPECT_EQ(OptionsToJson(d.text).Dump(), OptionsToJson(model_->description.text).Dump());
  EXPECT_EQ(OptionsToJson(d.model).Dump(), OptionsToJson(model_->config()).Dump());
  EXPECT_EQ(OptionsToJson(d.training).Dump(), OptionsToJson(model_->description.training).Dump());
  EXPECT_EQ(d.model.source_vocabulary, 4);
  EXPECT_EQ(d.model.target_vocabulary, 5);
  EXPECT_EQ(loaded->source_tokenizer.normalization(), Normalization::kNfc);
  EXPECT_EQ(loaded->source_tokenizer.Piece(3), "stop");
  EXPECT_EQ(loaded->target_tokenizer.Piece(4), "ici");
  EXPECT_EQ(Numbers(*loaded), Numbers(*model_));
}

TEST_F(ModelDirectory, EqualModelsAreEqualFiles) {
  TemporaryDirectory other;
  Save(*LoadModel(path()), other.path());
  for (const std::string& name : FilesIn(path())) {
    EXPECT_EQ(ReadFile(File(name)), ReadFile(other.File(name))) << name;
  }
}

TEST_F(ModelDirectory, ConfigSaysWhoWroteIt) {
  const Json config = Json::Parse(ReadFile(File("config.json")), "config.json");
  EXPECT_EQ(config.At("format").AsInteger(), 3);
  EXPECT_EQ(config.At("atento_version").AsString(), AtentoVersion());
  EXPECT_EQ(config.At("model").At("source-vocabulary").AsInteger(), 4);
}

TEST_F(ModelDirectory, TensorsHaveTheNamesAndShapesOfTheModel) {
  const SafetensorsFile file(File("model.safetensors"));
  auto shape = [&](const char* name) { return ShapeText(file.Find(name)->shape); };
  EXPECT_EQ(shape("source.embedding"), "[4,3]");
  EXPECT_EQ(shape("encoder.0.backward.U"), "[6,2]");
  EXPECT_EQ(shape("decoder.0.b_u"), "[5]");
  EXPECT_EQ(shape("decoder.transition.W"), "[15,4]");
  EXPECT_EQ(shape("attention.v_a"), "[4]");
  EXPECT_EQ(shape("output.W_o"), "[5,3]");
}

TEST(Model, TiedTensorsAreStoredOnce) {
  ModelDescription d = SmallDescription();
  d.text.joint_vocabulary = true;
  d.text.target_normalization = d.text.source_normalization;
  d.model.tie = Tie::kAll;
  d.model.target_vocabulary = 4;
  const Tokenizer words = Words("go\nva\n", Normalization::kNfc);
  Model model(d, words, words);
  model.parameters.views().target_embedding(3, 2) = 0.5;
  TemporaryDirectory directory;
  Save(model, directory.path());
  EXPECT_EQ(FilesIn(directory.path()),
            (std::set<std::string>{"config.json", "model.safetensors", "source.vocab"}));
  const SafetensorsFile file(directory.File("model.safetensors"));
  EXPECT_EQ(file.Find("source.embedding"), nullptr);
  EXPECT_EQ(file.Find("output.W_o"), nullptr);

  const std::unique_ptr<Model> loaded = LoadModel(directory.path());
  EXPECT_EQ(loaded->parameters.views().output.W_o(3, 2), 0.5);
  EXPECT_EQ(loaded->parameters.views().source_embedding(3, 2), 0.5);
  EXPECT_EQ(loaded->target_tokenizer.Piece(3), "va");
}

TEST(Model, DescriptionsThatContradictThemselvesAreRefused) {
  auto refuse = [](const std::function<void(ModelDescription&)>& change, const std::string& part) {
    ModelDescription d = SmallDescription();
    change(d);
    EXPECT_ERROR(SmallModel(d), ErrorKind::kUsage, part);
  };
  refuse([](auto& d) { d.model.attention = Attention::kDot; }, "--decoder-size 4");
  refuse([](auto& d) { d.model.embedding_size = 1 << 30; }, "--embedding-size 1073741824 is too");
  refuse([](auto& d) { d.model.source_vocabulary = 6; }, "source vocabulary has 4 tokens");
  refuse([](auto& d) { d.model.target_vocabulary = 4; }, "target vocabulary has 5 tokens");
  refuse([](auto& d) { d.text.target_tokenizer = TokenizerKind::kSymbols; }, "--target-tokenizer");
  refuse([](auto& d) { d.text.joint_vocabulary = true; }, "--joint-vocabulary");
  refuse([](auto& d) { d.model.tie = Tie::kAll; }, "--joint-vocabulary");
  auto copying = [&](const std::function<void(ModelDescription&)>& change,
                     const std::string& part) {
    refuse(
        [&](auto& d) {
          d.model.copy = true;
          change(d);
        },
        part);
  };
  copying([](auto&) {}, "--source-normalization and --target-normalization alike");
  copying(
      [](auto& d) {
        d.model.attention = Attention::kFixed;
        d.model.encoder_direction = Direction::kForward;
      },
      "--attention fixed scores nothing");
}

TEST_F(ModelDirectory, WhatIsNotAModelDirectoryIsNamed) {
  EXPECT_ERROR(LoadModel(File("absent")), ErrorKind::kNotFound, File("absent") + " does not exist");
  EXPECT_ERROR(LoadModel(File("config.json")), ErrorKind::kNotFound, "is not a directory");
  TemporaryDirectory empty;
  EXPECT_ERROR(LoadModel(empty.path()), ErrorKind::kNotFound,
               empty.path() + " is not a model directory: it has no config.json");
}

TEST_F(ModelDirectory, MissingFilesAreNamed) {
  for (const char* name : {"model.safetensors", "target.vocab", "source.vocab"}) {
    std::filesystem::remove(File(name));
    EXPECT_ERROR(LoadModel(path()), ErrorKind::kData, name);
  }
}

TEST_F(ModelDirectory, NewerFormatsAskForANewerProgram) {
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("format", 4); }), ErrorKind::kData,
               File("config.json") + ": format 4 is newer", "update atento");
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("format", 0); }), ErrorKind::kData, "format 0");
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("format", "1"); }), ErrorKind::kData, "config.json");
}

Json Without(const Json& json, const std::string& key) {
  Json::Object rest = json.AsObject();
  std::erase_if(rest, [&](const auto& member) { return member.first == key; });
  return Json(rest);
}

TEST_F(ModelDirectory, FormatOneHadNoPrecisions) {
  LoadWith([](Json& c) {
    c = Without(c, "weights");
    c.Set("format", 1).Set("training", Without(c.At("training"), "precision"));
    c.Set("model", Without(c.At("model"), "copy"));
  });
  const std::unique_ptr<Model> loaded = LoadModel(path());
  EXPECT_EQ(loaded->description.training.precision, TrainingPrecision::kFloat32);
  EXPECT_EQ(loaded->description.weights, Precision::kFloat32);
  EXPECT_EQ(Numbers(*loaded), Numbers(*model_));
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("weights", "float32"); }), ErrorKind::kData,
               "unknown key 'weights'");
}

TEST_F(ModelDirectory, FormatTwoHadNoCopyingAndNoFeatures) {
  LoadWith([](Json& c) {
    Json model = c.At("model");
    for (const char* key : {"copy", "source-kind", "context-gate", "feature-size"}) {
      model = Without(model, key);
    }
    c.Set("format", 2).Set("model", model);
    c.Set("training", Without(c.At("training"), "doubly-stochastic-weight"));
  });
  const std::unique_ptr<Model> loaded = LoadModel(path());
  EXPECT_FALSE(loaded->config().copy);
  EXPECT_EQ(loaded->config().source_kind, SourceKind::kSymbols);
  EXPECT_FALSE(loaded->config().context_gate);
  EXPECT_EQ(loaded->description.training.doubly_stochastic_weight, 0);
  EXPECT_EQ(Numbers(*loaded), Numbers(*model_));
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("format", 3); }), ErrorKind::kData, "is missing");
}

TEST_F(ModelDirectory, QuantizedModelsSayWhatTheirFilesHold) {
  for (Precision precision : {Precision::kBfloat16, Precision::kInt8}) {
    model_->description.weights = precision;
    SaveModelDescription(*model_, path());
    EXPECT_ERROR(LoadModel(path()), ErrorKind::kData, File("model.safetensors"),
                 "tensor \"source.embedding\" is of type F32");
    SaveParameters(model_->config(), model_->parameters, File("model.safetensors"), precision);
    const std::unique_ptr<Model> loaded = LoadModel(path());
    EXPECT_EQ(loaded->description.weights, precision);
    EXPECT_EQ(loaded->weights.precision(),
              HasProducts(precision) ? precision : Precision::kFloat32);
    EXPECT_ERROR(CheckFloat32(*loaded, "there"), ErrorKind::kUsage, "there has been quantized");
    EXPECT_ERROR(LoadWith([](Json& c) { c.Set("weights", "float32"); }), ErrorKind::kData,
                 "not F32");
    Save(*SmallModel(), path());
  }
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("weights", "int4"); }), ErrorKind::kData,
               File("config.json"), "int4");
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("weights", 8); }), ErrorKind::kData,
               File("config.json"));
}

TEST_F(ModelDirectory, UnknownKeysAreErrors) {
  const std::string config = ReadFile(File("config.json"));
  for (const char* object : {"text", "model", "training"}) {
    EXPECT_ERROR(LoadWith(object, "colour", 1), ErrorKind::kData, File("config.json"), object,
                 "unknown key 'colour'");
    Overwrite(File("config.json"), config);
  }
  EXPECT_ERROR(LoadWith([](Json& c) { c.Set("colour", 1); }), ErrorKind::kData, "'colour'");
}

TEST_F(ModelDirectory, MissingKeysAreErrors) {
  const std::string text = ReadFile(File("config.json"));
  const Json config = Json::Parse(text, "config.json");
  for (const auto& member : config.AsObject()) {
    const std::string& key = member.first;
    EXPECT_ERROR(LoadWith([&](Json& c) { c = Without(c, key); }), ErrorKind::kData,
                 File("config.json"), key);
    Overwrite(File("config.json"), text);
    if (!member.second.is_object()) continue;
    for (const auto& option : member.second.AsObject()) {
      const std::string& name = option.first;
      EXPECT_ERROR(LoadWith([&](Json& c) { c.Set(key, Without(c.At(key), name)); }),
                   ErrorKind::kData, File("config.json"), key, "'" + name + "' is missing");
      Overwrite(File("config.json"), text);
    }
  }
}

TEST_F(ModelDirectory, ValuesThatFitNothingAreErrors) {
  const std::string config = ReadFile(File("config.json"));
  auto refuse = [&](const char* object, const char* key, const Json& value) {
    EXPECT_ERROR(LoadWith(object, key, value), ErrorKind::kData, File("config.json"));
    Overwrite(File("config.json"), config);
  };
  refuse("model", "cell", "gru2");
  refuse("model", "cell", 1);
  refuse("model", "embedding-size", 0);
  refuse("model", "embedding-size", int64_t{1} << 40);
  refuse("model", "encoder-size", 2'000'000'000);
  refuse("model", "source-vocabulary", 5);
  refuse("model", "source-vocabulary", -1);
  refuse("model", "attention", "dot");
  refuse("text", "joint-vocabulary", "yes");
  refuse("training", "learning-rate", -1);
  refuse("training", "learning-rate", Json());
  EXPECT_ERROR(LoadWith("text", "joint-vocabulary", true), ErrorKind::kData, "checksum");
}

TEST_F(ModelDirectory, EditedVocabulariesAreRefused) {
  Overwrite(File("target.vocab"), "<unk>\n</s>\nva\nici\nhalte\n");
  EXPECT_ERROR(LoadModel(path()), ErrorKind::kData, File("target.vocab"), "checksum");
}

TEST_F(ModelDirectory, DescriptionsAreReadWithoutParameters) {
  std::filesystem::remove(File("model.safetensors"));
  const std::unique_ptr<Model> loaded = LoadModelDescription(path());
  EXPECT_EQ(loaded->config().target_vocabulary, 5);
  EXPECT_EQ(Numbers(*loaded), std::vector<Real>(Numbers(*model_).size()));
}

TEST_F(ModelDirectory, TensorsOfAnotherModelAreRefused) {
  auto refuse = [&](const std::function<void(ModelDescription&)>& change, const std::string& part) {
    ModelDescription d = SmallDescription();
    change(d);
    const std::unique_ptr<Model> other = SmallModel(d);
    SaveParameters(other->config(), other->parameters, File("model.safetensors"));
    EXPECT_ERROR(LoadModel(path()), ErrorKind::kData, File("model.safetensors"), part);
  };
  refuse([](auto& d) { d.model.attention_size = 6; },
         "tensor \"attention.W_a\" has the shape [6,5], not [4,5]");
  refuse([](auto& d) { d.model.cell = Cell::kGruResetBefore; }, "b_u\" is missing");
  refuse([](auto& d) { d.model.decoder_layers = 2; }, "tensor \"decoder.start.1.W\" is unknown");

  Parameters zeros(model_->config());
  EXPECT_ERROR(LoadParameters(model_->config(), File("absent"), zeros), ErrorKind::kNotFound,
               File("absent"));
}

TEST_F(ModelDirectory, TensorsOfOtherTypesAreRefused) {
  const std::string bytes = ReadFile(File("model.safetensors"));
  const SafetensorsFile file(bytes, "original");
  std::vector<SafetensorsEntry> entries = file.entries();
  for (SafetensorsEntry& entry : entries) {
    if (entry.name == "output.b") entry.dtype = Dtype::kI32;
  }
  WriteSafetensors(File("model.safetensors"), entries);
  EXPECT_ERROR(LoadModel(path()), ErrorKind::kData, "\"output.b\" is of type I32, not F32");
}

TEST_F(ModelDirectory, TruncatedAnywhereIsRefused) {
  for (const std::string& name : FilesIn(path())) {
    const std::string good = ReadFile(File(name));
    // The final line end of a text is no loss.
    for (size_t size = 0; size + 1 < good.size(); size += good.size() < 3000 ? 1 : 7) {
      SCOPED_TRACE(testing::Message() << name << " cut to " << size);
      Overwrite(File(name), good.substr(0, size));
      EXPECT_ERROR(LoadModel(path()), ErrorKind::kData, name);
    }
    Overwrite(File(name), good);
  }
}

TEST_F(ModelDirectory, FlippedBitsInTheTensorsAreRefusedOrHarmless) {
  const std::string good = ReadFile(File("model.safetensors"));
  const std::vector<Real> numbers = Numbers(*model_);
  for (size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE(i);
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i * 5 % 8)));
    Overwrite(File("model.safetensors"), bad);
    try {
      EXPECT_EQ(Numbers(*LoadModel(path())), numbers);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
      EXPECT_NE(std::string(error.what()).find("model.safetensors"), std::string::npos);
    }
  }
}

// A flipped digit may be another valid setting; anything else is an error, and nothing crashes.
TEST_F(ModelDirectory, FlippedBitsInTheConfigNeverCrash) {
  const std::string good = ReadFile(File("config.json"));
  int refused = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE(i);
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i * 3 % 8)));
    Overwrite(File("config.json"), bad);
    try {
      LoadModel(path());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(good.size()) * 3 / 4);
}

}  // namespace
}  // namespace atento
