// atento translate: lines in, translations out, in the order of the lines.
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "atento/error.h"
#include "atento/features.h"
#include "atento/translator.h"
#include "cli/command.h"
#include "cli/dictionary.h"
#include "cli/images.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/translation_format.h"
#include "search/beam_search.h"

namespace atento {
namespace {

// Lines that are in memory at once; sorted by length among themselves.
constexpr size_t kChunkLines = 2000;
constexpr size_t kChunkItems = 200;
constexpr size_t kChunkImages = 8;

struct TranslateOptions {
  std::vector<std::string> model;
  std::string input = "-";
  std::string output = "-";
  TranslationStyle style;
  std::string shortlist;
  std::string dictionary;
  Several images;
  std::string cnn;
  bool strict = false;
  int threads = 0;
  std::string config;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "model directory; several are an ensemble", "DIR");
    visit("input", o.input, kAny,
          "text to translate, one sentence per line; for a model of feature vectors, their file",
          "FILE");
    visit("output", o.output, kAny, "where translations go; a file appears when it is whole",
          "FILE");
    visit("format", o.style.format, kAny, "how translations are written");
    visit("scores", o.style.scores, kAny,
          "in text format: append log-probability and score; the others always have them");
    visit("alignments", o.style.alignments, kAny, "which source words each target word came from");
    visit("shortlist", o.shortlist, kAny,
          "file of atento shortlist: choose from its symbols alone, which is faster", "FILE");
    visit("dictionary", o.dictionary, kAny,
          "for --replace-unknown: source word, tab, what to write for it; others are copied",
          "FILE");
    visit("images", o.images, kAny,
          "for a model of feature vectors: images to caption; files, folders, or @FILE",
          "FILE ...");
    visit("cnn", o.cnn, kAny, "for --images: the CNN of the model's features, an ONNX file",
          "FILE");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
    visit("threads", o.threads, Range{0, 1024}, "compute threads; 0: one per core");
    visit("config", o.config, kAny, "TOML file with values of flags", "FILE");
  }
};

class TranslateCommand : public Command {
 public:
  std::string name() const override { return "translate"; }
  std::string summary() const override { return "translate lines of text"; }
  std::vector<std::string> usage() const override {
    return {"--model DIR [--model DIR ...] [--input FILE] [--output FILE] [flags]",
            "--model DIR --images FILE ... --cnn FILE.onnx [--output FILE] [flags]"};
  }
  std::string notes() const override;
  void Declare(FlagSet* flags) override {
    flags->Add("Input and output", &options_);
    flags->Add("Search", &search_);
  }
  int Run(const FlagSet& flags) override;

 private:
  void Check() const;
  void CheckModel(const Translator& translator) const;
  int RunItems(Translator* translator);
  int RunImages(Translator* translator);

  TranslateOptions options_;
  SearchOptions search_;
};

std::string TranslateCommand::notes() const {
  return R"(At a terminal each line is translated as it is entered. A file or a pipe is read in
chunks of 2000 lines: a program that writes one line and waits for its translation waits
for ever.

Formats:

- `text`: the best translation of line n on line n; an empty line stays empty. `--scores` appends
  two columns after tabs, log-probability and score; `--alignments` one more.
- `tsv`: line number, rank, text, log-probability, score, alignment (empty without `--alignments`).
- `jsonl`: an object per translation: `line`, `rank`, `text`, `log_prob`, `score`, and with
  `--alignments` also `alignment`.
- `moses`: `i ||| text ||| LogProb= log-probability ||| score`, i from 0; `||| alignment` may
  follow.

Log-probabilities are natural logarithms, `</s>` counted; a score is log-probability / tokens^X with
the X of `--length-penalty`. Alignments are of words between white space, counted from 0. Hard:
`source-target` pairs, in jsonl `[source, target]`. Soft: the weights of all source words for each
target word, `0.9000,0.1000 0.2000,0.8000`, in jsonl a row per target word.

A model of feature vectors reads the items of a file of `atento features`, in its order: item n is
line n. The positions of an item are what an alignment calls words.

With `--shortlist` probabilities are those among the candidates of a sentence: the lists of its own
symbols and the frequent ones, whatever is translated beside it. `atento score` knows no shortlist.

`--replace-unknown` is for models whose target tokens are words or symbols: an `<unk>` in a
translation becomes the source word that it attended to most, or what `--dictionary` has for that
word. Of several entries for a word the first counts; columns after the second do not.
)";
}

void TranslateCommand::Check() const {
  RequireValue(*this, "--model", !options_.model.empty());
  CheckSearchOptions(search_);
  if (search_.n_best > 1 && options_.style.format == TranslationFormat::kText) {
    throw Error(ErrorKind::kUsage, "--n-best above 1 needs --format tsv, jsonl or moses");
  }
  if (options_.style.scores && options_.style.format != TranslationFormat::kText) {
    throw Error(ErrorKind::kUsage,
                "--scores is for --format text; the other formats always have scores");
  }
  if (!options_.dictionary.empty() && !search_.replace_unknown) {
    throw Error(ErrorKind::kUsage, "--dictionary is for --replace-unknown; give both, or neither");
  }
  if (!options_.cnn.empty() && options_.images.values.empty()) {
    throw Error(ErrorKind::kUsage, "--cnn is for --images; give both, or neither");
  }
  if (!options_.images.values.empty() && options_.input != "-") {
    throw Error(ErrorKind::kUsage, "--images and --input are both given; choose one");
  }
  if (options_.dictionary == "-" && options_.input == "-") {
    throw Error(ErrorKind::kUsage,
                "--input and --dictionary are both standard input; name a file for one");
  }
  if (options_.style.alignments == AlignmentFormat::kSoft &&
      options_.style.format == TranslationFormat::kMoses) {
    throw Error(ErrorKind::kUsage, "--alignments soft needs --format text, tsv or jsonl");
  }
}

void TranslateCommand::CheckModel(const Translator& translator) const {
  translator.CheckOptions(search_);
  if (options_.style.alignments == AlignmentFormat::kNone || translator.has_attention()) return;
  throw Error(ErrorKind::kUsage,
              "--alignments needs a model with attention: leave it out, or train a model with "
              "another --attention than none or fixed");
}

// The captions of images; the line of one that cannot be read stays empty.
int TranslateCommand::RunImages(Translator* translator) {
  const std::vector<std::string> files = ImageFiles(options_.images.values);
  const std::unique_ptr<ImageCnn> cnn = OpenCnnOf(translator->cnn(), options_.cnn);
  Output output(options_.output);
  size_t failed = 0;
  for (size_t begin = 0; begin < files.size(); begin += kChunkImages) {
    const size_t count = std::min(files.size() - begin, kChunkImages);
    const auto computed = cnn->Compute(std::span(files).subspan(begin, count));
    std::vector<FeatureSet::Memory> items;
    std::vector<std::string> names;
    for (const auto& item : computed) {
      if (!item) continue;
      items.push_back(*item);
      names.push_back(item->name);
    }
    std::vector<Translation> translations;
    if (!items.empty()) {
      translator->SetFeatures(std::make_shared<const FeatureSet>("the images", items));
      translations = translator->Translate(names, search_);
    }
    failed += count - items.size();
    for (size_t i = 0, next = 0; i < count; ++i) {
      output.Write(FormatTranslation(options_.style, static_cast<int64_t>(begin + i) + 1,
                                     computed[i] ? translations[next++] : Translation()));
    }
    output.Flush();
  }
  output.Commit();
  if (failed == 0) return 0;
  throw Error(ErrorKind::kData, std::to_string(failed) + " of " + std::to_string(files.size()) +
                                    " images could not be read: their lines are empty");
}

// The items of a file of feature vectors, in its order.
int TranslateCommand::RunItems(Translator* translator) {
  if (!options_.images.values.empty()) return RunImages(translator);
  if (options_.input == "-") {
    throw Error(ErrorKind::kUsage,
                "the model reads feature vectors: name a file of atento features with --input, or "
                "--images");
  }
  const auto features = std::make_shared<const FeatureSet>(options_.input);
  translator->SetFeatures(features);
  const std::vector<FeatureItem>& items = features->items();
  Output output(options_.output);
  const bool on_screen = options_.output == "-" && isatty(STDOUT_FILENO) != 0;
  LineProgress progress(static_cast<int64_t>(items.size()), !on_screen);
  for (size_t begin = 0; begin < items.size(); begin += kChunkItems) {
    std::vector<std::string> names;
    for (size_t i = begin; i < std::min(items.size(), begin + kChunkItems); ++i) {
      names.push_back(items[i].name);
    }
    const std::vector<Translation> translations = translator->Translate(names, search_);
    for (size_t i = 0; i < translations.size(); ++i) {
      output.Write(
          FormatTranslation(options_.style, static_cast<int64_t>(begin + i) + 1, translations[i]));
    }
    output.Flush();
    progress.Update(static_cast<int64_t>(begin + names.size()));
  }
  output.Commit();
  return 0;
}

int TranslateCommand::Run(const FlagSet&) {
  Check();
  const Dictionary dictionary = options_.dictionary.empty()
                                    ? Dictionary()
                                    : ReadDictionary(options_.dictionary, options_.strict);
  Translator translator(options_.model, options_.threads, options_.shortlist);
  CheckModel(translator);
  if (translator.reads_features()) return RunItems(&translator);
  if (!options_.images.values.empty()) {
    throw Error(ErrorKind::kUsage, "--images: the model reads text; leave it out");
  }
  TextInput input(options_.input, options_.strict);
  Output output(options_.output);
  LineWarnings truncated("longer than the sentences of training; translated as far as those went");
  const bool interactive = options_.input == "-" && isatty(STDIN_FILENO) != 0;
  const bool on_screen = options_.output == "-" && isatty(STDOUT_FILENO) != 0;
  LineProgress progress(0, !on_screen);
  const size_t chunk = interactive ? 1 : kChunkLines;
  std::vector<std::string> lines;
  for (bool more = true; more;) {
    lines.clear();
    const int64_t before = input.line_number();
    for (std::string line; lines.size() < chunk && (more = input.Next(&line));) {
      lines.push_back(std::move(line));
    }
    const std::vector<Translation> translations = translator.Translate(lines, search_, dictionary);
    for (size_t i = 0; i < translations.size(); ++i) {
      const int64_t number = before + static_cast<int64_t>(i) + 1;
      if (translations[i].truncated) truncated.Add(input.name() + ":" + std::to_string(number));
      output.Write(FormatTranslation(options_.style, number, translations[i]));
    }
    output.Flush();
    progress.Update(input.line_number());
  }
  truncated.Finish();
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeTranslateCommand() { return std::make_unique<TranslateCommand>(); }

}  // namespace atento
