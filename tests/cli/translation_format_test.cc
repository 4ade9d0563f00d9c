#include "cli/translation_format.h"

#include <gtest/gtest.h>

namespace atento {
namespace {

using Format = TranslationFormat;
using Align = AlignmentFormat;

// "le chat" → "the cat" | "a cat", and an alignment of two words each.
Translation Example() {
  Alignment alignment;
  alignment.source_words = alignment.target_words = 2;
  alignment.weights = {0.9f, 0.1f, 0.25f, 0.75f};
  alignment.links = {{0, 0}, {1, 1}};
  Translation translation;
  translation.hypotheses.push_back({"the cat", -0.5, -0.25, alignment});
  translation.hypotheses.push_back({"a \"cat\"", -2, -1, alignment});
  return translation;
}

std::string Write(Format format, Align alignments = Align::kNone, bool scores = false) {
  return FormatTranslation({format, alignments, scores}, 7, Example());
}

TEST(TranslationFormat, TextIsTheBestAlone) { EXPECT_EQ(Write(Format::kText), "the cat\n"); }

TEST(TranslationFormat, TextWithColumns) {
  EXPECT_EQ(Write(Format::kText, Align::kNone, true), "the cat\t-0.500000\t-0.250000\n");
  EXPECT_EQ(Write(Format::kText, Align::kHard), "the cat\t0-0 1-1\n");
  EXPECT_EQ(Write(Format::kText, Align::kSoft, true),
            "the cat\t-0.500000\t-0.250000\t0.9000,0.1000 0.2500,0.7500\n");
}

TEST(TranslationFormat, Tsv) {
  EXPECT_EQ(Write(Format::kTsv),
            "7\t1\tthe cat\t-0.500000\t-0.250000\t\n7\t2\ta \"cat\"\t-2.000000\t-1.000000\t\n");
  EXPECT_EQ(Write(Format::kTsv, Align::kHard).substr(0, 45),
            "7\t1\tthe cat\t-0.500000\t-0.250000\t0-0 1-1\n7\t2\ta");
}

TEST(TranslationFormat, Jsonl) {
  EXPECT_EQ(
      Write(Format::kJsonl),
      "{\"line\":7,\"rank\":1,\"text\":\"the cat\",\"log_prob\":-0.5,\"score\":-0.25}\n"
      "{\"line\":7,\"rank\":2,\"text\":\"a \\\"cat\\\"\",\"log_prob\":-2.0,\"score\":-1.0}\n");
  EXPECT_NE(Write(Format::kJsonl, Align::kHard).find("\"alignment\":[[0,0],[1,1]]}"),
            std::string::npos);
  EXPECT_NE(Write(Format::kJsonl, Align::kSoft).find("\"alignment\":[[0.9,0.1],[0.25,0.75]]}"),
            std::string::npos);
}

TEST(TranslationFormat, MosesCountsLinesFromZero) {
  EXPECT_EQ(Write(Format::kMoses),
            "6 ||| the cat ||| LogProb= -0.500000 ||| -0.250000\n"
            "6 ||| a \"cat\" ||| LogProb= -2.000000 ||| -1.000000\n");
  EXPECT_EQ(Write(Format::kMoses, Align::kHard).substr(0, 62),
            "6 ||| the cat ||| LogProb= -0.500000 ||| -0.250000 ||| 0-0 1-1");
}

TEST(TranslationFormat, EmptyLineHasItsLine) {
  const Translation none;
  EXPECT_EQ(FormatTranslation({Format::kText, Align::kHard, true}, 1, none), "\n");
  EXPECT_EQ(FormatTranslation({Format::kTsv, Align::kHard, false}, 1, none),
            "1\t1\t\t0.000000\t0.000000\t\n");
  EXPECT_EQ(FormatTranslation({Format::kMoses, Align::kNone, false}, 1, none),
            "0 |||  ||| LogProb= 0.000000 ||| 0.000000\n");
  EXPECT_EQ(
      FormatTranslation({Format::kJsonl, Align::kSoft, false}, 1, none),
      "{\"line\":1,\"rank\":1,\"text\":\"\",\"log_prob\":0.0,\"score\":0.0,\"alignment\":[]}\n");
}

// A model without attention.
TEST(TranslationFormat, NoWeightsNoAlignment) {
  Translation translation;
  translation.hypotheses.push_back({"x", -1, -1, {}});
  EXPECT_EQ(FormatTranslation({Format::kTsv, Align::kSoft, false}, 1, translation),
            "1\t1\tx\t-1.000000\t-1.000000\t\n");
  EXPECT_EQ(FormatTranslation({Format::kText, Align::kHard, false}, 1, translation), "x\t\n");
}

}  // namespace
}  // namespace atento
