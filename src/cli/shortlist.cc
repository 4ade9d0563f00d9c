// atento shortlist: which target symbols a translation may need, learned from a model's attention.
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "atento/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/pairs.h"
#include "search/shortlist_counts.h"
#include "search/translate.h"

namespace atento {
namespace {

struct ShortlistOptions : PairOptions {
  int best = 20;
  int frequent = 100;

  ShortlistOptions() { output.clear(); }

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    PairOptions::ForEach(o, visit);
    visit("best", o.best, Range{0, 1e6}, "target symbols for each source symbol at most");
    visit("frequent", o.frequent, Range{0, 1e6}, "target symbols that every translation may have");
  }
};

class ShortlistCommand : public Command {
 public:
  std::string name() const override { return "shortlist"; }
  std::string summary() const override {
    return "list the target symbols of each source symbol, to translate faster";
  }
  std::vector<std::string> usage() const override {
    return {"--model DIR --source FILE --target FILE --output FILE [flags]",
            "--model DIR --input FILE.tsv --output FILE [flags]"};
  }
  std::string notes() const override {
    return R"(`atento translate --shortlist FILE` and `atento serve --shortlist NAME=FILE` choose the symbols
of a translation from the lists of its source symbols and from the most frequent symbols alone. With
a large vocabulary that saves most of the output layer's work.

The models are made to produce the given translations, best those that they were trained with. For
each source symbol the target symbols count with the weight that it had in the steps that predict
them; weights below 0.1 do not. With a joint vocabulary a symbol is in its own list too.

The file is for models with these vocabularies, and is refused by others; docs/file-format.md says
what is in it.
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  ShortlistOptions options_;
};

int ShortlistCommand::Run(const FlagSet&) {
  RequirePairs(*this, options_);
  RequireValue(*this, "--output", !options_.output.empty());
  if (options_.output == "-") {
    throw Error(ErrorKind::kUsage, "--output -: a shortlist is not text; name a file");
  }
  if (!options_.features.empty()) {
    throw Error(ErrorKind::kUsage, "--features: a shortlist is of source symbols; leave it out");
  }
  PairReader pairs(options_);
  std::vector<std::unique_ptr<Model>> owned;
  std::vector<const Model*> models;
  for (const std::string& directory : options_.model) {
    owned.push_back(LoadModel(directory));
    models.push_back(owned.back().get());
  }
  CheckEnsemble(models, options_.model);
  SearchThreads threads(options_.threads);
  ShortlistCounts counts(models);
  for (PairLines lines; pairs.Next(&lines);) {
    try {
      counts.Add(lines.source, lines.target, threads);
    } catch (const PairError& error) {
      ThrowInFile(error, options_.input.empty() ? options_.source : options_.input, lines.first);
    }
  }
  const Shortlist shortlist = counts.Make(options_.best, options_.frequent);
  shortlist.Save(options_.output);
  const auto sources = static_cast<double>(models[0]->config().source_vocabulary);
  LogInfo(fmt::format("wrote {}: {:.1f} target symbols for a source symbol, and {} frequent ones",
                      options_.output, static_cast<double>(shortlist.symbols()) / sources,
                      shortlist.frequent().size()));
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeShortlistCommand() { return std::make_unique<ShortlistCommand>(); }

}  // namespace atento
