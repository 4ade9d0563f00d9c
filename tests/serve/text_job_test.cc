#include "serve/text_job.h"

#include <gtest/gtest.h>

#include "serve/http.h"

namespace atento {
namespace {

class TextJobTest : public testing::Test {
 protected:
  TextJob Make(std::vector<std::string> texts, SplitText split = SplitText::kSentences) {
    return TextJob(std::move(texts), split, limits_);
  }

  void ExpectFault(std::vector<std::string> texts, HttpFault fault) {
    try {
      Make(std::move(texts));
      ADD_FAILURE() << "no fault";
    } catch (const HttpError& error) {
      EXPECT_EQ(error.fault(), fault) << error.what();
    }
  }

  ServeLimits limits_;
};

SentenceResult Ranked(std::vector<std::pair<std::string, double>> hypotheses,
                      std::vector<std::pair<int, int>> links = {}) {
  SentenceResult result;
  for (const auto& [text, log_prob] : hypotheses) {
    TranslationHypothesis& hypothesis = result.translation.hypotheses.emplace_back();
    hypothesis.text = text;
    hypothesis.log_prob = log_prob;
    hypothesis.score = log_prob / 2;
    hypothesis.alignment.links = links;
  }
  return result;
}

std::vector<TextTranslation> Join(const TextJob& job, const std::vector<SentenceResult>& results) {
  return job.Join(results);
}

TEST_F(TextJobTest, PutsTextsTogetherWithTheirWhiteSpace) {
  const TextJob job = Make({"  a b. C d.\n\n e\t", "", " \n", "f"});
  EXPECT_EQ(job.sentences(), (std::vector<std::string>{"a b.", "C d.", "e", "f"}));
  EXPECT_EQ(job.most_sentences(), 3u);
  const auto texts = Join(
      job, {Ranked({{"1", -1}}), Ranked({{"2 2", -2}}), Ranked({{"3", -4}}), Ranked({{"4", -8}})});
  ASSERT_EQ(texts.size(), 4u);
  EXPECT_EQ(texts[0].text, "  1 2 2\n\n 3\t");
  ASSERT_EQ(texts[0].hypotheses.size(), 1u);
  EXPECT_EQ(texts[0].hypotheses[0].log_prob, -7);
  EXPECT_EQ(texts[0].hypotheses[0].score, -3.5);
  EXPECT_EQ(texts[1].text, "");
  EXPECT_TRUE(texts[1].hypotheses.empty());
  EXPECT_EQ(texts[2].text, " \n");
  EXPECT_EQ(texts[3].text, "4");
}

TEST_F(TextJobTest, LinksCountTheWordsOfTheWholeText) {
  const TextJob job = Make({"a b. C d."});
  const auto text =
      Join(job, {Ranked({{"1 2 3", -1}}, {{0, 0}, {1, 2}}), Ranked({{"4", -1}}, {{1, 0}})})[0];
  EXPECT_EQ(text.hypotheses[0].alignment.links,
            (std::vector<std::pair<int, int>>{{0, 0}, {1, 2}, {3, 3}}));
  EXPECT_EQ(text.hypotheses[0].alignment.source_words, 4);
  EXPECT_EQ(text.hypotheses[0].alignment.target_words, 4);
}

// Words are what stands between white space, and Chinese sentences have none between them.
TEST_F(TextJobTest, SentencesWithoutWhiteSpaceShareAWord) {
  const TextJob job = Make({"甲。乙。"});
  ASSERT_EQ(job.sentences().size(), 2u);
  const auto text =
      Join(job, {Ranked({{"1", -1}}, {{0, 0}}), Ranked({{"2 3", -1}}, {{0, 0}, {0, 1}})})[0];
  EXPECT_EQ(text.text, "12 3");
  EXPECT_EQ(text.hypotheses[0].alignment.links, (std::vector<std::pair<int, int>>{{0, 0}, {0, 1}}));
  EXPECT_EQ(text.hypotheses[0].alignment.source_words, 1);
}

TEST_F(TextJobTest, AsManyHypothesesAsTheSentenceWithTheFewest) {
  const TextJob job = Make({"a. B."});
  const auto text = Join(
      job, {Ranked({{"1", -1}, {"one", -2}, {"uno", -3}}), Ranked({{"2", -1}, {"two", -5}})})[0];
  ASSERT_EQ(text.hypotheses.size(), 2u);
  EXPECT_EQ(text.hypotheses[1].text, "one two");
  EXPECT_EQ(text.hypotheses[1].log_prob, -7);
}

TEST_F(TextJobTest, ASentenceThatTheTokenizerDropsStays) {
  const TextJob job = Make({"a. B."});
  EXPECT_EQ(Join(job, {Ranked({{"1", -1}}), {}})[0].text, "1 B.");
}

TEST_F(TextJobTest, ReportsSentencesThatAreTooLong) {
  const TextJob job = Make({"a. A b c d e f g a b c"});
  SentenceResult cut = Ranked({{"2", -1}});
  cut.tokens = 10;
  cut.read_tokens = 8;
  const auto text = Join(job, {Ranked({{"1", -1}}), cut})[0];
  ASSERT_EQ(text.truncated.size(), 1u);
  EXPECT_EQ(text.truncated[0].sentence, 1);
  EXPECT_EQ(text.truncated[0].tokens, 10);
  EXPECT_EQ(text.truncated[0].translated_tokens, 8);
}

TEST_F(TextJobTest, KeepsToTheLimits) {
  limits_.max_text_characters = 5;
  limits_.max_texts = 2;
  EXPECT_EQ(Make({"ééé", "éé"}).sentences().size(), 2u) << "characters, not bytes";
  ExpectFault({"ééé", "ééé"}, HttpFault::kTextTooLong);
  ExpectFault({"a", "b", "c"}, HttpFault::kTextTooLong);
  ExpectFault({std::string("a\0b", 3)}, HttpFault::kInvalidRequest);
  ExpectFault({"a\xff"}, HttpFault::kInvalidRequest);
}

TEST_F(TextJobTest, LinesMayStayWhole) {
  EXPECT_EQ(Make({"a. B.\nc"}, SplitText::kLines).sentences(),
            (std::vector<std::string>{"a. B.", "c"}));
}

}  // namespace
}  // namespace atento
