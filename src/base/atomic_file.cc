#include "base/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <new>
#include <utility>

#include "base/io_error.h"

namespace atento {
namespace {

// What a signal handler has to remove. Whoever takes a path out of its slot owns it: a handler may
// run in one thread while another one commits the file.
static_assert(std::atomic<char*>::is_always_lock_free, "needed in a signal handler");
std::atomic<char*> temporaries[64];

char* Duplicate(const std::string& text) {
  char* const copy = ::strdup(text.c_str());
  if (copy == nullptr) throw std::bad_alloc();
  return copy;
}

// The slot, or -1 if all are taken.
int Register(char* path) {
  for (size_t i = 0; i < std::size(temporaries); ++i) {
    char* none = nullptr;
    if (temporaries[i].compare_exchange_strong(none, path)) return static_cast<int>(i);
  }
  return -1;
}

// False if a signal handler has taken the path: the process is about to end.
bool Unregister(int slot, char* path) {
  return slot < 0 || temporaries[slot].compare_exchange_strong(path, nullptr);
}

void RemoveTemporaries(int signal) {
  for (std::atomic<char*>& slot : temporaries) {
    if (const char* const path = slot.exchange(nullptr)) ::unlink(path);
  }
  // Delivered when this handler returns.
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

// Names are drawn from two thousand million: to find so many taken is no accident.
constexpr int kAttempts = 100;

std::string TemporaryName(const std::string& path) {
  constexpr char kCharacters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::array<unsigned char, 6> bytes = {};
  if (::getentropy(bytes.data(), bytes.size()) != 0) throw WriteError("write " + path, errno);
  std::string name = path + ".";
  for (unsigned char byte : bytes) name += kCharacters[byte % (sizeof kCharacters - 1)];
  return name + ".tmp";
}

// Makes a rename survive a power failure. Some file systems cannot; then there is nothing to do.
void SyncParentDirectory(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int fd = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

// Not mkostemp(), whose files only their owner may read: here the umask, and the directory's access
// list, count.
AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  for (int attempt = 1; file_ < 0; ++attempt) {
    temporary_ = Duplicate(TemporaryName(path));
    slot_ = Register(temporary_);
    file_ = ::open(temporary_, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int error = errno;
    if (file_ >= 0) break;
    Forget();
    if (error != EEXIST || attempt == kAttempts) throw WriteError("write " + path_, error);
  }
  exists_ = true;
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) ::close(file_);
  if (exists_) ::unlink(temporary_);
  Forget();
}

void AtomicFile::Forget() {
  char* const path = std::exchange(temporary_, nullptr);
  if (path != nullptr && Unregister(slot_, path)) ::free(path);
}

void AtomicFile::Write(std::string_view bytes) {
  if (const int error = WriteAll(file_, bytes)) throw WriteError("write " + path_, error);
}

void AtomicFile::Commit() {
  if (::fsync(file_) != 0 || ::close(std::exchange(file_, -1)) != 0 ||
      ::rename(temporary_, path_.c_str()) != 0) {
    throw WriteError("write " + path_, errno);
  }
  exists_ = false;
  // From now on a file of the temporary name is another's.
  Forget();
  SyncParentDirectory(path_);
}

std::string MakeTemporaryDirectory(const std::string& path) {
  for (int attempt = 1;; ++attempt) {
    std::string name = TemporaryName(path);
    if (::mkdir(name.c_str(), 0777) == 0) return name;
    if (errno != EEXIST || attempt == kAttempts)
      throw WriteError("make a directory " + name, errno);
  }
}

void RemoveTemporariesOnSignals() {
  struct sigaction action = {};
  action.sa_handler = RemoveTemporaries;
  action.sa_flags = SA_RESTART;
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction old = {};
    if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
}

int WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace atento
