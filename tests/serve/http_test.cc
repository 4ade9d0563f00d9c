#include "serve/http.h"

#include <gtest/gtest.h>

#include <string>

#include "serve/response_text.h"

namespace atento {
namespace {

TEST(EqualInConstantTime, ComparesAllOfBoth) {
  EXPECT_TRUE(EqualInConstantTime("secret", "secret"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
  for (const char* other : {"", "s", "secre", "secret ", "Secret", "secretsecret"}) {
    EXPECT_FALSE(EqualInConstantTime("secret", other)) << other;
  }
  EXPECT_FALSE(EqualInConstantTime("", "x"));
}

TEST(ReasonPhrase, EveryFaultHasOne) {
  for (const HttpFaultInfo& info : AllFaults()) {
    EXPECT_FALSE(ReasonPhrase(info.status).empty()) << info.status;
  }
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(429), "Too Many Requests");
  EXPECT_EQ(ReasonPhrase(418), "");
}

// The examples of RFC 9110, 5.6.7 and of `date -u`.
TEST(HttpDate, IsWrittenAsTheStandardSays) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(HttpDate(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

// Without the line of the date.
std::string Text(const HttpResponse& response, const ResponseTextOptions& options) {
  std::string text = ResponseText(response, options);
  const size_t begin = text.find("Date: ");
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

TEST(ResponseText, HasHeadersAndBody) {
  HttpResponse response;
  response.status = 429;
  response.body = "{}\n";
  response.headers = {{"Retry-After", "1"}, {"Access-Control-Max-Age", "600"}};
  const std::string start =
      "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 3\r\n";
  const std::string safe = "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";
  EXPECT_EQ(Text(response, {}),
            start + "Connection: keep-alive\r\n" + safe + "Retry-After: 1\r\n\r\n{}\n");
  EXPECT_EQ(Text(response, {.keep_alive = false, .head = true, .cors = "*"}),
            start + "Connection: close\r\n" + safe +
                "Access-Control-Allow-Origin: *\r\nRetry-After: 1\r\n"
                "Access-Control-Max-Age: 600\r\n\r\n");
}

TEST(ResponseText, NoContentHasNoLength) {
  HttpResponse response;
  response.status = 204;
  const std::string text = Text(response, {});
  EXPECT_TRUE(text.starts_with("HTTP/1.1 204 No Content\r\nConnection: ")) << text;
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

}  // namespace
}  // namespace atento
