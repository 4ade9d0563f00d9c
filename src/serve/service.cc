#include "serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "base/log.h"
#include "base/version.h"
#include "search/beam_search.h"
#include "serve/route.h"

namespace atento {
namespace {

HttpResponse ErrorResponse(RouteStyle style, HttpFault fault, const std::string& message) {
  const HttpFaultInfo& info = FaultInfo(fault);
  HttpResponse response;
  response.status = info.status;
  const Json error = style == RouteStyle::kLibreTranslate
                         ? Json(message)
                         : Json().Set("code", info.code).Set("message", message);
  response.body = Json().Set("error", error).Dump() + "\n";
  if (fault == HttpFault::kQueueFull || fault == HttpFault::kUnavailable) {
    response.headers.emplace_back("Retry-After", "1");
  }
  if (fault == HttpFault::kUnauthorized) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  return response;
}

// What the exception that is being handled becomes.
HttpResponse CurrentErrorResponse(RouteStyle style) {
  try {
    throw;
  } catch (const HttpError& error) {
    return ErrorResponse(style, error.fault(), error.what());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUsage || error.kind() == ErrorKind::kData) {
      return ErrorResponse(style, HttpFault::kInvalidRequest, error.what());
    }
    Log(LogLevel::kError, error.what());
  } catch (const std::bad_alloc&) {
    Log(LogLevel::kError,
        "out of memory; lower --max-beam, --batch-sentences or --queue-sentences");
  } catch (const std::exception& error) {
    Log(LogLevel::kError, std::string("internal: ") + error.what());
  }
  return ErrorResponse(style, HttpFault::kInternal, "the server failed; its log says why");
}

RouteStyle StyleOf(std::string_view path) {
  for (const Route& route : Routes()) {
    if (Fits(route, path)) return route.style;
  }
  return RouteStyle::kOpen;
}

// Of metrics: as many as there are routes, whatever is asked for.
std::string LabelOf(std::string_view path) {
  const std::string_view route = RoutePath(path);
  return std::string(route.empty() ? "other" : route);
}

void CheckKey(const Route& route, const ServeOptions& options, const HttpRequest& request) {
  if (route.style != RouteStyle::kKey || options.api_key.empty()) return;
  // RFC 9110, 11.4: the scheme, in letters of either case, spaces and the key.
  const std::string_view given = request.authorization;
  const size_t space = std::min(given.find(' '), given.size());
  if (EqualWithoutCase(given.substr(0, space), "Bearer") &&
      EqualInConstantTime(options.api_key, Trimmed(given.substr(space)))) {
    return;
  }
  throw HttpError(HttpFault::kUnauthorized,
                  "this server has a key: send it as Authorization: Bearer KEY");
}

HttpResponse Preflight(const std::string& allowed) {
  HttpResponse response;
  response.status = 204;
  response.headers = {{"Allow", allowed},
                      {"Access-Control-Allow-Methods", allowed},
                      {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                      {"Access-Control-Max-Age", "600"}};
  return response;
}

HttpResponse NoRoute(const HttpRequest& request, RouteStyle style) {
  const std::string allowed = AllowedMethods(request.path);
  if (allowed.empty()) {
    throw HttpError(HttpFault::kNotFound,
                    "there is no such path; GET /openapi.json lists those there are");
  }
  if (request.method == "OPTIONS") return Preflight(allowed);
  HttpResponse response = ErrorResponse(style, HttpFault::kMethodNotAllowed,
                                        request.path + " has the methods " + allowed + " alone");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

Service::Service(const ServeOptions& options, std::vector<ServedModel> models)
    : context_(options, std::move(models)) {
  if (context_.models.empty()) {
    throw Error(ErrorKind::kUsage, "no model was given: name at least one");
  }
  context_.metrics.Add(Metric::kBuildInfo, 1, fmt::format("version=\"{}\"", AtentoVersion()));
}

void Service::Handle(const HttpRequest& request, const Respond& respond) {
  const Route* const route = FindRoute(request.method, request.path);
  const std::string path = LabelOf(request.path);
  const auto start = std::chrono::steady_clock::now();
  const RouteStyle style = StyleOf(request.path);
  const Answer answer = [this, path, start, style, respond,
                         cancelled = request.cancelled](const std::function<HttpResponse()>& make) {
    if (cancelled != nullptr && cancelled->load()) return;
    HttpResponse response;
    try {
      response = make();
    } catch (const SearchStopped&) {
      return;  // nobody waits
    } catch (...) {
      response = CurrentErrorResponse(style);
    }
    Count(path, response.status, std::chrono::steady_clock::now() - start);
    respond(std::move(response));
  };
  try {
    if (route != nullptr) {
      CheckKey(*route, context_.options, request);
      route->handle(context_, request, answer);
      return;
    }
    answer([&] { return NoRoute(request, style); });
  } catch (...) {
    answer([]() -> HttpResponse { throw; });
  }
}

HttpResponse Service::Refuse(std::string_view path, HttpFault fault, const std::string& message,
                             std::optional<std::chrono::duration<double>> taken) {
  Count(LabelOf(path), FaultInfo(fault).status, taken);
  return ErrorResponse(StyleOf(path), fault, message);
}

void Service::Count(std::string_view path, int status,
                    std::optional<std::chrono::duration<double>> taken) {
  const std::string label = fmt::format("path=\"{}\"", path);
  context_.metrics.Add(Metric::kRequests, 1, fmt::format("{},status=\"{}\"", label, status));
  if (taken) context_.metrics.Observe(Metric::kRequestSeconds, taken->count(), label);
}

}  // namespace atento
