// What is left of a file that was not finished: nothing. tests/cli/cases/signals.test: the program.
#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
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

// Of the temporary files of this file, PATH.XXXXXX.tmp.
std::vector<std::string> Temporaries(const std::string& path) {
  const std::filesystem::path file(path);
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(file.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(file.filename().string() + ".") && name.ends_with(".tmp")) {
      found.push_back(entry.path().string());
    }
  }
  return found;
}

TEST(AtomicFileTest, AppearsWhenCommitted) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f");
  WriteFileAtomically(path, "old");
  AtomicFile file(path);
  file.Write("one ");
  file.Write("two");
  EXPECT_EQ(ReadFile(path), "old");
  ASSERT_EQ(Temporaries(path).size(), 1u);
  EXPECT_EQ(ReadFile(Temporaries(path)[0]), "one two");
  file.Commit();
  EXPECT_EQ(ReadFile(path), "one two");
  EXPECT_TRUE(Temporaries(path).empty());
}

TEST(AtomicFileTest, AUsersOwnTmpFileWasOverwritten) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f");
  WriteFileAtomically(path + ".tmp", "a user's own");
  AtomicFile(path).Write("given up");
  WriteFileAtomically(path, "new");
  EXPECT_EQ(ReadFile(path + ".tmp"), "a user's own");
}

TEST(AtomicFileTest, TwoOfOnePathMixed) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f");
  AtomicFile first(path), second(path);
  first.Write("the first, ");
  second.Write("the second");
  first.Write("in two parts");
  second.Commit();
  EXPECT_EQ(ReadFile(path), "the second");
  first.Commit();
  EXPECT_EQ(ReadFile(path), "the first, in two parts");
}

TEST(AtomicFileTest, TemporaryDirectoriesAreNewAndFollowTheUmask) {
  const TemporaryDirectory directory;
  const mode_t old = umask(027);
  const std::string first = MakeTemporaryDirectory(directory.File("d"));
  umask(old);
  const std::string second = MakeTemporaryDirectory(directory.File("d"));
  EXPECT_NE(first, second);
  EXPECT_EQ(std::filesystem::status(first).permissions(), std::filesystem::perms(0750));
  EXPECT_ERROR(MakeTemporaryDirectory(directory.File("no/d")), ErrorKind::kIo, "no/d");
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
  EXPECT_TRUE(Temporaries(directory.File("0")).empty());
  EXPECT_TRUE(Temporaries(directory.File("68")).empty());
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
    if (Temporaries(directory + "/one").empty() || Temporaries(directory + "/two").empty())
      _exit(1);
    raise(GetParam());
  };
  EXPECT_EXIT(write_until_killed(), testing::KilledBySignal(GetParam()), "");
  unsetenv(kVariable);
  EXPECT_TRUE(FileExists(directory + "/whole"));
  EXPECT_TRUE(Temporaries(directory + "/one").empty());
  EXPECT_TRUE(Temporaries(directory + "/two").empty());
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
    if (Temporaries(directory.File("f")).empty()) _exit(1);
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
  EXPECT_TRUE(Temporaries(directory.File("half")).empty());
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
