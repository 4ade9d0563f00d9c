#include "metrics/tokens.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace atento {
namespace {

using Words = std::vector<std::string_view>;

std::string Tokens13a(std::string_view line) {
  const std::string text = Tokenize13a(line);
  Words words;
  SplitAtWhiteSpace(text, &words);
  std::string joined;
  for (std::string_view word : words) joined.append(joined.empty() ? "" : " ").append(word);
  return joined;
}

TEST(SplitAtWhiteSpaceTest, KnowsUnicodeWhiteSpace) {
  Words words;
  SplitAtWhiteSpace(
      "\u3000a\u00a0b\u2003 c\x1f"
      "d\u0085e\u2028\tf\u202f",
      &words);
  EXPECT_EQ(words, (Words{"a", "b", "c", "d", "e", "f"}));
  SplitAtWhiteSpace(" \u3000 ", &words);
  EXPECT_EQ(words, Words{});
  // Zero-width space and no-break are not white space, nor are letters with like bytes.
  SplitAtWhiteSpace("a\u200bb\ufeffc\u2010d\u00e0", &words);
  EXPECT_EQ(words.size(), 1u);
}

TEST(SplitAtWhiteSpaceTest, BrokenUtf8IsNeverWhiteSpace) {
  Words words;
  for (std::string_view text : {"a\xC2", "a\xE3\x80",
                                "a\xC2"
                                "Eb",
                                "\xE2\x80"
                                "b",
                                "\x80\xA0"}) {
    SplitAtWhiteSpace(text, &words);
    EXPECT_EQ(words, Words{text});
  }
}

TEST(Tokenize13aTest, PunctuationAndNumbers) {
  EXPECT_EQ(Tokens13a("It costs 1,000.5, not 999."), "It costs 1,000.5 , not 999 .");
  EXPECT_EQ(Tokens13a("a.b 3.x y.3 ..."), "a . b 3 . x y . 3 . . .");
  EXPECT_EQ(Tokens13a("24-7 well-known -5"), "24 - 7 well-known -5");
  EXPECT_EQ(Tokens13a("don't (yes) a/b 50%"), "don't ( yes ) a / b 50 %");
  EXPECT_EQ(Tokens13a("Wien, 東京。 né."), "Wien , 東京。 né .");
}

TEST(Tokenize13aTest, EntitiesAreResolvedInOrder) {
  EXPECT_EQ(Tokens13a("&quot;a&quot; &amp;lt; &amp;quot;"), "\" a \" < & quot ;");
}

TEST(Tokenize13aTest, SkippedMarksAndLineEnds) {
  EXPECT_EQ(Tokens13a("<skipped>a hy-\nphen\nend-\n"), "a hyphen end-");
}

TEST(LineTokensTest, EqualSymbolsGetEqualNumbersInAllStreamsAndLines) {
  LineTokens tokens(TokenUnit::kWords, /*lowercase=*/false);
  const std::string_view references[] = {"b a", "c"};
  tokens.Encode("a b a", references);
  const std::vector<uint32_t> first = tokens.hypothesis();
  ASSERT_EQ(first.size(), 3u);
  ASSERT_EQ(tokens.references().size(), 2u);
  EXPECT_EQ(first[0], first[2]);
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(tokens.references()[0], (std::vector<uint32_t>{first[1], first[0]}));
  tokens.Encode("b", std::span(references, 1));
  EXPECT_EQ(tokens.hypothesis(), std::vector<uint32_t>{first[1]});
  EXPECT_EQ(tokens.references().size(), 1u);
}

TEST(LineTokensTest, CharacterUnits) {
  LineTokens characters(TokenUnit::kCharacters, /*lowercase=*/true);
  characters.Encode("É\u3000x", {});
  EXPECT_EQ(characters.hypothesis(), (std::vector<uint32_t>{0xE9, 'x'}));
  LineTokens code_points(TokenUnit::kCodePoints, /*lowercase=*/false);
  code_points.Encode("É x", {});
  EXPECT_EQ(code_points.hypothesis(), (std::vector<uint32_t>{0xC9, ' ', 'x'}));
}

}  // namespace
}  // namespace atento
