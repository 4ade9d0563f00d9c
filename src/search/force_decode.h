// How probable given targets are: the decoder fed with the right symbols.
#ifndef ATENTO_SEARCH_FORCE_DECODE_H_
#define ATENTO_SEARCH_FORCE_DECODE_H_

#include <span>
#include <vector>

#include "search/beam_search.h"
#include "text/batch.h"

namespace atento {

struct ForcedPair {
  double log_prob = 0;       // ln p(target | source), </s> counted
  std::vector<float> alpha;  // as Hypothesis::alpha
};

struct ForceDecodeOptions {
  bool posterior = false;  // alpha is the models' PosteriorAttention
  // What the sources are rows of, or null, as BeamRequest::features; then no source is empty.
  const FeatureSet* features = nullptr;
};

// pairs: one batch; at least one (checked). Either side of a pair may be empty. Returns one result
// per pair, in their order.
std::vector<ForcedPair> ForceDecodePairs(Ensemble models, std::span<const TokenPair> pairs,
                                         SearchArenas& arenas,
                                         const ForceDecodeOptions& options = {});

}  // namespace atento

#endif  // ATENTO_SEARCH_FORCE_DECODE_H_
