// What the files of atento evaluate share: its options, and a function for each thing it measures.
#ifndef ATENTO_CLI_EVALUATE_H_
#define ATENTO_CLI_EVALUATE_H_

#include <array>
#include <string>
#include <vector>

#include "atento/options.h"
#include "base/json.h"
#include "cli/flags.h"
#include "metrics/metrics.h"

namespace atento {

enum class BleuTokenizer { k13a, kChar, kNone };
template <>
struct EnumNames<BleuTokenizer> {
  static constexpr std::array<const char*, 3> names = {"13a", "char", "none"};
};

struct EvaluateOptions {
  std::vector<std::string> hypothesis;
  std::vector<std::string> reference;
  std::string references;
  std::string metrics = "bleu,chrf";
  BleuTokenizer bleu_tokenizer = BleuTokenizer::k13a;
  bool lowercase = false;
  CountOrBare bootstrap = {0, 1000};
  std::string baseline;
  int64_t seed = 1;
  bool by_length = false;
  int bin_width = 5;
  std::string figure;
  std::string alignments;
  std::string gold;
  int gold_base = 0;
  std::string source;
  std::string target;
  bool json = false;
  bool strict = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("hypothesis", o.hypothesis, kAny,
          "translations, one per line; without it standard input. With --by-length there may be "
          "several, each FILE or NAME=FILE",
          "FILE");
    visit("reference", o.reference, kAny, "what they are compared with, line by line", "FILE");
    visit("references", o.references, kAny,
          "instead: an item, a tab and a reference of it on each line, which an item may have "
          "several "
          "of",
          "FILE.tsv");
    visit("metrics", o.metrics, kAny, "comma-separated names", "NAMES");
    visit("bleu-tokenizer", o.bleu_tokenizer, kAny, "how BLEU splits lines");
    visit("lowercase", o.lowercase, kAny, "compare in lower case");
    visit("bootstrap", o.bootstrap, Range{1, 1e6},
          "95 % intervals, from N samples of the lines; 1000 if there is no N");
    visit("baseline", o.baseline, kAny,
          "bootstrap: translations of another system, to compare with", "FILE");
    visit("seed", o.seed, kNotNegative, "bootstrap: of the samples");
    visit("by-length", o.by_length, kAny, "the metrics by the number of words in the source");
    visit("bin-width", o.bin_width, kAtLeastOne, "by length: lengths that are taken together");
    visit("figure", o.figure, kAny, "by length: also draw the curves, as a figure", "FILE.svg");
    visit("alignments", o.alignments, kAny, "word alignments, a line of i-j per sentence", "FILE");
    visit("gold", o.gold, kAny, "what they are compared with: i-j sure, ipj possible", "FILE");
    visit("gold-base", o.gold_base, Range{0, 1}, "number of a sentence's first word in --gold");
    visit("source", o.source, kAny,
          "source sentences: for their lengths, or to check the links of alignments", "FILE");
    visit("target", o.target, kAny, "target sentences, to check the links of alignments", "FILE");
    visit("json", o.json, kAny, "print JSON, with what each value is made of");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
  }

  MetricOptions metric_options() const;
  // Expanded; at least one. Throws Error{kUsage}.
  std::vector<std::string> metric_names() const;
};

// A file in memory, and what messages call it.
struct NamedLines {
  std::string name;
  std::vector<std::string> lines;
};

// A --hypothesis of --by-length.
struct NamedFile {
  std::string name;
  std::string path;
};

// FILE or NAME=FILE. A name has no slash, so that any file can be given: ./a=b. Throws
// Error{kUsage} if the file is missing or the name has a control character.
NamedFile ParseNamedFile(const std::string& text);

NamedLines ReadNamedLines(const std::string& path, bool strict);
// Throws Error{kData} that names both files, unless they have equal numbers of lines.
void CheckSameCount(const NamedLines& a, const NamedLines& b);

// What each line is compared with.
struct References {
  std::vector<ReferenceSet> sets;
  std::vector<int64_t> counts;  // as MetricCorpus::reference_counts
};

// Those of --reference, or of --references. Throws Error{kData} unless there is one for each line of
// `others`.
References ReadReferences(const EvaluateOptions& options, const NamedLines& others);

Json MetricToJson(const MetricResult& result);

// Each returns what is printed.
std::string EvaluateAlignments(const EvaluateOptions& options);
// hypotheses: those of the corpus.
std::string EvaluateBootstrap(const EvaluateOptions& options, const MetricCorpus& corpus,
                              const NamedLines& hypotheses);
// Also writes the figure.
std::string EvaluateByLength(const EvaluateOptions& options);

}  // namespace atento

#endif  // ATENTO_CLI_EVALUATE_H_
