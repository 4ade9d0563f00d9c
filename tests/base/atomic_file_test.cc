// What is left of a file that was not finished: nothing. tests/cli/cases/signals.test: the program.
#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

TEST(AtomicFileTest, AppearsWhenCommitted) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f");
  WriteFileAtomically(path, "old");
  AtomicFile file(path);
  file.Write("one ");
  file.Write("two");
  EXPECT_EQ(ReadFile(path), "old");
  EXPECT_EQ(ReadFile(path + ".tmp"), "one two");
  file.Commit();
  EXPECT_EQ(ReadFile(path), "one two");
  EXPECT_FALSE(FileExists(path + ".tmp"));
}

TEST(AtomicFileTest, WithoutCommitNothingIsLeft) {
  const TemporaryDirectory directory;
  AtomicFile(directory.File("f")).Write("text");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(AtomicFileTest, FaultsNameThePathAndTheRemedy) {
  const TemporaryDirectory directory;
  EXPECT_ERROR(AtomicFile(directory.File("no/f")), ErrorKind::kIo, "no/f", "make its directory");
}

TEST(AtomicFileTest, MoreFilesThanSignalsLookAfter) {
  const TemporaryDirectory directory;
  std::vector<std::unique_ptr<AtomicFile>> files;
  for (int i = 0; i < 70; ++i) {
    files.push_back(std::make_unique<AtomicFile>(directory.File(std::to_string(i))));
  }
  files[69]->Commit();
  files.clear();
  EXPECT_TRUE(FileExists(directory.File("69")));
  EXPECT_FALSE(FileExists(directory.File("0.tmp")) || FileExists(directory.File("68.tmp")));
}

class AtomicFileDeathTest : public testing::TestWithParam<int> {};

TEST_P(AtomicFileDeathTest, SignalsLeftTheTemporaryFileBehind) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  // The child runs this test anew, up to the statement below, in the directory of its parent.
  constexpr const char* kVariable = "ATENTO_ATOMIC_FILE_TEST_DIRECTORY";
  const char* inherited = getenv(kVariable);
  std::optional<TemporaryDirectory> own;
  if (inherited == nullptr) setenv(kVariable, own.emplace().path().c_str(), 1);
  const std::string directory = getenv(kVariable);
  auto write_until_killed = [&] {
    signal(GetParam(), SIG_DFL);
    RemoveTemporariesOnSignals();
    AtomicFile committed(directory + "/whole"), one(directory + "/one"), two(directory + "/two");
    committed.Commit();
    one.Write("half");
    if (!FileExists(directory + "/one.tmp") || !FileExists(directory + "/two.tmp")) _exit(1);
    raise(GetParam());
  };
  EXPECT_EXIT(write_until_killed(), testing::KilledBySignal(GetParam()), "");
  unsetenv(kVariable);
  EXPECT_TRUE(FileExists(directory + "/whole"));
  EXPECT_FALSE(FileExists(directory + "/one.tmp") || FileExists(directory + "/two.tmp"));
}

class AtomicFileSecondSignalDeathTest : public testing::TestWithParam<int> {};

// Of a handler that stands in the place of the one that removes, as the one of atento train.
TEST_P(AtomicFileSecondSignalDeathTest, ASecondSignalLeftTheTemporaryFileBehind) {
  const TemporaryDirectory directory;
  auto write_until_killed = [&] {
    RemoveTemporariesOnSignals();
    signal(GetParam(), [](int) { RemoveTemporariesOnSignals(); });
    AtomicFile file(directory.File("f"));
    raise(GetParam());
    if (!FileExists(directory.File("f.tmp"))) _exit(1);
    raise(GetParam());
  };
  EXPECT_EXIT(write_until_killed(), testing::KilledBySignal(GetParam()), "");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

INSTANTIATE_TEST_SUITE_P(Signals, AtomicFileSecondSignalDeathTest,
                         testing::Values(SIGINT, SIGTERM));

TEST(AtomicFileManyDeathTest, FilesThatAreWholeWereStillLookedAfter) {
  const TemporaryDirectory directory;
  auto write_until_killed = [&] {
    signal(SIGTERM, SIG_DFL);
    RemoveTemporariesOnSignals();
    std::vector<std::unique_ptr<AtomicFile>> files;
    for (int i = 0; i < 70; ++i) {
      files.push_back(std::make_unique<AtomicFile>(directory.File("whole")));
      files.back()->Commit();
    }
    const AtomicFile half(directory.File("half"));
    raise(SIGTERM);
  };
  EXPECT_EXIT(write_until_killed(), testing::KilledBySignal(SIGTERM), "");
  EXPECT_FALSE(FileExists(directory.File("half.tmp")));
}

INSTANTIATE_TEST_SUITE_P(Signals, AtomicFileDeathTest, testing::Values(SIGHUP, SIGINT, SIGTERM));

TEST(AtomicFileIgnoreDeathTest, AnIgnoredSignalWasNoLongerIgnored) {
  auto raise_ignored = [] {
    signal(SIGHUP, SIG_IGN);
    RemoveTemporariesOnSignals();
    raise(SIGHUP);
    _exit(7);
  };
  EXPECT_EXIT(raise_ignored(), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace atento
