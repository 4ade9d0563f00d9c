// HTTP/1.0 and HTTP/1.1 requests from bytes, by Beast, which is named in request_parser.cc alone.
#ifndef ATENTO_SERVE_REQUEST_PARSER_H_
#define ATENTO_SERVE_REQUEST_PARSER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "serve/http.h"

namespace atento {

// One request after the other from one connection.
class RequestParser {
 public:
  // Headers of more than 16 KB, or a body of more than body_limit bytes, are refused. Keeps no more
  // than that, and 16 KB of the lines between chunks, whatever is sent.
  explicit RequestParser(size_t body_limit);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes as they come; what is left after a request belongs to the next one. Throws
  // HttpError: after it there is nothing to do but to close the connection.
  void Put(std::string_view bytes);

  // Whether a byte of the request has been seen, its headers are whole, all of it is there.
  bool begun() const;
  bool has_headers() const;
  bool done() const;
  // Whether the client waits to be told to send the body. Requires has_headers().
  bool expects_continue() const;
  // Whether the connection stays open after the request. Requires done().
  bool keep_alive() const;
  // As far as it is known; for messages and errors.
  std::string path() const;

  // The request, once. Requires done().
  HttpRequest Take();
  // Begins the next request with the bytes that were left. Requires done(). Throws as Put.
  void Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_SERVE_REQUEST_PARSER_H_
