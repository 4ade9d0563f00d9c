#include "cli/translation_format.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/json.h"

namespace atento {
namespace {

// "0-0 2-1": Pharaoh.
std::string HardText(const Alignment& alignment) {
  std::string text;
  for (const auto& [source, target] : alignment.links) {
    fmt::format_to(std::back_inserter(text), "{}{}-{}", text.empty() ? "" : " ", source, target);
  }
  return text;
}

float Weight(const Alignment& alignment, int target, int source) {
  return alignment
      .weights[static_cast<size_t>(target) * static_cast<size_t>(alignment.source_words) +
               static_cast<size_t>(source)];
}

bool HasWeights(const Alignment& alignment) { return !alignment.weights.empty(); }

// A target word's weights with commas between, target words with spaces between.
std::string SoftText(const Alignment& alignment) {
  std::string text;
  if (!HasWeights(alignment)) return text;
  for (int t = 0; t < alignment.target_words; ++t) {
    if (t > 0) text += ' ';
    for (int s = 0; s < alignment.source_words; ++s) {
      fmt::format_to(std::back_inserter(text), "{}{:.4f}", s == 0 ? "" : ",",
                     Weight(alignment, t, s));
    }
  }
  return text;
}

std::string AlignmentText(AlignmentFormat format, const Alignment& alignment) {
  if (format == AlignmentFormat::kHard) return HardText(alignment);
  if (format == AlignmentFormat::kSoft) return SoftText(alignment);
  return "";
}

Json AlignmentJson(AlignmentFormat format, const Alignment& alignment) {
  Json json{Json::Array{}};
  if (format == AlignmentFormat::kHard) {
    for (const auto& [source, target] : alignment.links) {
      json.Append(Json(Json::Array{source, target}));
    }
  } else if (HasWeights(alignment)) {
    for (int t = 0; t < alignment.target_words; ++t) {
      Json row{Json::Array{}};
      for (int s = 0; s < alignment.source_words; ++s) {
        row.Append(std::round(static_cast<double>(Weight(alignment, t, s)) * 1e4) / 1e4);
      }
      json.Append(std::move(row));
    }
  }
  return json;
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
