// Error rates and exact match.
//   error rate = Σ over lines of edits / Σ over lines of the reference's symbols, in percent
// where edits is the Levenshtein distance of hypothesis and reference. It exceeds 100 if the
// hypotheses are much too long; if there are no reference symbols at all it is 0 without edits and
// 100 with any. The symbols are what differs:
//   wer  words: what stands between white space
//   cer  Unicode code points of the line, white space counted
//   per  phones or other symbols written between white space ("HH AH L OW"): the same computation
//        as wer, under the name that work on pronunciation uses
//   exact  the share of lines that equal a reference byte for byte; larger is better
// Papers on grapheme-to-phoneme conversion call 100 - exact "WER", as a line there is a word.
// Of several references the closest counts: fewest edits, on a tie the longer reference.
#ifndef ATENTO_METRICS_ERROR_RATE_H_
#define ATENTO_METRICS_ERROR_RATE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "metrics/corpus_metric.h"
#include "metrics/edit_distance.h"
#include "metrics/tokens.h"

namespace atento {

enum class ErrorRateKind { kWord, kCharacter, kPhone };

// Statistics: edits, symbols of the reference.
class ErrorRateMetric : public CorpusMetric {
 public:
  ErrorRateMetric(ErrorRateKind kind, const MetricOptions& options);

  std::string_view name() const override;
  size_t statistics_size() const override { return 2; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

 private:
  ErrorRateKind kind_;
  MetricOptions options_;
  LineTokens tokens_;
  EditDistance distance_;
};

// Statistics: lines that equal a reference, lines.
class ExactMatchMetric : public CorpusMetric {
 public:
  explicit ExactMatchMetric(const MetricOptions& options) : options_(options) {}

  std::string_view name() const override { return "exact"; }
  size_t statistics_size() const override { return 2; }
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

 private:
  MetricOptions options_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_ERROR_RATE_H_
