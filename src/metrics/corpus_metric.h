// What every corpus metric is: numbers per line that add up, and a value computed from their sum.
//
// The value of a corpus, of a part of it (lines of one length) and of a bootstrap sample differ
// only in which lines are summed. A metric that needs the whole corpus before the first line, such
// as CIDEr with its document frequencies, is shown it first; they then hold for every part of it.
#ifndef ATENTO_METRICS_CORPUS_METRIC_H_
#define ATENTO_METRICS_CORPUS_METRIC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atento {

struct MetricOptions {
  // How BLEU splits lines: "13a", "char" or "none", as sacreBLEU names them. No other metric reads
  // it.
  std::string bleu_tokenizer = "13a";
  // Compare in lower case (sacreBLEU's case:lc); all metrics.
  bool lowercase = false;
};

using MetricDetails = std::vector<std::pair<std::string, double>>;

// The lines of one reference set; line i belongs to hypothesis i.
using ReferenceSet = std::vector<std::string>;

// What a corpus is measured on. Nothing is owned.
struct MetricCorpus {
  std::span<const std::string> hypotheses;
  std::span<const ReferenceSet> references;
  // What was translated, line by line; empty if no metric asks for it.
  std::span<const std::string> source = {};
  // How many references line i has: those of the first sets. Empty: one of each set.
  std::span<const int64_t> reference_counts = {};
};

// Those of line `line`.
void ReferencesOfLine(const MetricCorpus& corpus, size_t line,
                      std::vector<std::string_view>* references);

struct MetricLine {
  std::string_view hypothesis;
  std::span<const std::string_view> references;  // at least one
  std::string_view source = {};
};

// Threads: one object belongs to one thread, as LineStatistics keeps scratch space.
class CorpusMetric {
 public:
  virtual ~CorpusMetric() = default;

  virtual std::string_view name() const = 0;
  virtual size_t statistics_size() const = 0;
  virtual bool needs_source() const { return false; }

  // Called once, before the first line of this corpus.
  virtual void ReadCorpus(const MetricCorpus& /*corpus*/) {}
  // Writes the line's statistics_size() statistics.
  // Errors: none; invalid UTF-8 is compared as it is or as U+FFFD.
  virtual void LineStatistics(const MetricLine& line, std::span<double> statistics) = 0;

  // The value in percent. statistics: the sum over any lines.
  virtual double Value(std::span<const double> statistics) const = 0;
  // What the value is made of, by name, in a fixed order.
  virtual MetricDetails Details(std::span<const double> statistics) const = 0;
  // How the value was computed, in sacreBLEU's form: "nrefs:1|case:mixed|...|version:atento-0.1".
  // references: of each line; 0 if their number varies ("nrefs:var").
  virtual std::string Signature(size_t references) const = 0;
};

// The frame all signatures share; `settings` is the part between case and version
// ("eff:no|tok:13a").
std::string MetricSignature(size_t references, bool lowercase, std::string_view settings);

}  // namespace atento

#endif  // ATENTO_METRICS_CORPUS_METRIC_H_
