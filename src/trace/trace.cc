#include "trace/trace.h"

#include <cmath>

#include "atento/error.h"
#include "base/check.h"
#include "base/utf8.h"

namespace atento {

Trace MakeTrace(std::string_view source, std::string_view target, double log_prob,
                const Alignment& alignment) {
  Trace trace;
  trace.source_text = source;
  trace.target_text = target;
  trace.log_prob = log_prob;
  for (std::string_view word : SplitWords(source)) trace.source.emplace_back(word);
  for (std::string_view word : SplitWords(target)) trace.target.emplace_back(word);
  const size_t cells = trace.source.size() * trace.target.size();
  if (alignment.weights.empty() && cells > 0) {
    throw Error(ErrorKind::kData,
                "the model has no attention to show; train one with --attention dot, general or "
                "additive");
  }
  CHECK(alignment.weights.size() == cells, "the alignment is of another pair");
  trace.weights = alignment.weights;
  return trace;
}

Json TraceToJson(const Trace& trace) {
  Json source_words{Json::Array{}}, target_words{Json::Array{}}, weights{Json::Array{}};
  for (const std::string& word : trace.source) source_words.Append(word);
  for (size_t t = 0; t < trace.target.size(); ++t) {
    target_words.Append(trace.target[t]);
    Json row{Json::Array{}};
    for (size_t s = 0; s < trace.source.size(); ++s) {
      row.Append(std::round(static_cast<double>(trace.weight(t, s)) * 1e6) / 1e6);
    }
    weights.Append(std::move(row));
  }
  Json json;
  json.Set("source", trace.source_text).Set("target", trace.target_text);
  json.Set("log_prob", trace.log_prob);
  json.Set("source_words", std::move(source_words)).Set("target_words", std::move(target_words));
  json.Set("weights", std::move(weights));
  return json;
}

}  // namespace atento
