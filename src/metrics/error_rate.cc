#include "metrics/error_rate.h"

#include <cstdint>
#include <vector>

#include "metrics/lowercase.h"

namespace atento {

ErrorRateMetric::ErrorRateMetric(ErrorRateKind kind, const MetricOptions& options)
    : kind_(kind),
      options_(options),
      tokens_(kind == ErrorRateKind::kCharacter ? TokenUnit::kCodePoints : TokenUnit::kWords,
              options.lowercase) {}

std::string_view ErrorRateMetric::name() const {
  switch (kind_) {
    case ErrorRateKind::kCharacter:
      return "cer";
    case ErrorRateKind::kPhone:
      return "per";
    case ErrorRateKind::kWord:
      break;
  }
  return "wer";
}

void ErrorRateMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  tokens_.Encode(line.hypothesis, line.references);
  int64_t fewest = -1;
  size_t length = 0;
  for (const std::vector<uint32_t>& reference : tokens_.references()) {
    const int64_t edits = distance_.Distance(tokens_.hypothesis(), reference);
    if (fewest < 0 || edits < fewest || (edits == fewest && reference.size() > length)) {
      fewest = edits;
      length = reference.size();
    }
  }
  statistics[0] = static_cast<double>(fewest);
  statistics[1] = static_cast<double>(length);
}

double ErrorRateMetric::Value(std::span<const double> statistics) const {
  if (statistics[1] > 0) return 100 * statistics[0] / statistics[1];
  return statistics[0] > 0 ? 100 : 0;
}

MetricDetails ErrorRateMetric::Details(std::span<const double> statistics) const {
  return {{"edits", statistics[0]}, {"reference_length", statistics[1]}};
}

std::string ErrorRateMetric::Signature(size_t references) const {
  std::string_view unit = kind_ == ErrorRateKind::kCharacter ? "tok:codepoints" : "tok:none";
  return MetricSignature(references, options_.lowercase, unit);
}

void ExactMatchMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  auto equal = [&](std::string_view reference) {
    if (!options_.lowercase) return line.hypothesis == reference;
    return ToLowercase(line.hypothesis) == ToLowercase(reference);
  };
  statistics[0] = 0;
  for (std::string_view reference : line.references) {
    if (equal(reference)) statistics[0] = 1;
  }
  statistics[1] = 1;
}

double ExactMatchMetric::Value(std::span<const double> statistics) const {
  return statistics[1] > 0 ? 100 * statistics[0] / statistics[1] : 0;
}

MetricDetails ExactMatchMetric::Details(std::span<const double> statistics) const {
  return {{"matches", statistics[0]}, {"lines", statistics[1]}};
}

std::string ExactMatchMetric::Signature(size_t references) const {
  return MetricSignature(references, options_.lowercase, "");
}

}  // namespace atento
