#include "cli/output.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

size_t FilesIn(const TemporaryDirectory& directory) {
  const std::filesystem::directory_iterator files(directory.path());
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

TEST(Output, FileAppearsWhenCommitted) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("out");
  Output output(path);
  output.Write("one\n");
  output.Flush();
  EXPECT_FALSE(FileExists(path));
  output.Write("two\n");
  output.Commit();
  EXPECT_EQ(ReadFile(path), "one\ntwo\n");
  EXPECT_EQ(FilesIn(directory), 1u);
}

TEST(Output, WithoutCommitTheOldFileStays) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("out");
  WriteFileAtomically(path, "old");
  {
    Output output(path);
    output.Write("new");
    output.Flush();
  }
  EXPECT_EQ(ReadFile(path), "old");
  EXPECT_EQ(FilesIn(directory), 1u);
}

TEST(Output, MoreThanTheBuffer) {
  const TemporaryDirectory directory;
  const std::string line(1000, 'x');
  std::string all;
  Output output(directory.File("out"));
  for (int i = 0; i < 300; ++i) {
    output.Write(line);
    all += line;
  }
  output.Commit();
  EXPECT_EQ(ReadFile(directory.File("out")), all);
}

TEST(Output, FullDiskIsAnError) {
  Output output("/dev/full");
  output.Write("text");
  EXPECT_ERROR(output.Commit(), ErrorKind::kIo, "/dev/full", "No space left");
}

TEST(Output, FaultsNameTheFile) {
  const TemporaryDirectory directory;
  EXPECT_ERROR(Output(directory.File("no/out")), ErrorKind::kIo, "no/out", "make its directory");
  EXPECT_ERROR(Output(directory.path()), ErrorKind::kIo, directory.path(), "name a file in it");
}

TEST(Output, PipesAreWrittenAsTheyAre) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("link");
  std::filesystem::create_symlink("/dev/null", path);
  Output output(path);
  output.Write("text");
  output.Commit();
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

// As /dev/stdout may be one.
TEST(Output, ALinkToAFileStaysALink) {
  const TemporaryDirectory directory;
  const std::string file = directory.File("file"), link = directory.File("link");
  WriteFileAtomically(file, "the old text");
  std::filesystem::create_symlink(file, link);
  Output output(link);
  output.Write("new");
  output.Commit();
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(ReadFile(file), "new");
}

}  // namespace
}  // namespace atento
