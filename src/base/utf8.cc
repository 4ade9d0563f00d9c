// Decoding follows table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
#include "base/utf8.h"

#include <cstdint>

namespace atento {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Step {
  char32_t code_point;  // U+FFFD if faulty
  size_t bytes;         // how far to go on; if faulty, the length of the maximal subpart
  bool valid;
};

// What may follow a lead byte: the range of the second byte and the number of bytes in all.
struct Lead {
  uint8_t length;  // 0: not a lead byte
  uint8_t second_low;
  uint8_t second_high;
};

constexpr Lead LeadOf(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};  // below: overlong
  if (byte == 0xED) return {3, 0x80, 0x9F};  // above: surrogates
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};  // below: overlong
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};  // above: beyond U+10FFFF
  return {0, 0, 0};
}

// Requires i < text.size().
Step DecodeAt(std::string_view text, size_t i) {
  auto byte_at = [text](size_t k) { return static_cast<uint8_t>(text[k]); };
  const uint8_t first = byte_at(i);
  if (first == 0) return {kReplacement, 1, false};
  if (first < 0x80) return {first, 1, true};
  const Lead lead = LeadOf(first);
  if (lead.length == 0) return {kReplacement, 1, false};
  char32_t code_point = first & (0x7Fu >> lead.length);
  uint8_t low = lead.second_low, high = lead.second_high;
  for (size_t k = 1; k < lead.length; ++k) {
    if (i + k >= text.size() || byte_at(i + k) < low || byte_at(i + k) > high) {
      return {kReplacement, k, false};
    }
    code_point = (code_point << 6) | (byte_at(i + k) & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, lead.length, true};
}

}  // namespace

bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

size_t FindInvalidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const Step step = DecodeAt(text, i);
    if (!step.valid) return i;
    i += step.bytes;
  }
  return std::string_view::npos;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Step step = DecodeAt(text, i);
    if (step.valid) {
      repaired.append(text.substr(i, step.bytes));
    } else {
      AppendUtf8(kReplacement, &repaired);
    }
    i += step.bytes;
  }
  return repaired;
}

std::vector<char32_t> DecodeUtf8(std::string_view text) {
  std::vector<char32_t> code_points;
  code_points.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Step step = DecodeAt(text, i);
    code_points.push_back(step.code_point);
    i += step.bytes;
  }
  return code_points;
}

void AppendUtf8(char32_t code_point, std::string* text) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
    code_point = kReplacement;
  }
  auto append = [text](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    append(code_point);
  } else if (code_point < 0x800) {
    append(0xC0 | (code_point >> 6));
    append(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    append(0xE0 | (code_point >> 12));
    append(0x80 | ((code_point >> 6) & 0x3F));
    append(0x80 | (code_point & 0x3F));
  } else {
    append(0xF0 | (code_point >> 18));
    append(0x80 | ((code_point >> 12) & 0x3F));
    append(0x80 | ((code_point >> 6) & 0x3F));
    append(0x80 | (code_point & 0x3F));
  }
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t i = 0; i < text.size();) {
    while (i < text.size() && IsAsciiSpace(text[i])) ++i;
    const size_t begin = i;
    while (i < text.size() && !IsAsciiSpace(text[i])) ++i;
    if (i > begin) words.push_back(text.substr(begin, i - begin));
  }
  return words;
}

}  // namespace atento
