// atento evaluate: how good translations are, measured against references.
#include <fmt/format.h>

#include <algorithm>

#include "atento/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "metrics/metrics.h"

namespace atento {
namespace {

enum class BleuTokenizer { k13a, kChar, kNone };

}  // namespace

template <>
struct EnumNames<BleuTokenizer> {
  static constexpr std::array<const char*, 3> names = {"13a", "char", "none"};
};

namespace {

struct EvaluateOptions {
  std::string hypothesis = "-";
  std::vector<std::string> reference;
  std::string metrics = "bleu,chrf";
  BleuTokenizer bleu_tokenizer = BleuTokenizer::k13a;
  bool lowercase = false;
  bool json = false;
  bool strict = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("hypothesis", o.hypothesis, kAny, "translations, one per line", "FILE");
    visit("reference", o.reference, kAny, "what they are compared with, line by line", "FILE");
    visit("metrics", o.metrics, kAny, "comma-separated names", "NAMES");
    visit("bleu-tokenizer", o.bleu_tokenizer, kAny, "how BLEU splits lines");
    visit("lowercase", o.lowercase, kAny, "compare in lower case");
    visit("json", o.json, kAny, "print JSON, with what each value is made of");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
  }
};

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string NameOf(const std::string& path) { return path == "-" ? "standard input" : path; }

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
  for (const MetricResult& result : results) {
    Json details{Json::Object{}};
    for (const auto& [name, value] : result.details) details.Set(name, value);
    json.Append(Json()
                    .Set("metric", result.name)
                    .Set("value", result.value)
                    .Set("signature", result.signature)
                    .Set("details", std::move(details)));
  }
  return json.Dump(2) + "\n";
}

class EvaluateCommand : public Command {
 public:
  std::string name() const override { return "evaluate"; }
  std::string summary() const override { return "measure translations against references"; }
  std::vector<std::string> usage() const override {
    return {"--hypothesis FILE --reference FILE [--reference FILE ...] [flags]"};
  }
  std::string notes() const override {
    return fmt::format(
        "Metrics: {}.\nValues are in percent; `per` is the phone error rate, of the symbols "
        "between "
        "spaces; `rouge` is\nits three variants. Signatures have the form of sacreBLEU's.\n",
        fmt::join(MetricNames(), ", "));
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  EvaluateOptions options_;
};

int EvaluateCommand::Run(const FlagSet&) {
  RequireValue(*this, "--reference", !options_.reference.empty());
  const std::vector<std::string> names = ExpandMetricNames(SplitCommas(options_.metrics));
  if (names.empty()) throw Error(ErrorKind::kUsage, "--metrics: no metric is named");
  const auto& references = options_.reference;
  const bool twice =
      std::count(references.begin(), references.end(), "-") + (options_.hypothesis == "-" ? 1 : 0) >
      1;
  if (twice) {
    throw Error(ErrorKind::kUsage,
                "--hypothesis and --reference are both standard input; name a file for one");
  }
  const std::string hypothesis_name = NameOf(options_.hypothesis);
  const std::vector<std::string> hypotheses = ReadLines(options_.hypothesis, options_.strict);
  std::vector<ReferenceSet> sets;
  for (const std::string& path : references) {
    sets.push_back(ReadLines(path, options_.strict));
    if (sets.back().size() == hypotheses.size()) continue;
    throw Error(
        ErrorKind::kData,
        fmt::format("{} has {} lines and {} has {}: line n of the one must belong to line n of "
                    "the other",
                    hypothesis_name, hypotheses.size(), NameOf(path), sets.back().size()));
  }
  if (hypotheses.empty()) {
    throw Error(ErrorKind::kData, hypothesis_name + ": no lines; give translations to evaluate");
  }
  const MetricOptions metric_options{std::string(EnumName(options_.bleu_tokenizer)),
                                     options_.lowercase};
  const auto results = EvaluateCorpus(names, hypotheses, sets, metric_options);
  Output output("-");
  output.Write(options_.json ? JsonText(results) : Table(results));
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeEvaluateCommand() { return std::make_unique<EvaluateCommand>(); }

}  // namespace atento
