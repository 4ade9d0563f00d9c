#include "trace/word_matrix.h"

#include "atento/error.h"
#include "base/check.h"

namespace atento {
namespace {

void RequireAttention(const Trace& trace) {
  if (trace.model.attends) return;
  throw Error(ErrorKind::kData,
              "the model has no attention to show; train one with --attention dot, general or "
              "additive");
}

}  // namespace

WordMatrix WordMatrixOf(const Trace& trace) {
  RequireAttention(trace);
  CHECK(trace.alignment.weights.size() == trace.source.words.size() * trace.target.words.size());
  return {trace.source.text, trace.target.text, trace.source.words, trace.target.words,
          trace.alignment.weights};
}

WordMatrix TokenMatrixOf(const Trace& trace) {
  RequireAttention(trace);
  CHECK(trace.steps.size() == trace.target.tokens.size());
  WordMatrix matrix{
      trace.source.text, trace.target.text, trace.source.tokens, trace.target.tokens, {}};
  for (const TraceStep& step : trace.steps) {
    const TraceVector& weights = step.attention->weights;
    matrix.weights.insert(matrix.weights.end(), weights.begin(), weights.end());
  }
  return matrix;
}

}  // namespace atento
