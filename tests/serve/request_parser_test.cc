#include "serve/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace atento {
namespace {

constexpr size_t kBodyLimit = 1000;

// Of all bytes at once, and of one after the other.
void ExpectFault(const std::string& bytes, HttpFault fault) {
  for (size_t step : {bytes.size(), size_t{1}}) {
    RequestParser parser(kBodyLimit);
    try {
      for (size_t i = 0; i < bytes.size(); i += step) {
        parser.Put(std::string_view(bytes).substr(i, step));
      }
      ADD_FAILURE() << "no fault in: " << bytes.substr(0, 60);
    } catch (const HttpError& error) {
      EXPECT_EQ(error.fault(), fault) << error.what() << ": " << bytes.substr(0, 60);
    }
  }
}

TEST(RequestParser, ReadsOneByteAtATime) {
  RequestParser parser(kBodyLimit);
  EXPECT_FALSE(parser.begun());
  const std::string bytes =
      "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\n"
      "AUTHORIZATION: Bearer k\r\nContent-Length: 5\r\n\r\nabcde";
  for (size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_FALSE(parser.done()) << i;
    parser.Put(bytes.substr(i, 1));
    EXPECT_TRUE(parser.begun());
    EXPECT_EQ(parser.has_headers(), i + 6 >= bytes.size()) << i;
  }
  ASSERT_TRUE(parser.done());
  EXPECT_TRUE(parser.keep_alive());
  EXPECT_FALSE(parser.expects_continue());
  const HttpRequest request = parser.Take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.authorization, "Bearer k");
  EXPECT_EQ(request.body, "abcde");
  parser.Next();
  EXPECT_FALSE(parser.begun());
}

TEST(RequestParser, KeepsWhatFollowsARequest) {
  RequestParser parser(kBodyLimit);
  parser.Put(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET /2 HTTP/1.1\r\nHost: "
      "x\r\n\r\nGET /3 HTTP/1.0\r\n");
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.Take().body, "x");
  parser.Next();
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.Take().path, "/2");
  parser.Next();
  EXPECT_TRUE(parser.begun());
  ASSERT_FALSE(parser.done());
  parser.Put("\r\n");
  ASSERT_TRUE(parser.done());
  EXPECT_FALSE(parser.keep_alive()) << "HTTP/1.0";
  EXPECT_EQ(parser.Take().path, "/3");
}

TEST(RequestParser, ReadsChunks) {
  RequestParser parser(kBodyLimit);
  parser.Put(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;name=value\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.Take().body, "abcde");
}

TEST(RequestParser, ConnectionCloseAndExpect) {
  RequestParser parser(kBodyLimit);
  parser.Put(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-Continue\r\nContent-Length: "
      "2\r\n\r\n");
  ASSERT_TRUE(parser.has_headers());
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_FALSE(parser.done());
  parser.Put("ab");
  EXPECT_FALSE(parser.keep_alive());
}

TEST(RequestParser, RefusesWhatIsNotHttp) {
  for (const char* bytes :
       {"\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 TLS?\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"}) {
    ExpectFault(bytes, HttpFault::kInvalidHttp);
  }
}

TEST(RequestParser, RefusesWhatIsTooLarge) {
  ExpectFault("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20000, 'a') + "\r\n\r\n",
              HttpFault::kHeadersTooLarge);
  ExpectFault("GET /" + std::string(20000, 'a'), HttpFault::kHeadersTooLarge);
  ExpectFault("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n",
              HttpFault::kBodyTooLarge);
  ExpectFault("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n",
              HttpFault::kBodyTooLarge);
  ExpectFault("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                  std::string(1001, 'a') + "\r\n0\r\n\r\n",
              HttpFault::kBodyTooLarge);
  // Lines between chunks and after them that never end.
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  ExpectFault(chunked + "1;a=" + std::string(20000, 'a'), HttpFault::kHeadersTooLarge);
  ExpectFault(chunked + std::string(20000, '0'), HttpFault::kHeadersTooLarge);
  ExpectFault(chunked + "1\r\na\r\n0\r\nA: " + std::string(20000, 'a'),
              HttpFault::kHeadersTooLarge);
}

TEST(RequestParser, OneHostIsNeeded) {
  ExpectFault("GET / HTTP/1.1\r\n\r\n", HttpFault::kInvalidHttp);
  ExpectFault("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", HttpFault::kInvalidHttp);
  ExpectFault("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", HttpFault::kInvalidHttp);
}

TEST(RequestParser, TargetsMayHaveTheirScheme) {
  for (const auto& [target, path] :
       {std::pair("http://x/a/b?c", "/a/b"), std::pair("HTTPS://x:80/", "/"),
        std::pair("http://x", "/"), std::pair("http://x?a=/b", "/"),
        std::pair("/http://x/a", "/http://x/a"), std::pair("*", "*")}) {
    RequestParser parser(kBodyLimit);
    parser.Put("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(parser.done()) << target;
    EXPECT_EQ(parser.Take().path, path);
  }
}

}  // namespace
}  // namespace atento
