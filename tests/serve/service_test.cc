// Routes, bodies and errors, without sockets.
#include "serve/service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "serve/service_fixture.h"

namespace atento {
namespace {

// ---- POST /v1/translate ------------------------------------------------------------------------

TEST_F(ServiceTest, TranslatesAText) {
  const Json json = Translate(R"({"text": " a b c\n"})");
  EXPECT_EQ(json.At("model").AsString(), "one");
  const Json& translation = json.At("translations").AsArray().at(0);
  const std::string& text = translation.At("text").AsString();
  EXPECT_TRUE(text.starts_with(" ") && text.ends_with("\n")) << text;
  const Json& best = translation.At("hypotheses").AsArray().at(0);
  EXPECT_EQ(best.At("text").AsString(), text);
  EXPECT_LT(best.At("log_prob").AsDouble(), 0);
  EXPECT_LT(best.At("score").AsDouble(), 0);
  EXPECT_EQ(best.Find("alignment"), nullptr);
}

TEST_F(ServiceTest, AnArrayIsAnsweredInItsOrder) {
  const Json array = Translate(R"({"text": ["a b", "", "c d e", " "]})");
  const Json::Array& translations = array.At("translations").AsArray();
  ASSERT_EQ(translations.size(), 4u);
  EXPECT_EQ(translations[1].At("text").AsString(), "");
  EXPECT_EQ(translations[3].At("text").AsString(), " ");
  for (size_t i : {0, 2}) {
    const std::string one = i == 0 ? R"({"text": "a b"})" : R"({"text": "c d e"})";
    EXPECT_EQ(translations[i].At("text").AsString(),
              Translate(one).At("translations").AsArray()[0].At("text").AsString());
  }
}

TEST_F(ServiceTest, TakesEveryField) {
  const Json json = Translate(
      R"({"model": "two", "text": "a b c", "beam": 3, "n_best": 2, "length_penalty": 0,
          "max_length_ratio": 1.5, "max_length": 9, "min_length_ratio": 0.1, "min_length": 1,
          "block_ngrams": 3, "replace_unknown": false, "sample": false, "seed": 4, "alignments": "hard",
          "split": "lines"})");
  EXPECT_EQ(json.At("model").AsString(), "two");
  const Json::Array& hypotheses = json.At("translations").AsArray()[0].At("hypotheses").AsArray();
  ASSERT_EQ(hypotheses.size(), 2u);
  EXPECT_EQ(hypotheses[0].At("score").AsDouble(), hypotheses[0].At("log_prob").AsDouble())
      << "length_penalty 0";
  EXPECT_GE(hypotheses[0].At("score").AsDouble(), hypotheses[1].At("score").AsDouble());
  for (const Json& link : hypotheses[0].At("alignment").AsArray()) {
    EXPECT_EQ(link.AsArray().size(), 2u);
    EXPECT_LT(link.AsArray()[0].AsInteger(), 3);
  }
}

TEST_F(ServiceTest, SoftAlignmentsHaveARowPerTargetWord) {
  const Json json = Translate(R"({"text": "a b c", "alignments": "soft"})");
  const Json& best = json.At("translations").AsArray()[0].At("hypotheses").AsArray()[0];
  const Json::Array& rows = best.At("alignment").AsArray();
  const std::string& text = best.At("text").AsString();
  EXPECT_EQ(rows.size(), text.empty() ? 0u : 1u + std::count(text.begin(), text.end(), ' '));
  for (const Json& row : rows) EXPECT_EQ(row.AsArray().size(), 3u);
}

TEST_F(ServiceTest, ReportsSentencesThatAreTooLong) {
  const Json json = Translate(R"({"text": "a b c d e f g a b c"})");
  const Json& cut = json.At("translations").AsArray()[0].At("truncated").AsArray().at(0);
  EXPECT_EQ(cut.At("tokens").AsInteger(), 10);
  EXPECT_EQ(cut.At("translated_tokens").AsInteger(), 8);
  EXPECT_EQ(service().metrics().Value(Metric::kTruncatedSentences), 1);
}

TEST_F(ServiceTest, HtmlAndScriptAreText) {
  // The model knows no word of it and writes <unk>, for which the source's word is put in.
  std::unique_ptr<Model> unknowing = TinyModel();
  unknowing->parameters.views().output.b[kUnknownId] += 100;
  std::vector<ServedModel> models;
  models.push_back({"unknowing", std::move(unknowing)});
  service_ = std::make_unique<Service>(options_, std::move(models));
  const std::string html = "<script>alert(\"1\")</script>&amp;";
  const Json body = Json().Set("text", html).Set("replace_unknown", true);
  const HttpResponse response = Call(Request("POST", "/v1/translate", body.Dump()));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "application/json");
  const Json json = Json::Parse(response.body, "response");
  const std::string& text = json.At("translations").AsArray().at(0).At("text").AsString();
  EXPECT_TRUE(text.starts_with(html + " " + html)) << text;
}

TEST_F(ServiceTest, RefusesWhatIsNoJson) {
  for (const char* body :
       {"", "{", "{\"text\": \"a\"} x", "{'text': 1}", "nul", "\"a", "{\"text\": \"\xff\"}",
        "{\"text\": \"\\ud800\"}", "{\"text\": \"\\udc00 a\"}",
        "{\"text\": \"a\", \"text\": \"b\"}", "{\"text\": \"a\", \"beam\": 1e999}"}) {
    ExpectBodyError(body, HttpFault::kInvalidJson, "request body");
  }
  ExpectBodyError(std::string(100000, '['), HttpFault::kInvalidJson, "nested deeper");
}

TEST_F(ServiceTest, RefusesWrongFields) {
  ExpectBodyError("[]", HttpFault::kInvalidRequest, "object");
  ExpectBodyError("{}", HttpFault::kInvalidRequest, "text is missing");
  ExpectBodyError(R"({"text": 1})", HttpFault::kInvalidRequest, "text");
  ExpectBodyError(R"({"text": null})", HttpFault::kInvalidRequest, "text");
  ExpectBodyError(R"({"text": ["a", 1]})", HttpFault::kInvalidRequest, "a string");
  ExpectBodyError(R"({"text": "a\u0000"})", HttpFault::kInvalidRequest, "byte 2");
  ExpectBodyError(R"({"text": "a", "beams": 1})", HttpFault::kInvalidRequest, "'beams'");
  ExpectBodyError(R"({"text": "a", "n-best": 1})", HttpFault::kInvalidRequest, "'n-best'");
  ExpectBodyError(R"({"text": "a", "beam": "5"})", HttpFault::kInvalidRequest, "beam");
  ExpectBodyError(R"({"text": "a", "beam": 1.5})", HttpFault::kInvalidRequest, "beam");
  ExpectBodyError(R"({"text": "a", "beam": 0})", HttpFault::kInvalidRequest, "beam");
  ExpectBodyError(R"({"text": "a", "beam": 99999999999})", HttpFault::kInvalidRequest, "beam");
  ExpectBodyError(R"({"text": "a", "beam": 21})", HttpFault::kInvalidRequest, "allows 20");
  ExpectBodyError(R"({"text": "a", "n_best": 9})", HttpFault::kInvalidRequest, "n_best");
  ExpectBodyError(R"({"text": "a", "max_length_ratio": 11})", HttpFault::kInvalidRequest, "10");
  ExpectBodyError(R"({"text": "a", "length_penalty": -1})", HttpFault::kInvalidRequest);
  ExpectBodyError(R"({"text": "a", "alignments": true})", HttpFault::kInvalidRequest);
  ExpectBodyError(R"({"text": "a", "alignments": "firm"})", HttpFault::kInvalidRequest, "soft");
  ExpectBodyError(R"({"text": "a. B.", "alignments": "soft"})", HttpFault::kInvalidRequest,
                  "one sentence");
  ExpectBodyError(R"({"text": "a", "model": "plain", "alignments": "hard"})",
                  HttpFault::kInvalidRequest, "no attention");
  ExpectBodyError(R"({"text": "a", "model": "plain", "replace_unknown": true})",
                  HttpFault::kInvalidRequest, "attention");
  ExpectBodyError(R"({"text": "a", "model": "three"})", HttpFault::kUnknownModel, "three");
}

TEST_F(ServiceTest, ManyFieldsTookTheSquareOfTheirNumber) {
  std::string body = R"({"text": "a")";
  for (int i = 0; i < 100'000; ++i) body += ",\"" + std::to_string(i) + "\":0";
  ExpectBodyError(body + "}", HttpFault::kInvalidRequest, "unknown key '0'");
}

TEST_F(ServiceTest, RefusesTextThatIsEmptyOrTooLong) {
  for (const char* body : {R"({"text": ""})", R"({"text": " \n\t"})", R"({"text": []})"}) {
    ExpectBodyError(body, HttpFault::kEmptyText);
  }
  ExpectBodyError("{\"text\": \"" + std::string(1 << 20, 'a') + "\"}", HttpFault::kTextTooLong,
                  "50000");
  ExpectBodyError(
      "{\"text\": [\"a\"" + std::string(200, ' ') +
          [] {
            std::string rest;
            for (int i = 0; i < 128; ++i) rest += ",\"a\"";
            return rest;
          }() +
          "]}",
      HttpFault::kTextTooLong, "128");
}

TEST_F(ServiceTest, RefusesOtherMediaTypes) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
    ExpectError(Request("POST", "/v1/translate", R"({"text": "a"})", type),
                HttpFault::kUnsupportedMediaType, "application/json");
  }
  for (const char* type : {"application/json; charset=utf-8", "Application/JSON ;x"}) {
    EXPECT_EQ(Call(Request("POST", "/v1/translate", R"({"text": "a"})", type)).status, 200);
  }
}

// One request of many lines kept all others out.
TEST_F(ServiceTest, ARequestOfManyLinesLeavesRoomToOthers) {
  options_.batching = Stalled();
  options_.batching.batch_sentences = 20'000;  // they would be a full batch, and begun
  std::string lines;
  for (int i = 0; i < 12'000; ++i) lines += "a\\n";
  service().Handle(Request("POST", "/v1/translate", R"({"text": ")" + lines + "\"}"),
                   [](HttpResponse) {});
  EXPECT_EQ(service().metrics().Value(Metric::kQueueSentences), 12'000);
  bool answered = false;
  service().Handle(Request("POST", "/v1/translate", R"({"text": "b"})"),
                   [&](HttpResponse) { answered = true; });
  EXPECT_FALSE(answered) << "it was refused";
  EXPECT_EQ(service().metrics().Value(Metric::kQueueSentences), 12'001);
}

TEST_F(ServiceTest, WhatIsRefusedIsNotCountedAsTruncated) {
  options_.batching = Stalled();
  options_.batching.queue_sentences = 1;
  service().Handle(Request("POST", "/v1/translate", R"({"text": "a"})"), [](HttpResponse) {});
  ExpectBodyError(R"({"text": "a b c d e f g a b c"})", HttpFault::kQueueFull);
  EXPECT_EQ(service().metrics().Value(Metric::kTruncatedSentences), 0);
}

TEST_F(ServiceTest, AFullQueueIs429) {
  options_.batching = Stalled();
  options_.batching.queue_sentences = 1;
  service().Handle(Request("POST", "/v1/translate", R"({"text": "a"})"), [](HttpResponse) {});
  const HttpResponse response = Call(Request("POST", "/v1/translate", R"({"text": "b"})"));
  EXPECT_EQ(response.status, 429);
  EXPECT_NE(response.body.find("queue_full"), std::string::npos) << response.body;
  EXPECT_EQ(response.headers,
            (std::vector<std::pair<std::string, std::string>>{{"Retry-After", "1"}}));
}

// ---- methods, paths, keys ----------------------------------------------------------------------

TEST_F(ServiceTest, OtherMethodsAndPaths) {
  ExpectError(Request("GET", "/nothing"), HttpFault::kNotFound, "/openapi.json");
  ExpectError(Request("GET", "/v1/translate"), HttpFault::kMethodNotAllowed, "POST, OPTIONS");
  ExpectError(Request("BREW", "/healthz"), HttpFault::kMethodNotAllowed, "GET, HEAD, OPTIONS");
  ExpectError(Request("DELETE", "/translate"), HttpFault::kMethodNotAllowed);
  const HttpResponse response = Call(Request("PUT", "/healthz"));
  EXPECT_EQ(response.headers.at(0).first, "Allow");
  EXPECT_EQ(response.headers.at(0).second, "GET, HEAD, OPTIONS");
  EXPECT_EQ(Call(Request("OPTIONS", "/v1/translate")).status, 204);
  EXPECT_EQ(Call(Request("HEAD", "/healthz")).status, 200);
}

TEST_F(ServiceTest, TheKeyIsAskedFor) {
  options_.api_key = "secret";
  const std::string body = R"({"text": "a"})";
  for (const char* given : {"", "secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets",
                            "Bearer SECRET", "Basic secret"}) {
    HttpRequest request = Request("POST", "/v1/translate", body);
    request.authorization = given;
    ExpectError(request, HttpFault::kUnauthorized, "Bearer");
    EXPECT_EQ(Call(request).headers.at(0).first, "WWW-Authenticate");
  }
  for (const char* given : {"Bearer secret", "bearer secret", "BEARER  secret"}) {
    HttpRequest request = Request("POST", "/v1/translate", body);
    request.authorization = given;
    EXPECT_EQ(Call(request).status, 200) << given;
  }
  EXPECT_EQ(Call(Request("GET", "/metrics")).status, 401);
  EXPECT_EQ(Call(Request("GET", "/v1/models")).status, 401);
  for (const char* open : {"/healthz", "/readyz", "/openapi.json", "/languages"}) {
    EXPECT_EQ(Call(Request("GET", open)).status, 200) << open;
  }
}

TEST_F(ServiceTest, ReadyUntilItDrains) {
  EXPECT_EQ(Call(Request("GET", "/readyz")).status, 200);
  service().Drain();
  ExpectError(Request("GET", "/readyz"), HttpFault::kUnavailable, "stopping");
  EXPECT_EQ(Call(Request("GET", "/healthz")).status, 200);
}

TEST_F(ServiceTest, TellsHowAModelLearned) {
  const HttpResponse response = Call(Request("GET", "/v1/models/two/learning"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, std::string(kTinyLearning) + "\n");
  ExpectError(Request("GET", "/v1/models/one/learning"), HttpFault::kNotFound, "--probe");
  ExpectError(Request("GET", "/v1/models/three/learning"), HttpFault::kUnknownModel, "three");
  ExpectError(Request("POST", "/v1/models/two/learning"), HttpFault::kMethodNotAllowed, "GET");
  for (const char* path : {"/v1/models//learning", "/v1/models/learning", "/v1/models/a/b/learning",
                           "/v1/models/two/learning/", "/v1/models/two"}) {
    ExpectError(Request("GET", path), HttpFault::kNotFound, "no such path");
  }
  // Metrics have as many labels as there are routes.
  const std::string metrics = Call(Request("GET", "/metrics")).body;
  EXPECT_NE(metrics.find("{path=\"/v1/models/{model}/learning\",status=\"200\"} 1"),
            std::string::npos)
      << metrics;
  EXPECT_EQ(metrics.find("two/learning"), std::string::npos);
}

TEST_F(ServiceTest, ListsItsModels) {
  const Json json = Json::Parse(Call(Request("GET", "/v1/models")).body, "response");
  const Json::Array& models = json.At("models").AsArray();
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[1].At("name").AsString(), "two");
  EXPECT_EQ(models[1].At("source_language").AsString(), "xb");
  EXPECT_EQ(models[1].At("max_source_tokens").AsInteger(), 8);
  EXPECT_TRUE(models[1].At("attention").AsBool());
  EXPECT_FALSE(models[0].At("learning").AsBool());
  EXPECT_TRUE(models[1].At("learning").AsBool());
  EXPECT_FALSE(models[2].At("attention").AsBool());
}

TEST_F(ServiceTest, CountsWhatItAnswers) {
  Translate(R"({"text": "a b. C"})");
  Call(Request("GET", "/a/path/of/an/attacker"));
  const std::string text = Call(Request("GET", "/metrics")).body;
  for (const char* line : {"atento_http_requests_total{path=\"/v1/translate\",status=\"200\"} 1\n",
                           "atento_http_requests_total{path=\"other\",status=\"404\"} 1\n",
                           "atento_sentences_total 2\n", "atento_source_tokens_total 3\n",
                           "atento_http_request_seconds_count{path=\"/v1/translate\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace atento
