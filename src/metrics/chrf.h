// chrF2 (Popović 2015), number for number as sacreBLEU 2 computes it by default:
//   chrF = (1 + β²) · P · R / (β² · P + R), β = 2; P, R: n-gram precision and recall averaged over
//   n = 1..6, of characters without white space, over the orders that both sides are long enough
//   for.
// Of several references the line's best one counts, the first of equally good ones.
#ifndef ATENTO_METRICS_CHRF_H_
#define ATENTO_METRICS_CHRF_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "metrics/corpus_metric.h"
#include "metrics/ngrams.h"
#include "metrics/tokens.h"

namespace atento {

inline constexpr size_t kChrfOrder = 6;

struct ChrfScore {
  double score = 0;      // percent
  double precision = 0;  // percent, averaged over the orders
  double recall = 0;
};

// Statistics: for n = 1..6 the n-grams of the hypothesis, those of the reference, and the matches.
class ChrfMetric : public CorpusMetric {
 public:
  explicit ChrfMetric(const MetricOptions& options)
      : options_(options), tokens_(TokenUnit::kCharacters, options.lowercase) {}

  std::string_view name() const override { return "chrf"; }
  size_t statistics_size() const override { return 3 * kChrfOrder; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

  static ChrfScore Score(std::span<const double> statistics);

 private:
  MetricOptions options_;
  LineTokens tokens_;
  NgramMatcher matcher_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_CHRF_H_
