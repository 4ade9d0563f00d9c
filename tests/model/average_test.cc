// Means of models, and models that have none.
#include "model/average.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

Tokenizer Words(const std::string& tokens) {
  return Tokenizer::Parse(TokenizerKind::kWords, Normalization::kNone, "<unk>\n</s>\n" + tokens,
                          "words");
}

struct Sample {
  ModelDescription description;
  std::string source = "go\nstop\n", target = "va\nhalte\nici\n";
  Real value = 1;  // of every parameter
};

class AverageTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.File(name); }

  // Saves a small model in a directory of this name, after `change`.
  void Save(const std::string& name, const std::function<void(Sample&)>& change) const {
    Sample sample;
    ModelDescription& d = sample.description;
    d.text.source_tokenizer = d.text.target_tokenizer = TokenizerKind::kWords;
    d.model.embedding_size = d.model.readout_size = 3;
    d.model.encoder_size = d.model.decoder_size = d.model.attention_size = 4;
    change(sample);
    const Tokenizer source = d.model.has_features() ? NoTokenizer() : Words(sample.source);
    const Tokenizer target = Words(sample.target);
    d.model.source_vocabulary = d.model.has_features() ? 0 : source.vocabulary_size();
    d.model.target_vocabulary = target.vocabulary_size();
    Model model(d, source, target);
    ForEachTensor(model.config(), model.parameters.views(), [&](const Tensor& tensor) {
      for (Real& value : tensor.values()) value = sample.value;
    });
    // Not all are equal.
    model.parameters.views().output.b[1] = 2 * sample.value;
    MakeDirectories(Path(name));
    SaveModelDescription(model, Path(name));
    SaveParameters(model.config(), model.parameters, Path(name) + "/model.safetensors");
  }
  void SaveValue(const std::string& name, Real value) const {
    Save(name, [&](Sample& sample) { sample.value = value; });
  }

  std::unique_ptr<Model> Average(const std::vector<std::string>& names) const {
    std::vector<std::string> directories;
    for (const std::string& name : names) directories.push_back(Path(name));
    return AverageModels(directories);
  }

  TemporaryDirectory directory_;
};

TEST_F(AverageTest, IsTheMeanOfEveryParameter) {
  SaveValue("a", 1);
  SaveValue("b", Real(2.5));
  SaveValue("c", 4);
  const std::unique_ptr<Model> mean = Average({"a", "b", "c"});
  ForEachTensor(mean->config(), mean->parameters.views(), [&](const Tensor& tensor) {
    if (tensor.name == "output.b") return;
    for (Real value : tensor.values()) EXPECT_EQ(value, Real(2.5)) << tensor.name;
  });
  const Vector b = mean->parameters.views().output.b;
  EXPECT_EQ(std::vector<Real>(b.begin(), b.end()), (std::vector<Real>{2.5, 5, 2.5, 2.5, 2.5}));
}

TEST_F(AverageTest, SumsAreInDouble) {
  SaveValue("a", Real(1e8));
  SaveValue("b", 1);
  SaveValue("c", Real(-1e8));
  EXPECT_EQ(Average({"a", "b", "c"})->parameters.views().decoder.W_readout(0, 0),
            static_cast<Real>(1.0 / 3));
}

TEST_F(AverageTest, AllElseIsTheFirstOnes) {
  Save("a", [](Sample& s) {
    s.description.preset = "small";
    s.description.training.learning_rate = 0.25;
  });
  Save("b", [](Sample& s) {
    s.description.training.learning_rate = 0.5;
    s.description.model.initialization = Initialization::kUniform;
    s.description.text.source_language = "en";
    s.description.text.vocabulary_size = 7;
  });
  const std::unique_ptr<Model> mean = Average({"a", "b"});
  EXPECT_EQ(mean->description.preset, "small");
  EXPECT_EQ(mean->description.training.learning_rate, 0.25);
  EXPECT_EQ(mean->description.model.initialization, Initialization::kGlorot);
  EXPECT_EQ(mean->target_tokenizer.Piece(4), "ici");
}

TEST_F(AverageTest, DifferentModelsAreRefusedByName) {
  SaveValue("a", 1);
  auto refuse = [&](const std::function<void(Sample&)>& change, const std::string& part) {
    Save("b", change);
    EXPECT_ERROR(Average({"a", "a", "b"}), ErrorKind::kData, Path("a") + " and " + Path("b"), part);
    std::filesystem::remove_all(Path("b"));
  };
  refuse([](Sample& s) { s.description.model.encoder_size = 5; },
         "--encoder-size differs, 4 and 5");
  refuse([](Sample& s) { s.description.model.cell = Cell::kLstm; }, R"("gru" and "lstm")");
  // The same tensors, used otherwise.
  refuse([](Sample& s) { s.description.model.residual = true; }, "--residual");
  refuse([](Sample& s) { s.source = "stop\ngo\n"; }, "source vocabularies differ");
  refuse([](Sample& s) { s.target = "va\nhalte\n"; }, "target vocabularies differ");
  refuse(
      [](Sample& s) {
        s.description.text.joint_vocabulary = true;
        s.target = s.source;
      },
      "--joint-vocabulary");
}

TEST_F(AverageTest, ModelsOfOtherVectorsAreRefused) {
  auto of_size = [](int size) {
    return [size](Sample& s) {
      s.description.model.source_kind = SourceKind::kFeatures;
      s.description.model.feature_size = size;
    };
  };
  Save("a", of_size(4));
  for (int size : {3, 5}) {
    const std::string name = "b" + std::to_string(size);
    Save(name, of_size(size));
    EXPECT_ERROR(Average({"a", name}), ErrorKind::kData, Path("a") + " and " + Path(name),
                 "4 and " + std::to_string(size) + " numbers");
  }
}

TEST_F(AverageTest, TensorsOfAnotherModelAreRefused) {
  SaveValue("a", 1);
  Save("b", [](Sample& s) { s.description.model.encoder_size = 5; });
  SaveValue("c", 1);
  std::filesystem::copy_file(Path("b/model.safetensors"), Path("c/model.safetensors"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_ERROR(Average({"a", "c"}), ErrorKind::kData, Path("c/model.safetensors"), "shape");
}

TEST_F(AverageTest, FilesStandForTheModelsOwnParameters) {
  SaveValue("a", 1);
  SaveValue("b", 4);
  const std::vector<std::string> files = {Path("one"), Path("two")};
  std::filesystem::copy_file(Path("b/model.safetensors"), files[0]);
  std::filesystem::rename(Path("a/model.safetensors"), files[1]);
  EXPECT_EQ(AverageParameters(Path("a"), files)->parameters.views().output.b[0], Real(2.5));

  const std::string bytes = ReadFile(files[1]);
  for (size_t keep : {size_t{0}, size_t{5}, bytes.size() / 2, bytes.size() - 1}) {
    WriteFileAtomically(files[1], bytes.substr(0, keep));
    EXPECT_ERROR(AverageParameters(Path("a"), files), ErrorKind::kData, files[1]);
  }
  std::filesystem::remove(files[1]);
  EXPECT_ERROR(AverageParameters(Path("a"), files), ErrorKind::kNotFound, files[1]);
}

}  // namespace
}  // namespace atento
