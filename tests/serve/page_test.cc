// GET /, without sockets.
#include "trace/page.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "serve/response_text.h"
#include "serve/service_fixture.h"
#include "temporary_directory.h"

namespace atento {
namespace {

class ServePageTest : public ServiceTest {
 protected:
  HttpResponse Page(const std::string& accept_encoding = "", const std::string& known = "") {
    HttpRequest request = Request("GET", "/");
    request.accept_encoding = accept_encoding;
    request.if_none_match = known;
    return Call(request);
  }
  static std::string Header(const HttpResponse& response, const std::string& wanted) {
    for (const auto& [name, value] : response.headers) {
      if (name == wanted) return value;
    }
    return "";
  }
};

TEST_F(ServePageTest, IsHtmlWithItsPolicy) {
  const HttpResponse page = Page();
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(page.body == PageHtml());
  EXPECT_EQ(Header(page, "Content-Security-Policy"),
            std::string(PagePolicy()) + "; frame-ancestors 'none'");
  EXPECT_EQ(Header(page, "Vary"), "Accept-Encoding");
  const std::string text = ResponseText(page, {});
  EXPECT_NE(text.find("\r\nCache-Control: no-cache\r\n"), std::string::npos);
  EXPECT_NE(text.find("\r\nX-Content-Type-Options: nosniff\r\n"), std::string::npos);
}

TEST_F(ServePageTest, NeedsNoKey) {
  options_.api_key = "secret";
  EXPECT_EQ(Page().status, 200);
}

TEST_F(ServePageTest, IsPackedForThoseThatCanUnpackIt) {
  for (const char* accepted :
       {"gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "br , gzip ; q=0.001"}) {
    const HttpResponse page = Page(accepted);
    EXPECT_EQ(Header(page, "Content-Encoding"), "gzip") << accepted;
    EXPECT_LT(page.body.size(), PageHtml().size() / 2);
    const TemporaryDirectory directory;
    WriteFileAtomically(directory.File("page"), page.body);
    LineReader reader(directory.File("page"));
    std::string unpacked, line;
    while (reader.Next(&line)) unpacked += line + "\n";
    EXPECT_TRUE(unpacked == PageHtml());
  }
  for (const char* other :
       {"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "*;q=0", ",,"}) {
    EXPECT_EQ(Header(Page(other), "Content-Encoding"), "") << other;
  }
}

TEST_F(ServePageTest, IsNotSentToThoseThatHaveIt) {
  const std::string tag = Header(Page(), "ETag");
  EXPECT_TRUE(tag.starts_with("W/\"")) << tag;
  EXPECT_EQ(Header(Page("gzip"), "ETag"), tag);
  for (const std::string& known : {tag, "\"other\", " + tag, tag.substr(2), std::string("*")}) {
    const HttpResponse page = Page("gzip", known);
    EXPECT_EQ(page.status, 304) << known;
    EXPECT_EQ(page.body, "");
    EXPECT_EQ(Header(page, "ETag"), tag);
    const std::string text = ResponseText(page, {});
    EXPECT_TRUE(text.starts_with("HTTP/1.1 304 Not Modified\r\n")) << text;
    EXPECT_EQ(text.find("Content-Length"), std::string::npos) << text;
  }
  EXPECT_EQ(Page("", "W/\"0\"").status, 200);
}

}  // namespace
}  // namespace atento
