#include "metrics/cider.h"

#include <algorithm>
#include <cmath>

#include "metrics/ngrams.h"

namespace atento {
namespace {

constexpr double kSigma = 6;
constexpr double kScale = 10;

}  // namespace

void CiderMetric::NumberNgrams(std::span<const uint32_t> tokens, Occurrences* occurrences) {
  std::vector<uint32_t> prefix(tokens.size(), 0);
  for (size_t n = 1; n <= kCiderOrder; ++n) {
    std::vector<uint32_t>& of_order = (*occurrences)[n - 1];
    of_order.clear();
    for (size_t i = 0; i < NgramCount(tokens.size(), n); ++i) {
      const uint64_t key = uint64_t{prefix[i]} << 32 | tokens[i + n - 1];
      const auto next = static_cast<uint32_t>(numbers_.size() + 1);
      prefix[i] = numbers_.emplace(key, next).first->second;
      of_order.push_back(prefix[i]);
    }
    std::sort(of_order.begin(), of_order.end());
  }
  document_frequency_.resize(numbers_.size() + 1);
}

void CiderMetric::ReadCorpus(const MetricCorpus& corpus) {
  std::fill(document_frequency_.begin(), document_frequency_.end(), 0u);
  std::vector<std::string_view> references;
  std::vector<uint32_t> of_line;
  for (size_t line = 0; line < corpus.hypotheses.size(); ++line) {
    ReferencesOfLine(corpus, line, &references);
    tokens_.Encode("", references);
    of_line.clear();
    for (const std::vector<uint32_t>& reference : tokens_.references()) {
      NumberNgrams(reference, &occurrences_);
      for (const auto& order : occurrences_) {
        of_line.insert(of_line.end(), order.begin(), order.end());
      }
    }
    std::sort(of_line.begin(), of_line.end());
    of_line.erase(std::unique(of_line.begin(), of_line.end()), of_line.end());
    for (uint32_t ngram : of_line) ++document_frequency_[ngram];
  }
  log_lines_ = std::log(static_cast<double>(corpus.hypotheses.size()));
}

void CiderMetric::Weigh(std::span<const uint32_t> tokens, Vector* vector) {
  NumberNgrams(tokens, &occurrences_);
  for (size_t n = 0; n < kCiderOrder; ++n) {
    const std::vector<uint32_t>& ngrams = occurrences_[n];
    auto& weights = vector->weights[n];
    weights.clear();
    double squares = 0;
    for (size_t i = 0; i < ngrams.size();) {
      const size_t first = i;
      while (i < ngrams.size() && ngrams[i] == ngrams[first]) ++i;
      const auto frequency = static_cast<double>(document_frequency_[ngrams[first]]);
      const double weight =
          static_cast<double>(i - first) * (log_lines_ - std::log(std::max(1.0, frequency)));
      weights.emplace_back(ngrams[first], weight);
      squares += weight * weight;
    }
    vector->norms[n] = std::sqrt(squares);
  }
  vector->bigrams = static_cast<double>(occurrences_[1].size());
}

double CiderMetric::Similarity(const Vector& hypothesis, const Vector& reference) const {
  const bool clipped = kind_ == CiderKind::kD;
  double similarity = 0;
  for (size_t n = 0; n < kCiderOrder; ++n) {
    if (hypothesis.norms[n] == 0 || reference.norms[n] == 0) continue;
    double product = 0;
    auto other = reference.weights[n].begin();
    for (const auto& [ngram, weight] : hypothesis.weights[n]) {
      while (other != reference.weights[n].end() && other->first < ngram) ++other;
      if (other == reference.weights[n].end()) break;
      if (other->first != ngram) continue;
      product += (clipped ? std::min(weight, other->second) : weight) * other->second;
    }
    similarity += product / (hypothesis.norms[n] * reference.norms[n]);
  }
  if (!clipped) return similarity;
  const double difference = hypothesis.bigrams - reference.bigrams;
  return similarity * std::exp(-difference * difference / (2 * kSigma * kSigma));
}

void CiderMetric::LineStatistics(const MetricLine& line, std::span<double> statistics) {
  tokens_.Encode(line.hypothesis, line.references);
  Weigh(tokens_.hypothesis(), &hypothesis_);
  double similarity = 0;
  for (const std::vector<uint32_t>& reference : tokens_.references()) {
    Weigh(reference, &reference_);
    similarity += Similarity(hypothesis_, reference_);
  }
  const auto terms = static_cast<double>(kCiderOrder * line.references.size());
  statistics[0] = kScale * similarity / terms;
  statistics[1] = 1;
}

double CiderMetric::Value(std::span<const double> statistics) const {
  return statistics[1] > 0 ? 100 * statistics[0] / statistics[1] : 0;
}

MetricDetails CiderMetric::Details(std::span<const double> statistics) const {
  return {{"lines", statistics[1]}};
}

std::string CiderMetric::Signature(size_t references) const {
  return MetricSignature(references, options_.lowercase,
                         kind_ == CiderKind::kD ? "tok:none|stem:no|sigma:6" : "tok:none|stem:no");
}

}  // namespace atento
