// --help and docs/cli.md say what the declarations say.
#include "cli/help.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/file.h"
#include "base/utf8.h"
#include "cli/command.h"

namespace atento {
namespace {

struct Options {
  int beam = 5;
  bool fast = false;
  std::vector<std::string> model;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("beam", o.beam, Range{1, 100}, "hypotheses kept");
    visit("fast", o.fast, kAny, "be fast");
    visit("model", o.model, kAny, "model directory", "DIR");
  }
};

class ExampleCommand : public Command {
 public:
  std::string name() const override { return "example"; }
  std::string summary() const override { return "do an example"; }
  std::vector<std::string> usage() const override { return {"TEXT [flags]", "TEXT --fast"}; }
  std::string notes() const override { return "Notes.\n"; }
  void Declare(FlagSet* flags) override {
    flags->Add("Search", &options_);
    flags->SetPositional({"TEXT", "sentence", &text_});
  }
  int Run(const FlagSet&) override { return 0; }

 private:
  Options options_;
  std::string text_;
};

TEST(Help, ShowsGroupsRangesAndDefaults) {
  ExampleCommand command;
  FlagSet flags;
  command.Declare(&flags);
  EXPECT_EQ(CommandHelp(command, flags),
            "usage: atento example TEXT [flags]\n"
            "       atento example TEXT --fast\n"
            "\n"
            "Do an example.\n"
            "\n"
            "  TEXT                          sentence\n"
            "\n"
            "Search\n"
            "  --beam N                      hypotheses kept [1 to 100; default 5]\n"
            "  --fast                        be fast\n"
            "  --model DIR                   model directory [may be repeated]\n"
            "\n"
            "Notes.\n");
}

TEST(Help, EveryLineFitsTheTerminal) {
  std::string text = ProgramHelp();
  for (const auto& command : AllCommands()) {
    FlagSet flags;
    command->Declare(&flags);
    text += CommandHelp(*command, flags);
  }
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    ASSERT_NE(end, std::string::npos) << "the last line has no end";
    const std::string line = text.substr(begin, end - begin);
    EXPECT_LE(DisplayWidth(line), 100) << line;
    begin = end + 1;
  }
}

TEST(Help, EveryFlagOfACommandHasItsOwnName) {
  for (const auto& command : AllCommands()) {
    FlagSet flags;
    command->Declare(&flags);
    std::vector<std::string> names;
    for (const FlagGroup& group : flags.groups()) {
      for (const Flag& flag : group.flags) {
        EXPECT_EQ(std::count(names.begin(), names.end(), flag.name), 0)
            << command->name() << " --" << flag.name;
        EXPECT_FALSE(flag.help.empty()) << flag.name;
        names.push_back(flag.name);
      }
    }
  }
}

TEST(Help, ReferencePageIsUpToDate) {
  const std::string path = std::string(ATENTO_SOURCE_DIR) + "/docs/cli.md";
  const std::string expected = ReferenceMarkdown();
  const char* update = std::getenv("ATENTO_UPDATE_DOCS");
  if (update != nullptr && std::string_view(update) == "1") WriteFileAtomically(path, expected);
  EXPECT_TRUE(FileExists(path) && ReadFile(path) == expected)
      << path << " differs from the declared flags; write it again with\n"
      << "ATENTO_UPDATE_DOCS=1 ctest --preset dev -R cli_help_test";
}

}  // namespace
}  // namespace atento
