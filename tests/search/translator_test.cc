#include "atento/translator.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/utf8.h"
#include "expect_error.h"
#include "search/shortlist.h"
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

TEST_F(TranslatorTest, AShortlistIsOfTranslateAlone) {
  const std::vector<std::string> directories = {Save("model", {})};
  const auto model = LoadModel(directories[0]);
  // Of all target words, z alone.
  const int z = model->target_tokenizer.Encode("z").ids[0];
  const std::vector<std::vector<int>> none(static_cast<size_t>(model->config().source_vocabulary));
  Shortlist(ShortlistVocabularies::Of(*model), {z}, none).Save(directory_.File("shortlist"));
  const Translator plain(directories, 1), short_one(directories, 1, directory_.File("shortlist"));
  const std::vector<std::string> lines = {"a b c", "d", "g f e d"}, targets = {"t u", "", "v"};
  for (const Translation& translation : short_one.Translate(lines, {.beam = 3, .n_best = 3})) {
    for (const TranslationHypothesis& hypothesis : translation.hypotheses) {
      for (std::string_view word : SplitWords(hypothesis.text)) {
        EXPECT_TRUE(word == "z" || word == "<unk>") << word;
      }
    }
  }
  const auto expected = plain.Score(lines, targets), scored = short_one.Score(lines, targets);
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(scored[i].log_prob, expected[i].log_prob);
  EXPECT_ERROR(Translator(directories, 1, directory_.File("none")), ErrorKind::kNotFound, "none");
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

TEST_F(TranslatorTest, KnowsWhetherThereIsAttention) {
  TinyModelOptions none;
  none.model.attention = Attention::kNone;
  none.model.attend = Attend::kAfter;
  const std::vector<std::string> directories = {Save("none", none), Save("additive", {})};
  EXPECT_FALSE(Translator(std::span(directories).first(1), 1).has_attention());
  EXPECT_TRUE(Translator(std::span(directories).last(1), 1).has_attention());
  EXPECT_TRUE(Translator(directories, 1).has_attention());
}

TEST_F(TranslatorTest, ShiftedAlignmentsAreThoseOfTheNextWord) {
  const std::vector<std::string> directories = {Save("model", {})};
  const Translator translator(directories, 1);
  const std::vector<std::string> sources = {"a b c"}, targets = {"t u v w"};
  const Alignment plain = translator.Score(sources, targets)[0].alignment;
  const Alignment shifted = translator.Score(sources, targets, {.shift = true})[0].alignment;
  ASSERT_EQ(plain.weights.size(), 12u);
  ASSERT_EQ(shifted.weights.size(), 12u);
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(shifted.weights[i], plain.weights[i + 3]) << i;
  EXPECT_NE(shifted.weights[9], plain.weights[9]);
}

TEST_F(TranslatorTest, ReplacesUnknownWords) {
  const std::string directory = directory_.File("model");
  MakeDirectories(directory);
  const auto model = TinyModel({.end_logit = -20});
  model->parameters.views().output.b[kUnknownId] += 10;
  SaveModelDescription(*model, directory);
  SaveParameters(model->config(), model->parameters, directory + "/model.safetensors");
  const std::vector<std::string> directories = {directory};
  const Translator translator(directories, 1);
  const std::vector<std::string> lines = {"lion b \xff tiger", "", "c c"};
  const SearchOptions two{.beam = 2, .n_best = 2};
  SearchOptions replacing = two;
  replacing.replace_unknown = true;
  const Dictionary dictionary = {{"b", "B"}, {"c", "C"}};
  const auto plain = translator.Translate(lines, two);
  const auto replaced = translator.Translate(lines, replacing, dictionary);
  const std::vector<std::string> source = {"lion", "B", "\ufffd", "tiger"};
  int unknown = 0;
  ASSERT_EQ(replaced[0].hypotheses.size(), 2u);
  for (size_t k = 0; k < 2; ++k) {
    const TranslationHypothesis& before = plain[0].hypotheses[k];
    const TranslationHypothesis& after = replaced[0].hypotheses[k];
    EXPECT_EQ(after.log_prob, before.log_prob);
    EXPECT_EQ(after.alignment.links, before.alignment.links);
    const auto words = SplitWords(before.text);
    ASSERT_EQ(before.alignment.links.size(), words.size());
    std::string expected;
    for (size_t t = 0; t < words.size(); ++t) {
      const bool is_unknown = words[t] == "<unk>";
      unknown += is_unknown;
      if (t > 0) expected += ' ';
      expected += is_unknown ? source[static_cast<size_t>(before.alignment.links[t].first)]
                             : std::string(words[t]);
    }
    EXPECT_EQ(after.text, expected);
  }
  EXPECT_GT(unknown, 2);
  EXPECT_TRUE(replaced[1].hypotheses.empty());
  EXPECT_EQ(replaced[2].hypotheses[0].text.find("<unk>"), std::string::npos);
}

TEST_F(TranslatorTest, ReplacingUnknownWordsNeedsAttentionAndWords) {
  TinyModelOptions none;
  none.model.attention = Attention::kNone;
  none.model.attend = Attend::kAfter;
  const std::vector<std::string> without = {Save("none", none)};
  EXPECT_ERROR(Translator(without, 1).CheckOptions({.replace_unknown = true}), ErrorKind::kUsage,
               "--replace-unknown", "attention");
  const std::vector<std::string> characters = {
      Save("characters", {.target_kind = TokenizerKind::kCharacters})};
  const std::vector<std::string> lines = {"a"};
  EXPECT_ERROR(Translator(characters, 1).Translate(lines, {.replace_unknown = true}),
               ErrorKind::kUsage, "--replace-unknown", "characters");
  Translator(characters, 1).CheckOptions({});
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
