// Files: whole-file reads, lines with gzip read as is, and writes that are all or nothing.
#ifndef ATENTO_BASE_FILE_H_
#define ATENTO_BASE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace atento {

// Of a regular file alone: a pipe or a device may have no end. Throws Error{kNotFound} or {kIo}
// naming the path. gzip is not unpacked.
std::string ReadFile(const std::string& path);

// A regular file, seen as memory: read from the disk as far as it is used, and shared with whoever
// else maps it. It may be replaced or removed meanwhile, but not be cut short in place.
class MappedFile {
 public:
  // Throws as ReadFile.
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  ~MappedFile();
  MappedFile& operator=(MappedFile&&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

// By an AtomicFile: a crash leaves the old file or the new one. Throws Error{kIo} naming the path
// and the reason, e.g. a full disk.
void WriteFileAtomically(const std::string& path, std::string_view bytes);

// bytes as a gzip file: with neither name nor time in it, so that equal bytes give equal files.
std::string CompressGzip(std::string_view bytes);

bool FileExists(const std::string& path);
bool IsDirectory(const std::string& path);
// mkdir -p. Throws Error{kIo}.
void MakeDirectories(const std::string& path);
// Removes a directory and all in it; nothing if it does not exist. Throws Error{kIo}.
void RemoveDirectory(const std::string& path);

// Holds a directory against other processes that lock it too; the lock goes with the process, and
// leaves nothing behind.
class DirectoryLock {
 public:
  // Throws Error{kIo} if the directory cannot be opened or somebody else holds it.
  explicit DirectoryLock(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int file_;
};

// What messages call a file: "standard input" for "-".
std::string InputName(const std::string& path);

// Reads lines from a file, from a gzip file (by its first two bytes, whatever its name), or from
// standard input if the path is "-". The line end, LF or CRLF, is stripped; a last line without one
// counts. Unpacks as it reads: memory is one buffer and the longest line.
class LineReader {
 public:
  // Throws Error{kNotFound} or {kIo}.
  explicit LineReader(const std::string& path);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  // False at the end. Throws Error{kIo}, with the line number, on a read error or a damaged or
  // truncated gzip file.
  bool Next(std::string* line);
  // Of the line that Next returned last, from 1; 0 before the first.
  int64_t line_number() const;
  // InputName of the path.
  const std::string& name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_BASE_FILE_H_
