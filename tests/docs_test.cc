// docs/papers.md says which line computes which equation: `code` ([file:line](../path#Lline)). The
// code must be on that line. ATENTO_UPDATE_DOCS=1 corrects the numbers instead.
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"

namespace atento {
namespace {

const std::string kRoot = ATENTO_SOURCE_DIR "/";

// The numbers, from 1, of the lines that hold the text and are no comments.
std::vector<int> LinesWith(const std::string& path, const std::string& text) {
  std::vector<int> numbers;
  std::istringstream lines(ReadFile(kRoot + path));
  int number = 1;
  for (std::string line; std::getline(lines, line); ++number) {
    const size_t begin = line.find_first_not_of(' ');
    const bool comment = begin != std::string::npos && line.compare(begin, 2, "//") == 0;
    if (!comment && line.find(text) != std::string::npos) numbers.push_back(number);
  }
  return numbers;
}

// In Markdown tables a bar is escaped.
std::string Unescape(const std::string& code) {
  return std::regex_replace(code, std::regex(R"(\\\|)"), "|");
}

TEST(DocsTest, EveryEquationIsOnItsLine) {
  const std::string path = kRoot + "docs/papers.md";
  const std::string text = ReadFile(path);
  const std::regex citation(
      R"(`([^`]+)` \(\[([a-z0-9_]+\.[a-z]+):(\d+)\]\(\.\./([^#)]+)#L(\d+)\)\))");
  std::string updated;
  auto last = text.cbegin();
  int citations = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), citation), end; it != end; ++it) {
    const std::smatch& match = *it;
    ++citations;
    const std::vector<int> lines = LinesWith(match[4], Unescape(match[1]));
    ASSERT_EQ(lines.size(), 1u) << match[4] << " has not one line of code with " << match[1];
    const std::string line = std::to_string(lines.front());
    updated.append(last, match[0].first);
    updated += "`" + match.str(1) + "` ([" + match.str(2) + ":" + line + "](../" + match.str(4) +
               "#L" + line + "))";
    last = match[0].second;
  }
  updated.append(last, text.cend());
  EXPECT_GT(citations, 40);
  if (std::getenv("ATENTO_UPDATE_DOCS")) {
    WriteFileAtomically(path, updated);
  } else {
    EXPECT_EQ(updated, text) << "run this test with ATENTO_UPDATE_DOCS=1";
  }
}

}  // namespace
}  // namespace atento
