// How well sentences are shortened by leaving words out (Filippova+ 2015).
//   kept-f1      per line P = shared / kept, R = shared / to be kept, F1 = 2 P R / (P + R); averaged
//                over the lines. Kept are the tokens of the hypothesis, to be kept those of the
//                reference, shared those of both, as often as in both. A word that is not in the
//                source is a wrong one kept. Nothing kept and nothing to be kept: 1; one of the
//                two: 0. Of several references the line's best one counts.
//   compression  tokens of the hypotheses / tokens of the source lines, over the corpus, in percent.
//                Neither more nor less is better as such.
// The tokens are what stands between white space, as given.
#ifndef ATENTO_METRICS_COMPRESSION_H_
#define ATENTO_METRICS_COMPRESSION_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "metrics/corpus_metric.h"
#include "metrics/rouge.h"

namespace atento {

// But for lines without tokens it is ROUGE-1; the statistics are the same.
class KeptF1Metric : public RougeMetric {
 public:
  explicit KeptF1Metric(const MetricOptions& options) : RougeMetric(RougeKind::k1, options) {}

  std::string_view name() const override { return "kept-f1"; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
};

// Statistics: tokens of the hypothesis, of the source.
class CompressionMetric : public CorpusMetric {
 public:
  explicit CompressionMetric(const MetricOptions& options) : options_(options) {}

  std::string_view name() const override { return "compression"; }
  size_t statistics_size() const override { return 2; }
  bool needs_source() const override { return true; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  // 0 if the source has no tokens.
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

 private:
  MetricOptions options_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_COMPRESSION_H_
