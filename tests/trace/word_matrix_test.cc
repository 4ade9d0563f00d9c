#include "trace/word_matrix.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "expect_error.h"
#include "trace/terminal.h"

namespace atento {
namespace {

// Of two target words with three source words, one after the other.
WordMatrix Matrix(const std::string& source, const std::string& target) {
  WordMatrix matrix{source, target, {}, {}, {0.95f, 0.05f, 0, 0.25f, 0.45f, 0.65f}};
  for (std::string_view word : SplitWords(source)) matrix.source.emplace_back(word);
  for (std::string_view word : SplitWords(target)) matrix.target.emplace_back(word);
  return matrix;
}

Trace TwoByThree() {
  Trace trace;
  trace.model.attends = true;
  trace.source.text = "le  chat noir";
  trace.source.words = {"le", "chat", "noir"};
  trace.target.text = "black cat";
  trace.target.words = {"black", "cat"};
  trace.alignment.source_words = 3;
  trace.alignment.target_words = 2;
  trace.alignment.weights = {0.95f, 0.05f, 0, 0.25f, 0.45f, 0.65f};
  return trace;
}

TEST(WordMatrix, WordsOfBothSides) {
  const WordMatrix matrix = WordMatrixOf(TwoByThree());
  EXPECT_EQ(matrix.source, (std::vector<std::string>{"le", "chat", "noir"}));
  EXPECT_EQ(matrix.target, (std::vector<std::string>{"black", "cat"}));
  EXPECT_EQ(matrix.weight(1, 2), 0.65f);
}

TEST(WordMatrix, TokensHaveTheWeightsOfTheirSteps) {
  Trace trace = TwoByThree();
  trace.source.tokens = {"le", "chat", "</s>"};
  trace.target.tokens = {"cat", "</s>"};
  trace.steps.resize(2);
  for (TraceStep& step : trace.steps) step.attention.emplace();
  trace.steps[0].attention->weights = {0.1f, 0.7f, 0.2f};
  trace.steps[1].attention->weights = {0, 0.25f, 0.75f};
  const WordMatrix matrix = TokenMatrixOf(trace);
  EXPECT_EQ(matrix.source, trace.source.tokens);
  EXPECT_EQ(matrix.target, trace.target.tokens);
  EXPECT_EQ(matrix.weight(0, 1), 0.7f);
  EXPECT_EQ(matrix.weight(1, 2), 0.75f);
}

TEST(WordMatrix, WithoutAttentionThereIsNone) {
  Trace trace = TwoByThree();
  trace.model.attends = false;
  EXPECT_ERROR(WordMatrixOf(trace), ErrorKind::kData, "no attention");
}

TEST(WordMatrix, AnEmptyTranslationIsNoError) {
  Trace trace = TwoByThree();
  trace.target = {};
  trace.alignment = {};
  const WordMatrix matrix = WordMatrixOf(trace);
  EXPECT_TRUE(matrix.target.empty());
  EXPECT_NE(WordMatrixToSvg(matrix).find("</svg>"), std::string::npos);
}

TEST(WordMatrixToTerminal, PlainBlocks) {
  const WordMatrix matrix = Matrix("le chat noir", "black cat");
  EXPECT_EQ(WordMatrixToTerminal(matrix, {}),
            "       le\n"
            "       │  chat\n"
            "       │  │  noir\n"
            "black  ██  ·  ·\n"
            "cat    ░░ ▒▒ ▓▓\n");
}

TEST(WordMatrixToTerminal, WideCharactersTakeTwoColumns) {
  const WordMatrix matrix = Matrix("a b c", "黒い e\u0301");
  EXPECT_EQ(WordMatrixToTerminal(matrix, {}),
            "      a\n"
            "      │  b\n"
            "      │  │  c\n"
            "黒い  ██  ·  ·\n"
            "e\u0301     ░░ ▒▒ ▓▓\n");
}

TEST(WordMatrixToTerminal, ColoursOnlyWhenAsked) {
  const WordMatrix matrix = Matrix("le chat noir", "black cat");
  EXPECT_EQ(WordMatrixToTerminal(matrix, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(WordMatrixToTerminal(matrix, {.colour = true}).find("\x1b[48;5;254m  \x1b[0m"),
            std::string::npos);
}

TEST(WordMatrixToTerminal, NarrowTerminalsGetBlocksThatFit) {
  WordMatrix matrix = Matrix("a b c d e f g h i j k l", "one");
  matrix.weights.assign(12, 1 / 12.0f);
  const std::string text = WordMatrixToTerminal(matrix, {.columns = 24});
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(DisplayWidth(text.substr(begin, end - begin)), 24);
    begin = end + 1;
  }
  EXPECT_NE(text.find("\n\n"), std::string::npos) << text;
  for (char word = 'a'; word <= 'l'; ++word) EXPECT_NE(text.find(word), std::string::npos) << word;
}

// A sentence must not be able to move the cursor or change colours.
TEST(WordMatrixToTerminal, ControlCharactersAreShownAsReplaced) {
  const WordMatrix matrix = Matrix("\x1b[31mred b c", "x\u009b2J y");
  const std::string text = WordMatrixToTerminal(matrix, {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\u009b"), std::string::npos);
  EXPECT_NE(text.find("\uFFFD[31mred"), std::string::npos);
}

TEST(WordMatrixToSvg, TextIsEscapedTextAndCellsAreShaded) {
  const WordMatrix matrix = Matrix("<b> & \x01", "\"q\" z");
  const std::string svg = WordMatrixToSvg(matrix);
  for (const char* part : {"&lt;b&gt;</text>", ">&amp;</text>", ">\uFFFD</text>", "&quot;q&quot;",
                           "fill=\"#143a72\"", "fill=\"#ffffff\"", "mm\" viewBox=\"0 0 "}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
  }
  size_t cells = 0;
  for (size_t at = 0; (at = svg.find("<title>", at + 1)) != std::string::npos;) ++cells;
  EXPECT_EQ(cells, 1 + 6u) << "the figure's title, and one for each cell";
}

// XML has no U+FFFE and U+FFFF either.
TEST(WordMatrixToSvg, NoncharactersAreReplaced) {
  const std::string svg = WordMatrixToSvg(Matrix("a\uFFFE b c", "\uFFFF z"));
  EXPECT_EQ(svg.find("\uFFFE"), std::string::npos);
  EXPECT_EQ(svg.find("\uFFFF"), std::string::npos);
  EXPECT_NE(svg.find(">a\uFFFD</text>"), std::string::npos) << svg;
}

}  // namespace
}  // namespace atento
