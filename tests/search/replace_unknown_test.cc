#include "search/replace_unknown.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace atento {
namespace {

class ReplaceUnknownTest : public testing::TestWithParam<TokenizerKind> {
 protected:
  // Replaces in what `ids` say; links: of the source's words and those of the text.
  std::string Replace(const std::vector<int>& ids, const std::string& source,
                      const std::vector<std::pair<int, int>>& links,
                      const Dictionary* dictionary = nullptr) {
    DecodedText decoded = tokenizer_.DecodeWithWords(ids);
    const int words = decoded.words;
    Alignment alignment;
    alignment.links = links;
    ReplaceUnknown(ids, source, alignment, dictionary, &decoded);
    EXPECT_EQ(decoded.words, words);
    EXPECT_EQ(decoded.word_of.size(), ids.size());
    return decoded.text;
  }

  // Ids: x 2, y 3.
  const Tokenizer tokenizer_ =
      Tokenizer::Train({.kind = GetParam(), .vocabulary_size = 4}, std::vector<std::string>{"x y"});
};

TEST_P(ReplaceUnknownTest, CopiesTheLinkedSourceWord) {
  EXPECT_EQ(Replace({2, 0, 3, 0}, "a  lion\tb", {{0, 0}, {2, 1}, {0, 2}, {1, 3}}), "x b y lion");
}

TEST_P(ReplaceUnknownTest, TheDictionaryComesFirst) {
  const Dictionary dictionary = {{"lion", "Löwe"}, {"x", "never"}};
  EXPECT_EQ(Replace({0, 2, 0}, "lion tiger", {{0, 0}, {0, 1}, {1, 2}}, &dictionary),
            "Löwe x tiger");
}

TEST_P(ReplaceUnknownTest, StaysWithoutALink) {
  EXPECT_EQ(Replace({0, 2, 0}, "lion", {{0, 2}}), "<unk> x lion");
}

TEST_P(ReplaceUnknownTest, KnownTokensStay) {
  EXPECT_EQ(Replace({2, 3}, "lion", {{0, 0}, {0, 1}}), "x y");
  EXPECT_EQ(Replace({}, "lion", {}), "");
}

// A source that says <unk> is copied as it is, and an end within the ids has no word.
TEST_P(ReplaceUnknownTest, SpecialTokensInOddPlaces) {
  EXPECT_EQ(Replace({0, kEndId, 0}, "<unk> lion", {{0, 0}, {1, 1}}), "<unk> lion");
}

TEST_P(ReplaceUnknownTest, TheTextIsValidUtf8) {
  EXPECT_EQ(Replace({0}, "b\xff", {{0, 0}}), "b\ufffd");
}

INSTANTIATE_TEST_SUITE_P(Kinds, ReplaceUnknownTest,
                         testing::Values(TokenizerKind::kWords, TokenizerKind::kSymbols));

}  // namespace
}  // namespace atento
