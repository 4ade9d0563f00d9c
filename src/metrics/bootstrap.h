// Bootstrap resampling (Koehn 2004, "Statistical Significance Tests for Machine Translation
// Evaluation"): how far a metric would wander if other lines of the same kind had been drawn, and
// whether one system is better than another on more than this draw.
//
// A sample has as many lines as the corpus, drawn from it with replacement; the metric's value is
// that of their summed statistics. The interval holds 95 % of the samples' values: a fortieth of
// them lies below it, a fortieth above. Two systems are measured on the same samples. p is the share
// of the samples in which the difference is 0 or has another sign than on the whole corpus, with
// one such sample added, (k + 1) / (samples + 1), so that it is never 0; 1 if there is no difference.
#ifndef ATENTO_METRICS_BOOTSTRAP_H_
#define ATENTO_METRICS_BOOTSTRAP_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/metrics.h"

namespace atento {

struct BootstrapOptions {
  int samples = 1000;  // at least 1
  int64_t seed = 1;
};

struct Interval {
  double low = 0;
  double high = 0;
};

struct BootstrapComparison {
  MetricResult baseline;
  Interval baseline_interval;
  double difference = 0;  // from the baseline
  Interval difference_interval;
  double p_value = 1;
};

struct BootstrapResult {
  MetricResult result;
  Interval interval;
  std::optional<BootstrapComparison> comparison;
};

// The metrics in the order of ExpandMetricNames(names). baseline: another system's hypotheses for the
// same lines; none: no comparison. The same seed gives the same samples, whatever the metrics.
// Cost: samples · lines · statistics, of each metric and system. Throws as EvaluateCorpus does.
std::vector<BootstrapResult> Bootstrap(std::span<const std::string> names,
                                       const MetricCorpus& corpus,
                                       std::span<const std::string> baseline,
                                       const MetricOptions& options,
                                       const BootstrapOptions& bootstrap = {});

}  // namespace atento

#endif  // ATENTO_METRICS_BOOTSTRAP_H_
