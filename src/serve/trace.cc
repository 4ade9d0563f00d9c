// POST /v1/trace: what happens inside a model for one sentence.
#include "serve/trace_call.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "base/options.h"
#include "base/utf8.h"
#include "serve/request_body.h"
#include "serve/route.h"
#include "serve/schema.h"
#include "serve/text_job.h"
#include "serve/trace_fields.h"
#include "trace/make_trace.h"

namespace atento {
namespace {

struct AlphaFields {
  int step = 0;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("step", o.step, kNotNegative, "which one, from 0");
  }
};

AlphaOverride AlphaOf(const Json& json) {
  if (!json.is_object() || json.Find("step") == nullptr || json.Find("weights") == nullptr) {
    throw HttpError(HttpFault::kInvalidRequest, "alpha: give an object with step and weights");
  }
  AlphaOverride alpha;
  alpha.step = OptionsFromJson(Without(json, {"weights"}), AlphaFields(), "alpha").step;
  InContext("alpha.weights", [&] {
    for (const Json& element : json.At("weights").AsArray()) {
      const double weight = element.AsDouble();
      if (std::abs(weight) > std::numeric_limits<float>::max()) {
        throw Error(ErrorKind::kData, element.Dump() + " is too large");
      }
      alpha.weights.push_back(static_cast<float>(weight));
    }
  });
  return alpha;
}

std::vector<int> PrefixOf(const Json& json) {
  std::vector<int> prefix;
  InContext("target_prefix", [&] {
    for (const Json& element : json.AsArray()) {
      const int64_t id = element.AsInteger();
      if (id < 0 || id > std::numeric_limits<int>::max()) {
        throw Error(ErrorKind::kData, element.Dump() + " is not the id of a token");
      }
      prefix.push_back(static_cast<int>(id));
    }
  });
  return prefix;
}

void CheckText(const TraceRequest& request, const ServeLimits& limits) {
  std::vector<std::string> texts = {request.text};
  if (request.target) texts.push_back(*request.target);
  CheckTexts(texts, limits);
  if (SplitWords(request.text).empty()) {
    throw HttpError(HttpFault::kEmptyText, "text: there is nothing to translate in it");
  }
}

TraceFields DefaultTraceFields(const ServeLimits& limits) {
  return {.model = "", .search = DefaultSearch(limits), .options = {}};
}

HttpResponse TraceResponse(const TraceCall& call, int longest, SearchThreads& threads,
                           const StopSearch& stop) {
  HttpResponse response;
  try {
    response.body = TraceToJson(MakeTrace(*call.model->model, call.request,
                                          static_cast<size_t>(longest), threads, stop)) +
                    "\n";
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) throw;
    throw HttpError(HttpFault::kTextTooLong, error.what());
  }
  return response;
}

}  // namespace

TraceCall ParseTraceCall(const ServiceContext& context, const HttpRequest& request) {
  const ServeLimits& limits = context.options.limits;
  const Json body = ParseJsonBody(request);
  const TraceFields fields =
      OptionsFromJson(Without(body, {"text", "target", "target_prefix", "alpha"}),
                      DefaultTraceFields(limits), kBody);
  TraceRequest trace;
  trace.text = InContext(kBody, [&] { return body.At("text").AsString(); });
  trace.search = fields.search;
  trace.options = fields.options;
  if (const Json* target = body.Find("target")) {
    trace.target = InContext("target", [&] { return target->AsString(); });
  }
  if (const Json* prefix = body.Find("target_prefix")) trace.target_prefix = PrefixOf(*prefix);
  if (const Json* alpha = body.Find("alpha")) trace.alpha = AlphaOf(*alpha);
  CheckText(trace, limits);
  CheckSearchLimits(trace.search, limits);
  return {&RequireModel(context, fields.model), std::move(trace)};
}

void HandleTrace(ServiceContext& context, const HttpRequest& request, const Answer& answer) {
  auto call = std::make_shared<const TraceCall>(ParseTraceCall(context, request));
  const std::shared_ptr<const void> ticket = context.traces.Take();
  const int longest = context.options.limits.max_trace_tokens;
  SoloJob job;
  job.cancelled = request.cancelled;
  job.run = [call, ticket, longest, answer, metrics = &context.metrics](SearchThreads& threads,
                                                                        const StopSearch& stop) {
    answer([&] {
      HttpResponse response = TraceResponse(*call, longest, threads, stop);
      response.held = ticket;
      metrics->Add(Metric::kTraces);
      return response;
    });
  };
  if (ticket == nullptr || !context.batcher.Submit(std::move(job))) {
    throw HttpError(HttpFault::kQueueFull, "too many traces are waiting: try again later");
  }
}

Json TraceRequestSchema(const ServeLimits& limits) {
  Json alpha = ObjectSchema(
      Json()
          .Set("step", SchemaOf("integer", "from 0").Set("minimum", 0))
          .Set("weights", ArraySchema(SchemaOf("number", "not negative").Set("minimum", 0),
                                      "of each source token with its </s>, maybe head by head")));
  alpha.Set("description", "replaces the weights of attention at one step")
      .Set("additionalProperties", false);
  Json properties =
      Json()
          .Set("text", SchemaOf("string", "a sentence"))
          .Set("target", SchemaOf("string", "show how this translation is read"))
          .Set("target_prefix",
               ArraySchema(SchemaOf("integer", "an id of the target vocabulary").Set("minimum", 0),
                           "ids that the translation begins with; not together with target"))
          .Set("alpha", std::move(alpha));
  return RequestSchema(std::move(properties), DefaultTraceFields(limits), limits);
}

Json TraceResponseSchema() {
  auto part = [](const char* description) { return Json().Set("description", description); };
  Json schema = ObjectSchema(
      Json()
          .Set("format", SchemaOf("string", "atento-trace"))
          .Set("version", SchemaOf("integer", "1; docs/trace.md says what is in it"))
          .Set("detail", SchemaOf("string", "weights, or vectors"))
          .Set("model", part("its options and sizes"))
          .Set("source", part("tokens and words"))
          .Set("steps", part("of the decoder: state, scores, weights, context, candidates"))
          .Set("target", part("tokens and words")));
  Json properties = schema.At("properties");
  properties.Set("encoder", part("its states; with detail vectors"))
      .Set("attention", part("what it works with at every step; with detail vectors"))
      .Set("start", part("the decoder before its first step; with detail vectors"))
      .Set("alignment", part("of words, of a model that attends"))
      .Set("search", part("what was searched with, unless the target was given"))
      .Set("beam", part("the tree of a search with more than one hypothesis"));
  return schema.Set("properties", std::move(properties));
}

}  // namespace atento
