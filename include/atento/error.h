// The one exception type of the library. Part of the public API; includes nothing of Atento.
#ifndef ATENTO_ERROR_H_
#define ATENTO_ERROR_H_

#include <stdexcept>
#include <string>

namespace atento {

// Whose fault it was; decides the exit status of the program and the status of an HTTP answer.
enum class ErrorKind {
  kUsage,     // a flag, option or argument is wrong: exit 2
  kNotFound,  // a file, directory or model does not exist: exit 1
  kData,      // a file or an input exists but cannot be used as it is: exit 1
  kIo,        // reading or writing failed: disk full, permission denied: exit 1
  kInternal,  // a limit of this build or machine: exit 1
};

// A fault of the user, the data, a file or the network. what() is one line that says what is wrong,
// where (file, line, byte) and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace atento

#endif  // ATENTO_ERROR_H_
