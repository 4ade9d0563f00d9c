// A service with three small models, and its answers.
#ifndef ATENTO_TESTS_SERVE_SERVICE_FIXTURE_H_
#define ATENTO_TESTS_SERVE_SERVICE_FIXTURE_H_

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "serve/service.h"
#include "serve/tiny_served.h"

namespace atento {

inline HttpRequest Request(const std::string& method, const std::string& path,
                           const std::string& body = "",
                           const std::string& content_type = "application/json") {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.content_type = content_type;
  return request;
}

inline const char* kTinyLearning =
    R"({"probes":[{"step":0,"traces":[{"source":{}}]}],"metrics":[{"step":1}]})";

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    options_.batching.threads = 1;
    options_.batching.batch_window_ms = 0;
  }

  Service& service() {
    if (service_ == nullptr) {
      std::vector<ServedModel> models;
      models.push_back(TinyServed("one", "xa", "xb"));
      models.push_back(TinyServed("two", "xb", "xa", {.seed = 2}));
      models.back().learning = kTinyLearning;
      TinyModelOptions none;
      none.model.attention = Attention::kNone;
      none.model.attend = Attend::kAfter;
      models.push_back(TinyServed("plain", "xa", "fr", none));
      service_ = std::make_unique<Service>(options_, std::move(models));
    }
    return *service_;
  }

  HttpResponse Call(const HttpRequest& request) {
    auto promise = std::make_shared<std::promise<HttpResponse>>();
    service().Handle(request, [promise](HttpResponse r) { promise->set_value(std::move(r)); });
    return promise->get_future().get();
  }
  Json Translate(const std::string& body) {
    const HttpResponse response = Call(Request("POST", "/v1/translate", body));
    EXPECT_EQ(response.status, 200) << response.body;
    return Json::Parse(response.body, "response");
  }

  // The answer's status, the code in it, and that the message has `part`.
  void ExpectError(const HttpRequest& request, HttpFault fault, const std::string& part = "") {
    const HttpResponse response = Call(request);
    SCOPED_TRACE(request.path + " " + request.body.substr(0, 100));
    EXPECT_EQ(response.status, FaultInfo(fault).status);
    EXPECT_EQ(response.content_type, "application/json");
    const Json error = Json::Parse(response.body, "response").At("error");
    std::string message;
    if (error.is_string()) {
      message = error.AsString();
    } else {
      EXPECT_EQ(error.At("code").AsString(), FaultInfo(fault).code);
      message = error.At("message").AsString();
    }
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  void ExpectBodyError(const std::string& body, HttpFault fault, const std::string& part = "") {
    ExpectError(Request("POST", "/v1/translate", body), fault, part);
  }

  ServeOptions options_;
  std::unique_ptr<Service> service_;
};

}  // namespace atento

#endif  // ATENTO_TESTS_SERVE_SERVICE_FIXTURE_H_
