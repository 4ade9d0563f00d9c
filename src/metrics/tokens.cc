#include "metrics/tokens.h"

#include <algorithm>

#include "base/utf8.h"
#include "metrics/lowercase.h"

namespace atento {
namespace {

// The bytes of the white space character that starts at `position`; 0 if there is none.
size_t WhiteSpaceBytes(std::string_view text, size_t position) {
  const unsigned lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) return IsWhiteSpace(lead) ? 1 : 0;
  const size_t bytes = lead == 0xC2 ? 2 : lead >= 0xE1 && lead <= 0xE3 ? 3 : 0;
  if (bytes == 0 || position + bytes > text.size()) return 0;
  char32_t c = bytes == 2 ? lead & 0x1F : lead & 0x0F;
  for (size_t i = 1; i < bytes; ++i) {
    const unsigned byte = static_cast<unsigned char>(text[position + i]);
    if ((byte & 0xC0) != 0x80) return 0;
    c = c << 6 | (byte & 0x3F);
  }
  return IsWhiteSpace(c) ? bytes : 0;
}

std::string_view StripRight(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(3, text.size());) {
    if (WhiteSpaceBytes(text, text.size() - bytes) == bytes) {
      text.remove_suffix(bytes);
      bytes = 1;
    } else {
      ++bytes;
    }
  }
  return text;
}

void ReplaceAll(std::string_view from, std::string_view to, std::string* text) {
  for (size_t at = text->find(from); at != std::string::npos; at = text->find(from, at)) {
    text->replace(at, from.size(), to);
    at += to.size();
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsPointOrComma(char c) { return c == '.' || c == ','; }

// ASCII punctuation but the apostrophe, comma, hyphen and point.
bool IsSymbol13a(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

}  // namespace

bool IsWhiteSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

void SplitAtWhiteSpace(std::string_view text, std::vector<std::string_view>* words) {
  words->clear();
  size_t start = 0;
  for (size_t i = 0; i < text.size();) {
    size_t bytes = WhiteSpaceBytes(text, i);
    if (bytes == 0) {
      ++i;
      continue;
    }
    if (i > start) words->push_back(text.substr(start, i - start));
    i += bytes;
    start = i;
  }
  if (start < text.size()) words->push_back(text.substr(start));
}

// The order of the steps is part of the definition. Each rewrites left to right without overlap, as
// the regular expressions of the original do; bytes serve as well as characters, as all that is
// looked for is ASCII.
std::string Tokenize13a(std::string_view line) {
  std::string text(StripRight(line));
  ReplaceAll("<skipped>", "", &text);
  ReplaceAll("-\n", "", &text);
  ReplaceAll("\n", " ", &text);
  ReplaceAll("&quot;", "\"", &text);
  ReplaceAll("&amp;", "&", &text);
  ReplaceAll("&lt;", "<", &text);
  ReplaceAll("&gt;", ">", &text);

  std::string out = " ";
  for (char c : text) {
    if (IsSymbol13a(c)) {
      out.append({' ', c, ' '});
    } else {
      out.push_back(c);
    }
  }
  out.push_back(' ');

  // Writes every two neighbours that match as `write` says, and all else as it is.
  auto rewrite = [&](auto match, auto write) {
    text.swap(out);
    out.clear();
    for (size_t i = 0; i < text.size(); ++i) {
      if (i + 1 < text.size() && match(text[i], text[i + 1])) {
        write(text[i], text[i + 1]);
        ++i;
      } else {
        out.push_back(text[i]);
      }
    }
  };
  auto part_second = [&](char a, char b) { out.append({a, ' ', b, ' '}); };
  auto part_first = [&](char a, char b) { out.append({' ', a, ' ', b}); };
  rewrite([](char a, char b) { return !IsDigit(a) && IsPointOrComma(b); }, part_second);
  rewrite([](char a, char b) { return IsPointOrComma(a) && !IsDigit(b); }, part_first);
  rewrite([](char a, char b) { return IsDigit(a) && b == '-'; }, part_second);
  return out;
}

void LineTokens::Encode(std::string_view hypothesis, std::span<const std::string_view> references) {
  references_ = references.size();
  if (ids_.size() < references_ + 1) ids_.resize(references_ + 1);
  EncodeLine(hypothesis, &ids_[0]);
  for (size_t r = 0; r < references_; ++r) EncodeLine(references[r], &ids_[r + 1]);
}

void LineTokens::EncodeLine(std::string_view line, std::vector<uint32_t>* ids) {
  ids->clear();
  std::string buffer;
  if (lowercase_) {
    buffer = ToLowercase(line);
    line = buffer;
  }
  if (unit_ == TokenUnit::kCharacters || unit_ == TokenUnit::kCodePoints) {
    for (char32_t c : DecodeUtf8(line)) {
      if (unit_ == TokenUnit::kCodePoints || !IsWhiteSpace(c)) ids->push_back(c);
    }
    return;
  }
  if (unit_ == TokenUnit::k13a) {
    buffer = Tokenize13a(line);
    line = buffer;
  }
  SplitAtWhiteSpace(line, &words_);
  for (std::string_view word : words_) {
    auto found = numbers_.find(word);
    if (found == numbers_.end()) {
      found = numbers_.emplace(word, static_cast<uint32_t>(numbers_.size())).first;
    }
    ids->push_back(found->second);
  }
}

}  // namespace atento
