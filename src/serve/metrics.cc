#include "serve/metrics.h"

#include <fmt/format.h>

#include "base/check.h"

namespace atento {
namespace {

const std::vector<double> kSecondsBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                             0.5,   1,      2.5,   5,    10,    30,   60};
const std::vector<double> kSentencesBuckets = {1, 2, 4, 8, 16, 32, 64, 128, 256};

const std::vector<MetricInfo>& Infos() {
  static const auto* const infos = new std::vector<MetricInfo>{
      {"atento_http_requests_total", MetricType::kCounter, "Requests answered.", {}},
      {"atento_http_request_seconds", MetricType::kHistogram,
       "Time from a whole request to its answer.", kSecondsBuckets},
      {"atento_http_connections", MetricType::kGauge, "Connections that are open.", {}},
      {"atento_http_connections_total", MetricType::kCounter, "Connections accepted.", {}},
      {"atento_http_connections_refused_total",
       MetricType::kCounter,
       "Connections beyond --max-connections.",
       {}},
      {"atento_queue_sentences", MetricType::kGauge, "Sentences that wait.", {}},
      {"atento_batches_total", MetricType::kCounter, "Batches translated.", {}},
      {"atento_batch_sentences", MetricType::kHistogram, "Sentences of a batch.",
       kSentencesBuckets},
      {"atento_sentences_total", MetricType::kCounter, "Sentences translated.", {}},
      {"atento_source_tokens_total", MetricType::kCounter, "Source tokens translated.", {}},
      {"atento_truncated_sentences_total",
       MetricType::kCounter,
       "Sentences with more tokens than the model reads.",
       {}},
      {"atento_cancelled_sentences_total",
       MetricType::kCounter,
       "Sentences dropped because nobody waited for them any more.",
       {}},
      {"atento_translate_seconds_total",
       MetricType::kCounter,
       "Time that compute threads spent on batches.",
       {}},
      {"atento_traces_total", MetricType::kCounter, "Traces made.", {}},
      {"atento_build_info", MetricType::kGauge, "The version, as a label.", {}},
  };
  return *infos;
}

const MetricInfo& Info(Metric metric) { return Infos()[static_cast<size_t>(metric)]; }

const char* TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    default:
      return "histogram";
  }
}

// name, name{labels}, name{labels,more}: whatever there is.
std::string SeriesName(const std::string& name, const std::string& labels,
                       const std::string& more = "") {
  if (labels.empty() && more.empty()) return name;
  return name + "{" + labels + (labels.empty() || more.empty() ? "" : ",") + more + "}";
}

}  // namespace

std::span<const MetricInfo> AllMetrics() { return Infos(); }

void Metrics::Add(Metric metric, double amount, const std::string& labels) {
  CHECK(Info(metric).type != MetricType::kHistogram);
  std::lock_guard lock(mutex_);
  families_[static_cast<size_t>(metric)][labels].value += amount;
}

void Metrics::Observe(Metric histogram, double value, const std::string& labels) {
  const std::vector<double>& bounds = Info(histogram).buckets;
  CHECK(!bounds.empty());
  std::lock_guard lock(mutex_);
  Series& series = families_[static_cast<size_t>(histogram)][labels];
  series.buckets.resize(bounds.size());
  series.value += value;
  ++series.count;
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (value <= bounds[i]) {
      ++series.buckets[i];
      break;
    }
  }
}

double Metrics::Value(Metric metric, const std::string& labels) const {
  std::lock_guard lock(mutex_);
  const auto& family = families_[static_cast<size_t>(metric)];
  const auto found = family.find(labels);
  if (found == family.end()) return 0;
  const bool histogram = Info(metric).type == MetricType::kHistogram;
  return histogram ? static_cast<double>(found->second.count) : found->second.value;
}

std::string Metrics::Text() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (size_t m = 0; m < families_.size(); ++m) {
    const MetricInfo& info = Infos()[m];
    const std::string name = info.name;
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, info.help, TypeName(info.type));
    for (const auto& [labels, series] : families_[m]) {
      if (info.type != MetricType::kHistogram) {
        text += fmt::format("{} {}\n", SeriesName(name, labels), series.value);
        continue;
      }
      uint64_t sum = 0;
      for (size_t i = 0; i < info.buckets.size(); ++i) {
        sum += series.buckets[i];
        const std::string le = fmt::format("le=\"{}\"", info.buckets[i]);
        text += fmt::format("{} {}\n", SeriesName(name + "_bucket", labels, le), sum);
      }
      text +=
          fmt::format("{} {}\n", SeriesName(name + "_bucket", labels, "le=\"+Inf\""), series.count);
      text += fmt::format("{} {}\n", SeriesName(name + "_sum", labels), series.value);
      text += fmt::format("{} {}\n", SeriesName(name + "_count", labels), series.count);
    }
  }
  return text;
}

}  // namespace atento
