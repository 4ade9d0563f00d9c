// CIDEr and CIDEr-D (Vedantam+ 2015, arXiv:1411.5726), the second as the COCO caption evaluation
// computes it from the same tokens. Of a caption c with the references s_1..s_m, over n = 1..4:
//   CIDEr   = 10/4 Σ_n 1/m Σ_j  g_n(c)·g_n(s_j) / (|g_n(c)| |g_n(s_j)|)
//   CIDEr-D = 10/4 Σ_n 1/m Σ_j  exp(-(l(c) - l(s_j))² / 2σ²)
//                               min(g_n(c), g_n(s_j))·g_n(s_j) / (|g_n(c)| |g_n(s_j)|),   σ = 6
//   g_n(c)_w = (times the n-gram w is in c) · (log of all lines - log max(1, df(w)))
// df(w): the lines of the corpus of which some reference has w; so no line can be judged without
// the whole corpus. l(c): bigrams of c, one less than its tokens.
//
// What the COCO code and papers call CIDEr is CIDEr-D. The mean over the lines, in percent as
// papers print it: 113.5 is what that code, which writes BLEU as 0.3, writes as 1.135; the largest
// value is 1000.
// Tokens are what stands between white space, as given: no stemming, case kept unless
// options.lowercase. The COCO code lowercases and drops punctuation first (PTBTokenizer).
#ifndef ATENTO_METRICS_CIDER_H_
#define ATENTO_METRICS_CIDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metrics/corpus_metric.h"
#include "metrics/tokens.h"

namespace atento {

inline constexpr size_t kCiderOrder = 4;

enum class CiderKind { kPlain, kD };

// Statistics: the sum of the lines' values (0..10), lines.
class CiderMetric : public CorpusMetric {
 public:
  CiderMetric(CiderKind kind, const MetricOptions& options)
      : kind_(kind), options_(options), tokens_(TokenUnit::kWords, options.lowercase) {}

  std::string_view name() const override { return kind_ == CiderKind::kD ? "cider-d" : "cider"; }
  size_t statistics_size() const override { return 2; }
  // Counts the document frequencies. Memory: some 50 bytes for each distinct n-gram.
  void ReadCorpus(const MetricCorpus& corpus) override;
  void LineStatistics(const MetricLine& line, std::span<double> statistics) override;
  double Value(std::span<const double> statistics) const override;
  MetricDetails Details(std::span<const double> statistics) const override;
  std::string Signature(size_t references) const override;

 private:
  // The tf-idf weights of a caption's n-grams, by their numbers, in order.
  struct Vector {
    std::array<std::vector<std::pair<uint32_t, double>>, kCiderOrder> weights;
    std::array<double, kCiderOrder> norms = {};
    double bigrams = 0;
  };

  // Numbers of the n-grams, sorted, one for each occurrence; [n - 1].
  using Occurrences = std::array<std::vector<uint32_t>, kCiderOrder>;
  void NumberNgrams(std::span<const uint32_t> tokens, Occurrences* occurrences);
  void Weigh(std::span<const uint32_t> tokens, Vector* vector);
  double Similarity(const Vector& hypothesis, const Vector& reference) const;

  CiderKind kind_;
  MetricOptions options_;
  LineTokens tokens_;
  // (number of the first n-1 tokens, last token) to the number of the n-gram, from 1.
  std::unordered_map<uint64_t, uint32_t> numbers_;
  std::vector<uint32_t> document_frequency_;  // by n-gram
  double log_lines_ = 0;
  Vector hypothesis_, reference_;
  Occurrences occurrences_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_CIDER_H_
