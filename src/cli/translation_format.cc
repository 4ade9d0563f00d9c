#include "cli/translation_format.h"

#include <fmt/format.h>

#include "base/json.h"
#include "cli/alignment_format.h"

namespace atento {
namespace {

std::string AlignmentText(AlignmentFormat format, const Alignment& alignment) {
  if (format == AlignmentFormat::kHard) return FormatLinks(LinksOf(alignment));
  if (format == AlignmentFormat::kSoft) return WeightsText(alignment);
  return "";
}

Json AlignmentJson(AlignmentFormat format, const Alignment& alignment) {
  return format == AlignmentFormat::kHard ? LinksJson(LinksOf(alignment)) : WeightsJson(alignment);
}

std::string TextLine(const TranslationStyle& style, const Translation& translation) {
  if (translation.hypotheses.empty()) return "\n";
  const TranslationHypothesis& best = translation.hypotheses.front();
  std::string line = best.text;
  if (style.scores) line += fmt::format("\t{:.6f}\t{:.6f}", best.log_prob, best.score);
  if (style.alignments != AlignmentFormat::kNone) {
    line += "\t" + AlignmentText(style.alignments, best.alignment);
  }
  return line + "\n";
}

std::string Row(const TranslationStyle& style, int64_t line, int rank,
                const TranslationHypothesis& hypothesis) {
  const std::string alignment = AlignmentText(style.alignments, hypothesis.alignment);
  switch (style.format) {
    case TranslationFormat::kTsv:
      return fmt::format("{}\t{}\t{}\t{:.6f}\t{:.6f}\t{}\n", line, rank, hypothesis.text,
                         hypothesis.log_prob, hypothesis.score, alignment);
    case TranslationFormat::kMoses:
      // Moses counts lines from 0.
      return fmt::format("{} ||| {} ||| LogProb= {:.6f} ||| {:.6f}{}{}\n", line - 1,
                         hypothesis.text, hypothesis.log_prob, hypothesis.score,
                         alignment.empty() ? "" : " ||| ", alignment);
    default: {
      Json json;
      json.Set("line", line).Set("rank", rank).Set("text", hypothesis.text);
      json.Set("log_prob", hypothesis.log_prob).Set("score", hypothesis.score);
      if (style.alignments != AlignmentFormat::kNone) {
        json.Set("alignment", AlignmentJson(style.alignments, hypothesis.alignment));
      }
      return json.Dump() + "\n";
    }
  }
}

}  // namespace

std::string FormatTranslation(const TranslationStyle& style, int64_t line,
                              const Translation& translation) {
  if (style.format == TranslationFormat::kText) return TextLine(style, translation);
  // An empty line has one row as well, so that no line is missing.
  if (translation.hypotheses.empty()) return Row(style, line, 1, {});
  std::string rows;
  int rank = 0;
  for (const TranslationHypothesis& hypothesis : translation.hypotheses) {
    rows += Row(style, line, ++rank, hypothesis);
  }
  return rows;
}

}  // namespace atento
