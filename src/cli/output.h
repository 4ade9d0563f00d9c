// Where a command's results go: standard output, or a file that appears only when it is whole.
#ifndef ATENTO_CLI_OUTPUT_H_
#define ATENTO_CLI_OUTPUT_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/atomic_file.h"

namespace atento {

// The reader of our output has gone, as with `| head`: no fault, but nothing is left to do. Not an
// Error: main ends the program without a message.
struct ClosedPipe {};

// Writes through a buffer. A regular file is an AtomicFile; devices, pipes and links are written as
// they are.
class Output {
 public:
  // path: "-" is standard output. Throws Error{kIo}.
  explicit Output(const std::string& path);
  // Without Commit no file appears.
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Each throws Error{kIo} naming the file and the reason, or ClosedPipe.
  void Write(std::string_view text);
  void Flush();
  // Writes what is left and gives the file its name. Nothing may be written after it.
  void Commit();

 private:
  const std::string name_;
  std::optional<AtomicFile> atomic_;
  int file_ = -1;  // unless atomic
  std::string buffer_;
};

}  // namespace atento

#endif  // ATENTO_CLI_OUTPUT_H_
