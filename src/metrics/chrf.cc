#include "metrics/chrf.h"

#include <algorithm>
#include <array>

namespace atento {

void ChrfMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  tokens_.Encode(line.hypothesis, line.references);
  const size_t length = tokens_.hypothesis().size();
  double best = -1;
  for (size_t r = 0; r < line.references.size(); ++r) {
    const auto reference = tokens_.references().subspan(r, 1);
    std::array<double, kChrfOrder> matches;
    matcher_.Match(tokens_.hypothesis(), reference, matches);
    std::array<double, 3 * kChrfOrder> candidate;
    for (size_t n = 1; n <= kChrfOrder; ++n) {
      const size_t in_reference = NgramCount(reference[0].size(), n);
      // As in sacreBLEU: without a reference n-gram of this order the hypothesis' do not count.
      const size_t in_hypothesis = in_reference > 0 ? NgramCount(length, n) : 0;
      candidate[3 * n - 3] = static_cast<double>(in_hypothesis);
      candidate[3 * n - 2] = static_cast<double>(in_reference);
      candidate[3 * n - 1] = matches[n - 1];
    }
    const double score = Score(candidate).score;
    if (score > best) {
      best = score;
      std::copy(candidate.begin(), candidate.end(), statistics.begin());
    }
  }
}

ChrfScore ChrfMetric::Score(std::span<const double> statistics) {
  constexpr double kBetaSquared = 4;
  double precision = 0;
  double recall = 0;
  double orders = 0;
  for (size_t n = 0; n < kChrfOrder; ++n) {
    const double in_hypothesis = statistics[3 * n];
    const double in_reference = statistics[3 * n + 1];
    if (in_hypothesis == 0 || in_reference == 0) continue;
    precision += statistics[3 * n + 2] / in_hypothesis;
    recall += statistics[3 * n + 2] / in_reference;
    ++orders;
  }
  ChrfScore chrf;
  if (orders == 0 || precision + recall == 0) return chrf;
  precision /= orders;
  recall /= orders;
  chrf.precision = 100 * precision;
  chrf.recall = 100 * recall;
  chrf.score = 100 * (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
  return chrf;
}

double ChrfMetric::Value(std::span<const double> statistics) const {
  return Score(statistics).score;
}

MetricDetails ChrfMetric::Details(std::span<const double> statistics) const {
  const ChrfScore chrf = Score(statistics);
  return {{"precision", chrf.precision}, {"recall", chrf.recall}};
}

std::string ChrfMetric::Signature(size_t references) const {
  return MetricSignature(references, options_.lowercase, "eff:yes|nc:6|nw:0|space:no");
}

}  // namespace atento
