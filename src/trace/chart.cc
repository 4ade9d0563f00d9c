#include "trace/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "trace/svg_measures.h"
#include "trace/xml.h"

namespace atento {
namespace {

// Millimetres.
constexpr double kPlotWidth = 72;
constexpr double kPlotHeight = 46;
constexpr double kFont = 3;
constexpr double kTick = 1;
constexpr double kLegendLine = 8;
constexpr double kLineHeight = 1.5 * kFont;
constexpr double kMarker = 0.8;
constexpr double kMiddle = kMiddleOfFont * kFont;

// Okabe and Ito's palette for the colour-blind, without its yellow, which is too light on white.
constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                 "#e69f00", "#56b4e9", "#000000"};
constexpr std::array kDashes = {"", "2 1", "0.6 0.8", "3 0.8 0.6 0.8"};

// Labels have at most four decimals.
constexpr double kLeastStep = 1e-4;

struct Axis {
  double low = 0, high = 1, step = 0.2;
  int decimals = 1;

  double Y(double value) const { return kPlotHeight * (high - value) / (high - low); }
  std::string Label(double value) const {
    // Rounding may have left a zero with a sign.
    return fmt::format("{:.{}f}", std::abs(value) < step / 2 ? 0.0 : value, decimals);
  }
};

// Round numbers around the values: steps of 1, 2 or 5 times a power of ten, about five of them.
Axis AxisOf(const std::vector<ChartCurve>& curves) {
  double low = 0, high = 0;
  bool any = false;
  for (const ChartCurve& curve : curves) {
    for (const std::optional<double>& value : curve.values) {
      if (!value) continue;
      CHECK(std::isfinite(*value), "a chart shows finite values");
      low = any ? std::min(low, *value) : *value;
      high = any ? std::max(high, *value) : *value;
      any = true;
    }
  }
  // An axis that starts above 0 exaggerates: only where the curves would all crowd at the top.
  if (low > 0 && low < 0.75 * high) low = 0;
  if (high < 0 && high > 0.75 * low) high = 0;
  // What rounding leaves of equal values is not to be seen.
  if (high - low < 1e-6 * std::max(1.0, std::abs(high))) {
    low = high = std::abs(high) < 1e-6 ? 0 : high;
    const double around = high == 0 ? 1 : std::abs(high) / 10;
    low -= low == 0 ? 0 : around;
    high += around;
  }
  const double rough = (high - low) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  Axis axis;
  axis.step = 10 * power;
  for (double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * (1 - 1e-9)) axis.step = factor * power;
  }
  axis.step = std::max(axis.step, kLeastStep);
  axis.low = axis.step * std::floor(low / axis.step + 1e-9);
  axis.high = axis.step * std::ceil(high / axis.step - 1e-9);
  axis.decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(axis.step) - 1e-9)));
  return axis;
}

double WidthOf(const std::string& text) { return DisplayWidth(text) * kColumnOfFont * kFont; }

class Drawing {
 public:
  explicit Drawing(const LineChart& chart) : chart_(chart), axis_(AxisOf(chart.curves)) {
    for (int i = 0; i <= Ticks(); ++i) {
      widest_tick_ = std::max(widest_tick_, WidthOf(axis_.Label(Value(i))));
    }
    for (const ChartCurve& curve : chart.curves) {
      CHECK(curve.values.size() == chart.categories.size(), "a value per category");
      widest_name_ = std::max(widest_name_, WidthOf(curve.name));
    }
    left_ = kMargin + kLineHeight + widest_tick_ + kGap + kTick;
    top_ = kMargin + kFont / 2;
  }

  std::string Svg() {
    Begin();
    Axes();
    for (size_t i = 0; i < chart_.curves.size(); ++i) Curve(i);
    if (HasLegend()) Legend();
    svg_ += "</g>\n</svg>\n";
    return std::move(svg_);
  }

 private:
  template <class... Arguments>
  void Add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(svg_), format, std::forward<Arguments>(arguments)...);
  }

  int Ticks() const { return static_cast<int>(std::lround((axis_.high - axis_.low) / axis_.step)); }
  double Value(int tick) const { return axis_.low + tick * axis_.step; }
  bool HasLegend() const { return chart_.curves.size() > 1; }
  double Right() const { return left_ + kPlotWidth; }
  double Bottom() const { return top_ + kPlotHeight; }
  double Distance() const {
    return kPlotWidth / static_cast<double>(std::max<size_t>(chart_.categories.size(), 1));
  }
  double X(size_t category) const {
    return left_ + Distance() * (static_cast<double>(category) + 0.5);
  }

  // All that can be seen, in words.
  std::string Description() const {
    std::string text = chart_.y_label + " by " + chart_.x_label + ".";
    for (const ChartCurve& curve : chart_.curves) {
      text += " " + curve.name + ":";
      for (size_t i = 0; i < curve.values.size(); ++i) {
        text += fmt::format("{} {} {}", i > 0 ? "," : "", chart_.categories[i],
                            curve.values[i] ? fmt::format("{:.2f}", *curve.values[i]) : "none");
      }
      text += ".";
    }
    return text;
  }

  void Begin() {
    const double legend = HasLegend() ? kGap + kLegendLine + kGap + widest_name_ : 0;
    const double width = Right() + legend + kMargin;
    const double legend_height = kLineHeight * static_cast<double>(chart_.curves.size());
    const double height = std::max(Bottom() + kTick + 2 * kLineHeight + kMargin,
                                   HasLegend() ? top_ + legend_height + kMargin : 0);
    Add("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
        "aria-labelledby=\"chart-title chart-description\" width=\"{0:.2f}mm\" "
        "height=\"{1:.2f}mm\" viewBox=\"0 0 {0:.2f} {1:.2f}\">\n"
        "<title id=\"chart-title\">{2}</title>\n<desc id=\"chart-description\">{3}</desc>\n",
        width, height, EscapeXml(chart_.title), EscapeXml(Description()));
    Add("<rect width=\"{:.2f}\" height=\"{:.2f}\" fill=\"#ffffff\"/>\n", width, height);
    Add("<g font-family=\"sans-serif\" font-size=\"{}\" fill=\"#000000\">\n", kFont);
  }

  void Axes() {
    for (int i = 0; i <= Ticks(); ++i) {
      const double y = top_ + axis_.Y(Value(i));
      if (i > 0) Line(left_, y, Right(), y, "#d9d9d9");
      Line(left_ - kTick, y, left_, y, "#000000");
      Text(left_ - kTick - kGap / 2, y + kMiddle, "end", axis_.Label(Value(i)));
    }
    double widest = 0;
    for (const std::string& name : chart_.categories) widest = std::max(widest, WidthOf(name));
    const auto every = static_cast<size_t>(std::max(1.0, std::ceil((widest + kGap) / Distance())));
    for (size_t i = 0; i < chart_.categories.size(); ++i) {
      Line(X(i), Bottom(), X(i), Bottom() + kTick, "#000000");
      if (i % every == 0) Text(X(i), Bottom() + kTick + kFont, "middle", chart_.categories[i]);
    }
    Line(left_, top_, left_, Bottom(), "#000000");
    Line(left_, Bottom(), Right(), Bottom(), "#000000");
    Text(left_ + kPlotWidth / 2, Bottom() + kTick + kFont + kLineHeight, "middle", chart_.x_label);
    Add("<text transform=\"translate({:.2f} {:.2f}) rotate(-90)\" text-anchor=\"middle\">{}"
        "</text>\n",
        kMargin + kFont, top_ + kPlotHeight / 2, EscapeXml(chart_.y_label));
  }

  // A piece between gaps is a line of its own.
  void Curve(size_t index) {
    const ChartCurve& curve = chart_.curves[index];
    std::string points;
    auto draw = [&] {
      if (points.find(' ') != std::string::npos) {
        Add("<polyline points=\"{}\" {}/>\n", points, Stroke(index));
      }
      points.clear();
    };
    for (size_t i = 0; i < curve.values.size(); ++i) {
      if (!curve.values[i]) {
        draw();
        continue;
      }
      points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", X(i),
                            top_ + axis_.Y(*curve.values[i]));
    }
    draw();
    for (size_t i = 0; i < curve.values.size(); ++i) {
      if (!curve.values[i]) continue;
      Marker(index, X(i), top_ + axis_.Y(*curve.values[i]),
             fmt::format("{}, {}: {:.2f}", curve.name, chart_.categories[i], *curve.values[i]));
    }
  }

  void Legend() {
    const double x = Right() + kGap;
    for (size_t i = 0; i < chart_.curves.size(); ++i) {
      const double y = top_ + kLineHeight * (static_cast<double>(i) + 0.5);
      Add("<polyline points=\"{:.2f},{:.2f} {:.2f},{:.2f}\" {}/>\n", x, y, x + kLegendLine, y,
          Stroke(i));
      Marker(i, x + kLegendLine / 2, y, "");
      Text(x + kLegendLine + kGap, y + kMiddle, "start", chart_.curves[i].name);
    }
  }

  std::string Stroke(size_t index) const {
    const std::string dashes = kDashes[index % kDashes.size()];
    return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"0.5\"{}",
                       kColours[index % kColours.size()],
                       dashes.empty() ? "" : " stroke-dasharray=\"" + dashes + "\"");
  }

  // Circle, square, diamond, triangle.
  void Marker(size_t index, double x, double y, const std::string& title) {
    const double r = kMarker;
    std::string shape;
    switch (index % 4) {
      case 0:
        shape = fmt::format("circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.2f}\"", x, y, r);
        break;
      case 1:
        shape = fmt::format("rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"",
                            x - r, y - r, 2 * r, 2 * r);
        break;
      case 2:
        shape = fmt::format(
            "path d=\"M{0:.2f} {1:.2f}l{2:.2f} {2:.2f}-{2:.2f} {2:.2f}-{2:.2f}-"
            "{2:.2f}z\"",
            x, y - 1.3 * r, 1.3 * r);
        break;
      default:
        shape = fmt::format("path d=\"M{:.2f} {:.2f}l{:.2f} {:.2f}h{:.2f}z\"", x, y - 1.2 * r,
                            1.2 * r, 2.2 * r, -2.4 * r);
    }
    const char* const colour = kColours[index % kColours.size()];
    if (title.empty()) {
      Add("<{} fill=\"{}\"/>\n", shape, colour);
    } else {
      const std::string element = shape.substr(0, shape.find(' '));
      Add("<{} fill=\"{}\"><title>{}</title></{}>\n", shape, colour, EscapeXml(title), element);
    }
  }

  void Line(double x1, double y1, double x2, double y2, const char* colour) {
    Add("<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" stroke=\"{}\" "
        "stroke-width=\"0.2\"/>\n",
        x1, y1, x2, y2, colour);
  }
  void Text(double x, double y, const char* anchor, const std::string& text) {
    Add("<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
        EscapeXml(text));
  }

  const LineChart& chart_;
  Axis axis_;
  double left_ = 0, top_ = 0, widest_tick_ = 0, widest_name_ = 0;
  std::string svg_;
};

}  // namespace

std::string ChartToSvg(const LineChart& chart) { return Drawing(chart).Svg(); }

}  // namespace atento
