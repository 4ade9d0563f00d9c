#include "serve/http.h"

#include <algorithm>
#include <array>

namespace atento {
namespace {

constexpr std::array<HttpFaultInfo, 18> kFaults = {{
    {400, "invalid_http", "what was sent is not HTTP/1.0 or HTTP/1.1", FaultScope::kEvery},
    {400, "invalid_json", "the body is not JSON in UTF-8", FaultScope::kBody},
    {400, "invalid_request", "a field is missing, unknown, of a wrong type or out of range",
     FaultScope::kBody},
    {400, "empty_text", "there is nothing to translate", FaultScope::kOurBody},
    {401, "unauthorized", "the header Authorization lacks the server's key", FaultScope::kKey},
    {403, "forbidden", "api_key is not the server's key", FaultScope::kApiKey},
    {404, "not_found", "there is no such path", FaultScope::kNone},
    {404, "unknown_model", "no model has that name", FaultScope::kModel},
    {405, "method_not_allowed", "the path has other methods: see the header Allow",
     FaultScope::kNone},
    {408, "read_timeout", "the request took too long to arrive", FaultScope::kEvery},
    {413, "body_too_large", "the body is larger than --max-body-kb", FaultScope::kEvery},
    {413, "text_too_long",
     "more than --max-text-characters, --max-texts or --max-trace-tokens allows",
     FaultScope::kBody},
    {415, "unsupported_media_type", "the header Content-Type names another format",
     FaultScope::kBody},
    {429, "queue_full", "too much is waiting: try again after the seconds in Retry-After",
     FaultScope::kBody},
    {431, "headers_too_large", "the headers, or lines between chunks, are larger than 16 KB",
     FaultScope::kEvery},
    {500, "internal", "the server failed; its log says why", FaultScope::kEvery},
    {503, "unavailable", "the server is stopping, or has no connection left", FaultScope::kEvery},
    {503, "request_timeout", "the answer took longer than --request-timeout-s", FaultScope::kBody},
}};

}  // namespace

const HttpFaultInfo& FaultInfo(HttpFault fault) { return kFaults[static_cast<size_t>(fault)]; }

std::span<const HttpFaultInfo> AllFaults() { return kFaults; }

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

bool EqualInConstantTime(std::string_view secret, std::string_view b) {
  // volatile: the compiler must not end the loop at the first difference.
  volatile unsigned char difference = secret.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < b.size(); ++i) {
    const char s = secret.empty() ? '\0' : secret[i % secret.size()];
    difference = static_cast<unsigned char>(difference | (s ^ b[i]));
  }
  return difference == 0;
}

}  // namespace atento
