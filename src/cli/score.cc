// atento score: how probable given translations are.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "atento/error.h"
#include "atento/translator.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "search/translate.h"
#include "text/corpus.h"

namespace atento {
namespace {

// Pairs that are scored at once; sorted by length among themselves.
constexpr size_t kChunkPairs = 2000;

struct ScoreOptions {
  std::vector<std::string> model;
  std::string source;
  std::string target;
  std::string input;
  std::string output = "-";
  bool summary = false;
  bool strict = false;
  int threads = 0;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "model directory; several are an ensemble", "DIR");
    visit("source", o.source, kAny, "source sentences, one per line", "FILE");
    visit("target", o.target, kAny, "their translations, line by line", "FILE");
    visit("input", o.input, kAny, "instead of the two: source and target separated by a tab",
          "FILE");
    visit("output", o.output, kAny, "where scores go; a file appears when it is whole", "FILE");
    visit("summary", o.summary, kAny, "totals instead of a score per line");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
    visit("threads", o.threads, Range{0, 1024}, "compute threads; 0: one per core");
  }
};

class ScoreCommand : public Command {
 public:
  std::string name() const override { return "score"; }
  std::string summary() const override { return "print log-probabilities of given translations"; }
  std::vector<std::string> usage() const override {
    return {"--model DIR [--model DIR ...] --source FILE --target FILE [flags]",
            "--model DIR [--model DIR ...] --input FILE.tsv [flags]"};
  }
  std::string notes() const override {
    return R"(Log-probabilities are natural logarithms of p(target | source), `</s>` counted.
`--summary` prints the number of pairs and of target tokens, the sum of the log-
probabilities, their mean per token, and the perplexity per token.
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  ParallelPaths Paths() const;
  // first: the index of the first pair among all.
  std::vector<ScoredPair> Score(const Translator& translator, std::span<const std::string> sources,
                                std::span<const std::string> targets, size_t first) const;

  ScoreOptions options_;
};

ParallelPaths ScoreCommand::Paths() const {
  const bool two = !options_.source.empty() || !options_.target.empty();
  if (two && !options_.input.empty()) {
    throw Error(ErrorKind::kUsage,
                "--input is given besides --source and --target; choose one way");
  }
  if (!two) {
    RequireValue(*this, "--source and --target, or --input,", !options_.input.empty());
    return {options_.input, ""};
  }
  RequireValue(*this, "--source", !options_.source.empty());
  RequireValue(*this, "--target", !options_.target.empty());
  return {options_.source, options_.target};
}

std::vector<ScoredPair> ScoreCommand::Score(const Translator& translator,
                                            std::span<const std::string> sources,
                                            std::span<const std::string> targets,
                                            size_t first) const {
  try {
    return translator.Score(sources, targets);
  } catch (const PairError& error) {
    throw Error(ErrorKind::kData, fmt::format("{}:{}: {}", InputName(Paths().source),
                                              first + error.index() + 1, error.fault()));
  }
}

int ScoreCommand::Run(const FlagSet&) {
  RequireValue(*this, "--model", !options_.model.empty());
  const Corpus corpus = ReadParallel(Paths(), {.strict = options_.strict, .keep_empty = true});
  LogCorpusReport(corpus.report);
  const Translator translator(options_.model, options_.threads);
  Output output(options_.output);
  const bool on_screen = options_.output == "-" && isatty(STDOUT_FILENO) != 0;
  LineProgress progress(static_cast<int64_t>(corpus.pairs.size()), !on_screen);
  double total = 0;
  int64_t tokens = 0;
  for (size_t begin = 0; begin < corpus.pairs.size(); begin += kChunkPairs) {
    std::vector<std::string> sources, targets;
    for (size_t i = begin; i < std::min(begin + kChunkPairs, corpus.pairs.size()); ++i) {
      sources.push_back(corpus.pairs[i].source);
      targets.push_back(corpus.pairs[i].target);
    }
    for (const ScoredPair& pair : Score(translator, sources, targets, begin)) {
      total += pair.log_prob;
      tokens += pair.target_tokens;
      if (!options_.summary) output.Write(fmt::format("{:.6f}\n", pair.log_prob));
    }
    progress.Update(static_cast<int64_t>(begin + sources.size()));
  }
  if (options_.summary) {
    const double mean = total / static_cast<double>(tokens);
    output.Write(
        fmt::format("pairs\t{}\ntarget tokens\t{}\nlog-probability\t{:.6f}\n"
                    "log-probability per token\t{:.6f}\nperplexity\t{:.6f}\n",
                    corpus.pairs.size(), tokens, total, mean, std::exp(-mean)));
  }
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeScoreCommand() { return std::make_unique<ScoreCommand>(); }

}  // namespace atento
