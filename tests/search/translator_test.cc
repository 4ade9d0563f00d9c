#include "atento/translator.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "expect_error.h"
#include "search/tiny_model.h"
#include "temporary_directory.h"

namespace atento {
namespace {

class TranslatorTest : public testing::Test {
 protected:
  std::string Save(const std::string& name, const TinyModelOptions& options) {
    const std::string directory = directory_.File(name);
    MakeDirectories(directory);
    const auto model = TinyModel(options);
    SaveModelDescription(*model, directory);
    SaveParameters(model->config(), model->parameters, directory + "/model.safetensors");
    return directory;
  }

  TemporaryDirectory directory_;
};

TEST_F(TranslatorTest, TranslatesAndScores) {
  const std::vector<std::string> directories = {Save("model", {})};
  const Translator translator(directories, 2);
  const std::vector<std::string> lines = {"a b c", "", "g f"};
  const auto translations = translator.Translate(lines);
  ASSERT_EQ(translations.size(), 3u);
  EXPECT_TRUE(translations[1].hypotheses.empty());
  const std::vector<std::string> sources = {lines[0], lines[2]};
  const std::vector<std::string> targets = {translations[0].hypotheses.at(0).text,
                                            translations[2].hypotheses.at(0).text};
  const auto scored = translator.Score(sources, targets);
  EXPECT_NEAR(scored[0].log_prob, translations[0].hypotheses[0].log_prob, 1e-5);
  EXPECT_NEAR(scored[1].log_prob, translations[2].hypotheses[0].log_prob, 1e-5);
}

TEST_F(TranslatorTest, SeveralCallersAtOnce) {
  const std::vector<std::string> directories = {Save("model", {})};
  const Translator translator(directories, 2);
  const std::vector<std::string> lines = {"a b c", "d e", "g f a a b"};
  const auto expected = translator.Translate(lines);
  std::vector<std::vector<Translation>> results(4);
  std::vector<std::thread> callers;
  for (auto& result : results) {
    callers.emplace_back([&] { result = translator.Translate(lines); });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& result : results) {
    for (size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(result[i].hypotheses.at(0).text, expected[i].hypotheses.at(0).text);
    }
  }
}

TEST_F(TranslatorTest, Moves) {
  const std::vector<std::string> directories = {Save("model", {})};
  const std::vector<std::string> lines = {"a b c"};
  Translator first(directories, 1);
  const std::string expected = first.Translate(lines)[0].hypotheses.at(0).text;
  Translator second = std::move(first);
  EXPECT_EQ(second.Translate(lines)[0].hypotheses.at(0).text, expected);
}

TEST_F(TranslatorTest, Ensemble) {
  const std::vector<std::string> directories = {Save("one", {.seed = 1}), Save("two", {.seed = 2})};
  const Translator translator(directories, 1);
  const std::vector<std::string> lines = {"a b c"};
  EXPECT_EQ(translator.Translate(lines)[0].hypotheses.size(), 1u);
}

TEST_F(TranslatorTest, EnsembleOfDifferentVocabulariesNamesBoth) {
  const std::vector<std::string> directories = {Save("one", {}),
                                                Save("two", {.target_text = "p q r s t u v"})};
  EXPECT_ERROR(Translator(directories, 1), ErrorKind::kData, directories[0], directories[1],
               "target vocabularies differ");
}

TEST_F(TranslatorTest, WrongArguments) {
  EXPECT_ERROR(Translator({}, 1), ErrorKind::kUsage, "model directory");
  const std::vector<std::string> missing = {directory_.File("missing")};
  EXPECT_ERROR(Translator(missing, 1), ErrorKind::kNotFound, "missing");
  const std::vector<std::string> directories = {Save("model", {})};
  EXPECT_ERROR(Translator(directories, -1), ErrorKind::kUsage, "threads");
}

}  // namespace
}  // namespace atento
