// atento evaluate: how good translations are, measured against references; and alignments.
#include "cli/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "atento/error.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/input.h"
#include "cli/output.h"

namespace atento {
namespace {

std::string Table(const std::vector<MetricResult>& results) {
  size_t width = std::string_view("metric").size();
  for (const MetricResult& result : results) width = std::max(width, result.name.size());
  std::string text = fmt::format("{:<{}}  {:>7}  signature\n", "metric", width, "value");
  for (const MetricResult& result : results) {
    text +=
        fmt::format("{:<{}}  {:>7.2f}  {}\n", result.name, width, result.value, result.signature);
  }
  return text;
}

std::string JsonText(const std::vector<MetricResult>& results) {
  Json json{Json::Array{}};
  for (const MetricResult& result : results) json.Append(MetricToJson(result));
  return json.Dump(2) + "\n";
}

// Empty if not given. Throws Error{kUsage} if no metric needs it.
std::vector<std::string> ReadSource(const EvaluateOptions& options,
                                    const std::vector<std::string>& metrics,
                                    const NamedLines& hypotheses) {
  if (options.source.empty()) return {};
  if (std::none_of(metrics.begin(), metrics.end(),
                   [](const std::string& name) { return MakeMetric(name)->needs_source(); })) {
    throw Error(ErrorKind::kUsage,
                "--source goes with --by-length, --alignments and the metric compression only");
  }
  NamedLines source = ReadNamedLines(options.source, options.strict);
  CheckSameCount(hypotheses, source);
  return std::move(source.lines);
}

std::string EvaluateTranslations(const EvaluateOptions& options) {
  const std::vector<std::string> names = options.metric_names();
  const NamedLines hypotheses = ReadNamedLines(options.hypothesis[0], options.strict);
  const References references = ReadReferences(options, hypotheses);
  if (hypotheses.lines.empty()) {
    throw Error(ErrorKind::kData, hypotheses.name + ": no lines; give translations to evaluate");
  }
  const std::vector<std::string> source = ReadSource(options, names, hypotheses);
  const MetricCorpus corpus = {hypotheses.lines, references.sets, source, references.counts};
  if (options.bootstrap.value > 0) return EvaluateBootstrap(options, corpus, hypotheses);
  const auto results = EvaluateCorpus(names, corpus, options.metric_options());
  return options.json ? JsonText(results) : Table(results);
}

// What is measured: translations, translations by length, alignments.
enum class Mode { kTranslations, kByLength, kAlignments };

// A flag that does not go with everything.
struct FlagUse {
  const char* flag;
  bool translations, by_length, alignments;
};
constexpr FlagUse kFlagUses[] = {
    {"hypothesis", true, true, false},  {"reference", true, true, false},
    {"references", true, true, false},  {"bootstrap", true, false, false},
    {"baseline", true, false, false},   {"seed", true, false, false},
    {"metrics", true, true, false},     {"bleu-tokenizer", true, true, false},
    {"lowercase", true, true, false},   {"bin-width", false, true, false},
    {"figure", false, true, false},     {"source", true, true, true},
    {"alignments", false, false, true}, {"gold", false, false, true},
    {"gold-base", false, false, true},  {"target", false, false, true},
};

void CheckFlags(Mode mode, const FlagSet& flags) {
  for (const FlagUse& use : kFlagUses) {
    const bool fits = mode == Mode::kTranslations ? use.translations
                      : mode == Mode::kByLength   ? use.by_length
                                                  : use.alignments;
    if (fits || !flags.Given(use.flag)) continue;
    const std::string flag = std::string("--") + use.flag;
    if (mode == Mode::kAlignments) {
      throw Error(ErrorKind::kUsage,
                  flag + " does not go with --alignments and --gold; leave one or the other out");
    }
    throw Error(
        ErrorKind::kUsage,
        use.translations
            ? flag + " does not go with --by-length; leave one or the other out"
            : fmt::format("{} goes with {}{}{} only", flag, use.by_length ? "--by-length" : "",
                          use.by_length && use.alignments ? " and " : "",
                          use.alignments ? "--alignments" : ""));
  }
}

class EvaluateCommand : public Command {
 public:
  std::string name() const override { return "evaluate"; }
  std::string summary() const override {
    return "measure translations against references, or word alignments";
  }
  std::vector<std::string> usage() const override {
    return {"--hypothesis FILE --reference FILE [--reference FILE ...] [flags]",
            "--bootstrap --hypothesis FILE [--baseline FILE] --reference FILE [flags]",
            "--by-length --source FILE --hypothesis FILE ... --reference FILE [flags]",
            "--alignments FILE --gold FILE [--gold-base 1] [--source FILE --target FILE]"};
  }
  std::string notes() const override;
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  Mode FindMode() const;
  // Throws Error{kUsage} if a file is missing or one too many.
  void CheckFiles(Mode mode, const FlagSet& flags) const;
  // Throws Error{kUsage} if more than one file is standard input.
  void CheckStandardInput(Mode mode) const;

  EvaluateOptions options_;
};

std::string EvaluateCommand::notes() const {
  return Wrapped(fmt::format("Metrics: {}.", fmt::join(MetricNames(), ", ")), 0) +
         R"(
They are in percent. `bleu1` to `bleu4` are corpus BLEU of n-grams up to N without smoothing, as for
captions, and so are `cider` and `cider-d`, whose document frequencies are those of all references.
What the COCO evaluation and papers call CIDEr is `cider-d`, here 100 times what that prints for
lines tokenised alike (it lowercases and drops punctuation; here words are what stands between
spaces). `per` is the phone error rate, of the symbols between spaces. `rouge` is its three
variants. `kept-f1` is the F1 of the words kept in a shortened sentence, averaged over the lines;
`compression` is the words of the translations over those of `--source`. Signatures have the form of
sacreBLEU's.

Of several references the best counts: for `bleu` each n-gram's, for `cider` and `cider-d` all on
average, for the other metrics the line's. In `--references FILE.tsv`, as a dictionary is, lines
with the same first column are references of one item, the second column; further columns are left
out. The n-th line of the translations belongs to the n-th distinct item, in the order in which they
first stand there.

`--bootstrap` draws as many lines as there are, with replacement, N times (Koehn 2004); 95 % of the
samples' values are in the interval. With `--baseline` both systems are measured on the same
samples; p is the share of samples in which the difference is 0 or has the other sign, with one such
sample added. `--seed` alone decides what is drawn.

`--by-length` sorts sentences into bins by the words between white space in the source line:
1 to 5, 6 to 10 and so on. The last bin is joined with the one before it until it holds 10
sentences; it is then open, as in `31+`. The figure draws a curve for each system and metric.

Alignments are those of `atento translate --alignments hard`, counted from 0. With A the links,
S the sure and P the possible gold links, the sure ones among them, all counted over the corpus:
AER = 1 - (|A and S| + |A and P|) / (|A| + |S|), precision = |A and P| / |A|, recall =
|A and S| / |S| (Och and Ney 2003); from 0 to 1. `--source` and `--target` make it an error if a
link is outside its sentence, which a wrong `--gold-base` is likely to cause.
)";
}

Mode EvaluateCommand::FindMode() const {
  if (options_.alignments.empty() && options_.gold.empty()) {
    return options_.by_length ? Mode::kByLength : Mode::kTranslations;
  }
  if (options_.by_length) {
    throw Error(ErrorKind::kUsage,
                "--by-length does not go with --alignments and --gold; leave one or the other out");
  }
  return Mode::kAlignments;
}

void EvaluateCommand::CheckFiles(Mode mode, const FlagSet& flags) const {
  const std::vector<std::string>& hypotheses = options_.hypothesis;
  const std::vector<std::string>& references = options_.reference;
  if (mode == Mode::kAlignments) {
    RequireValue(*this, "--alignments", !options_.alignments.empty());
    RequireValue(*this, "--gold", !options_.gold.empty());
    if (options_.source.empty() != options_.target.empty()) {
      RequireValue(*this, options_.source.empty() ? "--source" : "--target", false);
    }
  } else {
    RequireValue(*this, "--reference", !references.empty() || !options_.references.empty());
    if (!references.empty() && !options_.references.empty()) {
      throw Error(ErrorKind::kUsage,
                  "--reference does not go with --references; leave one or the other out");
    }
    if (mode == Mode::kByLength) RequireValue(*this, "--source", !options_.source.empty());
  }
  if (mode == Mode::kTranslations && hypotheses.size() > 1) {
    throw Error(ErrorKind::kUsage,
                "--hypothesis is given more than once; that is for --by-length, to compare "
                "systems");
  }
  if (options_.bootstrap.value == 0) {
    for (const char* flag : {"baseline", "seed"}) {
      if (!flags.Given(flag)) continue;
      throw Error(ErrorKind::kUsage,
                  std::string("--") + flag + " goes with --bootstrap only; add it");
    }
  }
  CheckStandardInput(mode);
}

void EvaluateCommand::CheckStandardInput(Mode mode) const {
  std::string first;
  auto check = [&](const std::string& flag, const std::string& path) {
    if (path != "-") return;
    if (first == flag) {
      throw Error(ErrorKind::kUsage, flag + " is standard input twice; name a file for one");
    }
    if (!first.empty()) {
      throw Error(ErrorKind::kUsage,
                  first + " and " + flag + " are both standard input; name a file for one");
    }
    first = flag;
  };
  if (mode != Mode::kAlignments) {
    for (const std::string& text : options_.hypothesis) {
      check("--hypothesis", mode == Mode::kByLength ? ParseNamedFile(text).path : text);
    }
    for (const std::string& path : options_.reference) check("--reference", path);
  }
  check("--references", options_.references);
  check("--baseline", options_.baseline);
  check("--alignments", options_.alignments);
  check("--gold", options_.gold);
  check("--source", options_.source);
  check("--target", options_.target);
}

int EvaluateCommand::Run(const FlagSet& flags) {
  const Mode mode = FindMode();
  CheckFlags(mode, flags);
  if (options_.hypothesis.empty()) options_.hypothesis = {"-"};
  CheckFiles(mode, flags);
  const std::string text = mode == Mode::kTranslations ? EvaluateTranslations(options_)
                           : mode == Mode::kByLength   ? EvaluateByLength(options_)
                                                       : EvaluateAlignments(options_);
  Output output("-");
  output.Write(text);
  output.Commit();
  return 0;
}

}  // namespace

Json MetricToJson(const MetricResult& result) {
  Json details{Json::Object{}};
  for (const auto& [name, value] : result.details) details.Set(name, value);
  return Json()
      .Set("metric", result.name)
      .Set("value", result.value)
      .Set("signature", result.signature)
      .Set("details", std::move(details));
}

MetricOptions EvaluateOptions::metric_options() const {
  return {std::string(EnumName(bleu_tokenizer)), lowercase};
}

std::vector<std::string> EvaluateOptions::metric_names() const {
  std::vector<std::string> names = ParseMetricList(metrics);
  if (names.empty()) throw Error(ErrorKind::kUsage, "--metrics: no metric is named");
  return names;
}

NamedFile ParseNamedFile(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.find('/') < equals) {
    return {InputName(text), text};
  }
  NamedFile file{text.substr(0, equals), text.substr(equals + 1)};
  if (file.path.empty()) {
    throw Error(ErrorKind::kUsage, "--hypothesis " + text + " names no file; give NAME=FILE");
  }
  auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(file.name.begin(), file.name.end(), is_control)) {
    throw Error(ErrorKind::kUsage, "--hypothesis: the name of " + file.path +
                                       " has a control character; leave it out");
  }
  return file;
}

NamedLines ReadNamedLines(const std::string& path, bool strict) {
  return {InputName(path), ReadLines(path, strict)};
}

void CheckSameCount(const NamedLines& a, const NamedLines& b) {
  if (a.lines.size() == b.lines.size()) return;
  throw Error(ErrorKind::kData,
              fmt::format("{} has {} lines and {} has {}: line n of the one must belong to line n "
                          "of the other",
                          a.name, a.lines.size(), b.name, b.lines.size()));
}

std::unique_ptr<Command> MakeEvaluateCommand() { return std::make_unique<EvaluateCommand>(); }

}  // namespace atento
