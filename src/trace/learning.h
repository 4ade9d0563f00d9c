// How a model learned to align: what its training wrote into its directory for the page's view
// Learning.
#ifndef ATENTO_TRACE_LEARNING_H_
#define ATENTO_TRACE_LEARNING_H_

#include <string>

namespace atento {

// {"probes": [the files of probes/, by step], "metrics": [the lines of metrics.jsonl]}: JSON on one
// line (docs/trace.md). Empty if no probes were traced. What is damaged is left out with a warning.
// Throws Error{kIo}.
std::string LearningToJson(const std::string& directory);

}  // namespace atento

#endif  // ATENTO_TRACE_LEARNING_H_
