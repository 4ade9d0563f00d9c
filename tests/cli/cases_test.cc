// Runs the program as a user does: the cases of tests/cli/cases. Format: case_file.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>

#include "cli/case_file.h"
#include "cli/tiny_model.h"
#include "temporary_directory.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

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
