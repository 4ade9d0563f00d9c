#include "metrics/by_length.h"

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace atento {
std::string LengthBin::Name(std::string_view dash) const {
  const std::string from = std::to_string(first);
  if (!last) return from + "+";
  return *last == first ? from : from + std::string(dash) + std::to_string(*last);
}

std::vector<LengthBin> BinByLength(std::span<const int64_t> lengths,
                                   const LengthBinOptions& options) {
  CHECK(options.width >= 1, "a bin has at least one length");
  if (lengths.empty()) return {};
  const int64_t width = options.width;
  auto bin_of = [&](int64_t words) { return std::max<int64_t>(words - 1, 0) / width; };
  std::vector<int64_t> sorted(lengths.begin(), lengths.end());
  std::sort(sorted.begin(), sorted.end());
  // The last bin is that of the sentence which makes it large enough, counted from the longest.
  const size_t needed = std::clamp<size_t>(options.least_sentences, 1, sorted.size());
  const int64_t last_bin = bin_of(sorted[sorted.size() - needed]);
  const int64_t first_bin = bin_of(sorted.front());
  std::vector<LengthBin> bins;
  for (int64_t bin = first_bin; bin <= last_bin; ++bin) {
    bins.push_back({bin * width + 1, (bin + 1) * width, {}});
  }
  for (size_t line = 0; line < lengths.size(); ++line) {
    const int64_t bin = std::min(bin_of(lengths[line]), last_bin);
    bins[static_cast<size_t>(bin - first_bin)].lines.push_back(line);
  }
  if (sorted.front() == 0) bins.front().first = 0;
  if (bin_of(sorted.back()) > last_bin) bins.back().last.reset();
  return bins;
}

std::vector<MetricByLength> EvaluateByLength(std::span<const std::string> names,
                                             const MetricCorpus& corpus,
                                             std::span<const LengthBin> bins,
                                             const MetricOptions& options) {
  std::vector<MetricByLength> results;
  for (const std::string& name : ExpandMetricNames(names)) {
    const std::unique_ptr<CorpusMetric> metric = MakeMetric(name, options);
    const LineStatisticsTable table(metric.get(), corpus);
    MetricByLength& result = results.emplace_back();
    result.all = ResultOf(*metric, corpus, table.Sum());
    for (const LengthBin& bin : bins) {
      if (bin.lines.empty()) {
        result.bins.emplace_back();
      } else {
        result.bins.emplace_back(metric->Value(table.Sum(bin.lines)));
      }
    }
  }
  return results;
}

}  // namespace atento
