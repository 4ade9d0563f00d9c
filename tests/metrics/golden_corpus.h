// The corpora of tests/golden/metrics, with what sacreBLEU says of them, and shorthand for the
// tests.
#ifndef ATENTO_TESTS_METRICS_GOLDEN_CORPUS_H_
#define ATENTO_TESTS_METRICS_GOLDEN_CORPUS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "metrics/metrics.h"

namespace atento {

struct GoldenCorpus {
  std::vector<std::string> hypotheses;
  std::vector<ReferenceSet> references;  // two
  Json results;                          // an array, one per setting
};

const std::vector<std::string>& GoldenNames();
GoldenCorpus ReadGoldenCorpus(const std::string& name);
Json ReadGoldenJson(const std::string& name);

// The one result of one metric; the first references are also the source.
MetricResult Evaluate(const std::string& metric, const std::vector<std::string>& hypotheses,
                      const std::vector<ReferenceSet>& references,
                      const MetricOptions& options = {});
// Throws std::out_of_range if the result has no such detail.
double Detail(const MetricResult& result, std::string_view name);

}  // namespace atento

#endif  // ATENTO_TESTS_METRICS_GOLDEN_CORPUS_H_
