#include "metrics/corpus_metric.h"

namespace atento {

std::string MetricSignature(size_t references, bool lowercase, std::string_view settings) {
  std::string signature = "nrefs:" + std::to_string(references);
  signature += lowercase ? "|case:lc" : "|case:mixed";
  if (!settings.empty()) signature.append("|").append(settings);
  return signature + "|version:atento-" ATENTO_METRICS_VERSION;
}

}  // namespace atento
