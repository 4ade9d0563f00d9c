// The program `atento serve` as its users start and stop it, with a model that was trained.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/tiny_model.h"
#include "serve/http_client.h"

namespace atento {
namespace {

// A child process; what it writes to standard error comes line by line.
class ServeProcess {
 public:
  explicit ServeProcess(std::vector<std::string> flags) {
    int ends[2] = {};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    std::vector<std::string> arguments = {ATENTO_PROGRAM, "serve", "--port", "0", "--threads", "1"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    errors_ = fdopen(ends[0], "r");
  }
  ~ServeProcess() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    fclose(errors_);
  }
  ServeProcess(const ServeProcess&) = delete;

  // Empty at the end.
  std::string Line() {
    char line[1000] = "";
    return fgets(line, sizeof line, errors_) == nullptr ? "" : line;
  }
  // Of the line that says where it listens; the next one is of the model, which has no languages.
  int Port() {
    const std::string line = Line();
    EXPECT_TRUE(line.starts_with("listening on http://127.0.0.1:")) << line;
    EXPECT_TRUE(Line().ends_with("--target-language: tiny\n"));
    return std::atoi(line.substr(line.rfind(':') + 1).c_str());
  }
  void Signal(int signal) { kill(child_, signal); }
  // The exit status, or 128 + signal.
  int Wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t child_ = -1;
  FILE* errors_ = nullptr;
};

class ServeProcessTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { model_ = std::make_unique<TinyModel>(); }
  static void TearDownTestSuite() { model_.reset(); }
  static std::string Model() { return "tiny=" + model_->path(); }

 private:
  static std::unique_ptr<TinyModel> model_;
};
std::unique_ptr<TinyModel> ServeProcessTest::model_;

TEST_F(ServeProcessTest, TranslatesAndStopsOnSigterm) {
  ServeProcess process({"--model", Model()});
  HttpClient client(process.Port());
  const HttpReply reply = client.Post("/v1/translate", R"({"text": "a 1 x\n\n  b 2 x"})");
  EXPECT_EQ(reply.status, 200);
  const Json json = Json::Parse(reply.body, "reply");
  EXPECT_EQ(json.At("translations").AsArray()[0].At("text").AsString(), "X 1 a\n\n  X 2 b");
  process.Signal(SIGTERM);
  EXPECT_TRUE(client.Ended());
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_TRUE(process.Line().starts_with("stopping"));
  EXPECT_EQ(process.Line(), "stopped\n");
}

TEST_F(ServeProcessTest, TheKeyComesFromTheEnvironment) {
  setenv("ATENTO_API_KEY", "secret", 1);
  ServeProcess process({"--model", Model()});
  unsetenv("ATENTO_API_KEY");
  HttpClient client(process.Port());
  const std::string type = "Content-Type: application/json\r\n";
  EXPECT_EQ(client.Post("/v1/translate", R"({"text": "a 1 x"})", type).status, 401);
  EXPECT_EQ(
      client
          .Post("/v1/translate", R"({"text": "a 1 x"})", type + "Authorization: Bearer secret\r\n")
          .status,
      200);
}

TEST_F(ServeProcessTest, ASecondSignalEndsItAtOnce) {
  ServeProcess process({"--model", Model(), "--batch-window-ms", "1000"});
  const int port = process.Port();
  std::vector<HttpClient> clients;
  clients.emplace_back(port);
  clients.back().Send("POST /v1/translate HTTP/1.1\r\n");
  HttpClient other(port);
  EXPECT_EQ(other.Get("/healthz").status, 200);
  process.Signal(SIGINT);
  EXPECT_TRUE(process.Line().starts_with("stopping"));
  EXPECT_TRUE(other.Ended()) << "draining has begun";
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait(), 128 + SIGINT);
}

}  // namespace
}  // namespace atento
