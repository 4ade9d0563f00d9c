// Responses as bytes.
#ifndef ATENTO_SERVE_RESPONSE_TEXT_H_
#define ATENTO_SERVE_RESPONSE_TEXT_H_

#include <ctime>
#include <string>

#include "serve/http.h"

namespace atento {

struct ResponseTextOptions {
  bool keep_alive = true;
  bool head = false;  // of a HEAD request: without the body, but with its length
  std::string cors;   // an origin, or *; empty: none
};

// With the headers of every answer: Date, Content-Length, Connection, nosniff, Cache-Control, and those
// of CORS if there is an origin (without one, none that handlers gave either).
std::string ResponseText(const HttpResponse& response, const ResponseTextOptions& options);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string HttpDate(std::time_t time);

}  // namespace atento

#endif  // ATENTO_SERVE_RESPONSE_TEXT_H_
