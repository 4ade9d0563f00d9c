// The program without its main: arguments in, exit status out.
#ifndef ATENTO_CLI_PROGRAM_H_
#define ATENTO_CLI_PROGRAM_H_

#include <string>
#include <vector>

namespace atento {

// arguments: without the program's own name. Throws Error, or ClosedPipe (cli/output.h).
int RunProgram(const std::vector<std::string>& arguments);

}  // namespace atento

#endif  // ATENTO_CLI_PROGRAM_H_
