// A trace of a model that is in memory, as a server has it.
#ifndef ATENTO_TRACE_MAKE_TRACE_H_
#define ATENTO_TRACE_MAKE_TRACE_H_

#include <cstddef>

#include "atento/trace.h"
#include "model/model.h"
#include "search/beam_search.h"
#include "search/search_threads.h"

namespace atento {

// As the public MakeTrace, on one of the threads. longest: the most tokens of a side that is given,
// </s> not counted; a translation that is found may have twice as many and 10. Throws Error{kData}
// beyond that, and only then; and SearchStopped. features: as EncodeSource's (search/translate.h).
Trace MakeTrace(const Model& model, const TraceRequest& request, size_t longest,
                SearchThreads& threads, const StopSearch& stop = {},
                const FeatureSet* features = nullptr);

}  // namespace atento

#endif  // ATENTO_TRACE_MAKE_TRACE_H_
