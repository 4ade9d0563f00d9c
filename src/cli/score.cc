// atento score: how probable given translations are.
#include <fmt/format.h>

#include <cmath>

#include "atento/translator.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/pairs.h"

namespace atento {
namespace {

struct ScoreOptions : PairOptions {
  bool summary = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    PairOptions::ForEach(o, visit);
    visit("summary", o.summary, kAny, "totals instead of a score per line");
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
  ScoreOptions options_;
};

int ScoreCommand::Run(const FlagSet&) {
  RequirePairs(*this, options_);
  PairReader pairs(options_);
  Translator translator(options_.model, options_.threads);
  SetFeatures(options_.features, &translator);
  Output output(options_.output);
  const std::string& path = options_.input.empty() ? options_.source : options_.input;
  double total = 0;
  int64_t tokens = 0;
  for (PairLines lines; pairs.Next(&lines);) {
    for (const ScoredPair& pair :
         ScorePairs(translator, lines.source, lines.target, path, lines.first)) {
      total += pair.log_prob;
      tokens += pair.target_tokens;
      if (!options_.summary) output.Write(fmt::format("{:.6f}\n", pair.log_prob));
    }
  }
  if (options_.summary) {
    const double mean = total / static_cast<double>(tokens);
    output.Write(
        fmt::format("pairs\t{}\ntarget tokens\t{}\nlog-probability\t{:.6f}\n"
                    "log-probability per token\t{:.6f}\nperplexity\t{:.6f}\n",
                    pairs.size(), tokens, total, mean, std::exp(-mean)));
  }
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeScoreCommand() { return std::make_unique<ScoreCommand>(); }

}  // namespace atento
