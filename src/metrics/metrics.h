// The front door: metrics by name, of a corpus of hypotheses and its references.
//
// A new metric is a CorpusMetric and one line in the table of metrics.cc.
#ifndef ATENTO_METRICS_METRICS_H_
#define ATENTO_METRICS_METRICS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/corpus_metric.h"

namespace atento {

struct MetricResult {
  std::string name;
  double value = 0;  // percent
  MetricDetails details;
  std::string signature;
};

// All names that the functions below accept.
std::vector<std::string> MetricNames();

// The names with "rouge" replaced by rouge1, rouge2, rougel; one given twice is kept once.
// Throws Error{kUsage} for an unknown name, with the known ones.
std::vector<std::string> ExpandMetricNames(std::span<const std::string> names);

// "bleu,chrf" → the names, expanded; "" → none.
std::vector<std::string> ParseMetricList(std::string_view text);

// For early stopping. Throws Error{kUsage} for an unknown name.
bool LargerIsBetter(std::string_view name);

// Throws Error{kUsage} for an unknown name (or "rouge", which is three metrics) or option.
std::unique_ptr<CorpusMetric> MakeMetric(std::string_view name, const MetricOptions& options = {});

// The statistics of every line, kept apart: any subset of lines can be summed and given to
// CorpusMetric::Value.
class LineStatisticsTable {
 public:
  // Throws as EvaluateCorpus does.
  LineStatisticsTable(CorpusMetric* metric, const MetricCorpus& corpus);

  size_t lines() const { return lines_; }
  std::span<const double> Line(size_t line) const {
    return std::span(values_).subspan(line * size_, size_);
  }
  // Over all lines.
  std::vector<double> Sum() const;
  // Over some lines; one may be there more than once.
  std::vector<double> Sum(std::span<const size_t> lines) const;

 private:
  size_t lines_;
  size_t size_;
  std::vector<double> values_;  // [lines, size]
};

// The metrics in the order of ExpandMetricNames(names). Cost: linear in the text, but for rougel
// and the error rates, which compare each line with its reference symbol by symbol.
// Throws Error{kUsage}: an unknown name or option, no reference set, no source for a metric that
// needs it.
// Throws Error{kData}: no lines, or references or a source of another number of lines (both are
// named).
std::vector<MetricResult> EvaluateCorpus(std::span<const std::string> names,
                                         const MetricCorpus& corpus,
                                         const MetricOptions& options = {});

// The result of a metric for the sum of a table's lines.
MetricResult ResultOf(const CorpusMetric& metric, const MetricCorpus& corpus,
                      std::span<const double> sum);

}  // namespace atento

#endif  // ATENTO_METRICS_METRICS_H_
