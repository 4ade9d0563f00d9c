#include "metrics/compression.h"

#include <algorithm>
#include <vector>

#include "metrics/tokens.h"

namespace atento {
namespace {

size_t CountTokens(std::string_view line) {
  std::vector<std::string_view> tokens;
  SplitAtWhiteSpace(line, &tokens);
  return tokens.size();
}

}  // namespace

void KeptF1Metric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  auto is_empty = [](std::string_view text) { return CountTokens(text) == 0; };
  if (is_empty(line.hypothesis) &&
      std::any_of(line.references.begin(), line.references.end(), is_empty)) {
    std::fill(statistics.begin(), statistics.end(), 1.0);
    return;
  }
  RougeMetric::LineStatistics(line, statistics);
}

void CompressionMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  statistics[0] = static_cast<double>(CountTokens(line.hypothesis));
  statistics[1] = static_cast<double>(CountTokens(line.source));
}

double CompressionMetric::Value(std::span<const double> statistics) const {
  return statistics[1] > 0 ? 100 * statistics[0] / statistics[1] : 0;
}

MetricDetails CompressionMetric::Details(std::span<const double> statistics) const {
  return {{"hypothesis_length", statistics[0]}, {"source_length", statistics[1]}};
}

std::string CompressionMetric::Signature(size_t references) const {
  return MetricSignature(references, options_.lowercase, "tok:none");
}

}  // namespace atento
