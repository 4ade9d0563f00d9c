#include "serve/request_parser.h"

// Asio forgets this one.
#include <utility>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "base/check.h"

namespace atento {
namespace {

namespace http = boost::beast::http;

constexpr uint32_t kHeaderLimit = 16 * 1024;

[[noreturn]] void Throw(const boost::system::error_code& error, size_t body_limit) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    throw HttpError(HttpFault::kHeadersTooLarge,
                    "the headers, or lines between chunks, are larger than 16 KB");
  }
  if (error == http::error::body_limit) {
    throw HttpError(HttpFault::kBodyTooLarge, "the body is larger than " +
                                                  std::to_string(body_limit / 1024) +
                                                  " KB, the most that this server takes");
  }
  throw HttpError(HttpFault::kInvalidHttp, "this is not HTTP: " + error.message());
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Of a target in origin form, "/a?b", or in absolute form, "http://host/a?b" (RFC 9112, 3.2).
std::string_view PathOf(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualWithoutCase(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(std::min(target.size(), target.find_first_of("/?", scheme.size())));
    if (!target.starts_with('/')) return "/";
  }
  return target.substr(0, target.find('?'));
}

}  // namespace

struct RequestParser::Impl {
  explicit Impl(size_t limit) : body_limit(limit) { Reset(); }

  const size_t body_limit;
  std::optional<http::request_parser<http::string_body>> parser;
  std::string left;  // bytes that the parser has not taken
  bool knows_host = false;

  void Reset() {
    knows_host = false;
    parser.emplace();
    parser->header_limit(kHeaderLimit);
    parser->body_limit(body_limit);
    parser->eager(true);
  }

  void Parse() {
    size_t used = 0;
    while (used < left.size() && !parser->is_done()) {
      boost::system::error_code error;
      const size_t taken =
          parser->put(boost::asio::const_buffer(left.data() + used, left.size() - used), error);
      used += taken;
      if (error == http::error::need_more) break;
      if (error) Throw(error, body_limit);
    }
    left.erase(0, used);
    // Beast has no limit for the line of a chunk's size, nor for trailers.
    if (!parser->is_done() && left.size() > kHeaderLimit) {
      Throw(http::error::header_limit, body_limit);
    }
    if (parser->is_header_done() && !std::exchange(knows_host, true)) CheckHost();
  }

  // RFC 9112, 3.2.
  void CheckHost() const {
    const size_t hosts = parser->get().count(http::field::host);
    if (hosts == 1 || (hosts == 0 && parser->get().version() < 11)) return;
    throw HttpError(HttpFault::kInvalidHttp, "this is not HTTP/1.1: send one header Host");
  }
};

RequestParser::RequestParser(size_t body_limit) : impl_(std::make_unique<Impl>(body_limit)) {}
RequestParser::~RequestParser() = default;

void RequestParser::Put(std::string_view bytes) {
  impl_->left += bytes;
  impl_->Parse();
}

bool RequestParser::begun() const { return impl_->parser->got_some() || !impl_->left.empty(); }
bool RequestParser::has_headers() const { return impl_->parser->is_header_done(); }
bool RequestParser::done() const { return impl_->parser->is_done(); }

bool RequestParser::expects_continue() const {
  return boost::beast::iequals(impl_->parser->get()[http::field::expect], "100-continue") &&
         impl_->parser->get().version() >= 11;
}

bool RequestParser::keep_alive() const { return impl_->parser->keep_alive(); }

std::string RequestParser::path() const {
  return std::string(PathOf(View(impl_->parser->get().target())));
}

HttpRequest RequestParser::Take() {
  CHECK(done());
  HttpRequest request;
  auto& message = impl_->parser->get();
  request.method = std::string(View(message.method_string()));
  request.path = path();
  request.content_type = std::string(View(message[http::field::content_type]));
  request.authorization = std::string(View(message[http::field::authorization]));
  request.accept_encoding = std::string(View(message[http::field::accept_encoding]));
  request.if_none_match = std::string(View(message[http::field::if_none_match]));
  request.body = std::move(message.body());
  return request;
}

void RequestParser::Next() {
  CHECK(done());
  impl_->Reset();
  impl_->Parse();
}

}  // namespace atento
