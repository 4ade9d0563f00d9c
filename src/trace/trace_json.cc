// A trace as JSON: docs/trace.md names every key.
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "atento/trace.h"
#include "base/json.h"
#include "base/options.h"

namespace atento {
namespace {

constexpr int kSignificantDigits = 7;

// The double that prints as these digits. Not a number: null.
Json Number(double value) {
  if (!std::isfinite(value)) return {};
  if (value == 0) return 0.0;  // not -0.0
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific,
                                 kSignificantDigits - 1);
  double rounded = 0;
  std::from_chars(text, end.ptr, rounded);
  return rounded;
}

Json NumbersOf(std::span<const float> values) {
  Json::Array array;
  array.reserve(values.size());
  for (float value : values) array.push_back(Number(double{value}));
  return array;
}

Json MatrixOf(const TraceMatrix& matrix) {
  Json::Array rows;
  for (int i = 0; i < matrix.rows; ++i) rows.push_back(NumbersOf(matrix.Row(i)));
  return rows;
}

template <class T>
Json ArrayOf(const std::vector<T>& values) {
  return Json::Array(values.begin(), values.end());
}

// What there is of it.
void SetIfAny(const char* key, const TraceVector& values, Json* json) {
  if (!values.empty()) json->Set(key, NumbersOf(values));
}
void SetIfAny(const char* key, const TraceMatrix& matrix, Json* json) {
  if (!matrix.empty()) json->Set(key, MatrixOf(matrix));
}

Json EmptyObject() { return Json::Object(); }

Json SymbolJson(const TraceSymbol& symbol) {
  Json json;
  json.Set("id", symbol.id).Set("token", symbol.token).Set("log_prob", Number(symbol.log_prob));
  if (!symbol.positions.empty()) {
    json.Set("positions", ArrayOf(symbol.positions)).Set("copied", Number(symbol.copied));
  }
  return json;
}

Json StateJson(const TraceState& state) {
  Json json;
  json.Set("h", NumbersOf(state.h));
  SetIfAny("c", state.c, &json);
  return json;
}

Json AlignmentJson(const Alignment& alignment) {
  const auto width = static_cast<size_t>(alignment.source_words);
  Json::Array weights, links;
  for (int t = 0; t < alignment.target_words; ++t) {
    weights.push_back(
        NumbersOf(std::span(alignment.weights).subspan(static_cast<size_t>(t) * width, width)));
  }
  for (const auto& [source, target] : alignment.links) {
    links.push_back(Json::Array{source, target});
  }
  Json json;
  json.Set("weights", std::move(weights)).Set("links", std::move(links));
  return json;
}

Json ModelJson(const TraceModel& model) {
  Json json;
  json.Set("preset", model.preset);
  json.Set("text", OptionsToJson(model.text)).Set("options", OptionsToJson(model.options));
  json.Set("source_vocabulary", model.source_vocabulary);
  json.Set("target_vocabulary", model.target_vocabulary);
  json.Set("annotation_size", model.annotation_size).Set("attends", model.attends);
  return json;
}

void SetText(const TraceText& side, TraceDetail detail, Json* json) {
  json->Set("text", side.text);
  if (detail == TraceDetail::kWords) {
    json->Set("words", ArrayOf(side.words));
    return;
  }
  json->Set("ids", ArrayOf(side.ids)).Set("tokens", ArrayOf(side.tokens));
  json->Set("words", ArrayOf(side.words)).Set("word_of", ArrayOf(side.word_of));
}

Json SourceJson(const Trace& trace) {
  Json json;
  SetText(trace.source, trace.detail, &json);
  if (trace.source.grid_width > 0) {
    json.Set("grid", Json::Array{trace.source.grid_height, trace.source.grid_width});
  }
  if (!trace.source.picture.empty()) json.Set("picture", trace.source.picture);
  json.Set("truncated", trace.truncated);
  if (!trace.source.copies.empty() && trace.detail != TraceDetail::kWords) {
    json.Set("copies", ArrayOf(trace.source.copies));
  }
  SetIfAny("embeddings", trace.encoder.embeddings, &json);
  return json;
}

Json EncoderJson(const TraceEncoder& encoder) {
  Json::Array layers;
  for (const TraceEncoderLayer& layer : encoder.layers) {
    Json::Array directions;
    for (const TraceEncoderLayer::Network& network : layer.directions) {
      Json direction;
      direction.Set("direction", network.backward ? "backward" : "forward");
      direction.Set("h", MatrixOf(network.h));
      SetIfAny("c", network.c, &direction);
      directions.push_back(std::move(direction));
    }
    Json json;
    json.Set("directions", std::move(directions));
    SetIfAny("outputs", layer.outputs, &json);
    layers.push_back(std::move(json));
  }
  Json json;
  json.Set("layers", std::move(layers)).Set("annotations", MatrixOf(encoder.annotations));
  return json;
}

Json AttentionParamsJson(const TraceAttentionParams& params) {
  Json json = EmptyObject();
  SetIfAny("keys", params.keys, &json);
  SetIfAny("v_a", params.v_a, &json);
  SetIfAny("w_c", params.w_c, &json);
  SetIfAny("v_p", params.v_p, &json);
  return json;
}

Json StartJson(const std::vector<TraceState>& start) {
  Json::Array layers;
  for (const TraceState& state : start) layers.push_back(StateJson(state));
  Json json;
  json.Set("layers", std::move(layers));
  return json;
}

Json LayerJson(const TraceDecoderLayer& layer) {
  Json json = EmptyObject();
  SetIfAny("input", layer.input, &json);
  if (!layer.between.h.empty()) json.Set("between", StateJson(layer.between));
  SetIfAny("h", layer.state.h, &json);
  SetIfAny("c", layer.state.c, &json);
  SetIfAny("output", layer.output, &json);
  return json;
}

Json AttentionJson(const TraceAttention& attention) {
  Json json;
  SetIfAny("query", attention.query, &json);
  SetIfAny("projected", attention.projected, &json);
  Json::Array heads;
  for (const TraceHead& head : attention.heads) {
    Json::Object one{{"scores", NumbersOf(head.scores)}, {"weights", NumbersOf(head.weights)}};
    heads.push_back(std::move(one));
  }
  if (!heads.empty()) json.Set("heads", std::move(heads));
  json.Set("weights", NumbersOf(attention.weights));
  if (attention.replaced) json.Set("replaced", true);
  if (attention.window) {
    Json window;
    window.Set("center", Number(double{attention.window->center}));
    window.Set("first", attention.window->first).Set("last", attention.window->last);
    SetIfAny("gaussian", attention.window->gaussian, &window);
    SetIfAny("hidden", attention.window->hidden, &window);
    json.Set("window", std::move(window));
  }
  SetIfAny("coverage", attention.coverage, &json);
  if (attention.gate) json.Set("gate", Number(double{*attention.gate}));
  SetIfAny("context", attention.context, &json);
  return json;
}

Json StepJson(const TraceStep& step, int number) {
  Json json, input;
  json.Set("step", number).Set("forced", step.forced);
  input.Set("id", step.input_id).Set("token", step.input_token);
  SetIfAny("embedding", step.embedding, &input);
  json.Set("input", std::move(input));
  if (!step.layers.empty()) {
    Json::Array layers;
    for (const TraceDecoderLayer& layer : step.layers) layers.push_back(LayerJson(layer));
    json.Set("layers", std::move(layers));
  }
  if (step.attention) json.Set("attention", AttentionJson(*step.attention));
  if (!step.readout.t.empty()) {
    Json readout;
    readout.Set("state", NumbersOf(step.readout.state));
    SetIfAny("inner", step.readout.inner, &readout);
    json.Set("readout", readout.Set("t", NumbersOf(step.readout.t)));
  }
  if (step.p_gen) json.Set("p_gen", Number(*step.p_gen));
  Json::Array candidates;
  for (const TraceSymbol& symbol : step.candidates) candidates.push_back(SymbolJson(symbol));
  json.Set("candidates", std::move(candidates)).Set("chosen", SymbolJson(step.chosen));
  return json;
}

void AddSteps(std::span<const TraceStep> steps, std::string* text) {
  for (size_t t = 0; t < steps.size(); ++t) {
    *text += (t == 0 ? "[" : ",") + StepJson(steps[t], static_cast<int>(t)).Dump();
  }
  *text += "]";
}

Json TargetJson(const Trace& trace) {
  Json json;
  SetText(trace.target, trace.detail, &json);
  json.Set("prefix_tokens", trace.prefix_tokens).Set("log_prob", Number(trace.log_prob));
  if (trace.search) json.Set("score", Number(trace.score));
  return json;
}

Json SearchJson(const SearchOptions& search, int length_limit) {
  Json json;
  json.Set("beam", search.beam).Set("n_best", search.n_best);
  json.Set("length_penalty", search.length_penalty);
  json.Set("max_length_ratio", search.max_length_ratio).Set("max_length", search.max_length);
  json.Set("min_length_ratio", search.min_length_ratio).Set("min_length", search.min_length);
  json.Set("block_ngrams", search.block_ngrams);
  json.Set("sample", search.sample).Set("seed", search.seed).Set("length_limit", length_limit);
  return json;
}

Json BeamJson(const TraceBeam& beam, bool attends) {
  Json::Array nodes, finished;
  for (const TraceNode& node : beam.nodes) {
    Json json;
    json.Set("id", static_cast<int64_t>(nodes.size()));
    json.Set("parent", node.parent < 0 ? Json() : Json(node.parent)).Set("step", node.step);
    json.Set("token_id", node.id).Set("token", node.token);
    json.Set("log_prob", Number(node.log_prob)).Set("score", Number(node.score));
    nodes.push_back(std::move(json.Set("fate", EnumName(node.fate))));
  }
  for (const TraceHypothesis& hypothesis : beam.finished) {
    Json json;
    json.Set("node", hypothesis.node);
    json.Set("ids", ArrayOf(hypothesis.ids)).Set("tokens", ArrayOf(hypothesis.tokens));
    json.Set("text", hypothesis.text).Set("log_prob", Number(hypothesis.log_prob));
    json.Set("score", Number(hypothesis.score));
    if (attends) json.Set("alignment", AlignmentJson(hypothesis.alignment));
    finished.push_back(std::move(json));
  }
  Json json;
  json.Set("nodes", std::move(nodes)).Set("finished", std::move(finished));
  return json;
}

// An object, a member at a time: the values of a long trace would fill much more memory than their
// text.
class ObjectText {
 public:
  void Add(const char* key, const Json& value) { Text(key) += value.Dump(); }
  // The text of a value.
  std::string& Text(const char* key) {
    text_ += text_.empty() ? "{" : ",";
    return text_ += '"' + std::string(key) + "\":";
  }
  std::string Take() && { return std::move(text_) + "}"; }

 private:
  std::string text_;
};

}  // namespace

std::string TraceToJson(const Trace& trace) {
  ObjectText object;
  object.Add("format", "atento-trace");
  object.Add("version", 1);
  object.Add("detail", EnumName(trace.detail));
  const bool symbols = trace.detail != TraceDetail::kWords;
  if (symbols) object.Add("model", ModelJson(trace.model));
  object.Add("source", SourceJson(trace));
  if (trace.detail == TraceDetail::kVectors) {
    object.Add("encoder", EncoderJson(trace.encoder));
    if (trace.model.attends) object.Add("attention", AttentionParamsJson(trace.attention));
    object.Add("start", StartJson(trace.start));
  }
  if (symbols) AddSteps(trace.steps, &object.Text("steps"));
  object.Add("target", TargetJson(trace));
  if (trace.model.attends) object.Add("alignment", AlignmentJson(trace.alignment));
  if (trace.search && symbols) object.Add("search", SearchJson(*trace.search, trace.length_limit));
  if (trace.beam && symbols) object.Add("beam", BeamJson(*trace.beam, trace.model.attends));
  return std::move(object).Take();
}

}  // namespace atento
