// The search options that requests may set, as SearchOptions declares them.
#ifndef ATENTO_SERVE_SEARCH_FIELDS_H_
#define ATENTO_SERVE_SEARCH_FIELDS_H_

#include <array>
#include <string_view>
#include <utility>

#include "atento/options.h"

namespace atento {

// Flags, and what they are called in JSON.
inline constexpr std::array<std::pair<std::string_view, const char*>, 11> kSearchFields = {
    {{"beam", "beam"},
     {"n-best", "n_best"},
     {"length-penalty", "length_penalty"},
     {"max-length-ratio", "max_length_ratio"},
     {"max-length", "max_length"},
     {"min-length-ratio", "min_length_ratio"},
     {"min-length", "min_length"},
     {"block-ngrams", "block_ngrams"},
     {"replace-unknown", "replace_unknown"},
     {"sample", "sample"},
     {"seed", "seed"}}};

// Calls visit(name, field, range, help) for each of them. search: SearchOptions, or const.
template <class Search, class Visitor>
void ForEachSearchField(Search& search, Visitor&& visit) {
  SearchOptions::ForEach(
      search, [&](std::string_view flag, auto& field, const Range& range, const char* help) {
        for (const auto& [known, name] : kSearchFields) {
          if (known == flag) visit(name, field, range, help);
        }
      });
}

}  // namespace atento

#endif  // ATENTO_SERVE_SEARCH_FIELDS_H_
