// The program: runs a command, and turns exceptions into one line and an exit status. Faults of the
// user, the data or a file are caught here and nowhere else.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "atento/error.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/program.h"

namespace {

// A standard stream that is closed would become the first file that is opened. It is opened the
// wrong way round instead, so that reading or writing it is an error; messages to nowhere are not.
bool OpenClosedStreams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    if (open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != stream) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe is seen as an error of write(), so that files can be left in order.
  signal(SIGPIPE, SIG_IGN);
  atento::RemoveTemporariesOnSignals();
  if (!OpenClosedStreams()) {
    atento::Log(atento::LogLevel::kError,
                "a standard stream is closed and /dev/null cannot be opened in its place; leave "
                "the streams open");
    return 1;
  }
  try {
    return atento::RunProgram(std::vector<std::string>(argv + (argc > 0), argv + argc));
  } catch (const atento::ClosedPipe&) {
    return 128 + SIGPIPE;
  } catch (const atento::Error& error) {
    atento::Log(atento::LogLevel::kError, error.what());
    return error.kind() == atento::ErrorKind::kUsage ? 2 : 1;
  } catch (const std::filesystem::filesystem_error& error) {
    atento::Log(atento::LogLevel::kError, error.path1().string() + ": " + error.code().message() +
                                              "; check the path and its permissions");
    return 1;
  } catch (const std::bad_alloc&) {
    atento::Log(atento::LogLevel::kError,
                "out of memory; use smaller batches or a smaller model, or free some memory");
    return 1;
  } catch (const std::exception& error) {
    atento::Log(atento::LogLevel::kError, std::string("internal: ") + error.what());
    return 1;
  }
}
