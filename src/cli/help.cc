#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/utf8.h"

namespace atento {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kHelpColumn = 32;

// "--beam N"
std::string Heading(const Flag& flag) {
  return "--" + flag.name + (flag.value_name.empty() ? "" : " " + flag.value_name);
}

// What a flag may be.
std::string Allowed(const Flag& flag) {
  std::string text = flag.allowed;
  if (flag.repeats) text += std::string(text.empty() ? "" : "; ") + "may be repeated";
  return text;
}

}  // namespace

std::string Wrapped(std::string_view text, size_t indent) {
  std::string result;
  size_t column = indent;
  for (std::string_view word : SplitWords(text)) {
    const auto width = static_cast<size_t>(DisplayWidth(word));
    if (column > indent && column + 1 + width > kColumns) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += width;
  }
  return result + "\n";
}

namespace {

std::string FlagHelp(const Flag& flag) {
  std::string line = "  " + Heading(flag);
  // A heading too long for its column stands alone.
  if (line.size() + 2 > kHelpColumn) {
    line += "\n" + std::string(kHelpColumn, ' ');
  } else {
    line.resize(kHelpColumn, ' ');
  }
  std::string text = flag.help;
  std::string brackets = Allowed(flag);
  if (!flag.default_text.empty()) {
    brackets += std::string(brackets.empty() ? "" : "; ") + "default " + flag.default_text;
  }
  if (!brackets.empty()) text += " [" + brackets + "]";
  return line + Wrapped(text, kHelpColumn);
}

// A summary as a sentence.
std::string Sentence(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".\n";
}

std::string Usage(const Command& command) {
  std::string text;
  for (const std::string& usage : command.usage()) {
    text +=
        (text.empty() ? "usage: " : "       ") + ("atento " + command.name() + " " + usage) + "\n";
  }
  return text;
}

constexpr std::string_view kIntroduction =
    "Trains, runs and shows encoder-decoder models with attention.\n";

constexpr std::string_view kConventions =
    R"(Text is read from standard input and written to standard output where no file is named; `-`
names them too. Files of text may be gzip. Logs and progress go to standard error. A flag's
value follows it after a space or `=`; a flag without a value is turned off again by
`--flag=false`.

Exit status: 0 done, 1 failed, 2 wrong usage, 128 + N ended by signal N.
)";

std::string TableRow(const Flag& flag) {
  // A bar would end the cell.
  std::string help = flag.help;
  for (size_t at = 0; (at = help.find('|', at)) != std::string::npos; at += 2) {
    help.insert(at, "\\");
  }
  return fmt::format("| `{}` | {} | {} | {} |\n", Heading(flag), help, Allowed(flag),
                     flag.default_text.empty() ? "" : "`" + flag.default_text + "`");
}

std::string CommandMarkdown(Command& command) {
  FlagSet flags;
  command.Declare(&flags);
  std::string text =
      fmt::format("## atento {}\n\n{}\n```\n", command.name(), Sentence(command.summary()));
  for (const std::string& usage : command.usage()) {
    text += "atento " + command.name() + " " + usage + "\n";
  }
  text += "```\n\n";
  if (!flags.positional().name.empty()) {
    text += fmt::format("`{}`: {}\n\n", flags.positional().name, flags.positional().help);
  }
  for (const FlagGroup& group : flags.groups()) {
    text += fmt::format("**{}**\n\n| flag | meaning | allowed | default |\n|---|---|---|---|\n",
                        group.title);
    for (const Flag& flag : group.flags) text += TableRow(flag);
    text += "\n";
  }
  if (const std::string notes = command.notes(); !notes.empty()) text += notes + "\n";
  return text;
}

}  // namespace

std::string ProgramHelp() {
  std::string text =
      "usage: atento COMMAND [flags]\n       atento COMMAND --help\n       atento --version\n\n";
  text += kIntroduction;
  text += "\n";
  for (const auto& command : AllCommands()) {
    text += fmt::format("  {:<12}{}\n", command->name(), command->summary());
  }
  text += "\n";
  text += kConventions;
  return text;
}

std::string CommandHelp(const Command& command, const FlagSet& flags) {
  std::string text = Usage(command) + "\n" + Sentence(command.summary());
  const Positional& positional = flags.positional();
  if (!positional.name.empty()) {
    std::string line = "  " + positional.name;
    line.resize(std::max(kHelpColumn, line.size() + 2), ' ');
    text += "\n" + line + Wrapped(positional.help, kHelpColumn);
  }
  for (const FlagGroup& group : flags.groups()) {
    text += "\n" + group.title + "\n";
    for (const Flag& flag : group.flags) text += FlagHelp(flag);
  }
  if (const std::string notes = command.notes(); !notes.empty()) text += "\n" + notes;
  return text;
}

std::string ReferenceMarkdown() {
  std::string text =
      "# The command line\n\n"
      "<!-- Written by tests/cli/help_test from the declarations of the flags: with\n"
      "ATENTO_UPDATE_DOCS=1 it rewrites this file, otherwise it compares. -->\n\n";
  text += kIntroduction;
  text += "\n";
  text += kConventions;
  text += "\n";
  for (const auto& command : AllCommands()) text += CommandMarkdown(*command);
  // One line end closes the file.
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace atento
