// What differs between the kinds of tokenizer: the interface between tokenizer.cc and the two files
// of vocabularies, token_list.cc and sentencepiece.cc.
#ifndef ATENTO_TEXT_VOCABULARY_H_
#define ATENTO_TEXT_VOCABULARY_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace atento {

inline constexpr std::string_view kUnknownPiece = "<unk>";
inline constexpr std::string_view kEndPiece = "</s>";
// U+2581, how a space is spelled inside a vocabulary.
inline constexpr std::string_view kSpacePiece = "\u2581";
// U+2047, how <unk> is spelled in running text.
inline constexpr std::string_view kUnknownText = "\u2047";

// A line ready to be cut. Normalised word by word, so that it is known which word anything came
// from; no form moves or composes across a space, so this equals the line normalised whole.
struct PreparedLine {
  // Valid UTF-8, normalised. Each white space character of the raw line is one ' ' here.
  std::string text;
  // For each raw word the end of its share of `text`, rising.
  std::vector<size_t> word_end;

  int words() const { return static_cast<int>(word_end.size()); }
  // The word that byte `offset` of `text` lies in, or the next one if it is between two; the last
  // one if there is none after it. Requires words() > 0.
  int WordAt(size_t offset) const;
};

PreparedLine PrepareLine(std::string_view line, Normalization normalization);

// White space as one ' ' between words, none at the ends; "▁" is white space.
std::string CollapseSpaces(std::string_view text);

class Tokenizer::Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  virtual TokenizerKind kind() const = 0;
  virtual int size() const = 0;
  virtual const std::string& Piece(int id) const = 0;
  virtual std::string Serialize() const = 0;
  // with_spellings: also encoded->spellings.
  virtual void Encode(const PreparedLine& line, bool with_spellings,
                      EncodedText* encoded) const = 0;
  virtual std::optional<int> Find(const std::string& spelling) const = 0;
  // ids are in range.
  virtual DecodedText Decode(std::span<const int> ids,
                             std::span<const std::string> extended) const = 0;

  const std::string& Spelling(int id, std::span<const std::string> extended) const {
    return id < size() ? Piece(id) : extended[static_cast<size_t>(id - size())];
  }
};

// Lines for training are prepared one at a time and not kept.
std::shared_ptr<const Tokenizer::Vocabulary> TrainTokenList(
    const TokenizerOptions& options, std::span<const std::string_view> lines);
std::shared_ptr<const Tokenizer::Vocabulary> ParseTokenList(TokenizerKind kind,
                                                            std::string_view bytes,
                                                            std::string_view name);
std::shared_ptr<const Tokenizer::Vocabulary> TrainSentencePiece(
    const TokenizerOptions& options, std::span<const std::string_view> lines);
std::shared_ptr<const Tokenizer::Vocabulary> ParseSentencePiece(std::string_view bytes,
                                                                std::string_view name);

}  // namespace atento

#endif  // ATENTO_TEXT_VOCABULARY_H_
