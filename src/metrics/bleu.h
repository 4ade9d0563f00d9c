// BLEU (Papineni+ 2002), number for number as sacreBLEU 2 computes it (Post 2018,
// arXiv:1804.08771):
//   BLEU = BP · exp(1/4 Σ_{n=1..4} log p_n)      p_n = matched / all n-grams of the hypothesis
//   BP = 1 if hypothesis length >= reference length, else exp(1 - reference / hypothesis length)
// A match counts at most as often as it occurs in any one reference; the reference length of a line
// is the closest to the hypothesis' (on a tie the shorter). Smoothing "exp" (NIST): the k-th order
// without a match gets p_n = 1 / (2^k · all n-grams). Without any match BLEU is 0.
//
// bleu1 to bleu4 are what the literature on captions reports: n-grams up to N, the mean of 1/N,
// and no smoothing, so that one order without a match makes the whole 0.
#ifndef ATENTO_METRICS_BLEU_H_
#define ATENTO_METRICS_BLEU_H_

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "metrics/corpus_metric.h"
#include "metrics/ngrams.h"
#include "metrics/tokens.h"

namespace atento {

inline constexpr size_t kBleuOrder = 4;

enum class BleuSmoothing { kExp, kNone };

struct BleuVariant {
  std::string_view name = "bleu";
  size_t order = kBleuOrder;  // 1 to kBleuOrder
  BleuSmoothing smoothing = BleuSmoothing::kExp;
};

struct BleuScore {
  double score = 0;  // percent
  // Percent, smoothed; index n-1, 0 above the order.
  std::array<double, kBleuOrder> precisions = {};
  std::array<double, kBleuOrder> matches = {};
  std::array<double, kBleuOrder> totals = {};
  double brevity_penalty = 0;
  double hypothesis_length = 0;  // tokens
  double reference_length = 0;   // tokens
};

// Statistics: hypothesis length, reference length, matches of order 1..N, totals of order 1..N.
class BleuMetric : public CorpusMetric {
 public:
  // Throws Error{kUsage} for an unknown tokenizer, with the known ones.
  explicit BleuMetric(const MetricOptions& options, const BleuVariant& variant = {});

  std::string_view name() const override { return variant_.name; }
  size_t statistics_size() const override { return 2 + 2 * variant_.order; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

  BleuScore Score(std::span<const double> statistics) const;

 private:
  MetricOptions options_;
  BleuVariant variant_;
  LineTokens tokens_;
  NgramMatcher matcher_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_BLEU_H_
