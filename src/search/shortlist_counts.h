// How a shortlist is learned: a model is made to produce given translations, and what its attention
// looks at is counted.
#ifndef ATENTO_SEARCH_SHORTLIST_COUNTS_H_
#define ATENTO_SEARCH_SHORTLIST_COUNTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "search/ensemble.h"
#include "search/search_threads.h"
#include "search/shortlist.h"

namespace atento {

// For each pair of a source and a target symbol, the sum of the weights that the one had in the
// steps that predict the other.
class ShortlistCounts {
 public:
  // models must outlive this. Throws Error{kUsage} unless one of them has attention.
  explicit ShortlistCounts(Ensemble models);

  // Throws as ForceDecodeLines. The order of calls and pairs decides the last bits of the sums,
  // threads do not.
  void Add(std::span<const std::string> sources, std::span<const std::string> targets,
           SearchThreads& threads);

  // The `best` target symbols of each source symbol, by their counts, and the `frequent` most
  // frequent ones of all; ties: the smaller id. With a joint vocabulary a symbol is in its own
  // list, so that it can be copied. best, frequent: not negative.
  Shortlist Make(int best, int frequent) const;

 private:
  Ensemble models_;
  std::vector<std::unordered_map<int, double>> weights_;  // [V_s] by target symbol
  std::vector<double> occurrences_;                       // [V_t]
};

}  // namespace atento

#endif  // ATENTO_SEARCH_SHORTLIST_COUNTS_H_
