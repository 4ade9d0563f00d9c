// POST /v1/trace, without sockets.
#include "atento/trace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "serve/service_fixture.h"
#include "trace/make_trace.h"

namespace atento {
namespace {

class ServeTraceTest : public ServiceTest {
 protected:
  static HttpRequest TraceOf(const std::string& body) { return Request("POST", "/v1/trace", body); }
  Json Trace(const std::string& body) {
    const HttpResponse response = Call(TraceOf(body));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    return Json::Parse(response.body, "response");
  }
  void ExpectRefused(const std::string& body, HttpFault fault, const std::string& part = "") {
    ExpectError(TraceOf(body), fault, part);
  }
};

std::vector<double> Numbers(const Json& array) {
  std::vector<double> numbers;
  for (const Json& number : array.AsArray()) numbers.push_back(number.AsDouble());
  return numbers;
}

// ---- what it answers ---------------------------------------------------------------------------

TEST_F(ServeTraceTest, IsTheTraceOfTheTranslation) {
  const Json trace = Trace(R"({"text": "a b c"})");
  const Json translated = Translate(R"({"text": "a b c"})");
  EXPECT_EQ(trace.At("format").AsString(), "atento-trace");
  EXPECT_EQ(trace.At("target").At("text").AsString(),
            translated.At("translations").AsArray()[0].At("text").AsString());
  for (const Json& step : trace.At("steps").AsArray()) {
    const std::vector<double> weights = Numbers(step.At("attention").At("weights"));
    EXPECT_EQ(weights.size(), 4u) << "three words and </s>";
    EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-5);
  }
  EXPECT_EQ(service().metrics().Value(Metric::kTraces), 1);
  EXPECT_EQ(service().metrics().Value(Metric::kQueueSentences), 0);
}

TEST_F(ServeTraceTest, IsWhatTheLibraryMakes) {
  const HttpResponse response = Call(TraceOf(R"({"text": "a b c", "beam": 3, "candidates": 4})"));
  const ServedModel served = TinyServed("one", "xa", "xb");
  SearchThreads threads(1);
  TraceRequest request{.text = "a b c", .search = {.beam = 3}, .options = {.candidates = 4}};
  EXPECT_EQ(response.body, TraceToJson(MakeTrace(*served.model, request, 100, threads)) + "\n");
}

TEST_F(ServeTraceTest, TakesEveryField) {
  const Json trace = Trace(
      R"({"model": "two", "text": "a b c", "beam": 3, "n_best": 2, "length_penalty": 0,
          "max_length_ratio": 1.5, "candidates": 2, "detail": "weights"})");
  EXPECT_EQ(trace.At("model").At("text").At("source-language").AsString(), "xb");
  EXPECT_EQ(trace.Find("encoder"), nullptr);
  EXPECT_EQ(trace.At("steps").AsArray()[0].At("candidates").AsArray().size(), 2u);
  const Json& search = trace.At("search");
  EXPECT_EQ(search.At("beam").AsInteger(), 3);
  EXPECT_EQ(search.At("n_best").AsInteger(), 2);
  EXPECT_EQ(search.At("length_penalty").AsDouble(), 0);
  EXPECT_EQ(search.At("length_limit").AsInteger(), 15);
  EXPECT_NE(trace.Find("beam"), nullptr);
}

TEST_F(ServeTraceTest, GoesOnFromAnotherCandidate) {
  const Json own = Trace(R"({"text": "a b c", "beam": 1})");
  const Json& candidates = own.At("steps").AsArray()[0].At("candidates");
  const int64_t id = candidates.AsArray()[1].At("id").AsInteger();
  const Json other =
      Trace(Json().Set("text", "a b c").Set("target_prefix", Json().Append(Json(id))).Dump());
  EXPECT_TRUE(other.At("steps").AsArray()[0].At("forced").AsBool());
  EXPECT_EQ(other.At("target").At("ids").AsArray()[0].AsInteger(), id);
}

TEST_F(ServeTraceTest, ReplacesWeights) {
  const Json trace = Trace(R"({"text": "a b c", "alpha": {"step": 0, "weights": [0, 3, 1, 0]}})");
  const Json& attention = trace.At("steps").AsArray()[0].At("attention");
  EXPECT_TRUE(attention.At("replaced").AsBool());
  const std::vector<double> weights = Numbers(attention.At("weights"));
  EXPECT_NEAR(weights[1], 0.75, 1e-6);
  EXPECT_NEAR(weights[2], 0.25, 1e-6);
  Trace(R"({"text": "a b c", "alpha": {"step": 0, "weights": [3e38, 3e38, 3e38, 3e38]}})");
  Trace(R"({"text": "a b c", "alpha": {"step": 0, "weights": [1e-40, 0, 0, 0]}})");
}

TEST_F(ServeTraceTest, ReadsAGivenTranslation) {
  const Json trace = Trace(R"({"text": "a b c", "target": "t u"})");
  EXPECT_EQ(trace.At("target").At("text").AsString(), "t u");
  EXPECT_EQ(trace.Find("search"), nullptr);
}

TEST_F(ServeTraceTest, ALongSentenceIsCutAsInTranslation) {
  EXPECT_TRUE(Trace(R"({"text": "a b c d e f g a b c"})").At("source").At("truncated").AsBool());
}

TEST_F(ServeTraceTest, HtmlAndScriptAreText) {
  const std::string text = "<script>alert(1)</script> <b>a</b> &amp;";
  EXPECT_EQ(Trace(Json().Set("text", text).Dump()).At("source").At("text").AsString(), text);
}

// ---- what it refuses ---------------------------------------------------------------------------

TEST_F(ServeTraceTest, RefusesWhatIsNoJson) {
  for (const char* body :
       {"", "{", "{\"text\": \"a\"} x", "{'text': 1}", "\"a", "{\"text\": \"\xff\"}",
        "{\"text\": \"\\ud800\"}", "{\"text\": \"\\udc00 a\"}", "{\"text\": \"a\", \"text\": 1}",
        "{\"text\": \"a\", \"alpha\": {\"step\": 0, \"weights\": [1e999]}}"}) {
    ExpectRefused(body, HttpFault::kInvalidJson, "request body");
  }
  ExpectRefused(std::string(100000, '['), HttpFault::kInvalidJson, "nested deeper");
  ExpectError(Request("POST", "/v1/trace", R"({"text": "a"})", "text/plain"),
              HttpFault::kUnsupportedMediaType, "application/json");
  ExpectError(Request("GET", "/v1/trace"), HttpFault::kMethodNotAllowed, "POST, OPTIONS");
}

TEST_F(ServeTraceTest, RefusesWrongFields) {
  auto refuse = [&](const std::string& fields, const std::string& part) {
    ExpectRefused(R"({"text": "a b")" + fields + "}", HttpFault::kInvalidRequest, part);
  };
  ExpectRefused("[]", HttpFault::kInvalidRequest, "object");
  ExpectRefused("{}", HttpFault::kInvalidRequest, "text");
  ExpectRefused(R"({"text": 1})", HttpFault::kInvalidRequest, "string");
  ExpectRefused(R"({"text": ["a"]})", HttpFault::kInvalidRequest, "string");
  ExpectRefused(R"({"text": "a\u0000"})", HttpFault::kInvalidRequest, "byte 2");
  refuse(R"(, "texts": 1)", "'texts'");
  refuse(R"(, "replace_unknown": true)", "'replace_unknown'");
  refuse(R"(, "beam": "5")", "beam");
  refuse(R"(, "beam": 21)", "allows 20");
  refuse(R"(, "beam": 0)", "beam");
  refuse(R"(, "beam": 2, "n_best": 3)", "n_best");
  refuse(R"(, "max_length_ratio": 11)", "10");
  refuse(R"(, "candidates": 0)", "candidates");
  refuse(R"(, "candidates": 101)", "candidates");
  refuse(R"(, "detail": "all")", "vectors");
  refuse(R"(, "target": 1)", "target");
  refuse(R"(, "target": null)", "target");
  refuse(R"(, "target": "t\u0000")", "NUL");
}

TEST_F(ServeTraceTest, RefusesSymbolsThatTheModelDoesNotHave) {
  auto refuse = [&](const std::string& prefix, const std::string& part) {
    ExpectRefused(R"({"text": "a b", "target_prefix": )" + prefix + "}", HttpFault::kInvalidRequest,
                  part);
  };
  refuse("1", "target_prefix");
  refuse("[\"a\"]", "target_prefix");
  refuse("[1.5]", "target_prefix");
  refuse("[-1]", "-1");
  refuse("[9]", "from 0 to 8");
  refuse("[2147483648]", "2147483648");
  refuse("[-9223372036854775808]", "-9223372036854775808");
  refuse("[1, 2]", "</s>");
  std::string many = "[2";
  for (int i = 0; i < 1000; ++i) many += ",2";
  refuse(many + "]", "1001");
  ExpectRefused(R"({"text": "a", "target": "t", "target_prefix": [2]})", HttpFault::kInvalidRequest,
                "exclude each other");
}

TEST_F(ServeTraceTest, RefusesWeightsThatAreNone) {
  auto refuse = [&](const std::string& alpha, const std::string& part) {
    ExpectRefused(R"({"text": "a b", "alpha": )" + alpha + "}", HttpFault::kInvalidRequest, part);
  };
  refuse("1", "alpha");
  refuse("{}", "step and weights");
  refuse(R"({"step": 0})", "step and weights");
  refuse(R"({"step": 0, "weights": [1, 1, 1], "head": 1})", "'head'");
  refuse(R"({"step": -1, "weights": [1, 1, 1]})", "step");
  refuse(R"({"step": 0.5, "weights": [1, 1, 1]})", "step");
  refuse(R"({"step": 99999999999, "weights": [1, 1, 1]})", "step");
  refuse(R"({"step": 2000, "weights": [1, 1, 1]})", "step");
  refuse(R"({"step": 0, "weights": 1})", "weights");
  refuse(R"({"step": 0, "weights": ["1", 1, 1]})", "weights");
  refuse(R"({"step": 0, "weights": [1, 1]})", "3 source tokens");
  refuse(R"({"step": 0, "weights": []})", "3 source tokens");
  refuse(R"({"step": 0, "weights": [1, -1, 1]})", "position 1");
  refuse(R"({"step": 0, "weights": [1, 1e300, 1]})", "too large");
  refuse(R"({"step": 0, "weights": [0, 0, 0]})", "all weights are 0");
  refuse(R"({"step": 0, "weights": [1e-300, 0, 0]})", "all weights are 0");
  ExpectRefused(R"({"model": "plain", "text": "a b", "alpha": {"step": 0, "weights": [1, 1, 1]}})",
                HttpFault::kInvalidRequest, "no weights");
}

TEST_F(ServeTraceTest, RefusesModelsAndTextsThatDoNotFit) {
  ExpectRefused(R"({"text": "a", "model": "three"})", HttpFault::kUnknownModel, "three");
  for (const char* body : {R"({"text": ""})", R"({"text": " \n\t"})"}) {
    ExpectRefused(body, HttpFault::kEmptyText);
  }
  ExpectRefused("{\"text\": \"" + std::string(1 << 20, 'a') + "\"}", HttpFault::kTextTooLong,
                "50000");
  options_.limits.max_trace_tokens = 7;
  service_.reset();
  ExpectRefused(R"({"text": "a b c d e f g a"})", HttpFault::kTextTooLong, "8 tokens");
  ExpectRefused(R"({"text": "a", "target": "t u v w x y z t"})", HttpFault::kTextTooLong,
                "8 tokens");
  Trace(R"({"text": "a b c d e f g", "target": "t u v w x y z"})");
}

TEST_F(ServeTraceTest, TheKeyIsAskedFor) {
  options_.api_key = "secret";
  ExpectRefused(R"({"text": "a"})", HttpFault::kUnauthorized, "Bearer");
  HttpRequest request = TraceOf(R"({"text": "a"})");
  request.authorization = "Bearer secret";
  EXPECT_EQ(Call(request).status, 200);
}

// ---- how many at a time ------------------------------------------------------------------------

TEST_F(ServeTraceTest, WhatIsStillBeingSentCounts) {
  options_.limits.max_traces = 1;
  auto first = std::make_unique<HttpResponse>(Call(TraceOf(R"({"text": "a"})")));
  EXPECT_EQ(first->status, 200);
  ExpectRefused(R"({"text": "a"})", HttpFault::kQueueFull, "too many traces");
  EXPECT_EQ(Call(Request("POST", "/v1/translate", R"({"text": "a"})")).status, 200);
  first.reset();
  Trace(R"({"text": "a"})");
}

TEST_F(ServeTraceTest, WhoeverLeavesGivesThePlaceBack) {
  options_.limits.max_traces = 1;
  HttpRequest request = TraceOf(R"({"text": "a"})");
  request.cancelled = std::make_shared<const std::atomic<bool>>(true);
  service().Handle(request, [](const HttpResponse&) { FAIL() << "nobody waits"; });
  // It is dropped when a thread next looks at the queue, or answered to nobody.
  while (Call(TraceOf(R"({"text": "a"})")).status == 429) {
  }
}

TEST_F(ServeTraceTest, StopsWhenWhoeverAskedLeaves) {
  options_.limits.max_trace_tokens = 400;
  options_.limits.max_length_ratio = kEndlessRatio;
  options_.limits.max_traces = 1;
  std::vector<ServedModel> models;
  models.push_back(EndlessServed());
  service_ = std::make_unique<Service>(options_, std::move(models));
  Json body = Json().Set("text", EndlessSentence()).Set("beam", 1);
  body.Set("max_length_ratio", kEndlessRatio);
  HttpRequest request = TraceOf(body.Dump());
  const auto left = std::make_shared<std::atomic<bool>>(false);
  request.cancelled = left;
  service().Handle(request, [](const HttpResponse&) { ADD_FAILURE() << "it went on"; });
  ASSERT_TRUE(Becomes(service().metrics(), Metric::kQueueSentences, 0)) << "it has begun";
  left->store(true);
  Translate(R"({"text": "a"})");
  EXPECT_EQ(service().metrics().Value(Metric::kTraces), 0);
  Trace(R"({"text": "a"})");
}

TEST_F(ServeTraceTest, WaitsInTheQueue) {
  options_.batching = Stalled();
  options_.batching.queue_sentences = 1;
  service().Handle(Request("POST", "/v1/translate", R"({"text": "a"})"),
                   [](const HttpResponse&) {});
  ExpectRefused(R"({"text": "a"})", HttpFault::kQueueFull);
}

TEST_F(ServeTraceTest, DoesNotWaitForABatchToFill) {
  options_.batching = Stalled();
  service().Handle(Request("POST", "/v1/translate", R"({"text": "a"})"),
                   [](const HttpResponse&) {});
  Trace(R"({"text": "a"})");
  Trace(R"({"text": "b"})");
}

}  // namespace
}  // namespace atento
