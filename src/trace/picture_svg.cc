#include "trace/picture_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>

#include "atento/error.h"
#include "trace/svg_measures.h"
#include "trace/xml.h"

namespace atento {
namespace {

// Millimetres.
constexpr double kPanel = 32;
constexpr double kFont = 3.5;
constexpr double kLine = kFont + kGap;
constexpr int kColumns = 5;
// Of the darkest cell.
constexpr double kOpacity = 0.75;

// The cells of one word over its copy of the picture.
void AppendCells(const TraceText& source, std::span<const float> weights, double x, double y,
                 std::string* svg) {
  const double width = kPanel / source.grid_width, height = kPanel / source.grid_height;
  const float most = std::max(*std::max_element(weights.begin(), weights.end()), 1e-9f);
  for (size_t j = 0; j < weights.size(); ++j) {
    const int row = static_cast<int>(j) / source.grid_width;
    const int column = static_cast<int>(j) % source.grid_width;
    fmt::format_to(std::back_inserter(*svg),
                   "<rect x=\"{:.3f}\" y=\"{:.3f}\" width=\"{:.3f}\" height=\"{:.3f}\" "
                   "fill=\"#000000\" fill-opacity=\"{:.3f}\"><title>{:.4f}</title></rect>\n",
                   x + column * width, y + row * height, width, height,
                   kOpacity * (1 - double{weights[j]} / double{most}), weights[j]);
  }
}

// RFC 4648, padded.
std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      text += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

}  // namespace

std::string DataUri(std::string_view type, std::string_view bytes) {
  return fmt::format("data:{};base64,{}", type, Base64(bytes));
}

std::string PictureToSvg(const Trace& trace) {
  if (!trace.model.attends) {
    throw Error(ErrorKind::kData,
                "the model has no weights of attention to show: train one with another "
                "--attention than none or fixed");
  }
  const TraceText& source = trace.source;
  if (source.grid_width == 0) {
    throw Error(ErrorKind::kData, source.text +
                                      " has vectors without a grid, which have no place "
                                      "in a picture: use a layer of the CNN with one");
  }
  const std::vector<std::string>& words = trace.target.words;
  const int panels = static_cast<int>(words.size()) + 1;
  const int columns = std::min(panels, kColumns), rows = (panels + kColumns - 1) / kColumns;
  const double step_x = kPanel + kGap, step_y = kPanel + kLine + kGap;
  const double width = 2 * kMargin + columns * step_x - kGap;
  const double height = 2 * kMargin + rows * step_y - kGap;
  std::string svg;
  auto out = std::back_inserter(svg);
  fmt::format_to(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                 "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{0:.2f}mm\" "
                 "height=\"{1:.2f}mm\" viewBox=\"0 0 {0:.2f} {1:.2f}\">\n<title>{2}: {3}</title>\n"
                 "<defs><image id=\"picture\" width=\"{4}\" height=\"{4}\" "
                 "preserveAspectRatio=\"none\" xlink:href=\"",
                 width, height, EscapeXml(source.text), EscapeXml(trace.target.text), kPanel);
  svg += EscapeXml(source.picture);
  fmt::format_to(out, "\"/></defs>\n<g font-family=\"sans-serif\" font-size=\"{}\">\n", kFont);
  const auto positions = static_cast<size_t>(trace.alignment.source_words);
  for (int p = 0; p < panels; ++p) {
    const double x = kMargin + p % kColumns * step_x, y = kMargin + p / kColumns * step_y;
    if (p > 0) {
      fmt::format_to(out, "<text x=\"{:.2f}\" y=\"{:.2f}\">{}</text>\n", x, y + kFont,
                     EscapeXml(words[static_cast<size_t>(p) - 1]));
    }
    fmt::format_to(out, "<use xlink:href=\"#picture\" x=\"{:.2f}\" y=\"{:.2f}\"/>\n", x, y + kLine);
    if (p == 0) continue;
    AppendCells(source,
                std::span(trace.alignment.weights)
                    .subspan(static_cast<size_t>(p - 1) * positions, positions),
                x, y + kLine, &svg);
  }
  return svg += "</g>\n</svg>\n";
}

}  // namespace atento
