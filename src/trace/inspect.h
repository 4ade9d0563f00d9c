// One sentence through a model, row by row, and a copy of everything that its caches hold.
#ifndef ATENTO_TRACE_INSPECT_H_
#define ATENTO_TRACE_INSPECT_H_

#include <span>
#include <vector>

#include "atento/trace.h"
#include "model/model.h"
#include "search/search_threads.h"
#include "text/copies.h"

namespace atento {

struct InspectOptions {
  TraceOptions trace;
  // Replaces the weights of attention in one step; null: in none.
  const AlphaOverride* alpha = nullptr;
  int forced = 0;  // the first symbols that were given
  // Of the source, if the model copies; null otherwise.
  const SourceCopies* copies = nullptr;
  const FeatureSet* features = nullptr;  // as ModelPass::features
};

// source: ids without </s>, and not more than location attention has scores for (checked).
// target: ids with </s>, those that each step chose. Fills trace->encoder, attention, start and
// steps.  Cost: a decoder step of one row for each target symbol.
void Inspect(const Model& model, const std::vector<int>& source, std::span<const int> target,
             const InspectOptions& options, SearchArenas& arenas, Trace* trace);

}  // namespace atento

#endif  // ATENTO_TRACE_INSPECT_H_
