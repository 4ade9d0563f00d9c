#include "trace/word_matrix.h"

#include "atento/error.h"
#include "base/check.h"

namespace atento {

WordMatrix WordMatrixOf(const Trace& trace) {
  if (!trace.model.attends) {
    throw Error(ErrorKind::kData,
                "the model has no attention to show; train one with --attention dot, general or "
                "additive");
  }
  CHECK(trace.alignment.weights.size() == trace.source.words.size() * trace.target.words.size());
  return {trace.source.text, trace.target.text, trace.source.words, trace.target.words,
          trace.alignment.weights};
}

}  // namespace atento
