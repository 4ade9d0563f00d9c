#include "serve/response_text.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace atento {

// By hand, since strftime depends on the locale.
std::string HttpDate(std::time_t time) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc = {};
  gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                     kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string ResponseText(const HttpResponse& response, const ResponseTextOptions& options) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 ReasonPhrase(response.status), HttpDate(std::time(nullptr)));
  if (response.status != 204 && response.status != 304) {
    fmt::format_to(out, "Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                   response.body.size());
  }
  fmt::format_to(out, "Connection: {}\r\n", options.keep_alive ? "keep-alive" : "close");
  fmt::format_to(out, "X-Content-Type-Options: nosniff\r\nCache-Control: {}\r\n",
                 response.cache_control);
  if (!options.cors.empty()) {
    fmt::format_to(out, "Access-Control-Allow-Origin: {}\r\n", options.cors);
    if (options.cors != "*") text += "Vary: Origin\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    if (options.cors.empty() && name.starts_with("Access-Control-")) continue;
    fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  text += "\r\n";
  if (!options.head) text += response.body;
  return text;
}

}  // namespace atento
