// ROUGE F1 (Lin 2004), averaged over the lines:
//   rouge1, rouge2  n-grams shared by hypothesis and reference
//   rougel          the longest common subsequence, over the whole line
//   P = shared / in the hypothesis    R = shared / in the reference    F1 = 2 P R / (P + R)
// The tokens are what stands between white space, as given: no stemming, no stop words, case kept
// unless options.lowercase. (The Python package rouge-score lowercases and drops all but a-z and
// 0-9, which leaves nothing of most languages.) A line where either side has no n-gram scores 0. Of
// several references the line's best one counts.
#ifndef ATENTO_METRICS_ROUGE_H_
#define ATENTO_METRICS_ROUGE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/corpus_metric.h"
#include "metrics/ngrams.h"
#include "metrics/tokens.h"

namespace atento {

enum class RougeKind { k1, k2, kL };

// Statistics: sums of the lines' F1, precision and recall (0..1), lines.
class RougeMetric : public CorpusMetric {
 public:
  RougeMetric(RougeKind kind, const MetricOptions& options)
      : kind_(kind), options_(options), tokens_(TokenUnit::kWords, options.lowercase) {}

  std::string_view name() const override;
  size_t statistics_size() const override { return 4; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

 private:
  double Shared(std::span<const std::vector<uint32_t>> reference);

  RougeKind kind_;
  MetricOptions options_;
  LineTokens tokens_;
  NgramMatcher matcher_;
  std::vector<uint32_t> subsequence_;  // a row of the LCS table
};

}  // namespace atento

#endif  // ATENTO_METRICS_ROUGE_H_
