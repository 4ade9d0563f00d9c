#include "metrics/bootstrap.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "base/check.h"
#include "base/random.h"

namespace atento {
namespace {

constexpr size_t kTails = 40;  // of the samples one in so many is below the interval

// The lines of one sample.
void DrawLines(const BootstrapOptions& options, int sample, std::span<size_t> lines) {
  Random random(RandomKey(static_cast<uint64_t>(options.seed), sample));
  for (size_t& line : lines) line = random.Below(lines.size());
}

Interval IntervalOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t outside = values.size() / kTails;
  return {values[outside], values[values.size() - 1 - outside]};
}

double PValue(double difference, std::span<const double> of_samples) {
  if (difference == 0) return 1;
  const auto others = std::count_if(
      of_samples.begin(), of_samples.end(),
      [difference](double of_sample) { return difference > 0 ? of_sample <= 0 : of_sample >= 0; });
  return static_cast<double>(others + 1) / static_cast<double>(of_samples.size() + 1);
}

// A system measured by one metric.
class Measured {
 public:
  Measured(CorpusMetric* metric, const MetricCorpus& corpus)
      : metric_(metric), table_(metric, corpus), result_(ResultOf(*metric, corpus, table_.Sum())) {}

  void AddSample(std::span<const size_t> lines) {
    values_.push_back(metric_->Value(table_.Sum(lines)));
  }
  const MetricResult& result() const { return result_; }
  const std::vector<double>& values() const { return values_; }  // of the samples

 private:
  const CorpusMetric* metric_;
  LineStatisticsTable table_;
  MetricResult result_;
  std::vector<double> values_;
};

BootstrapComparison Compare(const Measured& system, const Measured& baseline) {
  std::vector<double> differences;
  for (size_t i = 0; i < system.values().size(); ++i) {
    differences.push_back(system.values()[i] - baseline.values()[i]);
  }
  BootstrapComparison comparison;
  comparison.baseline = baseline.result();
  comparison.baseline_interval = IntervalOf(baseline.values());
  comparison.difference = system.result().value - baseline.result().value;
  comparison.difference_interval = IntervalOf(differences);
  comparison.p_value = PValue(comparison.difference, differences);
  return comparison;
}

}  // namespace

std::vector<BootstrapResult> Bootstrap(std::span<const std::string> names,
                                       const MetricCorpus& corpus,
                                       std::span<const std::string> baseline,
                                       const MetricOptions& options,
                                       const BootstrapOptions& bootstrap) {
  CHECK(bootstrap.samples >= 1, "an interval of samples");
  MetricCorpus other = corpus;
  other.hypotheses = baseline;
  std::vector<std::unique_ptr<CorpusMetric>> metrics;
  std::vector<Measured> systems, baselines;
  for (const std::string& name : ExpandMetricNames(names)) {
    metrics.push_back(MakeMetric(name, options));
    systems.emplace_back(metrics.back().get(), corpus);
    if (!baseline.empty()) baselines.emplace_back(metrics.back().get(), other);
  }
  std::vector<size_t> lines(corpus.hypotheses.size());
  for (int sample = 0; sample < bootstrap.samples; ++sample) {
    DrawLines(bootstrap, sample, lines);
    for (Measured& system : systems) system.AddSample(lines);
    for (Measured& system : baselines) system.AddSample(lines);
  }
  std::vector<BootstrapResult> results;
  for (size_t m = 0; m < systems.size(); ++m) {
    results.push_back({systems[m].result(), IntervalOf(systems[m].values()), std::nullopt});
    if (!baseline.empty()) results.back().comparison = Compare(systems[m], baselines[m]);
  }
  return results;
}

}  // namespace atento
