#include "metrics/bleu.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "atento/error.h"

namespace atento {
namespace {

TokenUnit UnitOfTokenizer(const std::string& name) {
  if (name == "13a") return TokenUnit::k13a;
  if (name == "char") return TokenUnit::kCharacters;
  if (name == "none") return TokenUnit::kWords;
  throw Error(ErrorKind::kUsage,
              "unknown BLEU tokenizer '" + name + "'; the tokenizers are 13a, char, none");
}

size_t ClosestLength(size_t length, std::span<const std::vector<uint32_t>> references) {
  auto distance = [length](size_t other) {
    return other > length ? other - length : length - other;
  };
  size_t closest = references[0].size();
  for (const std::vector<uint32_t>& reference : references) {
    size_t size = reference.size();
    if (distance(size) < distance(closest) ||
        (distance(size) == distance(closest) && size < closest)) {
      closest = size;
    }
  }
  return closest;
}

}  // namespace

BleuMetric::BleuMetric(const MetricOptions& options, const BleuVariant& variant)
    : options_(options),
      variant_(variant),
      tokens_(UnitOfTokenizer(options.bleu_tokenizer), options.lowercase) {}

void BleuMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  tokens_.Encode(line.hypothesis, line.references);
  const size_t length = tokens_.hypothesis().size();
  statistics[0] = static_cast<double>(length);
  statistics[1] = static_cast<double>(ClosestLength(length, tokens_.references()));
  matcher_.Match(tokens_.hypothesis(), tokens_.references(), statistics.subspan(2, variant_.order));
  for (size_t n = 1; n <= variant_.order; ++n) {
    statistics[1 + variant_.order + n] = static_cast<double>(NgramCount(length, n));
  }
}

BleuScore BleuMetric::Score(std::span<const double> statistics) const {
  const size_t order = variant_.order;
  BleuScore bleu;
  bleu.hypothesis_length = statistics[0];
  bleu.reference_length = statistics[1];
  bool any_match = false;
  for (size_t n = 0; n < order; ++n) {
    bleu.matches[n] = statistics[2 + n];
    bleu.totals[n] = statistics[2 + order + n];
    any_match |= bleu.matches[n] > 0;
  }
  if (bleu.hypothesis_length >= bleu.reference_length) {
    bleu.brevity_penalty = 1;
  } else if (bleu.hypothesis_length > 0) {
    bleu.brevity_penalty = std::exp(1 - bleu.reference_length / bleu.hypothesis_length);
  }
  if (!any_match) return bleu;

  double smoothing = 1;
  double log_precisions = 0;
  for (size_t n = 0; n < order; ++n) {
    // An order that has no n-grams has precision 0, and so has the mean.
    if (bleu.totals[n] == 0) return bleu;
    double matches = bleu.matches[n];
    if (matches == 0) {
      if (variant_.smoothing == BleuSmoothing::kNone) return bleu;
      smoothing *= 2;
      matches = 1 / smoothing;
    }
    bleu.precisions[n] = 100 * matches / bleu.totals[n];
    log_precisions += std::log(bleu.precisions[n]);
  }
  bleu.score = bleu.brevity_penalty * std::exp(log_precisions / static_cast<double>(order));
  return bleu;
}

double BleuMetric::Value(std::span<const double> statistics) const {
  return Score(statistics).score;
}

MetricDetails BleuMetric::Details(std::span<const double> statistics) const {
  const BleuScore bleu = Score(statistics);
  MetricDetails details;
  for (size_t n = 0; n < variant_.order; ++n) {
    details.emplace_back("precision_" + std::to_string(n + 1), bleu.precisions[n]);
  }
  details.emplace_back("brevity_penalty", bleu.brevity_penalty);
  details.emplace_back("hypothesis_length", bleu.hypothesis_length);
  details.emplace_back("reference_length", bleu.reference_length);
  return details;
}

std::string BleuMetric::Signature(size_t references) const {
  return MetricSignature(
      references, options_.lowercase,
      "eff:no|tok:" + options_.bleu_tokenizer +
          (variant_.smoothing == BleuSmoothing::kExp ? "|smooth:exp" : "|smooth:none"));
}

}  // namespace atento
