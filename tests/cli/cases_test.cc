// Runs the program as a user does: the cases of tests/cli/cases. Format: case_file.h.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "base/file.h"
#include "cli/case_file.h"
#include "temporary_directory.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = 0;
  std::string out, err;
};

void Redirect(int to, const std::string& path, int flags) {
  const int file = open(path.c_str(), flags, 0666);
  if (file < 0 || dup2(file, to) < 0) _exit(127);
  close(file);
}

// Runs a script by sh in `directory`. Its streams are files of another directory.
Outcome RunScript(const std::string& script, const std::string& input,
                  const std::string& directory) {
  const TemporaryDirectory streams;
  WriteFileAtomically(streams.File("in"), input);
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(directory.c_str()) != 0) _exit(127);
    Redirect(0, streams.File("in"), O_RDONLY);
    Redirect(1, streams.File("out"), O_WRONLY | O_CREAT);
    Redirect(2, streams.File("err"), O_WRONLY | O_CREAT);
    execl("/bin/sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Outcome outcome;
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = ReadFile(streams.File("out"));
  outcome.err = ReadFile(streams.File("err"));
  return outcome;
}

// $DATA and $MODEL, made once by the program itself.
class TinyModel {
 public:
  static constexpr const char* kFlags =
      "--source-tokenizer words --target-tokenizer words --embedding-size 16 --encoder-size 16 "
      "--decoder-size 16 --attention-size 16 --readout-size 16 --dropout-embedding 0 "
      "--dropout-hidden 0 --dropout-annotations 0 --dropout-output 0 --learning-rate 0.03 "
      "--batch-sentences 10 --validate-every 1000 --validation-metrics= --max-source-tokens 5 "
      "--threads 1";

  TinyModel() {
    std::string source, target;
    for (char letter : {'a', 'b', 'c', 'd', 'e'}) {
      for (int number = 0; number < 10; ++number) {
        const std::string digit = std::to_string(number);
        source += letter + (" " + digit) + " x\n";
        target += "X " + digit + " " + letter + "\n";
      }
    }
    WriteFileAtomically(directory_.File("source"), source);
    WriteFileAtomically(directory_.File("target"), target);
    setenv("TINY", kFlags, 1);
    setenv("DATA", directory_.path().c_str(), 1);
    setenv("MODEL", directory_.File("model").c_str(), 1);
    setenv("LC_ALL", "C", 1);
    const std::string path = fs::path(ATENTO_PROGRAM).parent_path().string() + ":" + getenv("PATH");
    setenv("PATH", path.c_str(), 1);
    const Outcome outcome = RunScript(
        "atento train --train source target --dev source target --model model $TINY --max-steps 80",
        "", directory_.path());
    if (outcome.status != 0) throw std::runtime_error("training failed: " + outcome.err);
  }

 private:
  TemporaryDirectory directory_;
};

void ExpectText(const char* stream, const ExpectedText& expected, const std::string& found) {
  for (const std::string& part : expected.parts) {
    EXPECT_NE(found.find(part), std::string::npos) << stream << " lacks: " << part << "\n" << found;
  }
  if (expected.whole || expected.parts.empty()) {
    EXPECT_EQ(found, expected.whole.value_or("")) << stream;
  }
}

// One line, the last one, starts with "error: ".
void ExpectOneError(const std::string& err) {
  int errors = 0;
  bool last = false;
  for (size_t begin = 0; begin < err.size();) {
    const size_t end = std::min(err.find('\n', begin), err.size());
    last = err.compare(begin, 7, "error: ") == 0;
    errors += last;
    begin = end + 1;
  }
  EXPECT_TRUE(errors == 1 && last) << err;
}

class CommandTest : public testing::TestWithParam<CommandCase> {
 protected:
  static void SetUpTestSuite() { model_ = std::make_unique<TinyModel>(); }
  static void TearDownTestSuite() { model_.reset(); }

 private:
  static std::unique_ptr<TinyModel> model_;
};
std::unique_ptr<TinyModel> CommandTest::model_;

TEST_P(CommandTest, DoesWhatItsCaseSays) {
  const CommandCase& c = GetParam();
  SCOPED_TRACE("tests/cli/cases/" + c.file + ".test:" + std::to_string(c.line) + ": " + c.name);
  const TemporaryDirectory directory;
  const Outcome outcome = RunScript(c.script, c.input, directory.path());
  EXPECT_EQ(outcome.status, c.status) << outcome.err;
  ExpectText("standard output", c.out, outcome.out);
  ExpectText("standard error", c.err, outcome.err);
  if (c.status == 1 || c.status == 2) ExpectOneError(outcome.err);
  for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
  }
}

std::vector<CommandCase> AllCases() {
  std::vector<std::string> files;
  const fs::path folder = fs::path(ATENTO_SOURCE_DIR) / "tests/cli/cases";
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".test") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<CommandCase> all;
  for (const std::string& file : files) {
    for (CommandCase& c : ReadCases(file)) all.push_back(std::move(c));
  }
  return all;
}

std::string CaseName(const testing::TestParamInfo<CommandCase>& info) {
  std::string name = info.param.file + "_" + std::to_string(info.param.line) + "_";
  for (char c : info.param.name) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, CommandTest, testing::ValuesIn(AllCases()), CaseName);

}  // namespace
}  // namespace atento
