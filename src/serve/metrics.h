// What the server counts, in the text format of Prometheus (version 0.0.4).
#ifndef ATENTO_SERVE_METRICS_H_
#define ATENTO_SERVE_METRICS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace atento {

enum class Metric {
  kRequests,
  kRequestSeconds,
  kConnections,
  kConnectionsTotal,
  kConnectionsRefused,
  kQueueSentences,
  kBatches,
  kBatchSentences,
  kSentences,
  kSourceTokens,
  kTruncatedSentences,
  kCancelledSentences,
  kTranslateSeconds,
  kTraces,
  kBuildInfo,
};

enum class MetricType { kCounter, kGauge, kHistogram };

struct MetricInfo {
  const char* name;
  MetricType type;
  const char* help;
  std::vector<double> buckets;  // of a histogram: upper bounds, rising
};
// In the order of Metric.
std::span<const MetricInfo> AllMetrics();

// labels: "" or `name="value",…`, with a value from a small fixed set: each makes a time series.
// Thread-safe.
class Metrics {
 public:
  Metrics() : families_(AllMetrics().size()) {}

  // Of a counter, or of a gauge, where it may be negative.
  void Add(Metric metric, double amount = 1, const std::string& labels = "");
  void Observe(Metric histogram, double value, const std::string& labels = "");
  // The value of a counter or gauge, the number of observations of a histogram; 0 if there is none.
  double Value(Metric metric, const std::string& labels = "") const;

  std::string Text() const;

 private:
  struct Series {
    double value = 0;  // of a histogram: the sum
    uint64_t count = 0;
    std::vector<uint64_t> buckets;
  };

  mutable std::mutex mutex_;
  std::vector<std::map<std::string, Series>> families_;  // by Metric, then by labels
};

}  // namespace atento

#endif  // ATENTO_SERVE_METRICS_H_
