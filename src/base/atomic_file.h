// Files that appear under their names only when they are whole.
#ifndef ATENTO_BASE_ATOMIC_FILE_H_
#define ATENTO_BASE_ATOMIC_FILE_H_

#include <string>
#include <string_view>

namespace atento {

// Writes to a new file beside `path`, PATH.*.tmp with six letters and digits for the *; Commit
// flushes that to the disk and renames it. A crash leaves the old file or the new one. Nothing is
// buffered here. Several at once, of one path too, do not mix: the last one that commits stays.
class AtomicFile {
 public:
  // Each throws Error{kIo} naming the path and the reason, e.g. a full disk.
  explicit AtomicFile(const std::string& path);
  void Write(std::string_view bytes);
  // Nothing may be written after it.
  void Commit();

  // Removes the temporary file unless Commit succeeded.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

 private:
  // After it signal handlers no longer know of the temporary file.
  void Forget();

  const std::string path_;
  char* temporary_ = nullptr;  // path; on the heap, since a signal handler may take it over
  int slot_ = -1;              // where signal handlers find it; negative: nowhere
  bool exists_ = false;        // the temporary file
  int file_ = -1;
};

// Makes a directory beside `path`, PATH.*.tmp, for what is to be moved to `path` when it is
// whole. Signals do not remove it. Returns its path; throws Error{kIo}.
std::string MakeTemporaryDirectory(const std::string& path);

// From now on SIGHUP, SIGINT and SIGTERM remove the temporary files of all AtomicFiles (of the
// first 64, if there are more) before they end the process as usual, whatever thread they reach.
// Signals that are ignored stay ignored. May be called by any thread and in a signal handler: a
// handler that was installed in the place of this one does so to let the next signal end the
// process.
void RemoveTemporariesOnSignals();

// As write(2), but all of the bytes. The error number, or 0.
int WriteAll(int file, std::string_view bytes);

}  // namespace atento

#endif  // ATENTO_BASE_ATOMIC_FILE_H_
