// How metrics cut a line into the symbols that they compare.
#ifndef ATENTO_METRICS_TOKENS_H_
#define ATENTO_METRICS_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace atento {

// The white space of Python's str.split(), hence of sacreBLEU: Unicode's, and U+001C to U+001F.
bool IsWhiteSpace(char32_t c);
// The pieces between runs of white space; no empty ones. They point into `text`.
void SplitAtWhiteSpace(std::string_view text, std::vector<std::string_view>* words);

// sacreBLEU's tokeniser 13a (mteval-v13a, used by WMT): the tokens lie between runs of white space.
std::string Tokenize13a(std::string_view line);

enum class TokenUnit {
  kWords,       // between white space
  k13a,         // tokens of Tokenize13a
  kCharacters,  // code points, white space left out
  kCodePoints,  // all code points
};

// One hypothesis and its references as numbers: equal symbols, equal numbers, all below 2^32 - 1.
class LineTokens {
 public:
  LineTokens(TokenUnit unit, bool lowercase) : unit_(unit), lowercase_(lowercase) {}

  // What an earlier call returned becomes invalid.
  void Encode(std::string_view hypothesis, std::span<const std::string_view> references);

  const std::vector<uint32_t>& hypothesis() const { return ids_[0]; }
  std::span<const std::vector<uint32_t>> references() const {
    return std::span(ids_).subspan(1, references_);
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void EncodeLine(std::string_view line, std::vector<uint32_t>* ids);

  TokenUnit unit_;
  bool lowercase_;
  size_t references_ = 0;
  std::vector<std::vector<uint32_t>> ids_ = std::vector<std::vector<uint32_t>>(1);
  std::vector<std::string_view> words_;
  // Kept from line to line: most words come again.
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;
};

}  // namespace atento

#endif  // ATENTO_METRICS_TOKENS_H_
