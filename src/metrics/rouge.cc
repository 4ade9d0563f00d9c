#include "metrics/rouge.h"

#include <algorithm>
#include <array>

namespace atento {
namespace {

// O(|a| · |b|). row is scratch; on return row[j] is the length for a and the first j symbols of b.
uint32_t LongestCommonSubsequence(std::span<const uint32_t> a, std::span<const uint32_t> b,
                                  std::vector<uint32_t>* row) {
  row->assign(b.size() + 1, 0);
  for (uint32_t symbol : a) {
    uint32_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const uint32_t above = (*row)[j];
      (*row)[j] = symbol == b[j - 1] ? diagonal + 1 : std::max(above, (*row)[j - 1]);
      diagonal = above;
    }
  }
  return row->back();
}

}  // namespace

std::string_view RougeMetric::name() const {
  switch (kind_) {
    case RougeKind::k1:
      return "rouge1";
    case RougeKind::k2:
      return "rouge2";
    case RougeKind::kL:
      break;
  }
  return "rougel";
}

double RougeMetric::Shared(std::span<const std::vector<uint32_t>> reference) {
  if (kind_ == RougeKind::kL) {
    return LongestCommonSubsequence(tokens_.hypothesis(), reference[0], &subsequence_);
  }
  std::array<double, 2> matches;
  matcher_.Match(tokens_.hypothesis(), reference, matches);
  return matches[kind_ == RougeKind::k1 ? 0 : 1];
}

void RougeMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  tokens_.Encode(line.hypothesis, line.references);
  const size_t n = kind_ == RougeKind::k2 ? 2 : 1;
  const auto in_hypothesis = static_cast<double>(NgramCount(tokens_.hypothesis().size(), n));
  std::fill(statistics.begin(), statistics.end(), 0.0);
  statistics[3] = 1;
  for (size_t r = 0; r < line.references.size(); ++r) {
    const auto reference = tokens_.references().subspan(r, 1);
    const auto in_reference = static_cast<double>(NgramCount(reference[0].size(), n));
    const double shared = Shared(reference);
    if (shared == 0) continue;
    const double precision = shared / in_hypothesis;
    const double recall = shared / in_reference;
    const double f1 = 2 * precision * recall / (precision + recall);
    if (f1 > statistics[0]) {
      statistics[0] = f1;
      statistics[1] = precision;
      statistics[2] = recall;
    }
  }
}

double RougeMetric::Value(std::span<const double> statistics) const {
  return statistics[3] > 0 ? 100 * statistics[0] / statistics[3] : 0;
}

MetricDetails RougeMetric::Details(std::span<const double> statistics) const {
  const double lines = std::max(statistics[3], 1.0);
  return {{"precision", 100 * statistics[1] / lines}, {"recall", 100 * statistics[2] / lines}};
}

std::string RougeMetric::Signature(size_t references) const {
  return MetricSignature(references, options_.lowercase, "tok:none|stem:no");
}

}  // namespace atento
