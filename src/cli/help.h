// --help, and docs/cli.md, which says the same.
#ifndef ATENTO_CLI_HELP_H_
#define ATENTO_CLI_HELP_H_

#include <string>

#include "cli/command.h"

namespace atento {

// `atento --help`.
std::string ProgramHelp();
// `atento NAME --help`; flags: as the command declared them.
std::string CommandHelp(const Command& command, const FlagSet& flags);
// docs/cli.md, whole.
std::string ReferenceMarkdown();

}  // namespace atento

#endif  // ATENTO_CLI_HELP_H_
