// Requests and responses as handlers see them: no sockets, no Beast. And the faults that an answer
// may report, listed once: handlers throw them, /openapi.json and docs/http.md name them.
#ifndef ATENTO_SERVE_HTTP_H_
#define ATENTO_SERVE_HTTP_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atento/error.h"

namespace atento {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // without the query
  std::string content_type;
  std::string authorization;
  std::string accept_encoding;
  std::string if_none_match;
  std::string body;
  // Set once nobody waits for the answer any more; may be null.
  std::shared_ptr<const std::atomic<bool>> cancelled;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string cache_control = "no-store";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // besides those of every answer
  // Let go once the answer has been sent, or nobody waits for it; may be null.
  std::shared_ptr<const void> held;
};

// Takes the one answer to a request; may be called on any thread.
using Respond = std::function<void(HttpResponse)>;

enum class HttpFault {
  kInvalidHttp,
  kInvalidJson,
  kInvalidRequest,
  kEmptyText,
  kUnauthorized,
  kForbidden,
  kNotFound,
  kUnknownModel,
  kMethodNotAllowed,
  kReadTimeout,
  kBodyTooLarge,
  kTextTooLong,
  kUnsupportedMediaType,
  kQueueFull,
  kHeadersTooLarge,
  kInternal,
  kUnavailable,
  kRequestTimeout,
};

// Which routes may answer with a fault.
enum class FaultScope {
  kEvery,
  kNone,     // what is no route
  kBody,     // those that take a body
  kOurBody,  // of these, all but LibreTranslate's
  kModel,    // kOurBody, and those that name a model in their path
  kKey,      // those that want the header Authorization
  kApiKey,   // those that want the field api_key
};

struct HttpFaultInfo {
  int status;
  const char* code;
  const char* meaning;
  FaultScope scope;
};
const HttpFaultInfo& FaultInfo(HttpFault fault);
// In the order of HttpFault.
std::span<const HttpFaultInfo> AllFaults();

// What a handler throws to answer with an error.
class HttpError : public Error {
 public:
  HttpError(HttpFault fault, const std::string& message)
      : Error(ErrorKind::kData, message), fault_(fault) {}
  HttpFault fault() const { return fault_; }

 private:
  HttpFault fault_;
};

// Without the spaces and tabs at its ends.
std::string_view Trimmed(std::string_view text);
// Of ASCII letters, as names in headers are compared.
bool EqualWithoutCase(std::string_view a, std::string_view b);

// "Not Found"; empty for a status that no answer here has.
std::string_view ReasonPhrase(int status);

// Whether secret and b are equal, in a time that depends on the length of b alone.
bool EqualInConstantTime(std::string_view secret, std::string_view b);

}  // namespace atento

#endif  // ATENTO_SERVE_HTTP_H_
