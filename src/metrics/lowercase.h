// Lower case for all of Unicode, for metrics that are told to ignore case.
#ifndef ATENTO_METRICS_LOWERCASE_H_
#define ATENTO_METRICS_LOWERCASE_H_

#include <string>
#include <string_view>

namespace atento {

// As Python's str.lower(), which sacreBLEU applies: the full mapping of Unicode 14, where a capital
// sigma at the end of a word becomes ς. Invalid UTF-8 becomes U+FFFD. Does not depend on the
// locale.
std::string ToLowercase(std::string_view text);

}  // namespace atento

#endif  // ATENTO_METRICS_LOWERCASE_H_
