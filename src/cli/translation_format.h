// How translations are written: the formats of `atento translate`.
#ifndef ATENTO_CLI_TRANSLATION_FORMAT_H_
#define ATENTO_CLI_TRANSLATION_FORMAT_H_

#include <array>
#include <cstdint>
#include <string>

#include "atento/options.h"
#include "atento/translator.h"

namespace atento {

enum class TranslationFormat { kText, kTsv, kJsonl, kMoses };
template <>
struct EnumNames<TranslationFormat> {
  static constexpr std::array<const char*, 4> names = {"text", "tsv", "jsonl", "moses"};
};

enum class AlignmentFormat { kNone, kHard, kSoft };
template <>
struct EnumNames<AlignmentFormat> {
  static constexpr std::array<const char*, 3> names = {"none", "hard", "soft"};
};

struct TranslationStyle {
  TranslationFormat format = TranslationFormat::kText;
  AlignmentFormat alignments = AlignmentFormat::kNone;
  bool scores = false;  // in text format; the others always have them
};

// All that is written for one input line, line ends included. line: its number, from 1.
std::string FormatTranslation(const TranslationStyle& style, int64_t line,
                              const Translation& translation);

}  // namespace atento

#endif  // ATENTO_CLI_TRANSLATION_FORMAT_H_
