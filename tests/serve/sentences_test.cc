#include "serve/sentences.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/utf8.h"

namespace atento {
namespace {

std::vector<std::string> Pieces(const std::string& text, const std::vector<TextSpan>& spans) {
  std::vector<std::string> pieces;
  for (const TextSpan& span : spans)
    pieces.push_back(text.substr(span.begin, span.end - span.begin));
  return pieces;
}
std::vector<std::string> Sentences(const std::string& text) {
  return Pieces(text, SplitSentences(text));
}
using Strings = std::vector<std::string>;

TEST(SplitSentences, EndsAfterAStopAndSpace) {
  EXPECT_EQ(Sentences("One. Two! Three? Four… Five"),
            (Strings{"One.", "Two!", "Three?", "Four…", "Five"}));
  EXPECT_EQ(Sentences("Really?! Yes... Well."), (Strings{"Really?!", "Yes...", "Well."}));
  EXPECT_EQ(Sentences("le chat dort . Il rêve ."), (Strings{"le chat dort .", "Il rêve ."}));
}

TEST(SplitSentences, DoesNotEndInsideOfWhatBelongsTogether) {
  for (const char* whole :
       {"version 1.2 of it", "see e.g. this one", "He said so... and left.", "Mr. Smith came.",
        "J. S. Bach wrote it.", "Prof. Dr. Weber", "the U.S. Army", "1. First of all", "a.b.c",
        "write to a@example.org now", "Ça va ?", "nous étions là. étrange", "é. à",
        "“Mr. Smith came.”", "he said ‘Dr. No’", "so—Mrs. Jones", "we met\u3000Prof. Weber",
        "“J. S. Bach"}) {
    EXPECT_EQ(Sentences(whole), Strings{whole});
  }
}

TEST(SplitSentences, TakesClosingQuotesAlong) {
  EXPECT_EQ(Sentences("\"Go.\" He went."), (Strings{"\"Go.\"", "He went."}));
  EXPECT_EQ(Sentences("(Yes.) No."), (Strings{"(Yes.)", "No."}));
  EXPECT_EQ(Sentences("« Oui. » Il part."), (Strings{"« Oui. »", "Il part."}));
  EXPECT_EQ(Sentences("„Ja.“ Er ging."), (Strings{"„Ja.“", "Er ging."}));
}

TEST(SplitSentences, ChineseAndJapaneseNeedNoSpace) {
  EXPECT_EQ(Sentences("今天很好。明天呢？好！"), (Strings{"今天很好。", "明天呢？", "好！"}));
  EXPECT_EQ(Sentences("「行く。」と言う。"), (Strings{"「行く。」", "と言う。"}));
}

TEST(SplitSentences, LinesEndSentences) {
  EXPECT_EQ(Sentences("a heading\nsome text\r\n\r\n  more \t\n"),
            (Strings{"a heading", "some text", "more"}));
  EXPECT_EQ(Sentences("one\u2028two\u0085three"), (Strings{"one", "two", "three"}));
}

TEST(SplitSentences, NothingHasNone) {
  EXPECT_TRUE(Sentences("").empty());
  EXPECT_TRUE(Sentences(" \t\r\n\v\f \u3000").empty());
}

TEST(SplitSentences, StopsAloneAreASentence) {
  EXPECT_EQ(Sentences("..."), Strings{"..."});
  EXPECT_EQ(Sentences("? ! ."), Strings{"? ! ."});
}

TEST(SplitLines, KeepsSentencesTogether) {
  const std::string text = " One. Two.\n\nThree. ";
  EXPECT_EQ(Pieces(text, SplitLines(text)), (Strings{"One. Two.", "Three."}));
}

TEST(SplitSentences, RunsOfStopsWereLookedAtAgainAndAgain) {
  const std::string stops(1'000'000, '.');
  EXPECT_EQ(SplitSentences(stops + "a").size(), 1u);
  EXPECT_EQ(SplitSentences(stops + " A").size(), 2u);
}

// Whatever the text: what is between the spans is white space, and so nothing is lost.
TEST(SplitSentences, LosesNothing) {
  const std::u32string characters = U" \n\r\t.!?…aAé\u00c9。」»\"0)\u3000\u2028\u00a0";
  Random random(RandomKey(3));
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (uint64_t length = random.Below(20); length > 0; --length) {
      AppendUtf8(characters[random.Below(characters.size())], &text);
    }
    for (const auto& spans : {SplitSentences(text), SplitLines(text)}) {
      size_t done = 0;
      std::string between;
      for (const TextSpan& span : spans) {
        ASSERT_LE(done, span.begin);
        ASSERT_LT(span.begin, span.end);
        between += text.substr(done, span.begin - done);
        done = span.end;
      }
      ASSERT_LE(done, text.size());
      between += text.substr(done);
      for (char32_t c : DecodeUtf8(between)) {
        EXPECT_TRUE(c == ' ' || (c >= 9 && c <= 13) || c == 0x3000 || c == 0x2028)
            << text << " loses U+" << std::hex << static_cast<uint32_t>(c);
      }
    }
  }
}

}  // namespace
}  // namespace atento
