// atento evaluate --bootstrap: intervals of the metrics, and a comparison with a baseline.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "cli/evaluate.h"
#include "metrics/bootstrap.h"

namespace atento {
namespace {

std::string Between(const Interval& interval) {
  return fmt::format("{:.2f} to {:.2f}", interval.low, interval.high);
}

Json ToJson(const Interval& interval) {
  Json json{Json::Array{}};
  json.Append(interval.low);
  json.Append(interval.high);
  return json;
}

std::string Table(const std::vector<BootstrapResult>& results) {
  size_t width = std::string_view("metric").size();
  for (const BootstrapResult& result : results) width = std::max(width, result.result.name.size());
  const bool compared = results[0].comparison.has_value();
  std::string text = fmt::format("{:<{}}  {:>7}  {:>18}", "metric", width, "value", "95 %");
  if (compared) {
    text += fmt::format("  {:>8}  {:>10}  {:>16}  {:>6}", "baseline", "difference", "95 %", "p");
  }
  text += "  signature\n";
  for (const BootstrapResult& result : results) {
    text += fmt::format("{:<{}}  {:>7.2f}  {:>18}", result.result.name, width, result.result.value,
                        Between(result.interval));
    if (compared) {
      const BootstrapComparison& comparison = *result.comparison;
      text += fmt::format("  {:>8.2f}  {:>10.2f}  {:>16}  {:>6.4f}", comparison.baseline.value,
                          comparison.difference, Between(comparison.difference_interval),
                          comparison.p_value);
    }
    text += "  " + result.result.signature + "\n";
  }
  return text;
}

std::string JsonText(const std::vector<BootstrapResult>& results) {
  Json json{Json::Array{}};
  for (const BootstrapResult& result : results) {
    Json one = MetricToJson(result.result);
    one.Set("interval", ToJson(result.interval));
    if (result.comparison) {
      const BootstrapComparison& comparison = *result.comparison;
      one.Set(
          "baseline",
          MetricToJson(comparison.baseline).Set("interval", ToJson(comparison.baseline_interval)));
      one.Set("difference", comparison.difference);
      one.Set("difference_interval", ToJson(comparison.difference_interval));
      one.Set("p", comparison.p_value);
    }
    json.Append(std::move(one));
  }
  return json.Dump(2) + "\n";
}

}  // namespace

std::string EvaluateBootstrap(const EvaluateOptions& options, const MetricCorpus& corpus,
                              const NamedLines& hypotheses) {
  NamedLines baseline;
  if (!options.baseline.empty()) {
    baseline = ReadNamedLines(options.baseline, options.strict);
    CheckSameCount(hypotheses, baseline);
  }
  const auto results = Bootstrap(options.metric_names(), corpus, baseline.lines,
                                 options.metric_options(), {options.bootstrap.value, options.seed});
  return options.json ? JsonText(results) : Table(results);
}

}  // namespace atento
