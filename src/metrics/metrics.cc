#include "metrics/metrics.h"

#include <algorithm>

#include "atento/error.h"
#include "base/check.h"
#include "metrics/bleu.h"
#include "metrics/chrf.h"
#include "metrics/cider.h"
#include "metrics/compression.h"
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
template <CiderKind kKind>
Made MakeCider(const Options& options) {
  return std::make_unique<CiderMetric>(kKind, options);
}
template <size_t kOrder>
Made MakeCaptionBleu(const Options& options) {
  static constexpr std::string_view kNames[] = {"bleu1", "bleu2", "bleu3", "bleu4"};
  return std::make_unique<BleuMetric>(
      options, BleuVariant{kNames[kOrder - 1], kOrder, BleuSmoothing::kNone});
}
template <class Metric>
Made MakePlain(const Options& options) {
  return std::make_unique<Metric>(options);
}

constexpr MetricEntry kMetrics[] = {
    {"bleu", true, MakePlain<BleuMetric>},
    {"bleu1", true, MakeCaptionBleu<1>},
    {"bleu2", true, MakeCaptionBleu<2>},
    {"bleu3", true, MakeCaptionBleu<3>},
    {"bleu4", true, MakeCaptionBleu<4>},
    {"chrf", true, MakePlain<ChrfMetric>},
    {"cider", true, MakeCider<CiderKind::kPlain>},
    {"cider-d", true, MakeCider<CiderKind::kD>},
    {"wer", false, MakeErrorRate<ErrorRateKind::kWord>},
    {"cer", false, MakeErrorRate<ErrorRateKind::kCharacter>},
    {"per", false, MakeErrorRate<ErrorRateKind::kPhone>},
    {"exact", true, MakePlain<ExactMatchMetric>},
    {"rouge", true, nullptr},  // stands for the three that follow
    {"rouge1", true, MakeRouge<RougeKind::k1>},
    {"rouge2", true, MakeRouge<RougeKind::k2>},
    {"rougel", true, MakeRouge<RougeKind::kL>},
    {"kept-f1", true, MakePlain<KeptF1Metric>},
    {"compression", false, MakePlain<CompressionMetric>},  // neither direction is better
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

void CheckCorpus(const CorpusMetric& metric, const MetricCorpus& corpus) {
  const auto [hypotheses, references, source, counts] = corpus;
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
  if (source.empty() && metric.needs_source()) {
    throw Error(ErrorKind::kUsage,
                std::string(metric.name()) + " needs the source; give what was translated");
  }
  if (!source.empty() && source.size() != hypotheses.size()) {
    throw Error(ErrorKind::kData, "the source has " + CountLines(source.size()) +
                                      ", but there are " + CountLines(hypotheses.size()) +
                                      " of hypotheses; line n of each must belong together");
  }
  CHECK(counts.empty() || counts.size() == hypotheses.size(), "a count for each line");
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

std::vector<std::string> ParseMetricList(std::string_view text) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) names.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return ExpandMetricNames(names);
}

bool LargerIsBetter(std::string_view name) { return FindMetric(name).larger_is_better; }

std::unique_ptr<CorpusMetric> MakeMetric(std::string_view name, const MetricOptions& options) {
  const MetricEntry& entry = FindMetric(name);
  if (entry.make == nullptr) {
    throw Error(ErrorKind::kUsage, "'rouge' is three metrics; name one: rouge1, rouge2, rougel");
  }
  return entry.make(options);
}

LineStatisticsTable::LineStatisticsTable(CorpusMetric* metric, const MetricCorpus& corpus)
    : lines_(corpus.hypotheses.size()), size_(metric->statistics_size()) {
  CheckCorpus(*metric, corpus);
  metric->ReadCorpus(corpus);
  values_.resize(lines_ * size_);
  std::vector<std::string_view> references;
  for (size_t i = 0; i < lines_; ++i) {
    ReferencesOfLine(corpus, i, &references);
    const MetricLine line = {corpus.hypotheses[i], references,
                             corpus.source.empty() ? std::string_view() : corpus.source[i]};
    metric->LineStatistics(line, std::span(values_).subspan(i * size_, size_));
  }
}

std::vector<double> LineStatisticsTable::Sum() const {
  std::vector<double> sum(size_);
  for (size_t i = 0; i < values_.size(); ++i) sum[i % size_] += values_[i];
  return sum;
}

std::vector<double> LineStatisticsTable::Sum(std::span<const size_t> lines) const {
  std::vector<double> sum(size_);
  for (size_t line : lines) {
    const std::span<const double> statistics = Line(line);
    for (size_t i = 0; i < size_; ++i) sum[i] += statistics[i];
  }
  return sum;
}

std::vector<MetricResult> EvaluateCorpus(std::span<const std::string> names,
                                         const MetricCorpus& corpus, const MetricOptions& options) {
  std::vector<std::unique_ptr<CorpusMetric>> metrics;
  for (const std::string& name : ExpandMetricNames(names)) {
    metrics.push_back(MakeMetric(name, options));
  }
  std::vector<MetricResult> results;
  for (const auto& metric : metrics) {
    results.push_back(ResultOf(*metric, corpus, LineStatisticsTable(metric.get(), corpus).Sum()));
  }
  return results;
}

MetricResult ResultOf(const CorpusMetric& metric, const MetricCorpus& corpus,
                      std::span<const double> sum) {
  const bool varies = !corpus.reference_counts.empty();
  return {std::string(metric.name()), metric.Value(sum), metric.Details(sum),
          metric.Signature(varies ? 0 : corpus.references.size())};
}

}  // namespace atento
