// The table of routes, the handlers that need no model, and /openapi.json.
#include "serve/route.h"

#include <array>

#include "base/version.h"
#include "serve/request_body.h"
#include "serve/schema.h"

namespace atento {
namespace {

// What a path may have in the place of a name.
constexpr std::string_view kModelName = "{model}";

constexpr std::array<Route, 11> kRoutes = {{
    {"POST", "/v1/translate", RouteStyle::kKey, "Translate texts", HandleTranslate,
     TranslateRequestSchema, TranslateResponseSchema},
    {"POST", "/v1/trace", RouteStyle::kKey, "Show what happens inside a model for a sentence",
     HandleTrace, TraceRequestSchema, TraceResponseSchema},
    {"GET", "/v1/models", RouteStyle::kKey, "List the models", HandleModels, nullptr,
     ModelsResponseSchema},
    {"GET", "/v1/models/{model}/learning", RouteStyle::kKey, "How a model learned to align",
     HandleLearning, nullptr, LearningResponseSchema},
    {"GET", "/healthz", RouteStyle::kOpen, "Whether the server runs", HandleHealth, nullptr,
     StatusResponseSchema},
    {"GET", "/readyz", RouteStyle::kOpen, "Whether it takes requests", HandleReady, nullptr,
     StatusResponseSchema},
    {"GET", "/metrics", RouteStyle::kKey, "Counters in the text format of Prometheus",
     HandleMetrics, nullptr, nullptr, "text/plain; version=0.0.4; charset=utf-8"},
    {"GET", "/openapi.json", RouteStyle::kOpen, "This description", HandleOpenApi, nullptr,
     nullptr},
    {"GET", "/", RouteStyle::kOpen, "The page that shows traces", HandlePage, nullptr, nullptr,
     "text/html; charset=utf-8"},
    {"POST", "/translate", RouteStyle::kLibreTranslate, "Translate as LibreTranslate does",
     HandleLibreTranslate, LibreTranslateRequestSchema, LibreTranslateResponseSchema,
     "application/json", true},
    {"GET", "/languages", RouteStyle::kLibreTranslate, "List languages as LibreTranslate does",
     HandleLanguages, nullptr, LanguagesResponseSchema},
}};

Json Reference(const char* schema) {
  return Json().Set("$ref", std::string("#/components/schemas/") + schema);
}

Json Content(std::string_view type, Json schema) {
  Json content;
  content.Set(type.substr(0, type.find(';')), Json().Set("schema", std::move(schema)));
  return content;
}

bool MayAnswer(const Route& route, FaultScope scope) {
  const bool body = route.request_schema != nullptr;
  const bool libre = route.style == RouteStyle::kLibreTranslate;
  switch (scope) {
    case FaultScope::kEvery:
      return true;
    case FaultScope::kBody:
      return body;
    case FaultScope::kOurBody:
      return body && !libre;
    case FaultScope::kModel:
      return (body && !libre) || route.path.find(kModelName) != std::string_view::npos;
    case FaultScope::kKey:
      return route.style == RouteStyle::kKey;
    case FaultScope::kApiKey:
      return body && libre;
    default:
      return false;
  }
}

// Every status that an answer of the route may have besides 200.
Json ErrorResponses(const Route& route) {
  const bool libre = route.style == RouteStyle::kLibreTranslate;
  const Json schema = Reference(libre ? "LibreTranslateError" : "Error");
  std::vector<std::pair<int, std::string>> meanings;
  for (const HttpFaultInfo& info : AllFaults()) {
    if (!MayAnswer(route, info.scope)) continue;
    const std::string meaning = std::string(info.code) + ": " + info.meaning;
    if (!meanings.empty() && meanings.back().first == info.status) {
      meanings.back().second += "; " + meaning;
    } else {
      meanings.emplace_back(info.status, meaning);
    }
  }
  Json responses{Json::Object{}};
  for (const auto& [status, meaning] : meanings) {
    responses.Set(
        std::to_string(status),
        Json().Set("description", meaning).Set("content", Content("application/json", schema)));
  }
  return responses;
}

Json Operation(const Route& route, const ServeLimits& limits) {
  Json operation = Json().Set("summary", route.summary);
  if (route.style == RouteStyle::kKey) {
    operation.Set("security", Json().Append(Json().Set("key", Json::Array{})));
  }
  if (route.path.find(kModelName) != std::string_view::npos) {
    operation.Set("parameters", Json().Append(Json()
                                                  .Set("name", "model")
                                                  .Set("in", "path")
                                                  .Set("required", true)
                                                  .Set("schema", Json().Set("type", "string"))));
  }
  if (route.request_schema != nullptr) {
    Json content = Content("application/json", route.request_schema(limits));
    if (route.takes_forms) {
      for (const char* type : {"application/x-www-form-urlencoded", "multipart/form-data"}) {
        content.Set(type, content.At("application/json"));
      }
    }
    operation.Set("requestBody", Json().Set("required", true).Set("content", std::move(content)));
  }
  Json schema = route.response_schema == nullptr ? Json(Json::Object{}) : route.response_schema();
  Json responses;
  responses.Set("200", Json()
                           .Set("description", "done")
                           .Set("content", Content(route.response_type, std::move(schema))));
  const Json errors = ErrorResponses(route);
  for (const auto& [status, response] : errors.AsObject()) responses.Set(status, response);
  operation.Set("responses", std::move(responses));
  return operation;
}

Json ErrorSchemas() {
  Json codes;
  for (const HttpFaultInfo& info : AllFaults()) codes.Append(info.code);
  Json error = ObjectSchema(
      Json()
          .Set("code",
               SchemaOf("string", "what went wrong, for programs").Set("enum", std::move(codes)))
          .Set("message", SchemaOf("string", "the same, and what to do, for people")));
  Json schemas;
  schemas.Set("Error", ObjectSchema(Json().Set("error", std::move(error))));
  schemas.Set("LibreTranslateError",
              ObjectSchema(Json().Set("error", SchemaOf("string", "what went wrong"))));
  return schemas;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

bool Fits(const Route& route, std::string_view path) {
  const size_t at = route.path.find(kModelName);
  if (at == std::string_view::npos) return route.path == path;
  const std::string_view tail = route.path.substr(at + kModelName.size());
  if (path.size() <= at + tail.size() || !path.starts_with(route.path.substr(0, at)) ||
      !path.ends_with(tail)) {
    return false;
  }
  return path.substr(at, path.size() - at - tail.size()).find('/') == std::string_view::npos;
}

std::string_view RoutePath(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (Fits(route, path)) return route.path;
  }
  return {};
}

const Route* FindRoute(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  for (const Route& route : kRoutes) {
    if (Fits(route, path) && route.method == method) return &route;
  }
  return nullptr;
}

std::string AllowedMethods(std::string_view path) {
  std::string methods;
  for (const Route& route : kRoutes) {
    if (!Fits(route, path)) continue;
    methods.append(methods.empty() ? "" : ", ").append(route.method);
    if (route.method == "GET") methods += ", HEAD";
  }
  return methods.empty() ? methods : methods + ", OPTIONS";
}

Json OpenApi(const ServeLimits& limits) {
  Json paths;
  for (const Route& route : kRoutes) {
    const std::string method = route.method == "GET" ? "get" : "post";
    const Json* const known = paths.is_null() ? nullptr : paths.Find(route.path);
    Json path = known == nullptr ? Json() : *known;
    paths.Set(route.path, path.Set(method, Operation(route, limits)));
  }
  Json components;
  components.Set("schemas", ErrorSchemas());
  components.Set("securitySchemes",
                 Json().Set("key", Json().Set("type", "http").Set("scheme", "bearer")));
  return Json()
      .Set("openapi", "3.0.3")
      .Set("info", Json().Set("title", "Atento").Set("version", AtentoVersion()))
      .Set("paths", std::move(paths))
      .Set("components", std::move(components));
}

void HandleOpenApi(ServiceContext& context, const HttpRequest&, const Answer& answer) {
  answer([&] { return JsonResponse(OpenApi(context.options.limits)); });
}

void HandleHealth(ServiceContext&, const HttpRequest&, const Answer& answer) {
  answer([] { return JsonResponse(Json().Set("status", "ok")); });
}

void HandleReady(ServiceContext& context, const HttpRequest&, const Answer& answer) {
  answer([&] {
    if (context.draining) throw HttpError(HttpFault::kUnavailable, "the server is stopping");
    return JsonResponse(Json().Set("status", "ready"));
  });
}

Json StatusResponseSchema() {
  return ObjectSchema(Json().Set("status", SchemaOf("string", "ok, or ready")));
}

void HandleMetrics(ServiceContext& context, const HttpRequest&, const Answer& answer) {
  answer([&] {
    HttpResponse response;
    response.content_type = FindRoute("GET", "/metrics")->response_type;
    response.body = context.metrics.Text();
    return response;
  });
}

void HandleModels(ServiceContext& context, const HttpRequest&, const Answer& answer) {
  Json models{Json::Array{}};
  for (const ServedModel& model : context.models) {
    models.Append(Json()
                      .Set("name", model.name)
                      .Set("source_language", model.source_language())
                      .Set("target_language", model.target_language())
                      .Set("attention", model.has_attention())
                      .Set("learning", !model.learning.empty())
                      .Set("kind", EnumName(model.model->config().attention))
                      .Set("max_source_tokens", model.max_source_tokens())
                      .Set("parameters", static_cast<int64_t>(model.model->parameters.count())));
  }
  answer([&] { return JsonResponse(Json().Set("models", std::move(models))); });
}

void HandleLearning(ServiceContext& context, const HttpRequest& request, const Answer& answer) {
  const std::string_view route = RoutePath(request.path);
  const size_t at = route.find(kModelName), tail = route.size() - at - kModelName.size();
  const std::string name = request.path.substr(at, request.path.size() - at - tail);
  const ServedModel* const model = FindModel(context.models, name);
  answer([&] {
    if (model == nullptr) {
      throw HttpError(HttpFault::kUnknownModel,
                      "model: there is none of the name " + name + "; GET /v1/models lists them");
    }
    if (model->learning.empty()) {
      throw HttpError(HttpFault::kNotFound, "the model " + name +
                                                " keeps nothing of its training; train with "
                                                "atento train --probe");
    }
    HttpResponse response;
    response.body = model->learning + "\n";
    return response;
  });
}

Json LearningResponseSchema() {
  const Json trace = Json().Set("description", "docs/trace.md, detail words");
  Json probe = ObjectSchema(Json()
                                .Set("step", SchemaOf("integer", "updates before it"))
                                .Set("traces", ArraySchema(trace, "of the sentences of --probe")));
  Json line = Json().Set("description", "step, loss and others: docs/file-format.md");
  return ObjectSchema(
      Json()
          .Set("probes", ArraySchema(std::move(probe), "the model's start and every validation"))
          .Set("metrics", ArraySchema(std::move(line), "every validation")));
}

Json ModelsResponseSchema() {
  Json model = ObjectSchema(
      Json()
          .Set("name", SchemaOf("string", "what requests call it"))
          .Set("source_language", SchemaOf("string", "of config.json; may be empty"))
          .Set("target_language", SchemaOf("string", "likewise"))
          .Set("attention", SchemaOf("boolean", "whether there are alignments"))
          .Set("learning", SchemaOf("boolean", "whether it was trained with --probe"))
          .Set("kind", SchemaOf("string", "how its attention scores; none, or fixed: it does not"))
          .Set("max_source_tokens", SchemaOf("integer", "of a sentence; what is longer is cut"))
          .Set("parameters", SchemaOf("integer", "numbers in its tensors")));
  return ObjectSchema(
      Json().Set("models", ArraySchema(std::move(model), "the first is the default")));
}

}  // namespace atento
