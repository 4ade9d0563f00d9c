// atento explain: what happened inside a model, and what attention looked at, while a sentence was
// translated.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "atento/error.h"
#include "atento/features.h"
#include "atento/trace.h"
#include "atento/translator.h"
#include "base/file.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/images.h"
#include "cli/output.h"
#include "cli/pairs.h"
#include "images/image_header.h"
#include "text/corpus.h"
#include "trace/learning.h"
#include "trace/page.h"
#include "trace/picture_svg.h"
#include "trace/terminal.h"
#include "trace/word_matrix.h"

namespace atento {
namespace {

// What a row and a column of a drawing stand for.
enum class Units { kAuto, kWords, kTokens };

}  // namespace

template <>
struct EnumNames<Units> {
  static constexpr std::array<const char*, 3> names = {"auto", "words", "tokens"};
};

namespace {

struct ExplainOptions {
  std::string text;
  std::vector<std::string> model;
  std::string target;
  std::string output;
  Units units = Units::kAuto;
  std::string features;
  std::string item;
  std::string image;
  std::string cnn;
  bool strict = false;
  int threads = 0;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny,
          "model directory; several are compared, but not in a figure or as JSON", "DIR");
    visit("target", o.target, kAny, "show how this translation is read instead of the model's own");
    visit("output", o.output, kAny,
          "FILE.html: the page, with all that happened inside; FILE.svg: a figure; FILE.json: all "
          "that happened inside; without it the terminal",
          "FILE");
    visit("units", o.units, kAny,
          "of the terminal and FILE.svg; auto: tokens if one side is read as characters");
    visit("features", o.features, kAny, "for a model of feature vectors: the file that has --item",
          "FILE");
    visit("item", o.item, kAny, "name of the item to read instead of TEXT", "NAME");
    visit("image", o.image, kAny,
          "instead of TEXT: an image to caption; FILE.svg and FILE.html show what each word looked "
          "at in it",
          "FILE");
    visit("cnn", o.cnn, kAny, "for --image without --features: the CNN of the model's features",
          "FILE");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
    visit("threads", o.threads, Range{0, 1024}, "compute threads; 0: one per core");
  }
};

enum class Rendering { kTerminal, kHtml, kSvg, kJson };

Rendering RenderingOf(const std::string& path) {
  if (path.empty() || path == "-") return Rendering::kTerminal;
  if (path.ends_with(".html")) return Rendering::kHtml;
  if (path.ends_with(".svg")) return Rendering::kSvg;
  if (path.ends_with(".json")) return Rendering::kJson;
  throw Error(ErrorKind::kUsage,
              "--output " + path + ": the name must end in .html, .svg or .json");
}

TerminalOptions StandardOutput() {
  TerminalOptions options;
  if (isatty(STDOUT_FILENO) == 0) return options;
  // https://no-color.org
  const char* no_colour = std::getenv("NO_COLOR");
  options.colour = no_colour == nullptr || *no_colour == '\0';
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) options.columns = size.ws_col;
  return options;
}

WordMatrix MatrixOf(const Trace& trace, Units units) {
  const TextOptions& text = trace.model.text;
  const bool characters = text.source_tokenizer == TokenizerKind::kCharacters ||
                          text.target_tokenizer == TokenizerKind::kCharacters;
  const bool tokens = units == Units::kTokens || (units == Units::kAuto && characters);
  return tokens ? TokenMatrixOf(trace) : WordMatrixOf(trace);
}

class ExplainCommand : public Command {
 public:
  std::string name() const override { return "explain"; }
  std::string summary() const override { return "show what attention looked at"; }
  std::vector<std::string> usage() const override {
    return {"--model DIR [--model DIR ...] TEXT [--output FILE] [flags]",
            "--model DIR --features FILE --item NAME [--output FILE] [flags]",
            "--model DIR --image FILE --cnn FILE.onnx [--output FILE] [flags]"};
  }
  std::string notes() const override {
    return R"(A row per word of the translation, a column per word of TEXT (`--units tokens`: per token, `</s>`
among them): the darker the block (on a terminal with colours: the brighter), the more of the row's
weight is on that word.
Colours are off where standard output is no terminal, and with NO_COLOR in the
environment. FILE.html shows every state, score, weight and vector in a browser, and the beam
as a tree, and how the first model learned to align if it was trained with --probe; it needs no
server. FILE.json has the same: docs/trace.md says what is in it.
)";
  }
  void Declare(FlagSet* flags) override {
    flags->Add("Flags", &options_);
    flags->Add("Search", &search_, {"n-best", "batch-sentences", "replace-unknown"});
    flags->Add("HTML and JSON", &trace_);
    flags->SetPositional(
        {"TEXT", "sentence to translate, in quotes", &options_.text, "item image"});
  }
  int Run(const FlagSet& flags) override;

 private:
  void Clean(std::string* text, const std::string& name) const;
  void UseItem();
  void UseFeatures(Translator* translator) const;
  Trace Explain(const std::string& model, Rendering rendering) const;
  std::vector<NamedTrace> ExplainAll(Rendering rendering) const;
  std::string Picture() const;
  std::string Draw(std::span<const NamedTrace> traces, Rendering rendering) const;

  ExplainOptions options_;
  SearchOptions search_;
  TraceOptions trace_;
};

void ExplainCommand::Clean(std::string* text, const std::string& name) const {
  const int64_t byte = CleanLine(text, name, 1, options_.strict);
  if (byte > 0) {
    LogWarning(name + ":1:" + std::to_string(byte) + ": invalid UTF-8 replaced by U+FFFD");
  }
  if (SplitWords(*text).empty()) throw Error(ErrorKind::kUsage, name + " has no words in it");
}

// The item's name is what the model is given instead of a text.
void ExplainCommand::UseItem() {
  if (!options_.text.empty()) {
    throw Error(ErrorKind::kUsage,
                "TEXT is given, and --item or --image; choose one of text and vectors");
  }
  const bool computed = !options_.image.empty() && options_.features.empty();
  if (!computed) RequireValue(*this, "--features", !options_.features.empty());
  if (computed != !options_.cnn.empty()) {
    throw Error(ErrorKind::kUsage,
                "--image needs --cnn, or the --features that have been computed: give one of them");
  }
  options_.text = options_.item.empty() || computed ? ImageItem(options_.image) : options_.item;
}

void ExplainCommand::UseFeatures(Translator* translator) const {
  if (!options_.image.empty() && !translator->reads_features()) {
    throw Error(ErrorKind::kUsage, "--image: the model reads text; leave it out");
  }
  if (options_.image.empty() || !options_.features.empty()) {
    return SetFeatures(options_.features, translator);
  }
  const std::unique_ptr<ImageCnn> cnn = OpenCnnOf(translator->cnn(), options_.cnn);
  const auto computed = cnn->Compute(std::span(&options_.image, 1));
  if (!computed[0]) {
    throw Error(ErrorKind::kData, options_.image + " could not be read: give another image");
  }
  translator->SetFeatures(
      std::make_shared<const FeatureSet>(options_.image, std::span(&*computed[0], 1)));
}

Trace ExplainCommand::Explain(const std::string& model, Rendering rendering) const {
  Translator translator(std::span(&model, 1), options_.threads);
  UseFeatures(&translator);
  TraceRequest request{.text = options_.text, .search = search_, .options = trace_};
  if (rendering == Rendering::kTerminal || rendering == Rendering::kSvg) {
    request.options.detail = TraceDetail::kWeights;
  }
  if (!options_.target.empty()) request.target = options_.target;
  Trace trace = MakeTrace(translator, request);
  if (!options_.image.empty() && rendering != Rendering::kTerminal) {
    trace.source.picture = Picture();
  }
  if (trace.truncated) {
    LogWarning("TEXT is longer than the sentences of training; translated as far as those went");
  }
  return trace;
}

// What to call the models: the last part of each path, unless two are the same.
std::vector<std::string> NamesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    const auto whole = (std::filesystem::absolute(path) / "").lexically_normal();
    names.push_back(whole.parent_path().filename().string());
  }
  const std::set<std::string> different(names.begin(), names.end());
  return different.size() == names.size() ? names : paths;
}

std::vector<NamedTrace> ExplainCommand::ExplainAll(Rendering rendering) const {
  const std::vector<std::string> names = NamesOf(options_.model);
  std::vector<NamedTrace> traces;
  for (size_t i = 0; i < names.size(); ++i) {
    traces.push_back({names[i], Explain(options_.model[i], rendering)});
  }
  return traces;
}

// The image, as traces have it.
std::string ExplainCommand::Picture() const {
  const std::string bytes = ReadFile(options_.image);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::string_view type = ImageType({data, bytes.size()});
  if (type.empty()) {
    throw Error(ErrorKind::kData, options_.image + " is neither a JPEG nor a PNG image");
  }
  return DataUri(type, bytes);
}

std::string ExplainCommand::Draw(std::span<const NamedTrace> traces, Rendering rendering) const {
  const Trace& first = traces.front().trace;
  switch (rendering) {
    case Rendering::kHtml:
      return PageWithTraces(traces, LearningToJson(options_.model.front()));
    case Rendering::kSvg:
      if (!options_.image.empty()) return PictureToSvg(first);
      return WordMatrixToSvg(MatrixOf(first, options_.units));
    case Rendering::kJson:
      return TraceToJson(first) + "\n";
    default:
      break;
  }
  std::string text;
  for (const NamedTrace& named : traces) {
    if (traces.size() > 1) {
      text += (text.empty() ? "" : "\n") + named.model + "\n";
    }
    text += WordMatrixToTerminal(MatrixOf(named.trace, options_.units), StandardOutput());
  }
  return text;
}

int ExplainCommand::Run(const FlagSet& flags) {
  RequireValue(*this, "--model", !options_.model.empty());
  const Rendering rendering = RenderingOf(options_.output);
  if (flags.Given("item") || flags.Given("image")) {
    UseItem();
  } else {
    Clean(&options_.text, "TEXT");
  }
  if (flags.Given("target")) Clean(&options_.target, "--target");
  if (options_.model.size() > 1 &&
      (rendering == Rendering::kSvg || rendering == Rendering::kJson)) {
    throw Error(ErrorKind::kUsage, "--output " + options_.output +
                                       ": it has room for one --model; FILE.html compares several");
  }
  if (std::set(options_.model.begin(), options_.model.end()).size() < options_.model.size()) {
    throw Error(ErrorKind::kUsage, "--model: one is given twice; give each of them once");
  }
  const std::vector<NamedTrace> traces = ExplainAll(rendering);
  Output output(rendering == Rendering::kTerminal ? "-" : options_.output);
  output.Write(Draw(traces, rendering));
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeExplainCommand() { return std::make_unique<ExplainCommand>(); }

}  // namespace atento
