#include "trace/trace.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "expect_error.h"
#include "trace/terminal.h"

namespace atento {
namespace {

Alignment TwoByThree() {
  Alignment alignment;
  alignment.source_words = 3;
  alignment.target_words = 2;
  alignment.weights = {0.95f, 0.05f, 0, 0.25f, 0.45f, 0.65f};
  return alignment;
}

TEST(Trace, WordsOfBothSides) {
  const Trace trace = MakeTrace("le  chat noir", "black cat", -1.5, TwoByThree());
  EXPECT_EQ(trace.source, (std::vector<std::string>{"le", "chat", "noir"}));
  EXPECT_EQ(trace.target, (std::vector<std::string>{"black", "cat"}));
  EXPECT_EQ(trace.weight(1, 2), 0.65f);
}

TEST(Trace, WithoutAttentionThereIsNone) {
  EXPECT_ERROR(MakeTrace("a", "b", 0, {}), ErrorKind::kData, "no attention");
}

TEST(Trace, AnEmptyTranslationIsNoError) {
  const Trace trace = MakeTrace("a b", "", 0, {});
  EXPECT_TRUE(trace.target.empty());
  EXPECT_NE(TraceToSvg(trace).find("</svg>"), std::string::npos);
}

TEST(Trace, Json) {
  const Json json = TraceToJson(MakeTrace("le chat noir", "black cat", -1.5, TwoByThree()));
  EXPECT_EQ(json.Dump(),
            "{\"source\":\"le chat noir\",\"target\":\"black cat\",\"log_prob\":-1.5,"
            "\"source_words\":[\"le\",\"chat\",\"noir\"],\"target_words\":[\"black\",\"cat\"],"
            "\"weights\":[[0.95,0.05,0.0],[0.25,0.45,0.65]]}");
}

TEST(TraceToTerminal, PlainBlocks) {
  const Trace trace = MakeTrace("le chat noir", "black cat", 0, TwoByThree());
  EXPECT_EQ(TraceToTerminal(trace, {}),
            "       le\n"
            "       │  chat\n"
            "       │  │  noir\n"
            "black  ██  ·  ·\n"
            "cat    ░░ ▒▒ ▓▓\n");
}

TEST(TraceToTerminal, WideCharactersTakeTwoColumns) {
  const Trace trace = MakeTrace("a b c", "黒い e\u0301", 0, TwoByThree());
  EXPECT_EQ(TraceToTerminal(trace, {}),
            "      a\n"
            "      │  b\n"
            "      │  │  c\n"
            "黒い  ██  ·  ·\n"
            "e\u0301     ░░ ▒▒ ▓▓\n");
}

TEST(TraceToTerminal, ColoursOnlyWhenAsked) {
  const Trace trace = MakeTrace("le chat noir", "black cat", 0, TwoByThree());
  EXPECT_EQ(TraceToTerminal(trace, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(TraceToTerminal(trace, {.colour = true}).find("\x1b[48;5;254m  \x1b[0m"),
            std::string::npos);
}

TEST(TraceToTerminal, NarrowTerminalsGetBlocksThatFit) {
  Alignment alignment;
  alignment.source_words = 12;
  alignment.target_words = 1;
  alignment.weights.assign(12, 1 / 12.0f);
  const Trace trace = MakeTrace("a b c d e f g h i j k l", "one", 0, alignment);
  const std::string text = TraceToTerminal(trace, {.columns = 24});
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(DisplayWidth(text.substr(begin, end - begin)), 24);
    begin = end + 1;
  }
  EXPECT_NE(text.find("\n\n"), std::string::npos) << text;
  for (char word = 'a'; word <= 'l'; ++word) EXPECT_NE(text.find(word), std::string::npos) << word;
}

// A sentence must not be able to move the cursor or change colours.
TEST(TraceToTerminal, ControlCharactersAreShownAsReplaced) {
  const Trace trace = MakeTrace("\x1b[31mred b c", "x\u009b2J y", 0, TwoByThree());
  const std::string text = TraceToTerminal(trace, {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\u009b"), std::string::npos);
  EXPECT_NE(text.find("\uFFFD[31mred"), std::string::npos);
}

TEST(TraceToSvg, TextIsEscapedTextAndCellsAreShaded) {
  const Trace trace = MakeTrace("<b> & \x01", "\"q\" z", 0, TwoByThree());
  const std::string svg = TraceToSvg(trace);
  for (const char* part : {"&lt;b&gt;</text>", ">&amp;</text>", ">\uFFFD</text>", "&quot;q&quot;",
                           "fill=\"#143a72\"", "fill=\"#ffffff\"", "mm\" viewBox=\"0 0 "}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
  }
  size_t cells = 0;
  for (size_t at = 0; (at = svg.find("<title>", at + 1)) != std::string::npos;) ++cells;
  EXPECT_EQ(cells, 1 + 6u) << "the figure's title, and one for each cell";
}

// XML has no U+FFFE and U+FFFF either.
TEST(TraceToSvg, NoncharactersAreReplaced) {
  const std::string svg = TraceToSvg(MakeTrace("a\uFFFE b c", "\uFFFF z", 0, TwoByThree()));
  EXPECT_EQ(svg.find("\uFFFE"), std::string::npos);
  EXPECT_EQ(svg.find("\uFFFF"), std::string::npos);
  EXPECT_NE(svg.find(">a\uFFFD</text>"), std::string::npos) << svg;
}

}  // namespace
}  // namespace atento
