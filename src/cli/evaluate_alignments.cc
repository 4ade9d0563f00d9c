// atento evaluate --alignments: word alignments against gold ones.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "atento/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/evaluate.h"
#include "metrics/alignment.h"

namespace atento {
namespace {

// Sentences whose words are counted, if they are given.
class Lengths {
 public:
  Lengths(const std::string& path, bool strict, const NamedLines& alignments) {
    if (path.empty()) return;
    lines_ = ReadNamedLines(path, strict);
    CheckSameCount(alignments, *lines_);
  }
  std::optional<int> Words(size_t line) const {
    if (!lines_) return std::nullopt;
    return static_cast<int>(SplitWords(lines_->lines[line]).size());
  }

 private:
  std::optional<NamedLines> lines_;
};

bool HasFirstWord(const Links& links) {
  return std::any_of(links.begin(), links.end(),
                     [](const WordLink& link) { return link.source == 0 || link.target == 0; });
}

std::string JsonText(const AlignmentScore& score) {
  return Json()
             .Set("aer", score.error_rate())
             .Set("precision", score.precision())
             .Set("recall", score.recall())
             .Set("sentences", score.sentences())
             .Set("links", score.links())
             .Set("gold_sure", score.sure())
             .Set("gold_possible", score.possible())
             .Dump(2) +
         "\n";
}

std::string Table(const AlignmentScore& score) {
  return fmt::format(
      "aer            {:>8.4f}\nprecision      {:>8.4f}\nrecall         {:>8.4f}\n"
      "sentences      {:>8}\nlinks          {:>8}\ngold sure      {:>8}\ngold possible  {:>8}\n",
      score.error_rate(), score.precision(), score.recall(), score.sentences(), score.links(),
      score.sure(), score.possible());
}

}  // namespace

std::string EvaluateAlignments(const EvaluateOptions& options) {
  const NamedLines alignments = ReadNamedLines(options.alignments, options.strict);
  const NamedLines gold = ReadNamedLines(options.gold, options.strict);
  CheckSameCount(alignments, gold);
  if (alignments.lines.empty()) {
    throw Error(ErrorKind::kData, alignments.name + ": no lines; give alignments to evaluate");
  }
  const Lengths source(options.source, options.strict, alignments);
  const Lengths target(options.target, options.strict, alignments);
  AlignmentScore score;
  bool has_first_word = false;
  for (size_t i = 0; i < gold.lines.size(); ++i) {
    LinkRules rules{0, source.Words(i), target.Words(i)};
    const Links links =
        ParseLinks(alignments.lines[i], rules, fmt::format("{}:{}", alignments.name, i + 1));
    rules.base = options.gold_base;
    const GoldLinks expected =
        ParseGoldLinks(gold.lines[i], rules, fmt::format("{}:{}", gold.name, i + 1));
    has_first_word = has_first_word || HasFirstWord(expected.possible);
    score.Add(links, expected);
  }
  if (score.possible() == 0) {
    throw Error(ErrorKind::kData, gold.name + ": no links; give gold alignments to compare with");
  }
  if (!has_first_word) {
    LogWarning(fmt::format(
        "{}: no link of the first word of any sentence; are its words counted from {}? See "
        "--gold-base",
        gold.name, 1 - options.gold_base));
  }
  return options.json ? JsonText(score) : Table(score);
}

}  // namespace atento
