// The program: runs a command, and turns exceptions into one line and an exit status. Faults of the
// user, the data or a file are caught here and nowhere else.
#include <signal.h>

#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "atento/error.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  // A closed pipe is seen as an error of write(), so that files can be left in order.
  signal(SIGPIPE, SIG_IGN);
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
