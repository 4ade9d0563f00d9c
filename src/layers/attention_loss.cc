#include "layers/attention_loss.h"

#include <algorithm>
#include <cmath>

namespace atento {
namespace {

// −ln of it is the most that a link can cost.
constexpr Real kSmallestAlpha = Real{1e-9};

double GuidedLoss(const AttentionLossOptions& options, const RowLinks& links, Matrix alpha,
                  Matrix d_alpha) {
  double loss = 0;
  for (int n = 0; n < alpha.rows; ++n) {
    const auto row = static_cast<size_t>(n);
    const auto begin = static_cast<size_t>(links.offset[row]);
    const std::span<const int> positions =
        links.positions.subspan(begin, static_cast<size_t>(links.offset[row + 1]) - begin);
    if (positions.empty()) continue;
    const Real A = Real{1} / static_cast<Real>(positions.size());
    for (int j : positions) {
      const Real value = std::max(alpha(n, j), kSmallestAlpha);
      loss -= double{A} * std::log(double{value});
      d_alpha(n, j) -= options.guided_weight * options.gradient_scale * A / value;
    }
  }
  return loss;
}

double CoverageLoss(const AttentionLossOptions& options, const AttentionCache& cache,
                    Matrix d_alpha, Matrix d_coverage) {
  const Real gradient = options.coverage_weight * options.gradient_scale;
  double loss = 0;
  for (int n = 0; n < cache.alpha.rows; ++n) {
    for (int j = 0; j < cache.alpha.cols; ++j) {
      const Real alpha = cache.alpha(n, j), kappa = cache.coverage(n, j);
      loss += double{std::min(alpha, kappa)};
      (alpha < kappa ? d_alpha : d_coverage)(n, j) += gradient;
    }
  }
  return loss;
}

}  // namespace

AttentionLossSums AttentionLoss(const AttentionLossOptions& options, const RowLinks& links,
                                const AttentionCache& cache, Matrix d_alpha, Matrix d_coverage) {
  AttentionLossSums sums;
  Fill(d_alpha, 0);
  if (options.guided_weight > 0 && !links.offset.empty()) {
    sums.guided = GuidedLoss(options, links, cache.alpha, d_alpha);
  }
  if (options.coverage_weight > 0) {
    Fill(d_coverage, 0);
    sums.coverage = CoverageLoss(options, cache, d_alpha, d_coverage);
  }
  return sums;
}

}  // namespace atento
