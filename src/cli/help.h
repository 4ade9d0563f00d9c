// --help, and docs/cli.md, which says the same.
#ifndef ATENTO_CLI_HELP_H_
#define ATENTO_CLI_HELP_H_

#include <string>
#include <string_view>

#include "cli/command.h"

namespace atento {

// `atento --help`.
std::string ProgramHelp();
// `atento NAME --help`; flags: as the command declared them.
std::string CommandHelp(const Command& command, const FlagSet& flags);
// The words in lines that fit the terminal, all but the first indented; ends with a line end.
std::string Wrapped(std::string_view text, size_t indent);
// docs/cli.md, whole.
std::string ReferenceMarkdown();

}  // namespace atento

#endif  // ATENTO_CLI_HELP_H_
