// Command tests as plain text. A file holds cases; a case is lines of `keyword: text`:
//
//   case: what it shows
//   run: a shell command; several lines are one script, run by sh in an empty directory
//   in: a line of standard input (none: standard input is empty)
//   out: a line of standard output; all lines together are all of it (none: there is none)
//   out~ a text that standard output has somewhere; what else it has does not matter
//   err: err~ likewise, of standard error
//   status: the exit status (default 0)
//
// Empty lines and lines that start with # do not count. Beyond what a case says, every case checks
// that a failure (1 or 2) prints exactly one line that starts with "error: ", and prints it last,
// and that no temporary file is left.
//
// The script finds atento on its PATH; $MODEL: a trained model of $DATA/source and $DATA/target
// (words "a 1 x" → "X 1 a"; sentences of at most 5 words); $TINY: flags that train one like it;
// $SOURCE: the repository.
#ifndef ATENTO_TESTS_CLI_CASE_FILE_H_
#define ATENTO_TESTS_CLI_CASE_FILE_H_

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace atento {

// What one of the two output streams must hold.
struct ExpectedText {
  std::optional<std::string> whole;
  std::vector<std::string> parts;
};

struct CommandCase {
  std::string file;
  int line = 0;
  std::string name;
  std::string script;
  std::string input;
  ExpectedText out, err;
  int status = 0;
};

// What GoogleTest prints of a case that failed.
void PrintTo(const CommandCase& c, std::ostream* out);

// Throws std::runtime_error naming file and line for anything but the above.
std::vector<CommandCase> ReadCases(const std::string& path);

}  // namespace atento

#endif  // ATENTO_TESTS_CLI_CASE_FILE_H_
