#include "trace/chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

namespace atento {
namespace {

LineChart Example() {
  return {"Quality by length",
          "words",
          "BLEU",
          {"1–5", "6–10", "11+"},
          {{"attention", {30.0, 28.0, 25.0}}, {"fixed", {29.0, 20.0, 10.0}}}};
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What stands at the left of the axis, from the bottom.
std::vector<std::string> TickLabels(const std::string& svg) {
  const std::regex label("text-anchor=\"end\">([^<]*)<");
  std::vector<std::string> labels;
  for (std::sregex_iterator at(svg.begin(), svg.end(), label), end; at != end; ++at) {
    labels.push_back((*at)[1]);
  }
  return labels;
}

std::vector<std::string> TicksOf(const std::vector<std::optional<double>>& values) {
  LineChart chart{"", "", "", std::vector<std::string>(values.size(), "c"), {{"", values}}};
  return TickLabels(ChartToSvg(chart));
}

using Labels = std::vector<std::string>;

TEST(ChartToSvg, HasAxesLabelsAndLegend) {
  const std::string svg = ChartToSvg(Example());
  for (const char* part :
       {">1–5</text>", ">6–10</text>", ">11+</text>", ">words</text>", ">BLEU</text>",
        ">attention</text>", ">fixed</text>", "fill=\"#ffffff\"/>", "mm\" viewBox=\"0 0 "}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
  }
  EXPECT_EQ(Count(svg, "<polyline"), 2u + 2u) << "a curve and its line in the legend each";
  EXPECT_EQ(Count(svg, "<circle"), 3u + 1u) << "a marker for each value, and in the legend";
  EXPECT_NE(svg.find("#0072b2"), std::string::npos);
  EXPECT_NE(svg.find("#d55e00\" stroke-width=\"0.5\" stroke-dasharray"), std::string::npos);
}

TEST(ChartToSvg, TellsThoseWhoCannotSeeIt) {
  const std::string svg = ChartToSvg(Example());
  EXPECT_NE(svg.find("role=\"img\" aria-labelledby=\"chart-title chart-description\""),
            std::string::npos);
  EXPECT_NE(svg.find("<title id=\"chart-title\">Quality by length</title>"), std::string::npos);
  EXPECT_NE(svg.find("<desc id=\"chart-description\">BLEU by words. attention: 1–5 30.00, 6–10 "
                     "28.00, 11+ 25.00. fixed: 1–5 29.00, 6–10 20.00, 11+ 10.00.</desc>"),
            std::string::npos)
      << svg;
}

TEST(ChartToSvg, TheSameChartGivesTheSameBytes) {
  EXPECT_EQ(ChartToSvg(Example()), ChartToSvg(Example()));
}

// 46 mm from 0 to 30 below a margin of 3.5 mm: 10 is two thirds down.
TEST(ChartToSvg, ValuesStandAtTheirHeight) {
  const std::string svg = ChartToSvg(Example());
  EXPECT_EQ(TickLabels(svg), (Labels{"0", "10", "20", "30"}));
  EXPECT_NE(svg.find(",3.50 "), std::string::npos) << "30, at the top";
  EXPECT_NE(svg.find(",34.17\" fill"), std::string::npos) << "10, the last of its curve\n" << svg;
}

TEST(ChartToSvg, OneCurveNeedsNoLegend) {
  LineChart chart = Example();
  chart.curves.pop_back();
  EXPECT_EQ(ChartToSvg(chart).find(">attention</text>"), std::string::npos);
}

TEST(ChartToSvg, AGapPartsACurve) {
  LineChart chart{
      "t", "x", "y", {"a", "b", "c", "d", "e"}, {{"one", {1.0, 2.0, std::nullopt, 3.0, 4.0}}}};
  const std::string svg = ChartToSvg(chart);
  EXPECT_EQ(Count(svg, "<polyline"), 2u);
  EXPECT_EQ(Count(svg, "<circle"), 4u);
  EXPECT_NE(svg.find("c none"), std::string::npos) << "in the description";
  chart.curves[0].values = {std::nullopt, 2.0, std::nullopt, std::nullopt, 1.0};
  EXPECT_EQ(Count(ChartToSvg(chart), "<polyline"), 0u) << "single values are markers";
}

TEST(ChartToSvg, AxisStartsAtZeroUnlessAllValuesAreFarAboveIt) {
  EXPECT_EQ(TicksOf({41.0, 90.0}), (Labels{"0", "20", "40", "60", "80", "100"}));
  EXPECT_EQ(TicksOf({91.0, 94.5}), (Labels{"91", "92", "93", "94", "95"}));
  EXPECT_EQ(TicksOf({0.1, 0.45}), (Labels{"0.0", "0.1", "0.2", "0.3", "0.4", "0.5"}));
  EXPECT_EQ(TicksOf({120.0, 900.0}), (Labels{"0", "200", "400", "600", "800", "1000"}));
  EXPECT_EQ(TicksOf({-1.0, 1.0}), (Labels{"-1.0", "-0.5", "0.0", "0.5", "1.0"}));
}

TEST(ChartToSvg, EqualValuesAndNoneStillHaveAnAxis) {
  EXPECT_EQ(TicksOf({0.0, 0.0}), (Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(TicksOf({100.0}), (Labels{"90", "95", "100", "105", "110"}));
  EXPECT_EQ(TicksOf({std::nullopt}), TicksOf({0.0}));
  EXPECT_EQ(TicksOf({}), TicksOf({0.0}));
}

TEST(ChartToSvg, RoundingNoiseIsNotASpread) {
  EXPECT_EQ(TicksOf({100.00000000000004, 100.0}), TicksOf({100.0}));
  EXPECT_EQ(TicksOf({99.99999999999999, 100.0}), TicksOf({100.0}));
  EXPECT_EQ(TicksOf({0.0, 1e-15}), TicksOf({0.0}));
  EXPECT_EQ(TicksOf({-1e-15}), TicksOf({0.0}));
}

TEST(ChartToSvg, LabelsHaveFourDecimalsAtMost) {
  EXPECT_EQ(TicksOf({0.00001, 0.00002}), (Labels{"0.0000", "0.0001"}));
  EXPECT_EQ(TicksOf({1.0, 1.00005}), (Labels{"1.0000", "1.0001"}));
}

TEST(ChartToSvg, CategoriesThatWouldTouchAreLeftOut) {
  LineChart chart{"t", "x", "y", {}, {{"one", {}}}};
  for (int i = 0; i < 40; ++i) {
    chart.categories.push_back("label" + std::to_string(i));
    chart.curves[0].values.push_back(i);
  }
  const std::string svg = ChartToSvg(chart);
  EXPECT_NE(svg.find(">label0</text>"), std::string::npos);
  EXPECT_EQ(svg.find(">label1</text>"), std::string::npos);
  EXPECT_LE(Count(svg, "text-anchor=\"middle\">label"), 5u);
}

TEST(ChartToSvg, NamesAreEscaped) {
  LineChart chart = Example();
  chart.title = chart.x_label = chart.curves[0].name = chart.categories[0] = "<a> & \"b\" \x01";
  const std::string svg = ChartToSvg(chart);
  EXPECT_EQ(svg.find("<a>"), std::string::npos);
  EXPECT_EQ(svg.find('\x01'), std::string::npos);
  EXPECT_NE(svg.find("&lt;a&gt; &amp; &quot;b&quot; \uFFFD"), std::string::npos);
}

// Colours, dashes and markers repeat, but not together.
TEST(ChartToSvg, ManyCurvesLookDifferent) {
  LineChart chart{"t", "x", "y", {"a", "b"}, {}};
  for (int i = 0; i < 12; ++i) chart.curves.push_back({std::to_string(i), {1.0 + i, 2.0 + i}});
  const std::string svg = ChartToSvg(chart);
  const std::regex stroke(
      "stroke=\"(#[0-9a-f]*)\" stroke-width=\"0.5\"( stroke-dasharray=\"[^\"]*\")?");
  std::vector<std::string> looks;
  for (std::sregex_iterator at(svg.begin(), svg.end(), stroke), end; at != end; ++at) {
    looks.push_back(at->str());
  }
  ASSERT_EQ(looks.size(), 24u) << "each once as a curve, once in the legend";
  looks.resize(12);
  std::sort(looks.begin(), looks.end());
  EXPECT_EQ(std::unique(looks.begin(), looks.end()), looks.end());
}

}  // namespace
}  // namespace atento
