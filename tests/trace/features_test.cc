// Traces of sources that are feature vectors, and the figure of a grid over its picture.
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "expect_error.h"
#include "trace/picture_svg.h"
#include "trace/traced_model.h"

namespace atento {
namespace {

TEST(TraceOfFeatures, PositionsOfAGridAreItsCells) {
  const FeatureSet features = TracedFeatures();
  const Trace trace = TraceItem(*TinyFeatureModel(), &features, "grid");
  EXPECT_EQ(trace.source.grid_height, 2);
  EXPECT_EQ(trace.source.grid_width, 3);
  const std::vector<std::string> cells = {"0,0", "0,1", "0,2", "1,0", "1,1", "1,2"};
  EXPECT_EQ(trace.source.words, cells);
  EXPECT_EQ(trace.source.tokens, cells);  // no </s>
  EXPECT_EQ(trace.source.text, "grid");
}

TEST(TraceOfFeatures, PositionsOfASequenceAreNumbers) {
  const FeatureSet features = TracedFeatures();
  const Trace trace = TraceItem(*TinyFeatureModel(), &features, "frames");
  EXPECT_EQ(trace.source.grid_width, 0);
  EXPECT_EQ(trace.source.words, (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(trace.source.ids, (std::vector<int>{0, 1, 2, 3}));
}

TEST(TraceOfFeatures, TextAndVectorsDoNotMix) {
  const FeatureSet features = TracedFeatures();
  const auto of_text = TinyModel();
  EXPECT_ERROR(TraceItem(*of_text, &features, "grid"), ErrorKind::kUsage, "the model reads text");
  EXPECT_ERROR(TraceItem(*TinyFeatureModel(), nullptr, "grid"), ErrorKind::kUsage,
               "the model reads feature vectors");
  EXPECT_ERROR(TraceItem(*TinyFeatureModel(), &features, "other"), ErrorKind::kData, "other");
}

// A word that looks at cell 1,2 alone, and one that looks at all cells alike.
Trace OfTwoWords() {
  Trace trace;
  trace.model.attends = true;
  trace.source.text = "cat.jpg";
  trace.source.grid_height = 2;
  trace.source.grid_width = 4;
  trace.source.picture = DataUri("image/jpeg", "bytes");
  trace.target.text = "a <cat";
  trace.target.words = {"a", "<cat"};
  trace.alignment.source_words = 8;
  trace.alignment.target_words = 2;
  trace.alignment.weights = {0, 0, 0, 0, 0, 0, 1, 0};
  trace.alignment.weights.insert(trace.alignment.weights.end(), 8, 0.125F);
  return trace;
}

TEST(PictureToSvgTest, CellsTileThePictureOfTheirWord) {
  const std::string svg = PictureToSvg(OfTwoWords());
  EXPECT_NE(svg.find("data:image/jpeg;base64,Ynl0ZXM="), std::string::npos);
  EXPECT_NE(svg.find(">&lt;cat</text>"), std::string::npos);
  const std::regex rect(
      "<rect x=\"([0-9.]+)\" y=\"([0-9.]+)\" width=\"([0-9.]+)\" height=\"([0-9.]+)\"[^>]*"
      "fill-opacity=\"([0-9.]+)\"");
  const std::regex use("<use xlink:href=\"#picture\" x=\"([0-9.]+)\" y=\"([0-9.]+)\"");
  std::vector<std::vector<double>> rects, pictures;
  auto collect = [&](const std::regex& what, std::vector<std::vector<double>>* found) {
    for (std::sregex_iterator it(svg.begin(), svg.end(), what), end; it != end; ++it) {
      std::vector<double>& numbers = found->emplace_back();
      for (size_t i = 1; i < it->size(); ++i) numbers.push_back(std::stod((*it)[i].str()));
    }
  };
  collect(rect, &rects);
  collect(use, &pictures);
  ASSERT_EQ(rects.size(), 16u);
  ASSERT_EQ(pictures.size(), 3u);  // the first has no cells
  for (size_t n = 0; n < rects.size(); ++n) {
    const size_t word = n / 8, row = n % 8 / 4, column = n % 4;
    EXPECT_NEAR(rects[n][2], 8, 1e-9);
    EXPECT_NEAR(rects[n][3], 16, 1e-9);
    EXPECT_NEAR(rects[n][0], pictures[word + 1][0] + 8 * static_cast<double>(column), 0.01);
    EXPECT_NEAR(rects[n][1], pictures[word + 1][1] + 16 * static_cast<double>(row), 0.01);
    // Clear where the word looks most, dark elsewhere.
    EXPECT_EQ(rects[n][4], word == 0 && n != 6 ? 0.75 : 0) << n;
  }
}

TEST(PictureToSvgTest, NeedsAGrid) {
  Trace trace = OfTwoWords();
  trace.source.grid_height = trace.source.grid_width = 0;
  EXPECT_ERROR(PictureToSvg(trace), ErrorKind::kData, "without a grid");
}

TEST(DataUriTest, Base64IsThatOfTheRfc) {
  const char* const expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  const std::string text = "foobar";
  for (size_t n = 0; n <= 6; ++n) {
    EXPECT_EQ(DataUri("image/png", text.substr(0, n)),
              "data:image/png;base64," + std::string(expected[n]));
  }
}

}  // namespace
}  // namespace atento
