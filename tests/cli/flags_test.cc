#include "cli/flags.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

enum class Colour { kRed, kDarkGreen };

}  // namespace

template <>
struct EnumNames<Colour> {
  static constexpr std::array<const char*, 2> names = {"red", "dark-green"};
};

namespace {

struct Options {
  bool fast = false;
  bool shuffle = true;
  int beam = 5;
  int64_t steps = 0;
  double rate = 0.5;
  Colour colour = Colour::kRed;
  std::string text = "";
  std::vector<std::string> model;
  OneOrTwo train;
  std::string config;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("fast", o.fast, kAny, "be fast");
    visit("shuffle", o.shuffle, kAny, "shuffle");
    visit("beam", o.beam, Range{1, 100}, "beam");
    visit("steps", o.steps, kNotNegative, "steps");
    visit("rate", o.rate, Range{0, 1}, "rate");
    visit("colour", o.colour, kAny, "colour");
    visit("text", o.text, kAny, "text");
    visit("model", o.model, kAny, "models", "DIR");
    visit("train", o.train, kAny, "pairs");
    visit("config", o.config, kAny, "file", "FILE");
  }
};

class FlagsTest : public testing::Test {
 protected:
  FlagsTest() { flags_.Add("Group", &options_); }

  void Run(const std::vector<std::string>& arguments) {
    flags_.Parse(arguments);
    flags_.Apply();
  }
  std::string WriteConfig(const std::string& text) {
    std::ofstream(directory_.File("c.toml")) << text;
    return directory_.File("c.toml");
  }
  void RunWithConfig(const std::string& text, const std::vector<std::string>& arguments = {}) {
    flags_.Parse(arguments);
    flags_.ReadConfig(WriteConfig(text));
    flags_.Apply();
  }

  TemporaryDirectory directory_;
  Options options_;
  FlagSet flags_;
};

using Values = std::vector<std::string>;

TEST_F(FlagsTest, NothingGivenLeavesDefaults) {
  Run({});
  EXPECT_EQ(options_.beam, 5);
  EXPECT_TRUE(options_.shuffle);
  EXPECT_FALSE(flags_.Given("beam"));
}

TEST_F(FlagsTest, EveryTypeIsSet) {
  Run({"--fast", "--shuffle=false", "--beam", "7", "--steps=9000000000", "--rate", "2.5e-1",
       "--colour", "dark-green", "--text=a b", "--model", "m1", "--model=m2", "--train", "x", "y"});
  EXPECT_TRUE(options_.fast);
  EXPECT_FALSE(options_.shuffle);
  EXPECT_EQ(options_.beam, 7);
  EXPECT_EQ(options_.steps, 9000000000);
  EXPECT_EQ(options_.rate, 0.25);
  EXPECT_EQ(options_.colour, Colour::kDarkGreen);
  EXPECT_EQ(options_.text, "a b");
  EXPECT_EQ(options_.model, (Values{"m1", "m2"}));
  EXPECT_EQ(options_.train.values, (Values{"x", "y"}));
}

TEST_F(FlagsTest, OneOrTwoStopsAtTheNextFlag) {
  Run({"--train", "x.tsv", "--fast"});
  EXPECT_EQ(options_.train.values, Values{"x.tsv"});
  EXPECT_TRUE(options_.fast);
}

TEST_F(FlagsTest, DashAloneIsAValue) {
  Run({"--text", "-", "--train", "-"});
  EXPECT_EQ(options_.text, "-");
  EXPECT_EQ(options_.train.values, Values{"-"});
}

TEST_F(FlagsTest, EmptyValueIsAValue) {
  options_.text = "default";
  Run({"--text=", "--beam", "3"});
  EXPECT_EQ(options_.text, "");
  EXPECT_TRUE(flags_.Given("text"));
  EXPECT_EQ(options_.beam, 3);
}

TEST_F(FlagsTest, AValueMayEndWithAnEqualsSign) {
  Run({"--text=x="});
  EXPECT_EQ(options_.text, "x=");
}

TEST_F(FlagsTest, NoFlagFollowsTwoDashes) {
  EXPECT_ERROR(Run({"--text", "x", "--", "--fast"}), ErrorKind::kUsage,
               "unexpected argument '--fast'");
  EXPECT_ERROR(Run({"--text", "--", "x"}), ErrorKind::kUsage, "--text has no value");
}

TEST_F(FlagsTest, BracketsAndCommasAreText) {
  Run({"--text", "[a,b]"});
  EXPECT_EQ(options_.text, "[a,b]");
}

TEST_F(FlagsTest, UnknownFlagSuggestsTheNearest) {
  EXPECT_ERROR(Run({"--beem", "5"}), ErrorKind::kUsage,
               "unknown flag --beem; did you mean --beam?");
  EXPECT_ERROR(Run({"--cloour=red"}), ErrorKind::kUsage, "--cloour; did you mean --colour?");
  EXPECT_ERROR(Run({"--shuf"}), ErrorKind::kUsage, "did you mean --shuffle?");
  EXPECT_ERROR(Run({"-beam", "5"}), ErrorKind::kUsage, "unknown flag -beam; did you mean --beam?");
}

TEST_F(FlagsTest, UnknownFlagWithoutANeighbour) {
  try {
    Run({"--quantum"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "unknown flag --quantum; --help lists all");
  }
}

TEST_F(FlagsTest, MissingValueIsNamed) {
  EXPECT_ERROR(Run({"--beam"}), ErrorKind::kUsage, "--beam has no value");
  EXPECT_ERROR(Run({"--text", "--fast"}), ErrorKind::kUsage, "--text has no value");
  EXPECT_ERROR(Run({"--train"}), ErrorKind::kUsage, "--train has no value");
}

TEST_F(FlagsTest, OneValueTooMany) {
  EXPECT_ERROR(Run({"--beam", "5", "--beam", "6"}), ErrorKind::kUsage,
               "--beam is given more than once");
  EXPECT_ERROR(Run({"--train", "a", "b", "c"}), ErrorKind::kUsage, "unexpected argument 'c'");
  EXPECT_ERROR(Run({"--train", "a", "b", "--train", "c"}), ErrorKind::kUsage,
               "--train takes one or two values, not 3");
  EXPECT_ERROR(Run({"word"}), ErrorKind::kUsage, "unexpected argument 'word'");
  EXPECT_ERROR(Run({"--fast", "yes"}), ErrorKind::kUsage, "unexpected argument 'yes'");
}

TEST_F(FlagsTest, WrongTypesNameFlagValueAndRange) {
  EXPECT_ERROR(Run({"--beam", "many"}), ErrorKind::kUsage,
               "--beam: 'many' is not a whole number (1 to 100)");
  EXPECT_ERROR(Run({"--beam=1.5"}), ErrorKind::kUsage, "'1.5' is not a whole number");
  EXPECT_ERROR(Run({"--beam="}), ErrorKind::kUsage, "'' is not a whole number");
  EXPECT_ERROR(Run({"--rate", "0,5"}), ErrorKind::kUsage, "--rate: '0,5' is not a number (0 to 1)");
  EXPECT_ERROR(Run({"--rate", "nan"}), ErrorKind::kUsage, "'nan' is not a number");
  EXPECT_ERROR(Run({"--rate", "inf"}), ErrorKind::kUsage, "'inf' is not a number");
  EXPECT_ERROR(Run({"--fast=maybe"}), ErrorKind::kUsage,
               "--fast: 'maybe' is not one of true, false");
  EXPECT_ERROR(Run({"--colour", "blue"}), ErrorKind::kUsage,
               "--colour: 'blue' is not one of red, dark-green");
}

TEST_F(FlagsTest, OutOfRangeNamesFlagValueAndRange) {
  EXPECT_ERROR(Run({"--beam", "0"}), ErrorKind::kUsage, "--beam: 0 ", "from 1 to 100");
  EXPECT_ERROR(Run({"--steps", "-1"}), ErrorKind::kUsage, "--steps: -1 ", "at least 0");
  EXPECT_ERROR(Run({"--rate", "1.01"}), ErrorKind::kUsage, "--rate: 1.01 ", "from 0 to 1");
  EXPECT_ERROR(Run({"--beam", "99999999999999999999"}), ErrorKind::kUsage,
               "--beam: 99999999999999999999 is out of range");
  EXPECT_ERROR(Run({"--rate", "1e-400"}), ErrorKind::kUsage,
               "--rate: 1e-400 is out of range: too large or too close to zero");
}

TEST_F(FlagsTest, PositionalArgument) {
  std::string text;
  flags_.SetPositional({"TEXT", "sentence", &text});
  Run({"--beam", "2", "hello world", "--fast"});
  EXPECT_EQ(text, "hello world");
}

TEST_F(FlagsTest, PositionalMayFollowTwoDashes) {
  std::string text;
  flags_.SetPositional({"TEXT", "sentence", &text});
  Run({"--text", "x", "--", "--beam="});
  EXPECT_EQ(options_.text, "x");
  EXPECT_EQ(text, "--beam=");
}

TEST_F(FlagsTest, PositionalMissingOrTwice) {
  std::string text;
  flags_.SetPositional({"TEXT", "sentence", &text});
  EXPECT_ERROR(Run({"a", "b"}), ErrorKind::kUsage, "unexpected argument 'b'");
  EXPECT_ERROR(Run({"a", "--", "b"}), ErrorKind::kUsage, "unexpected argument 'b'");
}

TEST_F(FlagsTest, PositionalMissing) {
  std::string text;
  flags_.SetPositional({"TEXT", "sentence", &text});
  EXPECT_ERROR(Run({"--fast"}), ErrorKind::kUsage, "TEXT is missing", "sentence");
}

TEST_F(FlagsTest, LeftOutFieldsHaveNoFlag) {
  FlagSet flags;
  flags.Add("Group", &options_, {"beam"});
  EXPECT_ERROR(flags.Parse({"--beam", "3"}), ErrorKind::kUsage, "unknown flag --beam");
}

// ---- configuration files -----------------------------------------------------------------------

TEST_F(FlagsTest, ConfigSetsEveryType) {
  RunWithConfig(
      "# comment\nfast = true\nshuffle = false\nbeam = 7\nsteps = 10\nrate = 1\n"
      "colour = \"dark-green\"\ntext = 12\nmodel = [\"a\", \"b\"]\ntrain = \"x.tsv\"\n");
  EXPECT_TRUE(options_.fast);
  EXPECT_FALSE(options_.shuffle);
  EXPECT_EQ(options_.beam, 7);
  EXPECT_EQ(options_.steps, 10);
  EXPECT_EQ(options_.rate, 1.0);
  EXPECT_EQ(options_.colour, Colour::kDarkGreen);
  EXPECT_EQ(options_.text, "12");
  EXPECT_EQ(options_.model, (Values{"a", "b"}));
  EXPECT_EQ(options_.train.values, Values{"x.tsv"});
}

TEST_F(FlagsTest, CommandLineWinsOverConfigWinsOverPreset) {
  flags_.Parse({"--beam", "9"});
  flags_.ReadConfig(WriteConfig("beam = 8\nrate = 0.25\n"));
  // What a preset sets, between reading and applying.
  options_.beam = 70;
  options_.rate = 0.75;
  options_.steps = 33;
  flags_.Apply();
  EXPECT_EQ(options_.beam, 9);
  EXPECT_EQ(options_.rate, 0.25);
  EXPECT_EQ(options_.steps, 33);
}

TEST_F(FlagsTest, CommandLineReplacesALongerList) {
  RunWithConfig("model = [\"a\", \"b\"]\n", {"--model", "c"});
  EXPECT_EQ(options_.model, Values{"c"});
}

TEST_F(FlagsTest, TextTellsWhatWillBeApplied) {
  flags_.Parse({"--text", "flag"});
  flags_.ReadConfig(WriteConfig("text = \"file\"\ncolour = \"red\"\n"));
  EXPECT_EQ(flags_.Text("text"), "flag");
  EXPECT_EQ(flags_.Text("colour"), "red");
  EXPECT_EQ(flags_.Text("beam"), "");
  EXPECT_TRUE(flags_.Given("colour"));
}

TEST_F(FlagsTest, UnknownKeyNamesFileLineAndTheNearest) {
  EXPECT_ERROR(RunWithConfig("fast = true\n\nbaem = 3\n"), ErrorKind::kUsage,
               "c.toml:3: unknown key 'baem'; did you mean beam?");
  EXPECT_ERROR(RunWithConfig("config = \"other.toml\"\n"), ErrorKind::kUsage,
               "unknown key 'config'");
}

TEST_F(FlagsTest, ConfigValuesAreChecked) {
  EXPECT_ERROR(RunWithConfig("beam = 0\n"), ErrorKind::kUsage, "c.toml:1: beam: 0 ",
               "from 1 to 100");
  EXPECT_ERROR(RunWithConfig("\ncolour = \"blue\"\n"), ErrorKind::kUsage,
               "c.toml:2: colour: 'blue'", "red, dark-green");
}

TEST_F(FlagsTest, ConfigTypesAreChecked) {
  EXPECT_ERROR(RunWithConfig("beam = \"5\"\n"), ErrorKind::kUsage,
               "c.toml:1: beam: expected a whole number, found a string");
  EXPECT_ERROR(RunWithConfig("beam = 5.0\n"), ErrorKind::kUsage, "found a number with a fraction");
  EXPECT_ERROR(RunWithConfig("fast = 1\n"), ErrorKind::kUsage, "expected true or false");
  EXPECT_ERROR(RunWithConfig("text = true\n"), ErrorKind::kUsage, "expected a string in quotes");
  EXPECT_ERROR(RunWithConfig("beam = [5]\n"), ErrorKind::kUsage, "found an array");
  EXPECT_ERROR(RunWithConfig("rate = 1979-05-27\n"), ErrorKind::kUsage, "found a date");
  EXPECT_ERROR(RunWithConfig("model = [[\"a\"]]\n"), ErrorKind::kUsage, "found an array");
  EXPECT_ERROR(RunWithConfig("rate = inf\n"), ErrorKind::kUsage, "is not a number");
}

TEST_F(FlagsTest, ConfigCountsValues) {
  EXPECT_ERROR(RunWithConfig("train = [\"a\", \"b\", \"c\"]\n"), ErrorKind::kUsage,
               "c.toml:1: train takes one or two values, not 3");
  EXPECT_ERROR(RunWithConfig("model = []\n"), ErrorKind::kUsage, "c.toml:1: model has no value");
}

TEST_F(FlagsTest, SectionsAreRefused) {
  EXPECT_ERROR(RunWithConfig("beam = 3\n[search]\nrate = 1\n"), ErrorKind::kUsage,
               "c.toml:2: search: sections are not used");
}

TEST_F(FlagsTest, BrokenTomlNamesLineAndColumn) {
  EXPECT_ERROR(RunWithConfig("beam = 3\nrate = = 2\n"), ErrorKind::kData, "c.toml:2:8: not TOML");
  EXPECT_ERROR(RunWithConfig("beam = 3\nbeam = 4\n"), ErrorKind::kData, "c.toml:2:");
  EXPECT_ERROR(RunWithConfig("text = \"\xff\"\n"), ErrorKind::kData, "c.toml:1:");
  EXPECT_ERROR(RunWithConfig("text = \"never closed\n"), ErrorKind::kData, "c.toml:1:");
}

TEST_F(FlagsTest, MissingConfigIsNotFound) {
  EXPECT_ERROR(flags_.ReadConfig(directory_.File("none.toml")), ErrorKind::kNotFound, "none.toml");
}

TEST(Suggestion, NearestName) {
  EXPECT_EQ(Suggestion("trian", {"train", "translate"}, ""), "; did you mean train?");
  EXPECT_EQ(Suggestion("xyz", {"train", "translate"}, ""), "");
  EXPECT_EQ(Suggestion("", {"a"}, ""), "");
}

}  // namespace
}  // namespace atento
