#include "serve/request_body.h"

#include <algorithm>
#include <utility>

namespace atento {

bool IsMediaType(std::string_view content_type, std::string_view type) {
  return EqualWithoutCase(Trimmed(content_type.substr(0, content_type.find(';'))), type);
}

Json ParseJsonBody(const std::string& body) {
  Json json;
  try {
    json = Json::Parse(body, kBody);
  } catch (const Error& error) {
    throw HttpError(HttpFault::kInvalidJson, error.what());
  }
  if (json.is_object()) return json;
  throw HttpError(HttpFault::kInvalidRequest, "request body: it must be a JSON object");
}

Json ParseJsonBody(const HttpRequest& request) {
  if (!IsMediaType(request.content_type, "application/json")) {
    throw HttpError(HttpFault::kUnsupportedMediaType,
                    "send JSON, with the header Content-Type: application/json");
  }
  return ParseJsonBody(request.body);
}

Json Without(const Json& object, std::initializer_list<std::string_view> names) {
  // Not by Set, which searches for the key first.
  Json::Object rest;
  for (const auto& [name, value] : object.AsObject()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) rest.emplace_back(name, value);
  }
  return Json(std::move(rest));
}

std::vector<std::string> StringsOf(const Json& json, std::string_view field) {
  if (!json.is_string() && !json.is_array()) {
    throw Error(ErrorKind::kData, std::string(field) + ": give a string or an array of strings");
  }
  if (json.is_string()) return {json.AsString()};
  std::vector<std::string> strings;
  InContext(field, [&] {
    for (const Json& element : json.AsArray()) strings.push_back(element.AsString());
  });
  return strings;
}

const ServedModel& RequireModel(const ServiceContext& context, const std::string& name) {
  const ServedModel* const model = FindModel(context.models, name);
  if (model != nullptr) return *model;
  throw HttpError(HttpFault::kUnknownModel,
                  "model: there is none of the name " + name + "; see GET /v1/models");
}

void CheckSearchLimits(const SearchOptions& search, const ServeLimits& limits) {
  if (search.beam > limits.max_beam) {
    throw HttpError(HttpFault::kInvalidRequest, "beam: " + std::to_string(search.beam) +
                                                    " is too wide: this server allows " +
                                                    std::to_string(limits.max_beam));
  }
  if (search.max_length_ratio > limits.max_length_ratio) {
    throw HttpError(HttpFault::kInvalidRequest, "max_length_ratio: this server allows at most " +
                                                    Json(limits.max_length_ratio).Dump());
  }
  if (search.n_best > search.beam && !search.sample) {
    throw HttpError(HttpFault::kInvalidRequest, "n_best: it must not be larger than beam");
  }
  if (search.n_best > limits.max_beam) {
    throw HttpError(HttpFault::kInvalidRequest,
                    "n_best: this server allows at most " + std::to_string(limits.max_beam));
  }
  if (search.max_length > 0 && search.min_length > search.max_length) {
    throw HttpError(HttpFault::kInvalidRequest,
                    "min_length: it must not be larger than max_length");
  }
}

SearchOptions DefaultSearch(const ServeLimits& limits) {
  SearchOptions search;
  search.beam = std::min(search.beam, limits.max_beam);
  search.max_length_ratio = std::min(search.max_length_ratio, limits.max_length_ratio);
  return search;
}

HttpResponse JsonResponse(const Json& json) {
  HttpResponse response;
  response.body = json.Dump() + "\n";
  return response;
}

}  // namespace atento
