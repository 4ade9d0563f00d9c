// GET /: the page.
#include "trace/page.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/file.h"
#include "base/random.h"
#include "serve/request_body.h"
#include "serve/route.h"

namespace atento {
namespace {

// The first of the pieces between `separator`s, which is taken off `list`.
std::string_view NextPiece(std::string_view* list, char separator) {
  const size_t end = list->find(separator);
  const std::string_view piece = Trimmed(list->substr(0, end));
  *list = end == std::string_view::npos ? std::string_view{} : list->substr(end + 1);
  return piece;
}

// Accept-Encoding, RFC 9110, section 12.5.3. Who does not name gzip can do without it.
bool AcceptsGzip(std::string_view codings) {
  while (!codings.empty()) {
    std::string_view coding = NextPiece(&codings, ',');
    if (!IsMediaType(coding, "gzip")) continue;
    NextPiece(&coding, ';');
    const std::string_view weight = Trimmed(coding);
    return !weight.starts_with("q=0") || weight.find_first_of("123456789") != std::string::npos;
  }
  return false;
}

const std::string& Tag() {
  // Weak: packed or not, it is the same page.
  static const std::string tag = fmt::format("W/\"{:016x}\"", HashBytes(PageHtml()));
  return tag;
}

// Whether If-None-Match, RFC 9110, section 13.1.2, has the page.
bool IsKnown(std::string_view tags) {
  while (!tags.empty()) {
    const std::string_view tag = NextPiece(&tags, ',');
    if (tag == "*" || tag == Tag() || tag == std::string_view(Tag()).substr(2)) return true;
  }
  return false;
}

HttpResponse PageResponse(const HttpRequest& request) {
  static const std::string packed = CompressGzip(PageHtml());
  HttpResponse response;
  response.content_type = FindRoute("GET", "/")->response_type;
  // Kept, but asked for again: after an update it may be another.
  response.cache_control = "no-cache";
  response.headers = {
      {"ETag", Tag()},
      {"Vary", "Accept-Encoding"},
      // What a policy in the page cannot say.
      {"Content-Security-Policy", std::string(PagePolicy()) + "; frame-ancestors 'none'"}};
  if (IsKnown(request.if_none_match)) {
    response.status = 304;
  } else if (AcceptsGzip(request.accept_encoding)) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = packed;
  } else {
    response.body = PageHtml();
  }
  return response;
}

}  // namespace

void HandlePage(ServiceContext&, const HttpRequest& request, const Answer& answer) {
  answer([&] { return PageResponse(request); });
}

}  // namespace atento
