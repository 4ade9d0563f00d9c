// atento lessons: the embedded corpus, written as files to train on.
#include <fmt/format.h>

#include <deque>
#include <memory>

#include "atento/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "text/lessons.h"

namespace atento {
namespace {

struct LessonsFlags {
  int64_t pairs = 20000;
  int64_t dev = 1000;
  int64_t test = 1000;
  int64_t seed = 1;
  LessonsOptions sentences;
  std::string output;
  bool overwrite = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("output", o.output, kAny, "directory to write", "DIR");
    visit("pairs", o.pairs, kAtLeastOne, "training pairs");
    visit("dev", o.dev, kNotNegative, "development pairs, none of them in training");
    visit("test", o.test, kNotNegative, "test pairs, none of them in the other two");
    visit("seed", o.seed, kNotNegative, "another seed gives other sentences");
    visit("min-words", o.sentences.min_words, Range{1, 1000}, "least words of a French sentence");
    visit("max-words", o.sentences.max_words, Range{8, 1000}, "most words of either side");
    visit("overwrite", o.overwrite, kAny, "replace files that are already there");
  }
};

constexpr const char* kSuffixes[] = {".fr", ".en", ".gold"};

struct Part {
  LessonsPart part;
  std::string name;
  int64_t pairs;
};

class LessonsCommand : public Command {
 public:
  std::string name() const override { return "lessons"; }
  std::string summary() const override { return "write French-English lessons to practise on"; }
  std::vector<std::string> usage() const override {
    return {"--output DIR [--pairs N] [--seed N] [flags]"};
  }
  std::string notes() const override {
    return R"(Writes train, dev and test as `.fr`, `.en` and `.gold`: word alignments, `i-j` sure
and `ipj` possible, source and target word counted from 0. The same flags give the
same files on every machine.
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &flags_); }
  int Run(const FlagSet& flags) override;

 private:
  std::string Path(const Part& part, const char* suffix) const {
    return flags_.output + "/" + part.name + suffix;
  }
  // Writes the part into files that are still to be committed, which are added to *outputs.
  void Write(const Part& part, std::deque<Output>* outputs) const;

  LessonsFlags flags_;
};

void LessonsCommand::Write(const Part& part, std::deque<Output>* outputs) const {
  LessonSampler sampler(part.part, static_cast<uint64_t>(flags_.seed), flags_.sentences);
  Output& french = outputs->emplace_back(Path(part, ".fr"));
  Output& english = outputs->emplace_back(Path(part, ".en"));
  Output& gold = outputs->emplace_back(Path(part, ".gold"));
  for (int64_t i = 0; i < part.pairs; ++i) {
    const LessonPair pair = sampler.Next();
    french.Write(pair.source + "\n");
    english.Write(pair.target + "\n");
    gold.Write(FormatLinks(pair.links) + "\n");
  }
}

int LessonsCommand::Run(const FlagSet&) {
  RequireValue(*this, "--output", !flags_.output.empty());
  if (flags_.sentences.min_words > flags_.sentences.max_words) {
    throw Error(ErrorKind::kUsage,
                fmt::format("--min-words {} is above --max-words {}", flags_.sentences.min_words,
                            flags_.sentences.max_words));
  }
  const Part parts[] = {{LessonsPart::kTrain, "train", flags_.pairs},
                        {LessonsPart::kDev, "dev", flags_.dev},
                        {LessonsPart::kTest, "test", flags_.test}};
  for (const Part& part : parts) {
    for (const char* suffix : kSuffixes) {
      if (!flags_.overwrite && FileExists(Path(part, suffix))) {
        throw Error(ErrorKind::kUsage,
                    Path(part, suffix) +
                        " is already there; name another --output, or replace it "
                        "with --overwrite");
      }
    }
  }
  MakeDirectories(flags_.output);
  // All files or none.
  std::deque<Output> outputs;
  for (const Part& part : parts) Write(part, &outputs);
  for (Output& output : outputs) output.Commit();
  LogInfo(fmt::format("wrote {} training, {} development and {} test pairs to {}", flags_.pairs,
                      flags_.dev, flags_.test, flags_.output));
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeLessonsCommand() { return std::make_unique<LessonsCommand>(); }

}  // namespace atento
