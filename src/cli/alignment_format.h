// How word alignments are written, by atento translate and atento align.
#ifndef ATENTO_CLI_ALIGNMENT_FORMAT_H_
#define ATENTO_CLI_ALIGNMENT_FORMAT_H_

#include <string>

#include "atento/translator.h"
#include "base/json.h"
#include "metrics/alignment.h"

namespace atento {

Links LinksOf(const Alignment& alignment);
// [[source, target], …]
Json LinksJson(const Links& links);

// The weights, with four decimals: "0.9000,0.1000 0.2000,0.8000", source words between commas,
// target words between spaces.
std::string WeightsText(const Alignment& alignment);
// A row per target word; none if there are no weights.
Json WeightsJson(const Alignment& alignment);

}  // namespace atento

#endif  // ATENTO_CLI_ALIGNMENT_FORMAT_H_
