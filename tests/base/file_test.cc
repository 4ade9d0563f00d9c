#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/text_file.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

using Lines = std::vector<std::string>;

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string Gzip(const std::string& text, int level = Z_DEFAULT_COMPRESSION) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Lines ReadLines(const std::string& path) {
  LineReader reader(path);
  Lines lines;
  for (std::string line; reader.Next(&line);) {
    lines.push_back(line);
    EXPECT_EQ(reader.line_number(), static_cast<int64_t>(lines.size()));
  }
  return lines;
}

class FileTest : public testing::Test {
 protected:
  Lines LinesOf(const std::string& bytes) {
    Write(directory_.File("lines"), bytes);
    return ReadLines(directory_.File("lines"));
  }
  std::ptrdiff_t FilesInDirectory() {
    return std::distance(std::filesystem::directory_iterator(directory_.path()), {});
  }
  TemporaryDirectory directory_;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  const std::string path = directory_.File("f");
  for (size_t size : {0, 1, 65535, 65536, 65537, 1000000}) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
    WriteFileAtomically(path, bytes);
    EXPECT_TRUE(ReadFile(path) == bytes) << size;
    EXPECT_TRUE(MappedFile(path).bytes() == bytes) << size;
    EXPECT_EQ(FilesInDirectory(), 1);
  }
}

TEST_F(FileTest, AMappedFileStaysAsItWasWhenItIsReplacedOrRemoved) {
  const std::string path = directory_.File("f");
  Write(path, "old");
  MappedFile first(path);
  WriteFileAtomically(path, "new");
  const MappedFile moved = std::move(first);
  EXPECT_EQ(moved.bytes(), "old");
  EXPECT_EQ(first.bytes(), "");
  const MappedFile second(path);
  std::filesystem::remove(path);
  EXPECT_EQ(second.bytes(), "new");
}

TEST_F(FileTest, ReadsFilesThatDoNotKnowTheirSize) {
  EXPECT_NE(ReadFile("/proc/self/status").find("Pid:"), std::string::npos);
}

// Of a pipe without a writer the test would not end.
TEST_F(FileTest, WhatIsNoFileIsRefusedBeforeItIsRead) {
  const std::string pipe = directory_.File("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe, std::string("/dev/zero")}) {
    EXPECT_ERROR(ReadFile(path), ErrorKind::kIo, path, "a pipe or a device");
    EXPECT_ERROR(ReadTextFile(path), ErrorKind::kIo, path, "a pipe or a device");
    EXPECT_ERROR(MappedFile{path}, ErrorKind::kIo, path, "a pipe or a device");
  }
}

TEST_F(FileTest, SettingsOfMoreThan64MegabytesAreRefused) {
  const std::string path = directory_.File("f");
  Write(path, "text");
  EXPECT_EQ(ReadTextFile(path), "text");
  // Of holes: it takes no space.
  std::filesystem::resize_file(path, (64u << 20) + 1);
  EXPECT_ERROR(ReadTextFile(path), ErrorKind::kData, path, "64 MB");
}

TEST_F(FileTest, ReadFaultsNameThePathAndTheReason) {
  const std::string absent = directory_.File("absent");
  EXPECT_ERROR(ReadFile(absent), ErrorKind::kNotFound, absent, "No such file", "check the path");
  EXPECT_ERROR(ReadFile(directory_.path()), ErrorKind::kIo, directory_.path(), "Is a directory");
  EXPECT_ERROR(LineReader{absent}, ErrorKind::kNotFound, absent, "No such file");
  EXPECT_ERROR(LineReader{directory_.path()}, ErrorKind::kIo, "Is a directory");
  Write(directory_.File("f"), "x");
  EXPECT_ERROR(ReadFile(directory_.File("f") + "/x"), ErrorKind::kNotFound, "Not a directory");
}

TEST_F(FileTest, AFullDiskIsReportedAndTheOldFileStays) {
  const std::string path = directory_.File("model");
  Write(path, "old");
  // As near as one comes to a full disk without one: a limit on the sizes of files.
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {4096, before.rlim_max};
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_ERROR(WriteFileAtomically(path, std::string(10000, 'x')), ErrorKind::kIo, path,
               "File too large");
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(ReadFile(path), "old");
  EXPECT_EQ(FilesInDirectory(), 1);
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  EXPECT_EQ(WriteAll(full, "x"), ENOSPC);
  close(full);
}

TEST_F(FileTest, WriteFaultsNameThePathAndLeaveNoTemporaryFile) {
  EXPECT_ERROR(WriteFileAtomically(directory_.File("no/f"), "x"), ErrorKind::kIo, "no/f",
               "No such file or directory");
  const std::string path = directory_.File("directory");
  MakeDirectories(path);
  EXPECT_ERROR(WriteFileAtomically(path, "x"), ErrorKind::kIo, path, "Is a directory");
  EXPECT_EQ(FilesInDirectory(), 1);
}

TEST_F(FileTest, NewFilesFollowTheUmask) {
  const mode_t old = umask(027);
  WriteFileAtomically(directory_.File("f"), "x");
  umask(old);
  struct stat status;
  ASSERT_EQ(stat(directory_.File("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(FileTest, Directories) {
  const std::string path = directory_.File("a/b/c");
  EXPECT_FALSE(IsDirectory(path));
  MakeDirectories(path);
  MakeDirectories(path);
  EXPECT_TRUE(IsDirectory(path));
  Write(path + "/f", "x");
  EXPECT_TRUE(FileExists(path + "/f"));
  EXPECT_FALSE(IsDirectory(path + "/f"));
  EXPECT_ERROR(MakeDirectories(path + "/f"), ErrorKind::kIo, path + "/f", "Not a directory");
  EXPECT_ERROR(MakeDirectories(path + "/f/g"), ErrorKind::kIo, path + "/f/g", "Not a directory");
  RemoveDirectory(directory_.File("a"));
  EXPECT_FALSE(FileExists(directory_.File("a")));
  RemoveDirectory(directory_.File("a"));
}

TEST_F(FileTest, LineEnds) {
  EXPECT_EQ(LinesOf(""), Lines());
  EXPECT_EQ(LinesOf("\n"), Lines{""});
  EXPECT_EQ(LinesOf("a\nb\n"), (Lines{"a", "b"}));
  EXPECT_EQ(LinesOf("a\nb"), (Lines{"a", "b"}));
  EXPECT_EQ(LinesOf("a\r\n\r\nb\r\n"), (Lines{"a", "", "b"}));
  EXPECT_EQ(LinesOf("a\n\n\nb"), (Lines{"a", "", "", "b"}));
  // Only the line end is stripped.
  EXPECT_EQ(LinesOf("a\rb\r\r\n c \n"), (Lines{"a\rb\r", " c "}));
  EXPECT_EQ(LinesOf(std::string("a\0b\nc", 5)), (Lines{std::string("a\0b", 3), "c"}));
  EXPECT_EQ(LinesOf("\x1f\nb"), (Lines{"\x1f", "b"}));
}

TEST_F(FileTest, LinesLongerThanTheBufferAndLineEndsAcrossItsEdge) {
  for (size_t length : {65534, 65535, 65536, 65537, 300000}) {
    const std::string line(length, 'x');
    const Lines expected = {line, "next"};
    EXPECT_TRUE(LinesOf(line + "\r\nnext\n") == expected) << length;
    EXPECT_TRUE(LinesOf(Gzip(line + "\r\nnext\n")) == expected) << length;
  }
}

TEST_F(FileTest, GzipIsReadAsItIsWhateverTheName) {
  EXPECT_EQ(LinesOf(Gzip("la hundo\nbojas\n")), (Lines{"la hundo", "bojas"}));
  EXPECT_EQ(LinesOf(Gzip("a\r\nb")), (Lines{"a", "b"}));
  EXPECT_EQ(LinesOf(Gzip("")), Lines());
  Write(directory_.File("plain.gz"), "not packed\n");
  EXPECT_EQ(ReadLines(directory_.File("plain.gz")), Lines{"not packed"});
}

TEST_F(FileTest, ConcatenatedGzipFilesAreOneText) {
  EXPECT_EQ(LinesOf(Gzip("a\nb") + Gzip("") + Gzip("c\nd\n")), (Lines{"a", "bc", "d"}));
  EXPECT_EQ(LinesOf(Gzip("a\n") + std::string(512, '\0')), Lines{"a"});  // padded
}

TEST_F(FileTest, GzipTruncatedAtAnyByteIsAnError) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line " + std::to_string(i * i) + "\n";
  const std::string packed = Gzip(text);
  const std::string path = directory_.File("f.gz");
  for (size_t length = 0; length < packed.size(); ++length) {
    Write(path, packed.substr(0, length));
    EXPECT_ERROR(ReadLines(path), ErrorKind::kIo, path + ":", "truncated");
    if (HasFailure()) break;
  }
  // The second of two members, too.
  for (size_t length = 1; length < packed.size(); length += 7) {
    Write(path, packed + packed.substr(0, length));
    EXPECT_ERROR(ReadLines(path), ErrorKind::kIo, path + ":", "truncated");
    if (HasFailure()) break;
  }
}

TEST_F(FileTest, TruncatedGzipGivesTheWholeLinesBeforeTheFault) {
  const std::string packed = Gzip("first\nsecond\nthird\n", Z_NO_COMPRESSION);
  Write(directory_.File("f"), packed.substr(0, packed.find("third") + 2));
  LineReader reader(directory_.File("f"));
  std::string line;
  ASSERT_TRUE(reader.Next(&line));
  EXPECT_EQ(line, "first");
  ASSERT_TRUE(reader.Next(&line));
  EXPECT_EQ(line, "second");
  EXPECT_ERROR(reader.Next(&line), ErrorKind::kIo, reader.name() + ":3:", "truncated");
}

TEST_F(FileTest, DamagedGzipIsAnErrorOrAHeaderThatSaysNothing) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += std::to_string(i * i * i) + "\n";
  const std::string packed = Gzip(text);
  const Lines intact = LinesOf(packed);
  int errors = 0;
  // From byte 2: without the magic bytes it is text.
  for (size_t i = 2; i < packed.size(); ++i) {
    std::string damaged = packed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    try {
      EXPECT_EQ(LinesOf(damaged), intact) << "byte " << i;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
      ++errors;
    }
  }
  // Time, operating system and compression level (7 bytes of the header) may change unnoticed.
  EXPECT_GE(errors, static_cast<int>(packed.size()) - 2 - 7);
}

TEST_F(FileTest, TrailingGarbageAfterGzipIsAnError) {
  EXPECT_ERROR(LinesOf(Gzip("a\n") + "garbage"), ErrorKind::kIo, "damaged");
}

TEST_F(FileTest, ReadsStandardInputAsItComes) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int saved = dup(STDIN_FILENO);
  ASSERT_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  {
    LineReader reader("-");
    EXPECT_EQ(reader.name(), "standard input");
    std::string line;
    // A line is given as soon as it is there; an empty one has a single byte.
    ASSERT_EQ(write(ends[1], "\n", 1), 1);
    ASSERT_TRUE(reader.Next(&line));
    EXPECT_EQ(line, "");
    ASSERT_EQ(write(ends[1], "two\nthr", 7), 7);
    ASSERT_TRUE(reader.Next(&line));
    EXPECT_EQ(line, "two");
    ASSERT_EQ(write(ends[1], "ee", 2), 2);
    close(ends[1]);
    ASSERT_TRUE(reader.Next(&line));
    EXPECT_EQ(line, "three");
    EXPECT_FALSE(reader.Next(&line));
    EXPECT_EQ(reader.line_number(), 3);
  }
  EXPECT_GE(dup2(saved, STDIN_FILENO), 0);  // the reader has not closed it
  close(saved);
}

TEST_F(FileTest, ReadsGzipFromAPipeByteByByte) {
  const std::string path = directory_.File("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const std::string packed = Gzip("a\nb\n") + Gzip("c\n");
  std::thread writer([&] {
    std::ofstream out(path, std::ios::binary);
    for (char byte : packed) out.put(byte).flush();
  });
  EXPECT_EQ(ReadLines(path), (Lines{"a", "b", "c"}));
  writer.join();
}

TEST_F(FileTest, AReaderCanBeMoved) {
  Write(directory_.File("f"), "a\nb\n");
  LineReader first(directory_.File("f"));
  std::string line;
  ASSERT_TRUE(first.Next(&line));
  LineReader second = std::move(first);
  ASSERT_TRUE(second.Next(&line));
  EXPECT_EQ(line, "b");
  EXPECT_EQ(second.line_number(), 2);
}

TEST(DirectoryLockTest, OneAtATime) {
  TemporaryDirectory directory;
  {
    const DirectoryLock lock(directory.path());
    EXPECT_ERROR(DirectoryLock(directory.path()), ErrorKind::kIo, directory.path(), "another");
  }
  const DirectoryLock again(directory.path());
  EXPECT_ERROR(DirectoryLock(directory.File("missing")), ErrorKind::kIo, "missing");
}

}  // namespace
}  // namespace atento
