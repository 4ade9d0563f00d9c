#include "serve/sentences.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"

namespace atento {
namespace {

// A code point of a line, and where it is.
struct Character {
  char32_t value;
  size_t begin;  // byte
};

bool IsLineEnd(char32_t c) {
  return (c >= 0x0a && c <= 0x0d) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Of Unicode, but for no-break spaces: French writes them before "?" and "!".
bool IsSpace(char32_t c) { return c == ' ' || c == '\t' || c == 0x3000 || IsLineEnd(c); }

bool IsNoBreakSpace(char32_t c) { return c == 0xa0 || c == 0x202f; }

bool IsIdeographicStop(char32_t c) {
  return c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0xff61;
}

bool IsStop(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x203d || c == 0x0964 ||
         c == 0x061f || c == 0x06d4 || IsIdeographicStop(c);
}

bool IsCloser(char32_t c) {
  constexpr std::array<char32_t, 14> kClosers = {'"',    '\'',   ')',    ']',    0x00bb,
                                                 0x2019, 0x201d, 0x201c, 0x203a, 0x300d,
                                                 0x300f, 0x3011, 0xff09, 0xff3d};
  return std::find(kClosers.begin(), kClosers.end(), c) != kClosers.end();
}

bool IsOpener(char32_t c) {
  return c == '"' || c == '(' || c == '[' || c == 0xab || c == 0x2018 ||
         (c >= 0x201c && c <= 0x201e);
}

bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }

// Of Latin, Greek and Cyrillic; in the Latin extensions most pairs have the small letter second.
bool IsLowercase(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  if (c < 0x100) return c >= 0xdf && c != 0xf7;
  if (c < 0x138 || (c >= 0x14a && c < 0x178)) return c % 2 == 1;
  if (c < 0x180) return c % 2 == 0;
  return (c >= 0x3ac && c <= 0x3ce) || (c >= 0x430 && c <= 0x45f);
}

// Of any script; not the punctuation that can stand before a word.
bool IsLetter(char32_t c) {
  if (c < 0xc0) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  const bool general = c >= 0x2000 && c <= 0x206f, ideographic = c >= 0x3000 && c <= 0x303f;
  return c != 0xd7 && c != 0xf7 && !general && !ideographic && !IsStop(c) && !IsCloser(c);
}

// Titles and the like, which stand before a name; in lower case.
bool IsAbbreviation(const std::u32string& word) {
  constexpr std::array<std::u32string_view, 24> kWords = {
      U"mr",   U"mrs", U"ms",  U"mme", U"mlle", U"dr", U"prof", U"st",
      U"ste",  U"hr",  U"fr",  U"sr",  U"sra",  U"jr", U"gen",  U"col",
      U"capt", U"lt",  U"rev", U"no",  U"nr",   U"vs", U"fig",  U"vol"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// Whether the full stop at line[at] belongs to the word before it.
bool BelongsToWord(const std::vector<Character>& line, size_t at) {
  size_t begin = at;
  while (begin > 0 && (IsLetter(line[begin - 1].value) || IsDigit(line[begin - 1].value))) --begin;
  const size_t length = at - begin;
  if (length == 0) return false;
  std::u32string word;
  for (size_t i = begin; i < at; ++i) {
    const char32_t c = line[i].value;
    word += c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
  }
  if (std::all_of(word.begin(), word.end(), IsDigit)) return begin == 0 && length <= 2;
  if (IsAbbreviation(word)) return true;
  // An initial: one capital letter, with a space, a stop, a quote that opens or nothing before it.
  const char32_t before = begin == 0 ? U' ' : line[begin - 1].value;
  const bool alone = IsSpace(before) || before == '.' || IsOpener(before);
  return length == 1 && alone && line[begin].value < 0x80 && !IsLowercase(line[begin].value);
}

// The index after what closes quotes and brackets at `end`: also after « Oui. », whose » has a space
// on either side.
size_t SkipClosers(const std::vector<Character>& line, size_t end) {
  while (end < line.size() && IsCloser(line[end].value)) ++end;
  size_t next = end;
  while (next < line.size() && (IsSpace(line[next].value) || IsNoBreakSpace(line[next].value))) {
    ++next;
  }
  if (next == line.size() || line[next].value != 0x00bb) return end;
  const bool opens = next + 1 < line.size() && IsLetter(line[next + 1].value);
  return opens ? end : next + 1;
}

// The index after a sentence's end at line[stop], or 0 if no sentence ends there.
size_t EndOfSentence(const std::vector<Character>& line, size_t stop) {
  const bool single_dot =
      line[stop].value == '.' && (stop + 1 == line.size() || !IsStop(line[stop + 1].value));
  bool ideographic = false;
  size_t end = stop;
  while (end < line.size() && IsStop(line[end].value)) {
    ideographic = IsIdeographicStop(line[end].value);
    ++end;
  }
  end = SkipClosers(line, end);
  if (ideographic) return end;
  size_t next = end;
  while (next < line.size() && IsSpace(line[next].value)) ++next;
  if (next == line.size()) return end;
  if (next == end || IsLowercase(line[next].value)) return 0;
  if (single_dot && BelongsToWord(line, stop)) return 0;
  // A stop by itself belongs to what is before it.
  return IsStop(line[next].value) ? 0 : end;
}

std::vector<Character> Characters(std::string_view text) {
  std::vector<Character> characters;
  size_t byte = 0;
  for (char32_t c : DecodeUtf8(text)) {
    characters.push_back({c, byte});
    byte += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }
  return characters;
}

// Calls found(line) for each line without the white space at its ends, unless it is empty.
template <class Found>
void ForEachLine(std::string_view text, const Found& found) {
  const std::vector<Character> all = Characters(text);
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin;
    while (end < all.size() && !IsLineEnd(all[end].value)) ++end;
    const size_t next = end + 1;
    while (begin < end && IsSpace(all[begin].value)) ++begin;
    while (end > begin && IsSpace(all[end - 1].value)) --end;
    if (begin < end) {
      const size_t last_byte = end < all.size() ? all[end].begin : text.size();
      found(std::vector<Character>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                   all.begin() + static_cast<std::ptrdiff_t>(end)),
            last_byte);
    }
    begin = next;
  }
}

}  // namespace

std::vector<TextSpan> SplitLines(std::string_view text) {
  std::vector<TextSpan> spans;
  ForEachLine(text, [&](const std::vector<Character>& line, size_t last_byte) {
    spans.push_back({line.front().begin, last_byte});
  });
  return spans;
}

std::vector<TextSpan> SplitSentences(std::string_view text) {
  std::vector<TextSpan> spans;
  ForEachLine(text, [&](const std::vector<Character>& line, size_t last_byte) {
    auto byte = [&](size_t i) { return i < line.size() ? line[i].begin : last_byte; };
    size_t begin = 0;
    for (size_t i = 0; i < line.size();) {
      const size_t end = IsStop(line[i].value) ? EndOfSentence(line, i) : 0;
      if (end == 0) {
        // A run of stops was looked at as a whole: one by one the cost would be quadratic.
        while (i + 1 < line.size() && IsStop(line[i].value) && IsStop(line[i + 1].value)) ++i;
        ++i;
        continue;
      }
      spans.push_back({byte(begin), byte(end)});
      for (begin = end; begin < line.size() && IsSpace(line[begin].value);) ++begin;
      i = begin;
    }
    if (begin < line.size()) spans.push_back({byte(begin), last_byte});
  });
  return spans;
}

}  // namespace atento
