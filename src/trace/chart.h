// A line chart as a figure for a paper.
#ifndef ATENTO_TRACE_CHART_H_
#define ATENTO_TRACE_CHART_H_

#include <optional>
#include <string>
#include <vector>

namespace atento {

struct ChartCurve {
  std::string name;                           // in the legend
  std::vector<std::optional<double>> values;  // one per category; a gap where there is none
};

struct LineChart {
  // Not drawn: a figure's caption belongs to the paper. For those who cannot see it, beside a
  // description that lists all values.
  std::string title;
  std::string x_label, y_label;
  // Below the x axis, at equal distances; thinned out where they would touch.
  std::vector<std::string> categories;
  std::vector<ChartCurve> curves;
};

// The chart on white, at a column's width (the legend beside it); text stays text, in the reader's
// own sans-serif font; sizes are in mm. Curves differ by colour, marker and dashes, so that they
// can be told apart in print and by the colour-blind. The y axis starts at 0 unless all values are
// far above it. The same chart gives the same bytes. Requires finite values, as many in each curve
// as there are categories (checked).
std::string ChartToSvg(const LineChart& chart);

}  // namespace atento

#endif  // ATENTO_TRACE_CHART_H_
