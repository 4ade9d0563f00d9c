#include "train/guided.h"

#include <gtest/gtest.h>

#include "atento/error.h"
#include "base/file.h"
#include "temporary_directory.h"

namespace atento {
namespace {

using TokenPairs = std::vector<std::pair<int, int>>;

AlignmentFile Lines(std::vector<std::string> lines) { return {.path = "links", .lines = lines}; }

TEST(GuidedTest, EveryTokenOfAWordIsLinked) {
  const EncodedText source{.ids = {5, 6, 7}, .word_of = {0, 0, 1}, .words = 2};
  const EncodedText target{.ids = {3, 4, 8}, .word_of = {0, 1, 2}, .words = 3};
  EXPECT_EQ(TokenLinks(Lines({"", "1-0 0-1"}), 2, source, target),
            (TokenPairs{{0, 2}, {1, 0}, {1, 1}}));
}

TEST(GuidedTest, LinksThatAreOnlyPossibleDoNotGuide) {
  const EncodedText two{.ids = {5, 6}, .word_of = {0, 1}, .words = 2};
  EXPECT_EQ(TokenLinks(Lines({"0-1 1p0"}), 1, two, two), (TokenPairs{{1, 0}}));
}

TEST(GuidedTest, SpacesOfCharactersHaveNoLinks) {
  const EncodedText source{.ids = {5, 2, 7}, .word_of = {0, -1, 1}, .words = 2};
  const EncodedText target{.ids = {3}, .word_of = {0}, .words = 1};
  EXPECT_EQ(TokenLinks(Lines({"0-0 1-0"}), 1, source, target), (TokenPairs{{0, 0}, {0, 2}}));
}

TEST(GuidedTest, LinksOutsideThePairNameFileAndLine) {
  const EncodedText two{.ids = {5, 6}, .word_of = {0, 1}, .words = 2};
  for (const char* links : {"2-0", "0-2", "0-x", "-1-0"}) {
    try {
      TokenLinks(Lines({"0-0", links}), 2, two, two);
      FAIL() << links << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find("links:2"), std::string::npos) << error.what();
    }
  }
}

TEST(GuidedTest, TheFileHasALineForEveryPair) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("links");
  WriteFileAtomically(path, "0-0\n\n1-1\n");
  EXPECT_EQ(ReadAlignmentFile(path, 3, false).lines.size(), 3u);
  try {
    ReadAlignmentFile(path, 4, false);
    FAIL() << "a line is missing";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("3 lines, but the training data 4"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace atento
