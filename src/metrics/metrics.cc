#include "metrics/metrics.h"

#include <algorithm>

#include "atento/error.h"
#include "metrics/bleu.h"
#include "metrics/chrf.h"
#include "metrics/error_rate.h"
#include "metrics/rouge.h"

namespace atento {
namespace {

using Options = MetricOptions;
using Made = std::unique_ptr<CorpusMetric>;

struct MetricEntry {
  std::string_view name;
  bool larger_is_better;
  Made (*make)(const Options& options);
};

template <ErrorRateKind kKind>
Made MakeErrorRate(const Options& options) {
  return std::make_unique<ErrorRateMetric>(kKind, options);
}
template <RougeKind kKind>
Made MakeRouge(const Options& options) {
  return std::make_unique<RougeMetric>(kKind, options);
}
template <class Metric>
Made MakePlain(const Options& options) {
  return std::make_unique<Metric>(options);
}

constexpr MetricEntry kMetrics[] = {
    {"bleu", true, MakePlain<BleuMetric>},
    {"chrf", true, MakePlain<ChrfMetric>},
    {"wer", false, MakeErrorRate<ErrorRateKind::kWord>},
    {"cer", false, MakeErrorRate<ErrorRateKind::kCharacter>},
    {"per", false, MakeErrorRate<ErrorRateKind::kPhone>},
    {"exact", true, MakePlain<ExactMatchMetric>},
    {"rouge", true, nullptr},  // stands for the three that follow
    {"rouge1", true, MakeRouge<RougeKind::k1>},
    {"rouge2", true, MakeRouge<RougeKind::k2>},
    {"rougel", true, MakeRouge<RougeKind::kL>},
};

const MetricEntry& FindMetric(std::string_view name) {
  for (const MetricEntry& entry : kMetrics) {
    if (entry.name == name) return entry;
  }
  std::string known;
  for (const MetricEntry& entry : kMetrics) {
    known.append(known.empty() ? "" : ", ").append(entry.name);
  }
  throw Error(ErrorKind::kUsage,
              "unknown metric '" + std::string(name) + "'; the metrics are " + known);
}

std::string CountLines(size_t lines) {
  return std::to_string(lines) + (lines == 1 ? " line" : " lines");
}

void CheckCorpus(std::span<const std::string> hypotheses,
                 std::span<const ReferenceSet> references) {
  if (references.empty()) {
    throw Error(ErrorKind::kUsage, "no reference to evaluate against; give at least one");
  }
  for (size_t r = 0; r < references.size(); ++r) {
    if (references[r].size() == hypotheses.size()) continue;
    throw Error(ErrorKind::kData, "reference " + std::to_string(r + 1) + " has " +
                                      CountLines(references[r].size()) + ", but there are " +
                                      CountLines(hypotheses.size()) +
                                      " of hypotheses; line n of each must belong together");
  }
  if (hypotheses.empty()) {
    throw Error(ErrorKind::kData,
                "nothing to evaluate: the hypothesis and the reference have no lines");
  }
}

}  // namespace

std::vector<std::string> MetricNames() {
  std::vector<std::string> names;
  for (const MetricEntry& entry : kMetrics) names.emplace_back(entry.name);
  return names;
}

std::vector<std::string> ExpandMetricNames(std::span<const std::string> names) {
  std::vector<std::string> expanded;
  auto add = [&](std::string_view name) {
    if (std::find(expanded.begin(), expanded.end(), name) == expanded.end()) {
      expanded.emplace_back(name);
    }
  };
  for (const std::string& name : names) {
    if (FindMetric(name).make != nullptr) {
      add(name);
    } else {
      for (std::string_view part : {"rouge1", "rouge2", "rougel"}) add(part);
    }
  }
  return expanded;
}

bool LargerIsBetter(std::string_view name) { return FindMetric(name).larger_is_better; }

std::unique_ptr<CorpusMetric> MakeMetric(std::string_view name, const MetricOptions& options) {
  const MetricEntry& entry = FindMetric(name);
  if (entry.make == nullptr) {
    throw Error(ErrorKind::kUsage, "'rouge' is three metrics; name one: rouge1, rouge2, rougel");
  }
  return entry.make(options);
}

LineStatisticsTable::LineStatisticsTable(CorpusMetric* metric,
                                         std::span<const std::string> hypotheses,
                                         std::span<const ReferenceSet> references)
    : lines_(hypotheses.size()), size_(metric->statistics_size()) {
  CheckCorpus(hypotheses, references);
  values_.resize(lines_ * size_);
  std::vector<std::string_view> line_references(references.size());
  for (size_t i = 0; i < lines_; ++i) {
    for (size_t r = 0; r < references.size(); ++r) line_references[r] = references[r][i];
    metric->LineStatistics(hypotheses[i], line_references,
                           std::span(values_).subspan(i * size_, size_));
  }
}

std::vector<double> LineStatisticsTable::Sum() const {
  std::vector<double> sum(size_);
  for (size_t i = 0; i < values_.size(); ++i) sum[i % size_] += values_[i];
  return sum;
}

std::vector<MetricResult> EvaluateCorpus(std::span<const std::string> names,
                                         std::span<const std::string> hypotheses,
                                         std::span<const ReferenceSet> references,
                                         const MetricOptions& options) {
  std::vector<std::unique_ptr<CorpusMetric>> metrics;
  for (const std::string& name : ExpandMetricNames(names)) {
    metrics.push_back(MakeMetric(name, options));
  }
  std::vector<MetricResult> results;
  for (const auto& metric : metrics) {
    const std::vector<double> sum = LineStatisticsTable(metric.get(), hypotheses, references).Sum();
    results.push_back({std::string(metric->name()), metric->Value(sum), metric->Details(sum),
                       metric->Signature(references.size())});
  }
  return results;
}

}  // namespace atento
