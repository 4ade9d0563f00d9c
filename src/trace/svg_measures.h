// What drawings have in common.
#ifndef ATENTO_TRACE_SVG_MEASURES_H_
#define ATENTO_TRACE_SVG_MEASURES_H_

namespace atento {

// Millimetres.
inline constexpr double kGap = 1.5;
inline constexpr double kMargin = 2;

// Of the size of a sans-serif font: a column of DisplayWidth, generously, since fonts differ; and
// from the baseline to the middle of a letter.
inline constexpr double kColumnOfFont = 0.62;
inline constexpr double kMiddleOfFont = 0.35;

}  // namespace atento

#endif  // ATENTO_TRACE_SVG_MEASURES_H_
