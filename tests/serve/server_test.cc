// Connections: what clients send and do not send, and time limits.
#include "serve/server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/file.h"
#include "base/json.h"
#include "expect_error.h"
#include "serve/http_client.h"
#include "serve/tiny_served.h"
#include "temporary_directory.h"

namespace atento {
namespace {

constexpr const char* kTranslate = "/v1/translate";
const std::string kBody = R"({"text": "a b c"})";

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.port = 0;
    options_.batching.threads = 1;
    options_.batching.batch_window_ms = 0;
  }
  ~ServerTest() override {
    if (server_ != nullptr) Stop();
  }

  void Start(std::vector<ServedModel> models = OneTinyServed()) {
    server_ = std::make_unique<Server>(options_, std::move(models));
    run_ = std::async(std::launch::async, [this] { return server_->Run(); });
  }
  int port() {
    if (server_ == nullptr) Start();
    return server_->port();
  }
  HttpClient Connect() { return HttpClient(port()); }
  // Whether it drained in time.
  bool Stop() {
    server_->Drain();
    const bool drained = run_.get();
    server_.reset();
    return drained;
  }

  double Value(Metric metric) { return server_->service().metrics().Value(metric); }
  // False if it does not come to that in ten seconds.
  bool Becomes(Metric metric, double value) {
    return atento::Becomes(server_->service().metrics(), metric, value);
  }

  ServeOptions options_;
  std::unique_ptr<Server> server_;
  std::future<bool> run_;
};

std::string CodeOf(const HttpReply& reply) {
  if (reply.body.empty()) return "";
  return Json::Parse(reply.body, "reply").At("error").At("code").AsString();
}

// ---- HTTP --------------------------------------------------------------------------------------

TEST_F(ServerTest, AnswersManyRequestsOfAConnection) {
  HttpClient client = Connect();
  const HttpReply first = client.Post(kTranslate, kBody);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.at("content-type"), "application/json");
  EXPECT_EQ(first.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(first.headers.at("connection"), "keep-alive");
  EXPECT_EQ(first.headers.count("access-control-allow-origin"), 0u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Post(kTranslate, kBody).body, first.body);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  HttpClient client = Connect();
  client.Send(PostBytes(kTranslate, kBody) + "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" +
              PostBytes(kTranslate, "{") + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int status : {200, 200, 400, 404}) EXPECT_EQ(client.Receive().status, status);
}

TEST_F(ServerTest, HeadHasNoBody) {
  HttpClient client = Connect();
  client.Send("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpReply reply = client.Receive(/*head=*/true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-length"), "16");
  EXPECT_EQ(client.Get("/healthz").body, "{\"status\":\"ok\"}\n") << "after no body at all";
}

TEST_F(ServerTest, TellsClientsThatAskToContinue) {
  HttpClient client = Connect();
  client.Send("POST /v1/translate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(kBody.size()) + "\r\nContent-Type: application/json\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  client.Send(kBody);
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(ServerTest, ABodyThatIsTooLargeIsNotAskedFor) {
  HttpClient client = Connect();
  client.Send(
      "POST /v1/translate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
      "600000\r\n\r\n");
  const HttpReply reply = client.Receive();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(CodeOf(reply), "body_too_large");
}

TEST_F(ServerTest, ReadsChunks) {
  HttpClient client = Connect();
  client.Send(
      "POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"text\": \r\n");
  client.Send("4\r\n\"a\"}\r\n0\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(ServerTest, ClosesWhenItIsAskedTo) {
  HttpClient client = Connect();
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Receive().headers.at("connection"), "close");
  EXPECT_TRUE(client.Ended());
  HttpClient old = Connect();
  old.Send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Receive().status, 200);
  EXPECT_TRUE(old.Ended());
}

TEST_F(ServerTest, SaysWhatIsWrongAndCloses) {
  const std::string large(600000, 'a');
  const std::vector<std::pair<std::string, HttpFault>> cases = {
      {"\x16\x03\x01 hello\r\n\r\n", HttpFault::kInvalidHttp},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20000, 'a') + "\r\n\r\n",
       HttpFault::kHeadersTooLarge},
      {PostBytes(kTranslate, large), HttpFault::kBodyTooLarge},
  };
  for (const auto& [bytes, fault] : cases) {
    HttpClient client = Connect();
    client.Send(bytes);
    const HttpReply reply = client.Receive();
    EXPECT_EQ(reply.status, FaultInfo(fault).status);
    EXPECT_EQ(CodeOf(reply), FaultInfo(fault).code);
    EXPECT_EQ(reply.headers.at("connection"), "close");
  }
  HttpClient libre = Connect();
  const HttpReply reply = libre.Post("/translate", large);
  EXPECT_TRUE(Json::Parse(reply.body, "reply").At("error").is_string()) << reply.body;
}

TEST_F(ServerTest, CorsIfItIsAskedFor) {
  options_.cors = "https://example.org";
  HttpClient client = Connect();
  const HttpReply reply = client.Get("/healthz");
  EXPECT_EQ(reply.headers.at("access-control-allow-origin"), "https://example.org");
  EXPECT_EQ(reply.headers.at("vary"), "Origin");
  client.Send("OPTIONS /v1/translate HTTP/1.1\r\nHost: x\r\nOrigin: https://example.org\r\n\r\n");
  const HttpReply preflight = client.Receive();
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.at("access-control-allow-headers"), "Authorization, Content-Type");
}

TEST_F(ServerTest, NoCorsOtherwise) {
  HttpClient client = Connect();
  client.Send("OPTIONS /v1/translate HTTP/1.1\r\nHost: x\r\nOrigin: https://example.org\r\n\r\n");
  for (const auto& [name, value] : client.Receive().headers) {
    EXPECT_FALSE(name.starts_with("access-control")) << name << ": " << value;
  }
}

// ---- batches -----------------------------------------------------------------------------------

TEST_F(ServerTest, SentencesOfAllConnectionsAreOneBatch) {
  options_.batching = Stalled();
  options_.batching.batch_sentences = 4;
  std::vector<HttpClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(Connect());
  for (HttpClient& client : clients) client.Send(PostBytes(kTranslate, kBody));
  for (HttpClient& client : clients) EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(Value(Metric::kBatches), 1);
}

TEST_F(ServerTest, ARequestThatTakesTooLongIsGivenUp) {
  options_.batching = Stalled();
  options_.limits.request_timeout_s = 0.05;
  HttpClient client = Connect();
  const HttpReply reply = client.Post(kTranslate, kBody);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(CodeOf(reply), "request_timeout");
  EXPECT_EQ(client.Get("/healthz").status, 200) << "the connection goes on";
  client.Post(kTranslate, kBody);
  EXPECT_EQ(Value(Metric::kCancelledSentences), 1) << "and the sentence is not translated";
  EXPECT_EQ(server_->service().metrics().Value(Metric::kRequestSeconds, "path=\"/v1/translate\""),
            2);
}

TEST_F(ServerTest, WhatRunsIsStoppedWhenItsClientLeaves) {
  options_.limits.max_length_ratio = kEndlessRatio;
  std::vector<ServedModel> models;
  models.push_back(EndlessServed());
  Start(std::move(models));
  HttpClient client = Connect();
  const Json body = Json().Set("text", EndlessSentence()).Set("max_length_ratio", kEndlessRatio);
  client.Send(PostBytes(kTranslate, body.Dump()));
  ASSERT_TRUE(Becomes(Metric::kSourceTokens, 400)) << "it was taken";
  client.Drop();
  EXPECT_TRUE(Becomes(Metric::kCancelledSentences, 1));
  EXPECT_EQ(Value(Metric::kSentences), 0);
}

TEST_F(ServerTest, ARequestWhoseClientLeftIsGivenUp) {
  options_.batching = Stalled();
  for (bool reset : {true, false}) {
    Start();
    HttpClient client = Connect();
    client.Send(PostBytes(kTranslate, kBody));
    ASSERT_TRUE(Becomes(Metric::kQueueSentences, 1));
    if (reset) {
      client.Drop();
    } else {
      client.ShutDownWriting();
    }
    ASSERT_TRUE(Becomes(Metric::kConnections, 0));
    // The next one finds the queue empty but for itself.
    HttpClient next = Connect();
    next.Send(PostBytes(kTranslate, kBody));
    EXPECT_TRUE(Becomes(Metric::kCancelledSentences, 1));
    EXPECT_TRUE(Becomes(Metric::kQueueSentences, 1));
    next.Drop();
    EXPECT_TRUE(Stop());
  }
}

// ---- clients that do harm ----------------------------------------------------------------------

TEST_F(ServerTest, ASlowRequestTimesOut) {
  options_.limits.read_timeout_s = 0.05;
  for (const char* start :
       {"P", "POST / HTTP/1.1\r\nHost: x\r\n",
        "POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"}) {
    HttpClient client = Connect();
    client.Send(start);
    const HttpReply reply = client.Receive();
    EXPECT_EQ(reply.status, 408) << start;
    EXPECT_EQ(CodeOf(reply), "read_timeout");
    EXPECT_TRUE(client.Ended());
  }
  HttpClient silent = Connect();
  EXPECT_TRUE(silent.Ended()) << "nothing was asked, and nothing is answered";
}

TEST_F(ServerTest, AnIdleConnectionEnds) {
  options_.limits.idle_timeout_s = 0.05;
  HttpClient client = Connect();
  EXPECT_EQ(client.Get("/healthz").status, 200);
  EXPECT_TRUE(client.Ended());
}

TEST_F(ServerTest, AClientThatDoesNotReadIsDropped) {
  options_.limits.write_timeout_s = 0.05;
  HttpClient client(port(), 4096);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
  // More answers than the buffers of the system take.
  while (client.Send(requests)) {
  }
  EXPECT_TRUE(Becomes(Metric::kConnections, 0));
}

TEST_F(ServerTest, FiveHundredSlowLorises) {
  options_.limits.read_timeout_s = 3600;
  std::vector<HttpClient> lorises;
  for (int i = 0; i < 500; ++i) {
    lorises.push_back(Connect());
    lorises.back().Send("POST /v1/translate HTTP/1.1\r\nHo");
  }
  ASSERT_TRUE(Becomes(Metric::kConnections, 500));
  for (HttpClient& loris : lorises) loris.Send("st: x\r\n");
  HttpClient client = Connect();
  EXPECT_EQ(client.Post(kTranslate, kBody).status, 200);
  EXPECT_EQ(Value(Metric::kConnections), 501) << "they are there still";
}

TEST_F(ServerTest, TenThousandConnectionsThatAreDropped) {
  Start();
  for (int i = 0; i < 10000; ++i) {
    HttpClient client = Connect();
    if (i % 3 == 1) client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
    if (i % 3 == 2) client.Send(PostBytes(kTranslate, kBody));
    client.Drop();
  }
  EXPECT_TRUE(Becomes(Metric::kConnections, 0));
  HttpClient client = Connect();
  EXPECT_EQ(client.Post(kTranslate, kBody).status, 200);
}

TEST_F(ServerTest, OneConnectionTooMany) {
  options_.limits.max_connections = 2;
  HttpClient first = Connect();
  EXPECT_EQ(first.Get("/healthz").status, 200);
  {
    HttpClient second = Connect();
    EXPECT_EQ(second.Get("/healthz").status, 200);
    HttpClient third = Connect();
    const HttpReply reply = third.Receive();
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(CodeOf(reply), "unavailable");
    EXPECT_EQ(reply.headers.at("retry-after"), "1");
    EXPECT_TRUE(third.Ended());
  }
  ASSERT_TRUE(Becomes(Metric::kConnections, 1));
  HttpClient again = Connect();
  EXPECT_EQ(again.Get("/healthz").status, 200);
}

// ---- stopping ----------------------------------------------------------------------------------

TEST_F(ServerTest, DrainingFinishesWhatHasBegun) {
  options_.batching = Stalled();
  options_.batching.batch_sentences = 2;
  HttpClient idle = Connect();
  EXPECT_EQ(idle.Get("/healthz").status, 200);
  HttpClient waiting = Connect();
  waiting.Send(PostBytes(kTranslate, kBody));
  ASSERT_TRUE(Becomes(Metric::kQueueSentences, 1));
  HttpClient half = Connect();
  const std::string bytes = PostBytes(kTranslate, kBody);
  half.Send(bytes.substr(0, 30));
  ASSERT_TRUE(Becomes(Metric::kConnections, 3));
  // The server has the first bytes, too: they were sent before those of another connection.
  EXPECT_EQ(idle.Get("/healthz").status, 200);
  server_->Drain();
  EXPECT_TRUE(idle.Ended());
  EXPECT_THROW(HttpClient client(server_->port()), std::runtime_error) << "it listens no longer";
  half.Send(bytes.substr(30));  // and makes the batch full
  for (HttpClient* client : {&waiting, &half}) {
    const HttpReply reply = client->Receive();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.headers.at("connection"), "close");
    EXPECT_TRUE(client->Ended());
  }
  EXPECT_TRUE(run_.get());
  server_.reset();
}

TEST_F(ServerTest, DrainingHasAnEnd) {
  options_.batching = Stalled();
  options_.limits.drain_timeout_s = 0.05;
  HttpClient client = Connect();
  client.Send(PostBytes(kTranslate, kBody));
  ASSERT_TRUE(Becomes(Metric::kQueueSentences, 1));
  EXPECT_FALSE(Stop());
  EXPECT_EQ(client.Receive().status, 0);
}

TEST_F(ServerTest, APortThatIsTaken) {
  Start();
  options_.port = port();
  try {
    Server other(options_, OneTinyServed());
    ADD_FAILURE() << "two servers on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    EXPECT_NE(std::string(error.what()).find("port " + std::to_string(port())), std::string::npos)
        << error.what();
  }
}

// ---- models ------------------------------------------------------------------------------------

void SaveModel(const Model& model, const std::string& path) {
  MakeDirectories(path);
  SaveModelDescription(model, path);
  SaveParameters(model.config(), model.parameters, path + "/model.safetensors");
}

TEST_F(ServerTest, AShortlistOfAModel) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("model");
  const ServedModel tiny = TinyServed("x");
  SaveModel(*tiny.model, path);
  const std::vector<std::vector<int>> none(
      static_cast<size_t>(tiny.model->config().source_vocabulary));
  const std::vector<int> z = tiny.model->target_tokenizer.Encode("z").ids;
  Shortlist(ShortlistVocabularies::Of(*tiny.model), z, none).Save(directory.File("s"));
  const std::vector<std::string> models = {"plain=" + path, "short=" + path};
  const std::vector<std::string> shortlists = {"short=" + directory.File("s")};
  Start(LoadServedModels(models, shortlists));
  HttpClient client = Connect();
  const auto text_of = [&](const std::string& model) {
    const HttpReply reply =
        client.Post(kTranslate, R"({"text": "a b c d e f g", "model": ")" + model + R"("})");
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::Parse(reply.body, "reply").At("translations").AsArray()[0].At("text").AsString();
  };
  EXPECT_NE(text_of("plain").find_first_of("tuvwxy"), std::string::npos) << text_of("plain");
  EXPECT_EQ(text_of("short").find_first_of("tuvwxy"), std::string::npos) << text_of("short");
  for (const std::string& wrong :
       {std::string("other=f"), std::string("short"), std::string("short=")}) {
    const std::vector<std::string> bad = {wrong};
    EXPECT_ERROR(LoadServedModels(models, bad), ErrorKind::kUsage, "--shortlist " + wrong);
  }
  const std::vector<std::string> two = {shortlists[0], shortlists[0]};
  EXPECT_ERROR(LoadServedModels(models, two), ErrorKind::kUsage, "another shortlist");
}

TEST_F(ServerTest, AModelDirectoryThatIsReplacedChangesNothing) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("model");
  const ServedModel tiny = TinyServed("x");
  SaveModel(*tiny.model, path);
  const std::vector<std::string> specifications = {"saved=" + path};
  Start(LoadServedModels(specifications));
  HttpClient client = Connect();
  const HttpReply before = client.Post(kTranslate, kBody);
  EXPECT_EQ(before.status, 200);
  // In place, then as a whole.
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    WriteFileAtomically(entry.path().string(), "other");
  }
  EXPECT_EQ(client.Post(kTranslate, kBody).body, before.body);
  RemoveDirectory(path);
  EXPECT_EQ(client.Post(kTranslate, kBody).body, before.body);
}

}  // namespace
}  // namespace atento
