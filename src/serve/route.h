// The table of routes. A route is one handler function and one row: the server and /openapi.json
// read the same table.
#ifndef ATENTO_SERVE_ROUTE_H_
#define ATENTO_SERVE_ROUTE_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "serve/service.h"

namespace atento {

// Takes a function that makes the answer; what it throws becomes an answer too.
using Answer = std::function<void(const std::function<HttpResponse()>& make)>;

enum class RouteStyle {
  kOpen,            // errors {error: {code, message}}; no key
  kKey,             // the same; the key in Authorization: Bearer
  kLibreTranslate,  // errors {error: message}; where it needs a key the handler asks for it
};

struct Route {
  std::string_view method;  // GET (HEAD is answered too) or POST
  std::string_view path;
  RouteStyle style;
  std::string_view summary;
  // Answers once, now or later from any thread; or throws HttpError or Error, and does not answer.
  void (*handle)(ServiceContext& context, const HttpRequest& request, const Answer& answer);
  // JSON Schema; nullptr: no body, or none that is JSON.
  Json (*request_schema)(const ServeLimits& limits);
  Json (*response_schema)();
  std::string_view response_type = "application/json";
  // The body may also be a form.
  bool takes_forms = false;
};

std::span<const Route> Routes();
// nullptr if there is none. HEAD finds GET.
const Route* FindRoute(std::string_view method, std::string_view path);
// The methods of a path: "GET, HEAD, OPTIONS"; empty if there is no such path.
std::string AllowedMethods(std::string_view path);

// What GET /openapi.json answers: OpenAPI 3.0, from the table.
Json OpenApi(const ServeLimits& limits);

// ---- handlers, and the schemas of what they take and give --------------------------------------

void HandleTranslate(ServiceContext& context, const HttpRequest& request, const Answer& answer);
Json TranslateRequestSchema(const ServeLimits& limits);
Json TranslateResponseSchema();

void HandleTrace(ServiceContext& context, const HttpRequest& request, const Answer& answer);
Json TraceRequestSchema(const ServeLimits& limits);
Json TraceResponseSchema();

void HandlePage(ServiceContext& context, const HttpRequest& request, const Answer& answer);

void HandleModels(ServiceContext& context, const HttpRequest& request, const Answer& answer);
Json ModelsResponseSchema();

void HandleHealth(ServiceContext& context, const HttpRequest& request, const Answer& answer);
void HandleReady(ServiceContext& context, const HttpRequest& request, const Answer& answer);
Json StatusResponseSchema();
void HandleMetrics(ServiceContext& context, const HttpRequest& request, const Answer& answer);
void HandleOpenApi(ServiceContext& context, const HttpRequest& request, const Answer& answer);

void HandleLibreTranslate(ServiceContext& context, const HttpRequest& request,
                          const Answer& answer);
Json LibreTranslateRequestSchema(const ServeLimits& limits);
Json LibreTranslateResponseSchema();
void HandleLanguages(ServiceContext& context, const HttpRequest& request, const Answer& answer);
Json LanguagesResponseSchema();

}  // namespace atento

#endif  // ATENTO_SERVE_ROUTE_H_
