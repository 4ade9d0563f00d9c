// atento align: which words of given translations belong together, by attention.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "atento/error.h"
#include "atento/translator.h"
#include "base/json.h"
#include "base/options.h"
#include "base/utf8.h"
#include "cli/alignment_format.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/pairs.h"
#include "metrics/alignment.h"

namespace atento {

// What is written of an alignment.
enum class AlignmentDetail { kHard, kSoft };
template <>
struct EnumNames<AlignmentDetail> {
  static constexpr std::array<const char*, 2> names = {"hard", "soft"};
};

namespace {

struct AlignCommandOptions : PairOptions {
  AlignmentDetail alignments = AlignmentDetail::kHard;
  bool align_shift = false;
  bool posterior = false;
  Symmetrization symmetrize = Symmetrization::kNone;
  std::vector<std::string> reverse_model;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    PairOptions::ForEach(o, visit);
    visit("alignments", o.alignments, kAny, "links alone, or the weights too, as JSON");
    visit("align-shift", o.align_shift, kAny,
          "a step's weights belong to the word it reads, not to the one it predicts");
    visit(
        "posterior", o.posterior, kAny,
        "weigh by how well each source position explains the target word, not by attention alone");
    visit("symmetrize", o.symmetrize, kAny, "how to join the links of two directions");
    visit("reverse-model", o.reverse_model, kAny,
          "to symmetrize: a model from target to source; several are an ensemble", "DIR");
  }
};

Links Transposed(const Links& links) {
  std::vector<WordLink> transposed;
  for (const WordLink& link : links) transposed.push_back({link.target, link.source});
  return Links(std::move(transposed));
}

class AlignCommand : public Command {
 public:
  std::string name() const override { return "align"; }
  std::string summary() const override { return "align the words of given translations"; }
  std::vector<std::string> usage() const override {
    return {"--model DIR [--model DIR ...] --source FILE --target FILE [flags]",
            "--model DIR [--model DIR ...] --input FILE.tsv [flags]",
            "--model DIR --reverse-model DIR --symmetrize NAME --source FILE --target FILE"};
  }
  std::string notes() const override;
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  void Check() const;
  Translator Load(const std::vector<std::string>& directories, const char* flag) const;
  // All that is written for the lines.
  std::string Align(const PairLines& lines) const;
  std::string Format(const std::string& source, const std::string& target, size_t number,
                     const Alignment& alignment, const Links& links) const;

  AlignCommandOptions options_;
  std::optional<Translator> forward_, backward_;
};

std::string AlignCommand::notes() const {
  return R"(The models are made to produce the given translations, and each target word is linked to
the source word with the largest weight. Words are what stands between white space, counted from 0.

- `--alignments hard`: line n has the links of pair n, `source-target`, by target word, then source
  word: `0-0 2-1`. It is empty if a side of the pair is. `atento evaluate --alignments` reads this.
- `--alignments soft`: an object per pair: `line`, `source_words`, `target_words`, `weights` (a row
  per target word, a number per source word), `links` (`[source, target]`). With `--features` there
  are no source words: a number per feature vector.

A decoder step reads one word and predicts the next. By default its weights are those of the word it
predicts; with `--align-shift` of the word it reads, which fits content-based attention with the
state after the cell (Luong+ 2015, footnote 14). Measure which reading suits a model.

Attention does not know the word that it is to predict, which is there, however. `--posterior` asks
for each source position how probable it makes that word, and weighs by attention times that
probability (Shankar and Sarawagi 2019). It finds more of the right links, and takes a decoder step
for every pair of a source and a target token.

`--symmetrize` joins the links with those of a model of the other direction, whose weights are not
written. `grow-diag-final-and` is that of Moses.
)";
}

void AlignCommand::Check() const {
  RequirePairs(*this, options_);
  if (options_.posterior && options_.align_shift) {
    throw Error(
        ErrorKind::kUsage,
        "--posterior knows the word that a step predicts, and --align-shift speaks of the one "
        "it reads: leave one of them out");
  }
  const bool symmetrize = options_.symmetrize != Symmetrization::kNone;
  if (symmetrize && options_.reverse_model.empty()) {
    throw Error(ErrorKind::kUsage,
                "--symmetrize needs --reverse-model, a model from target to source");
  }
  if (symmetrize && !options_.features.empty()) {
    throw Error(ErrorKind::kUsage,
                "--symmetrize is of two texts, but --features has none: leave one of them out");
  }
  if (!symmetrize && !options_.reverse_model.empty()) {
    throw Error(ErrorKind::kUsage,
                "--reverse-model needs --symmetrize: intersection, union or grow-diag-final-and");
  }
}

Translator AlignCommand::Load(const std::vector<std::string>& directories, const char* flag) const {
  Translator translator(directories, options_.threads);
  SetFeatures(options_.features, &translator);
  if (translator.has_attention()) return translator;
  throw Error(ErrorKind::kUsage, fmt::format("{} {} has no attention, by which words are aligned: "
                                             "train a model with another --attention than "
                                             "none or fixed",
                                             flag, directories[0]));
}

std::string AlignCommand::Format(const std::string& source, const std::string& target,
                                 size_t number, const Alignment& alignment,
                                 const Links& links) const {
  if (options_.alignments == AlignmentDetail::kHard) return FormatLinks(links) + "\n";
  const auto words = [](const std::string& text) {
    Json json{Json::Array{}};
    for (std::string_view word : SplitWords(text)) json.Append(word);
    return json;
  };
  Json json;
  json.Set("line", static_cast<int64_t>(number));
  if (options_.features.empty()) json.Set("source_words", words(source));
  json.Set("target_words", words(target));
  json.Set("weights", WeightsJson(alignment)).Set("links", LinksJson(links));
  return json.Dump() + "\n";
}

std::string AlignCommand::Align(const PairLines& lines) const {
  const bool tsv = !options_.input.empty();
  const AlignOptions align = {.shift = options_.align_shift, .posterior = options_.posterior};
  const std::vector<ScoredPair> forward =
      ScorePairs(*forward_, lines.source, lines.target, tsv ? options_.input : options_.source,
                 lines.first, align);
  std::vector<ScoredPair> backward;
  if (backward_) {
    backward = ScorePairs(*backward_, lines.target, lines.source,
                          tsv ? options_.input : options_.target, lines.first, align);
  }
  std::string text;
  for (size_t i = 0; i < forward.size(); ++i) {
    const Alignment& alignment = forward[i].alignment;
    Links links = LinksOf(alignment);
    if (backward_) {
      links = Symmetrize(options_.symmetrize, links, Transposed(LinksOf(backward[i].alignment)),
                         {alignment.source_words, alignment.target_words});
    }
    text += Format(lines.source[i], lines.target[i], lines.first + i + 1, alignment, links);
  }
  return text;
}

int AlignCommand::Run(const FlagSet&) {
  Check();
  PairReader pairs(options_);
  forward_ = Load(options_.model, "--model");
  if (!options_.reverse_model.empty()) backward_ = Load(options_.reverse_model, "--reverse-model");
  Output output(options_.output);
  for (PairLines lines; pairs.Next(&lines);) output.Write(Align(lines));
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeAlignCommand() { return std::make_unique<AlignCommand>(); }

}  // namespace atento
