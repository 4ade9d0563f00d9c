// What handlers have in common that read a body in JSON and name a model.
#ifndef ATENTO_SERVE_REQUEST_BODY_H_
#define ATENTO_SERVE_REQUEST_BODY_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "serve/http.h"
#include "serve/service.h"

namespace atento {

// What messages call it.
inline constexpr std::string_view kBody = "request body";

// Whether a Content-Type is `type`, whatever its parameters and letters' case.
bool IsMediaType(std::string_view content_type, std::string_view type);

// An object. Throws HttpError.
Json ParseJsonBody(const std::string& body);
// The same; throws HttpError too unless the request says that it is JSON.
Json ParseJsonBody(const HttpRequest& request);

// The members but for those named. Linear: there may be as many as the body has room for.
Json Without(const Json& object, std::initializer_list<std::string_view> names);

// A string, or an array of strings: as an array. Throws Error{kData} that names the field.
std::vector<std::string> StringsOf(const Json& json, std::string_view field);

// The first for an empty name. Throws HttpError if there is none of that name.
const ServedModel& RequireModel(const ServiceContext& context, const std::string& name);

// Throws HttpError if the server does not allow as much, or fewer hypotheses are kept than wanted.
void CheckSearchLimits(const SearchOptions& search, const ServeLimits& limits);
// The defaults, as far as the limits allow them.
SearchOptions DefaultSearch(const ServeLimits& limits);

HttpResponse JsonResponse(const Json& json);

}  // namespace atento

#endif  // ATENTO_SERVE_REQUEST_BODY_H_
