#include "layers/attention_loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "math/kernels.h"

namespace atento {
namespace {

// −ln of it is the most that a link can cost. So small, because a link to where α is smaller pulls
// the less, and a model to be guided may be sure of another.
constexpr Real kSmallestAlpha = Real{1e-30};

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

AttentionLossSums& AttentionLossSums::operator+=(const AttentionLossSums& other) {
  guided += other.guided;
  coverage += other.coverage;
  doubly_stochastic += other.doubly_stochastic;
  return *this;
}

double DoublyStochasticLoss(const AttentionSentences& sentences, Real scale, ConstMatrix alpha,
                            Matrix d_alpha) {
  const SequenceLayout& target = sentences.target;
  double loss = 0;
  std::vector<Real> missing;
  for (int b = 0; b < target.batch(); ++b) {
    const int positions = sentences.source.length(sentences.column[static_cast<size_t>(b)]);
    // 1 − Σ_i α_ij
    missing.assign(static_cast<size_t>(positions), Real{1});
    for (int t = 0; t < target.length(b); ++t) {
      AddScaled(-1, alpha.RowSpan(target.Row(t, b)).first(missing.size()), missing);
    }
    loss += double{SumOfSquares(missing)};
    for (int t = 0; t < target.length(b); ++t) {
      AddScaled(-2 * scale, missing, d_alpha.RowSpan(target.Row(t, b)).first(missing.size()));
    }
  }
  return loss;
}

AttentionLossSums AttentionLoss(const AttentionLossOptions& options, const RowLinks& links,
                                const AttentionCache& cache, Matrix d_alpha, Matrix d_coverage) {
  AttentionLossSums sums;
  Fill(d_alpha, 0);
  if (!links.offset.empty()) sums.guided = GuidedLoss(options, links, cache.alpha, d_alpha);
  if (options.coverage_weight > 0) {
    Fill(d_coverage, 0);
    sums.coverage = CoverageLoss(options, cache, d_alpha, d_coverage);
  }
  return sums;
}

}  // namespace atento
