#include "metrics/corpus_metric.h"

namespace atento {

void ReferencesOfLine(const MetricCorpus& corpus, size_t line,
                      std::vector<std::string_view>* references) {
  const size_t count = corpus.reference_counts.empty()
                           ? corpus.references.size()
                           : static_cast<size_t>(corpus.reference_counts[line]);
  references->clear();
  for (size_t r = 0; r < count; ++r) references->push_back(corpus.references[r][line]);
}

std::string MetricSignature(size_t references, bool lowercase, std::string_view settings) {
  std::string signature = "nrefs:" + (references == 0 ? "var" : std::to_string(references));
  signature += lowercase ? "|case:lc" : "|case:mixed";
  if (!settings.empty()) signature.append("|").append(settings);
  return signature + "|version:atento-" ATENTO_METRICS_VERSION;
}

}  // namespace atento
