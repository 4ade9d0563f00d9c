#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/io_error.h"

namespace atento {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;

// Whether the path is to become a regular file of its own. A link stays one: /dev/stdout may lead
// to a regular file.
bool IsOrdinary(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

}  // namespace

Output::Output(const std::string& path) : name_(path == "-" ? "standard output" : path) {
  if (path == "-") {
    // main() opens a closed standard output for reading.
    const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) throw WriteError("write " + name_, EBADF);
    file_ = STDOUT_FILENO;
  } else if (IsOrdinary(path)) {
    atomic_.emplace(path);
  } else {
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0) throw WriteError("write " + name_, errno);
  }
}

Output::~Output() {
  if (file_ > STDERR_FILENO) ::close(file_);
}

void Output::Write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) Flush();
}

void Output::Flush() {
  if (atomic_) {
    atomic_->Write(buffer_);
  } else if (const int error = WriteAll(file_, buffer_)) {
    if (error == EPIPE) throw ClosedPipe{};
    throw WriteError("write " + name_, error);
  }
  buffer_.clear();
}

void Output::Commit() {
  Flush();
  if (atomic_) {
    atomic_->Commit();
  } else if (file_ > STDERR_FILENO && ::close(std::exchange(file_, -1)) != 0) {
    throw WriteError("write " + name_, errno);
  }
}

}  // namespace atento
