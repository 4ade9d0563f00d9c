// The program on a terminal: a pseudo-terminal stands in for one.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/tiny_model.h"

namespace atento {
namespace {

// Runs the program with all three streams on a terminal of its own.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& arguments) {
    winsize size = {};
    size.ws_col = 80;
    size.ws_row = 24;
    child_ = forkpty(&file_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    std::vector<char*> argv = {const_cast<char*>("atento")};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(ATENTO_PROGRAM, argv.data());
    _exit(127);
  }
  ~Terminal() { close(file_); }

  void Type(const std::string& text) {
    ASSERT_EQ(write(file_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // Everything up to and with `text`; fails after a minute without it.
  std::string ReadUntil(const std::string& text) {
    while (screen_.find(text) == std::string::npos) {
      if (!ReadSome()) {
        ADD_FAILURE() << "never saw " << text << " in:\n" << screen_;
        return screen_;
      }
    }
    const size_t end = screen_.find(text) + text.size();
    std::string seen = screen_.substr(0, end);
    screen_.erase(0, end);
    return seen;
  }
  std::string ReadAll() {
    while (ReadSome()) continue;
    return screen_;
  }
  int Wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  bool ReadSome() {
    pollfd wanted = {file_, POLLIN, 0};
    if (poll(&wanted, 1, 60000) != 1) return false;
    char bytes[4096];
    const ssize_t got = read(file_, bytes, sizeof bytes);
    if (got > 0) screen_.append(bytes, static_cast<size_t>(got));
    return got > 0;
  }

  int file_ = -1;
  pid_t child_ = -1;
  std::string screen_;
};

class TerminalTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { model_ = std::make_unique<TinyModel>(); }
  static void TearDownTestSuite() { model_.reset(); }

  static std::unique_ptr<TinyModel> model_;
};
std::unique_ptr<TinyModel> TerminalTest::model_;

TEST_F(TerminalTest, TranslateAnswersLineByLine) {
  Terminal terminal({"translate", "--model", model_->path()});
  terminal.Type("a 1 x\n");
  terminal.ReadUntil("X 1 a\r\n");
  terminal.Type("b 2 x\n");
  terminal.ReadUntil("X 2 b\r\n");
  terminal.Type("\x04");  // end of input
  EXPECT_EQ(terminal.Wait(), 0);
}

TEST_F(TerminalTest, ExplainUsesColours) {
  Terminal terminal({"explain", "--model", model_->path(), "a 1 x"});
  EXPECT_NE(terminal.ReadAll().find("\x1b[48;5;"), std::string::npos);
  EXPECT_EQ(terminal.Wait(), 0);
}

TEST_F(TerminalTest, NoColorIsRespected) {
  setenv("NO_COLOR", "1", 1);
  Terminal terminal({"explain", "--model", model_->path(), "a 1 x"});
  unsetenv("NO_COLOR");
  const std::string screen = terminal.ReadAll();
  EXPECT_EQ(screen.find('\x1b'), std::string::npos) << screen;
  EXPECT_NE(screen.find("█"), std::string::npos) << screen;
  EXPECT_EQ(terminal.Wait(), 0);
}

}  // namespace
}  // namespace atento
