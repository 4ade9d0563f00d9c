#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "atento/error.h"

namespace atento {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;

const char* Remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or write elsewhere";
    case ENOENT:
    case ENOTDIR:
      return "make its directory first";
    case EISDIR:
      return "name a file in it instead";
    default:
      return "check the permissions or write elsewhere";
  }
}

}  // namespace

Output::Output(const std::string& path) : name_(path), path_(path) {
  if (path == "-") {
    name_ = "standard output";
    file_ = STDOUT_FILENO;
    return;
  }
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) Fail(EISDIR);
  const bool is_new = !std::filesystem::exists(status);
  // A link stays one: /dev/stdout may lead to a regular file.
  const bool is_link = std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored));
  if (!is_link && (is_new || std::filesystem::is_regular_file(status))) {
    temporary_ = path + ".tmp";
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  } else {
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  if (file_ < 0) {
    const int error = errno;
    temporary_.clear();
    Fail(error);
  }
}

Output::~Output() {
  if (path_ != "-" && file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void Output::Fail(int error) const {
  if (error == EPIPE) throw ClosedPipe{};
  throw Error(ErrorKind::kIo, "cannot write " + name_ + ": " +
                                  std::generic_category().message(error) + "; " + Remedy(error));
}

void Output::WriteNow(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail(errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void Output::Write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) Flush();
}

void Output::Flush() {
  WriteNow(buffer_);
  buffer_.clear();
}

void Output::Commit() {
  Flush();
  if (path_ == "-") return;
  if (!temporary_.empty() && ::fsync(file_) != 0) Fail(errno);
  const int closed = ::close(file_);
  file_ = -1;
  if (closed != 0) Fail(errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) Fail(errno);
  temporary_.clear();
}

}  // namespace atento
