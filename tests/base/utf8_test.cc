#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace atento {
namespace {

using std::string_view_literals::operator""sv;
constexpr size_t kNone = std::string_view::npos;

TEST(Utf8, ValidTextHasNoFault) {
  EXPECT_EQ(FindInvalidUtf8(""), kNone);
  EXPECT_EQ(FindInvalidUtf8("abc"), kNone);
  EXPECT_EQ(FindInvalidUtf8("ŝanĝi — 注意 😀"), kNone);
  // The first and the last of every length, and both neighbours of the surrogates.
  EXPECT_EQ(FindInvalidUtf8("\x01\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80"
                            "\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80"),
            kNone);
}

TEST(Utf8, FindsTheFirstFault) {
  EXPECT_EQ(FindInvalidUtf8("ab\0c"sv), 2u);
  EXPECT_EQ(FindInvalidUtf8("é\x80"), 2u);
  EXPECT_EQ(FindInvalidUtf8("\xC0\x80"), 0u);           // overlong NUL
  EXPECT_EQ(FindInvalidUtf8("\xC1\xBF"), 0u);           // overlong
  EXPECT_EQ(FindInvalidUtf8("\xE0\x9F\xBF"), 0u);       // overlong
  EXPECT_EQ(FindInvalidUtf8("\xF0\x8F\xBF\xBF"), 0u);   // overlong
  EXPECT_EQ(FindInvalidUtf8("x\xED\xA0\x80"), 1u);      // surrogate
  EXPECT_EQ(FindInvalidUtf8("x\xF4\x90\x80\x80"), 1u);  // above U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("x\xF5\x80\x80\x80"), 1u);
  EXPECT_EQ(FindInvalidUtf8("xy\xE6\xB3"), 2u);  // cut short
}

std::string Times(int count, std::string_view tail = "") {
  std::string text;
  for (int i = 0; i < count; ++i) text += "\uFFFD";
  return text.append(tail);
}

// The Unicode standard 15.0, section 3.9, tables 3-8 to 3-11: U+FFFD for maximal subparts.
TEST(Utf8, ReplacesAsTheUnicodeStandardsExamples) {
  EXPECT_EQ(ReplaceInvalidUtf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), Times(8, "A"));
  EXPECT_EQ(ReplaceInvalidUtf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), Times(8, "A"));
  EXPECT_EQ(ReplaceInvalidUtf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            Times(5, "A") + Times(2, "B"));
  EXPECT_EQ(ReplaceInvalidUtf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), Times(4, "A"));
}

TEST(Utf8, ReplacesNul) { EXPECT_EQ(ReplaceInvalidUtf8("a\0b"sv), "a\uFFFDb"); }

TEST(Utf8, ReplacingAlwaysGivesValidTextAndLeavesValidTextAlone) {
  // Every pair of bytes, between valid neighbours.
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {'a', static_cast<char>(first), static_cast<char>(second), 'z'};
      const std::string repaired = ReplaceInvalidUtf8(text);
      ASSERT_EQ(FindInvalidUtf8(repaired), kNone) << first << " " << second;
      ASSERT_EQ(repaired == text, FindInvalidUtf8(text) == kNone) << first << " " << second;
      ASSERT_EQ(repaired.back(), 'z');
    }
  }
}

TEST(Utf8, DecodesAndEncodesEveryCodePoint) {
  for (char32_t c = 1; c <= 0x10FFFF; c = c == 0xD7FF ? 0xE000 : c + 1) {
    std::string text;
    AppendUtf8(c, &text);
    ASSERT_EQ(FindInvalidUtf8(text), kNone) << static_cast<uint32_t>(c);
    ASSERT_EQ(DecodeUtf8(text), std::vector<char32_t>{c});
  }
}

TEST(Utf8, DecodesFaultyBytesToTheReplacement) {
  EXPECT_EQ(DecodeUtf8("é\xFF!"), (std::vector<char32_t>{0xE9, 0xFFFD, '!'}));
}

TEST(Utf8, EncodesWhatIsNoCodePointAsTheReplacement) {
  std::string text;
  AppendUtf8(0xD800, &text);
  AppendUtf8(0x110000, &text);
  EXPECT_EQ(text, "\uFFFD\uFFFD");
}

TEST(Utf8, SplitsWordsAtAsciiWhiteSpace) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(SplitWords(""), Words());
  EXPECT_EQ(SplitWords(" \t\r\n\v\f "), Words());
  EXPECT_EQ(SplitWords("  la  hundo\tbojas \n"), (Words{"la", "hundo", "bojas"}));
  EXPECT_EQ(SplitWords("a\u00A0b"), (Words{"a\u00A0b"}));  // a no-break space is no break
}

TEST(Utf8, DisplayWidth) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("ŝako"), 4);
  EXPECT_EQ(DisplayWidth("注意"), 4);
  EXPECT_EQ(DisplayWidth("한글"), 4);
  EXPECT_EQ(DisplayWidth("\u1112\u1161\u11AB"), 2);  // 한, decomposed
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);             // e and a combining acute accent
  EXPECT_EQ(DisplayWidth("\u05E9\u05C1"), 1);        // Hebrew shin and its dot
  EXPECT_EQ(DisplayWidth("ｆｕｌｌ"), 8);
  EXPECT_EQ(DisplayWidth("ﾊﾝｶｸ"), 4);
  EXPECT_EQ(DisplayWidth("😀"), 2);
  EXPECT_EQ(DisplayWidth("a\u200Bb\x1B"), 2);  // zero width space; a control character
  EXPECT_EQ(DisplayWidth("▁█"), 2);
}

}  // namespace
}  // namespace atento
