// A matrix of words as SVG.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "trace/svg_measures.h"
#include "trace/word_matrix.h"
#include "trace/xml.h"

namespace atento {
namespace {

// Millimetres.
constexpr double kCell = 6;
constexpr double kFont = 3.5;

double WidestLabel(const std::vector<std::string>& words) {
  int columns = 0;
  for (const std::string& word : words) columns = std::max(columns, DisplayWidth(word));
  return columns * kColumnOfFont * kFont;
}

void AppendCell(double x, double y, float weight, const std::string& title, std::string* svg) {
  // White to dark blue, the same for every reader: no transparency.
  const double w = std::clamp(static_cast<double>(weight), 0.0, 1.0);
  auto channel = [&](int full) { return static_cast<int>(255 + (full - 255) * w + 0.5); };
  fmt::format_to(std::back_inserter(*svg),
                 "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" "
                 "fill=\"#{:02x}{:02x}{:02x}\"><title>{}</title></rect>\n",
                 x, y, kCell, kCell, channel(8), channel(48), channel(107), title);
}

}  // namespace

std::string WordMatrixToSvg(const WordMatrix& matrix) {
  const double left = kMargin + WidestLabel(matrix.target) + kGap;
  const double top = kMargin + WidestLabel(matrix.source) + kGap;
  const double columns = kCell * static_cast<double>(matrix.source.size());
  const double rows = kCell * static_cast<double>(matrix.target.size());
  const double width = left + columns + kMargin, height = top + rows + kMargin;
  std::string svg;
  auto out = std::back_inserter(svg);
  fmt::format_to(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.2f}mm\" "
                 "height=\"{1:.2f}mm\" viewBox=\"0 0 {0:.2f} {1:.2f}\">\n<title>{2} / {3}</title>\n"
                 "<g font-family=\"sans-serif\" font-size=\"{4}\" fill=\"#000000\">\n",
                 width, height, EscapeXml(matrix.source_text), EscapeXml(matrix.target_text),
                 kFont);
  for (size_t s = 0; s < matrix.source.size(); ++s) {
    // Turned about the baseline.
    const double x = left + kCell * (static_cast<double>(s) + 0.5) + kMiddleOfFont * kFont;
    fmt::format_to(out, "<text transform=\"translate({:.2f} {:.2f}) rotate(-90)\">{}</text>\n", x,
                   top - kGap, EscapeXml(matrix.source[s]));
  }
  for (size_t t = 0; t < matrix.target.size(); ++t) {
    const double y = top + kCell * (static_cast<double>(t) + 0.5) + kMiddleOfFont * kFont;
    fmt::format_to(out, "<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"end\">{}</text>\n",
                   left - kGap, y, EscapeXml(matrix.target[t]));
  }
  svg += "</g>\n";
  for (size_t t = 0; t < matrix.target.size(); ++t) {
    for (size_t s = 0; s < matrix.source.size(); ++s) {
      AppendCell(left + kCell * static_cast<double>(s), top + kCell * static_cast<double>(t),
                 matrix.weight(t, s),
                 fmt::format("{} / {}: {:.3f}", EscapeXml(matrix.source[s]),
                             EscapeXml(matrix.target[t]), matrix.weight(t, s)),
                 &svg);
    }
  }
  fmt::format_to(out,
                 "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"none\" "
                 "stroke=\"#808080\" stroke-width=\"0.2\"/>\n</svg>\n",
                 left, top, columns, rows);
  return svg;
}

}  // namespace atento
