// LibreTranslate's routes.
#include <gtest/gtest.h>

#include "serve/service_fixture.h"

namespace atento {
namespace {

class LibreTranslateTest : public ServiceTest {
 protected:
  static constexpr const char* kForm = "application/x-www-form-urlencoded";

  Json Libre(const std::string& body, const std::string& type = "application/json") {
    const HttpResponse response = Call(Request("POST", "/translate", body, type));
    EXPECT_EQ(response.status, 200) << response.body;
    return Json::Parse(response.body, "response");
  }
  void ExpectLibreError(const std::string& body, int status, const std::string& message,
                        const std::string& type = "application/json") {
    const HttpResponse response = Call(Request("POST", "/translate", body, type));
    EXPECT_EQ(response.status, status) << body;
    EXPECT_EQ(Json::Parse(response.body, "response").At("error").AsString(), message) << body;
  }
};

TEST_F(LibreTranslateTest, JsonAndForms) {
  const std::string text =
      Libre(R"({"q": "a b", "source": "xa", "target": "xb", "format": "text", "api_key": ""})")
          .At("translatedText")
          .AsString();
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(Libre("q=a+b&source=xa&target=xb", kForm).At("translatedText").AsString(), text);
  EXPECT_EQ(Libre("--x\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\na b\r\n"
                  "--x\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nxa\r\n"
                  "--x\r\nContent-Disposition: form-data; name=\"target\"\r\n\r\nxb\r\n--x--\r\n",
                  "multipart/form-data; boundary=x")
                .At("translatedText")
                .AsString(),
            text);
  const Json other = Libre(R"({"q": "a b", "source": "xb", "target": "xa"})");
  EXPECT_NE(other.At("translatedText").AsString(), text) << "the other model";
}

TEST_F(LibreTranslateTest, AnArrayGivesAnArray) {
  const Json json = Libre(R"({"q": ["a b", "c"], "source": "xa", "target": "xb", "unknown": 1})");
  EXPECT_EQ(json.At("translatedText").AsArray().size(), 2u);
  EXPECT_EQ(json.Find("detectedLanguage"), nullptr);
}

TEST_F(LibreTranslateTest, LinesOfFormsEndAsElsewhere) {
  const std::string form = "source=xa&target=xb&q=a%0D%0A%0D%0Ab%0Dc%0D";
  const std::string text = Libre(form, kForm).At("translatedText").AsString();
  EXPECT_EQ(text.find("\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with('\r')) << text;
}

// Their ends were rewritten before anything was checked, and in the square of their number.
TEST_F(LibreTranslateTest, HalfAMillionLinesOfAFormAreRefused) {
  std::string lines;
  for (int i = 0; i < 500'000; ++i) lines += "\r\n";
  options_.api_key = "secret";
  ExpectLibreError("source=xa&target=xb&q=" + lines, 403,
                   "This server needs an API key: send api_key", kForm);
  ExpectLibreError("api_key=secret&source=xa&target=xb&q=" + lines, 413,
                   "there are 500000 characters: send at most 50000 at a time", kForm);
}

TEST_F(LibreTranslateTest, AutoTakesTheModelOfTheTarget) {
  const Json json = Libre(R"({"q": "a", "source": "auto", "target": "xa"})");
  EXPECT_EQ(json.At("detectedLanguage").At("language").AsString(), "xb");
  const Json array = Libre(R"({"q": ["a"], "source": "auto", "target": "xa"})");
  EXPECT_EQ(array.At("detectedLanguage").AsArray().at(0).At("language").AsString(), "xb");
}

TEST_F(LibreTranslateTest, ErrorsAreStrings) {
  ExpectLibreError("{}", 400, "Invalid request: missing q parameter");
  ExpectLibreError(R"({"q": "", "source": "xa"})", 400, "Invalid request: missing q parameter");
  ExpectLibreError(R"({"q": "a"})", 400, "Invalid request: missing source parameter");
  ExpectLibreError("q=a&source=xa", 400, "Invalid request: missing target parameter", kForm);
  ExpectLibreError("q=%ff&source=xa&target=xb", 400, "the form is not valid UTF-8", kForm);
  ExpectLibreError(R"({"q": "a", "source": "zz", "target": "xb"})", 400, "zz is not supported");
  ExpectLibreError(R"({"q": "a", "source": "xa", "target": "zz"})", 400, "zz is not supported");
  ExpectLibreError(R"({"q": "a", "source": "xb", "target": "fr"})", 400,
                   "fr is not available as a target language from xb");
  ExpectLibreError(R"({"q": "a", "source": "xa", "target": "xb", "format": "html"})", 400,
                   "html format is not supported: send text");
  ExpectLibreError("a", 415, "send JSON or a form, with the fitting header Content-Type",
                   "text/plain");
}

TEST_F(LibreTranslateTest, TheKeyIsAField) {
  options_.api_key = "secret";
  const std::string start = R"({"q": "a", "source": "xa", "target": "xb")";
  ExpectLibreError(start + "}", 403, "This server needs an API key: send api_key");
  ExpectLibreError(start + R"(, "api_key": "other"})", 403, "Invalid API key");
  Libre(start + R"(, "api_key": "secret"})");
  Libre("q=a&source=xa&target=xb&api_key=secret", kForm);
}

TEST_F(LibreTranslateTest, ListsLanguages) {
  EXPECT_EQ(Call(Request("GET", "/languages")).body,
            R"([{"code":"fr","name":"French","targets":[]},)"
            R"({"code":"xa","name":"xa","targets":["xb","fr"]},)"
            R"({"code":"xb","name":"xb","targets":["xa"]}])"
            "\n");
}

}  // namespace
}  // namespace atento
