// A model directory is written as a whole, and over nothing else.
#include "model/model_draft.h"

#include <gtest/gtest.h>

#include <string>

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
    const ModelDraft draft(path_);
    WriteFileAtomically(draft.path() + "/source.vocab", "new");
  }
  EXPECT_EQ(ReadFile(path_ + "/source.vocab"), "old");
  EXPECT_FALSE(FileExists(path_ + ".tmp"));
}

TEST_F(ModelDraftTest, ACommitReplacesTheModelAndNothingElse) {
  MakeModel();
  ModelDraft draft(path_ + "/");
  WriteFileAtomically(draft.path() + "/target.vocab", "new");
  draft.Commit();
  EXPECT_EQ(ReadFile(path_ + "/target.vocab"), "new");
  EXPECT_EQ(ReadFile(path_ + "/notes"), "a user's own");
  for (const char* gone : {"/source.vocab", "/config.json", "/checkpoints", ".tmp"}) {
    EXPECT_FALSE(FileExists(path_ + gone)) << gone;
  }
}

TEST_F(ModelDraftTest, ACommitMakesANewDirectoryAtOnce) {
  MakeDirectories(path_ + ".tmp");
  WriteFileAtomically(path_ + ".tmp/left-by-a-crash", "");
  ModelDraft draft(path_ + "/");
  WriteFileAtomically(draft.path() + "/target.vocab", "new");
  draft.Commit();
  EXPECT_EQ(ReadFile(path_ + "/target.vocab"), "new");
  EXPECT_FALSE(FileExists(path_ + "/left-by-a-crash"));
  EXPECT_FALSE(FileExists(path_ + ".tmp"));
}

}  // namespace
}  // namespace atento
