#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "base/atomic_file.h"
#include "base/check.h"
#include "base/io_error.h"

namespace atento {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;

// Owns a descriptor; standard input is left open.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int OpenForReading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw ReadError("read " + path, errno);
  struct stat status;
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(fd);
    throw ReadError("read " + path, EISDIR);
  }
  return fd;
}

// Throws now what reading would come to: main() opens a closed standard input for writing.
int OpenStandardInput() {
  const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) throw ReadError("read standard input", EBADF);
  return STDIN_FILENO;
}

// As read(2), but goes on after a signal.
ssize_t ReadSome(int fd, char* buffer, size_t bytes) {
  ssize_t got;
  do {
    got = ::read(fd, buffer, bytes);
  } while (got < 0 && errno == EINTR);
  return got;
}

// O_NONBLOCK: a pipe that nobody writes to is refused, not waited for.
int OpenRegularFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw ReadError("read " + path, errno);
  struct stat status;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
  const bool directory = S_ISDIR(status.st_mode);
  ::close(fd);
  if (directory) throw ReadError("read " + path, EISDIR);
  throw Error(ErrorKind::kIo, "cannot read " + path +
                                  ": it is a pipe or a device; copy what it gives into a file and "
                                  "name that");
}

}  // namespace

std::string ReadFile(const std::string& path) {
  Descriptor file(OpenRegularFile(path));
  struct stat status;
  std::string bytes;
  size_t used = 0;
  // One byte more than the size, so that the end is seen without growing.
  bytes.resize(::fstat(file.get(), &status) == 0 && status.st_size > 0
                   ? static_cast<size_t>(status.st_size) + 1
                   : kBufferBytes);
  while (true) {
    if (used == bytes.size()) bytes.resize(2 * bytes.size());
    const ssize_t got = ReadSome(file.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0) throw ReadError("read " + path, errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

MappedFile::MappedFile(const std::string& path) {
  const Descriptor file(OpenRegularFile(path));
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw ReadError("read " + path, errno);
  const auto size = static_cast<size_t>(status.st_size);
  // No mapping is empty.
  if (size == 0) return;
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) throw ReadError("read " + path, errno);
  bytes_ = {static_cast<const char*>(memory), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

void WriteFileAtomically(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.Write(bytes);
  file.Commit();
}

DirectoryLock::DirectoryLock(const std::string& directory)
    : file_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (file_ < 0) throw WriteError("open " + directory, errno);
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(file_);
  throw Error(ErrorKind::kIo,
              directory + ": another process is writing to it; wait for its end or stop it");
}

DirectoryLock::~DirectoryLock() { ::close(file_); }

std::string CompressGzip(std::string_view bytes) {
  constexpr int kWithGzipHeader = 15 + 16;
  z_stream stream = {};
  CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kWithGzipHeader, 9,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  packed.resize(stream.total_out);
  return packed;
}

bool FileExists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

void MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !IsDirectory(path)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw WriteError("make the directory " + path, error.value());
}

void RemoveDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw WriteError("remove the directory " + path, error.value());
}

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }

struct LineReader::Impl {
  explicit Impl(const std::string& path)
      : name(InputName(path)), file(path == "-" ? OpenStandardInput() : OpenForReading(path)) {}
  ~Impl() {
    if (gzip) inflateEnd(&stream);
  }

  // Makes text[position, end) non-empty; false at the end of the input.
  bool Fill();
  bool FillRaw();
  void Detect();
  bool Inflate();
  // Moves on to the next gzip member, if there is one.
  bool NextMember();
  [[noreturn]] void Damaged(const std::string& what) const;

  std::string name;
  Descriptor file;
  int64_t line_number = 0;
  bool detected = false;
  bool gzip = false;
  bool member_ended = false;  // the last gzip member is complete
  z_stream stream = {};
  std::vector<char> raw = std::vector<char>(kBufferBytes);  // as read: only with gzip
  size_t raw_begin = 0, raw_end = 0;
  std::vector<char> text = std::vector<char>(kBufferBytes);
  size_t position = 0, end = 0;
};

void LineReader::Impl::Damaged(const std::string& what) const {
  throw Error(ErrorKind::kIo, name + ":" + std::to_string(line_number + 1) + ": the gzip file is " +
                                  what + "; make it again, or check it with gzip -t");
}

bool LineReader::Impl::FillRaw() {
  const ssize_t got = ReadSome(file.get(), raw.data(), raw.size());
  if (got < 0) {
    throw ReadError("read " + name + ":" + std::to_string(line_number + 1), errno);
  }
  raw_begin = 0;
  raw_end = static_cast<size_t>(got);
  return got > 0;
}

// gzip or not: the first two bytes decide. The second is waited for only if the first is gzip's, so
// that a terminal's first line is answered at once.
void LineReader::Impl::Detect() {
  detected = true;
  FillRaw();
  while (raw_end == 1 && raw[0] == '\x1f') {
    const ssize_t got = ReadSome(file.get(), raw.data() + 1, raw.size() - 1);
    if (got <= 0) break;
    raw_end += static_cast<size_t>(got);
  }
  gzip = raw_end >= 2 && raw[0] == '\x1f' && raw[1] == '\x8b';
  if (gzip && inflateInit2(&stream, 15 + 16) != Z_OK) {
    gzip = false;
    throw Error(ErrorKind::kInternal, name + ": not enough memory to unpack gzip");
  }
  // What is left of a gzip file whose writer died at once.
  if (!gzip && name.ends_with(".gz") && (raw_end == 0 || (raw_end == 1 && raw[0] == '\x1f'))) {
    Damaged("truncated");
  }
}

bool LineReader::Impl::NextMember() {
  // Padding with zeros is common (tapes, block devices) and harmless.
  do {
    while (raw_begin < raw_end && raw[raw_begin] == '\0') ++raw_begin;
    if (raw_begin < raw_end) {
      inflateReset(&stream);
      member_ended = false;
      return true;
    }
  } while (FillRaw());
  return false;
}

bool LineReader::Impl::Inflate() {
  position = end = 0;
  while (end == 0) {
    if (member_ended && !NextMember()) return false;
    if (raw_begin == raw_end && !FillRaw()) Damaged("truncated");
    stream.next_in = reinterpret_cast<Bytef*>(raw.data() + raw_begin);
    stream.avail_in = static_cast<uInt>(raw_end - raw_begin);
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    raw_begin = raw_end - stream.avail_in;
    end = text.size() - stream.avail_out;
    member_ended = result == Z_STREAM_END;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      Damaged(std::string("damaged (") + (stream.msg ? stream.msg : "zlib error") + ")");
    }
  }
  return true;
}

bool LineReader::Impl::Fill() {
  if (!detected) {
    Detect();
  } else if (!gzip) {
    FillRaw();
  }
  if (gzip) return Inflate();
  std::swap(raw, text);
  position = 0;
  end = raw_end;
  return end > 0;
}

LineReader::LineReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

bool LineReader::Next(std::string* line) {
  Impl& in = *impl_;
  line->clear();
  bool any = false;
  while (in.position < in.end || in.Fill()) {
    any = true;
    const char* const begin = in.text.data() + in.position;
    const size_t available = in.end - in.position;
    const void* const newline = std::memchr(begin, '\n', available);
    if (newline == nullptr) {
      line->append(begin, available);
      in.position = in.end;
      continue;
    }
    const size_t length = static_cast<size_t>(static_cast<const char*>(newline) - begin);
    line->append(begin, length);
    in.position += length + 1;
    if (line->ends_with('\r')) line->pop_back();
    break;
  }
  if (any) ++in.line_number;
  return any;
}

int64_t LineReader::line_number() const { return impl_->line_number; }
const std::string& LineReader::name() const { return impl_->name; }

}  // namespace atento
