// A model directory is written as a whole, and over nothing else.
#include "model/model_draft.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

class ModelDraftTest : public testing::Test {
 protected:
  void Check(bool overwrite) const {
    CheckModelPlace(
        {.directory = path_, .flag = "--flag", .remedy = "do it", .overwrite = overwrite});
  }
  ModelPlace Place(const char* slash = "") const {
    return {.directory = path_ + slash, .flag = "--flag", .remedy = "do it", .overwrite = true};
  }
  static void Write(ModelDraft* draft) {
    draft->Make();
    WriteFileAtomically(draft->path() + "/config.json", R"({"atento_version": "1"})");
    WriteFileAtomically(draft->path() + "/target.vocab", "new");
    draft->Commit();
  }
  static std::vector<std::string> Names(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // As a model that is there already.
  void MakeModel() const {
    MakeDirectories(path_ + "/checkpoints/step-1");
    WriteFileAtomically(path_ + "/config.json", R"({"atento_version": "0"})");
    WriteFileAtomically(path_ + "/source.vocab", "old");
    WriteFileAtomically(path_ + "/notes", "a user's own");
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.File("m");
};

TEST_F(ModelDraftTest, OnlyModelsAreReplacedAndOnlyOnRequest) {
  Check(false);
  MakeDirectories(path_);
  Check(false);
  MakeModel();
  EXPECT_ERROR(Check(false), ErrorKind::kUsage, path_ + ": there is a model already; do it");
  Check(true);
  WriteFileAtomically(path_ + "/config.json", "{}");
  EXPECT_ERROR(Check(true), ErrorKind::kUsage, "not a model directory");
  RemoveDirectory(path_);
  WriteFileAtomically(path_, "");
  EXPECT_ERROR(Check(true), ErrorKind::kUsage, path_ + ": is a file", "--flag");
}

TEST_F(ModelDraftTest, WithoutACommitEverythingIsAsBefore) {
  MakeModel();
  {
    ModelDraft draft(Place());
    draft.Make();
    WriteFileAtomically(draft.path() + "/source.vocab", "new");
  }
  EXPECT_EQ(ReadFile(path_ + "/source.vocab"), "old");
  EXPECT_EQ(Names(directory_.path()), std::vector<std::string>{"m"});
  EXPECT_EQ(Names(path_),
            (std::vector<std::string>{"checkpoints", "config.json", "notes", "source.vocab"}));
}

TEST_F(ModelDraftTest, ACommitReplacesTheModelAndNothingElse) {
  MakeModel();
  // What a kill has left.
  MakeDirectories(path_ + "/.draft.abc123.tmp/checkpoints");
  ModelDraft draft(Place("/"));
  Write(&draft);
  EXPECT_EQ(ReadFile(path_ + "/target.vocab"), "new");
  EXPECT_EQ(Names(path_), (std::vector<std::string>{"config.json", "notes", "target.vocab"}));
  EXPECT_EQ(Names(directory_.path()), std::vector<std::string>{"m"});
}

TEST_F(ModelDraftTest, ACommitMakesANewDirectoryAtOnce) {
  ModelDraft draft(Place("/"));
  Write(&draft);
  EXPECT_EQ(Names(path_), (std::vector<std::string>{"config.json", "target.vocab"}));
  EXPECT_EQ(Names(directory_.path()), std::vector<std::string>{"m"});
}

TEST_F(ModelDraftTest, AUsersOwnTmpDirectoryWasDeleted) {
  WriteFileAtomically(directory_.File("m.tmp"), "a user's own");
  {
    ModelDraft draft(Place());
    Write(&draft);
  }
  EXPECT_EQ(ReadFile(directory_.File("m.tmp")), "a user's own");
}

TEST_F(ModelDraftTest, OfTwoAtOnceOneIsWholeAndTheOtherSaysSo) {
  ModelDraft first(Place()), second(Place());
  first.Make();
  second.Make();
  WriteFileAtomically(first.path() + "/config.json", "the first's");
  WriteFileAtomically(first.path() + "/source.vocab", "the first's");
  WriteFileAtomically(second.path() + "/config.json", "the second's");
  second.Commit();
  EXPECT_ERROR(first.Commit(), ErrorKind::kIo, path_, "somebody else has made it meanwhile");
  EXPECT_EQ(ReadFile(path_ + "/config.json"), "the second's");
  EXPECT_EQ(Names(path_), std::vector<std::string>{"config.json"});
}

// Empty as it is, somebody may be about to write to it.
TEST_F(ModelDraftTest, ADirectoryMadeMeanwhileStays) {
  ModelDraft early(Place()), late(Place());
  early.Make();
  MakeDirectories(path_);
  EXPECT_ERROR(early.Commit(), ErrorKind::kIo, "meanwhile");
  EXPECT_ERROR(late.Make(), ErrorKind::kIo, "meanwhile");
  EXPECT_TRUE(Names(path_).empty());
}

TEST_F(ModelDraftTest, TheDirectoryIsLockedFromItsCheckToTheEnd) {
  {
    ModelDraft draft(Place());
    draft.Make();
    draft.Commit();
    EXPECT_ERROR(DirectoryLock{path_}, ErrorKind::kIo, "another process is writing");
  }
  ModelDraft draft(Place());
  EXPECT_ERROR(ModelDraft{Place()}, ErrorKind::kIo, "another process is writing");
  Write(&draft);
  EXPECT_ERROR(DirectoryLock{path_}, ErrorKind::kIo, "another process is writing");
}

// As a mount point, or in a directory that is not the user's.
TEST_F(ModelDraftTest, ADirectoryThatIsThereNeedsNothingOfItsParent) {
  MakeDirectories(path_ + "/elsewhere");
  const std::string link = directory_.File("link");
  std::filesystem::create_directory_symlink(path_ + "/elsewhere", link);
  {
    ModelDraft draft({.directory = link, .flag = "--flag", .remedy = "do it", .overwrite = false});
    draft.Make();
    EXPECT_EQ(Names(directory_.path()), (std::vector<std::string>{"link", "m"}));
    WriteFileAtomically(draft.path() + "/config.json", "new");
    draft.Commit();
  }
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(Names(path_ + "/elsewhere"), std::vector<std::string>{"config.json"});
  if (geteuid() == 0) GTEST_SKIP() << "no directory is read-only to root";
  std::filesystem::remove(path_ + "/elsewhere/config.json");
  ASSERT_EQ(chmod(path_.c_str(), 0500), 0);
  ModelDraft draft(
      {.directory = path_ + "/elsewhere", .flag = "", .remedy = "", .overwrite = true});
  draft.Make();
  WriteFileAtomically(draft.path() + "/config.json", "new");
  draft.Commit();
  ASSERT_EQ(chmod(path_.c_str(), 0700), 0);
  EXPECT_EQ(Names(path_ + "/elsewhere"), std::vector<std::string>{"config.json"});
}

TEST_F(ModelDraftTest, ALinkToNothingIsRefused) {
  std::filesystem::create_directory_symlink("nothing", path_);
  EXPECT_ERROR(ModelDraft{Place()}, ErrorKind::kUsage, path_, "link to nothing");
}

}  // namespace
}  // namespace atento
