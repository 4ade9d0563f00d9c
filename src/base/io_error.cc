#include "base/io_error.h"

#include <cerrno>
#include <system_error>

namespace atento {
namespace {

const char* Remedy(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "check the path";
    case ENOSPC:
    case EDQUOT:
      return "free some space or write elsewhere";
    case EACCES:
    case EPERM:
    case EROFS:
      return "check the permissions or choose another place";
    case EISDIR:
      return "name a file in it instead";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    case EBADF:
      return "leave it open, or name a file instead";
    default:
      return "check the file and the disk it is on";
  }
}

std::string Message(const std::string& what, int error, const char* remedy) {
  const std::string reason = error == EBADF ? "it is closed, or open the wrong way round"
                                            : std::generic_category().message(error);
  return "cannot " + what + ": " + reason + "; " + remedy;
}

}  // namespace

Error ReadError(const std::string& what, int error) {
  const bool absent = error == ENOENT || error == ENOTDIR;
  return Error(absent ? ErrorKind::kNotFound : ErrorKind::kIo, Message(what, error, Remedy(error)));
}

Error WriteError(const std::string& what, int error) {
  return Error(ErrorKind::kIo,
               Message(what, error, error == ENOENT ? "make its directory first" : Remedy(error)));
}

}  // namespace atento
