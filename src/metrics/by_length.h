// Metrics of the sentences of like length: how quality falls as sentences grow.
#ifndef ATENTO_METRICS_BY_LENGTH_H_
#define ATENTO_METRICS_BY_LENGTH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/metrics.h"

namespace atento {

// Sentences of first to last words.
struct LengthBin {
  int64_t first = 0;
  std::optional<int64_t> last;  // nothing: the bin is open, all longer sentences are in it
  std::vector<size_t> lines;    // of the corpus, from 0

  // "6-10", "31+", "7"; dash: what stands between the two.
  std::string Name(std::string_view dash = "-") const;
};

struct LengthBinOptions {
  int width = 5;  // words per bin
  // The last bin is joined with the one before it until it has as many.
  size_t least_sentences = 10;
};

// Bins of 1 to width words, width + 1 to 2 width and so on, from that of the shortest sentence to
// that of the longest; one between others may be empty. If any were joined, the last bin is open.
// Sentences without words are in the first bin, which then starts at 0. lengths: words of each
// line; none: no bins.
std::vector<LengthBin> BinByLength(std::span<const int64_t> lengths,
                                   const LengthBinOptions& options = {});

struct MetricByLength {
  MetricResult all;                         // of the whole corpus
  std::vector<std::optional<double>> bins;  // nothing for a bin without lines
};

// The metrics in the order of ExpandMetricNames(names). Throws as EvaluateCorpus does.
std::vector<MetricByLength> EvaluateByLength(std::span<const std::string> names,
                                             const MetricCorpus& corpus,
                                             std::span<const LengthBin> bins,
                                             const MetricOptions& options = {});

}  // namespace atento

#endif  // ATENTO_METRICS_BY_LENGTH_H_
