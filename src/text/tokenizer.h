// From text to token ids and back, and which word every token belongs to.
//
// Ids: 0 is <unk>, 1 is </s>; there is no padding id and no start id. One class for four kinds:
//
//   sentencepiece  subwords (BPE or unigram language model), trained here or elsewhere; file .spm
//   characters     one token per code point, the space included; file .vocab
//   words          white space separates tokens; only the most frequent are kept; file .vocab
//   symbols        as words, but every symbol is kept: phones, notes, codes; file .vocab
//
// Words, wherever alignments speak of them, are the pieces between runs of ASCII white space of the
// raw line (base/utf8.h SplitWords).
//
// A .vocab file is UTF-8 text: line number = id, from 0; line 0 is "<unk>", line 1 "</s>"; the
// space of a character vocabulary is spelled "▁" (U+2581), as in SentencePiece.
#ifndef ATENTO_TEXT_TOKENIZER_H_
#define ATENTO_TEXT_TOKENIZER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atento/options.h"
#include "text/normalize.h"

namespace atento {

inline constexpr int kUnknownId = 0;
inline constexpr int kEndId = 1;

struct TokenizerOptions {
  TokenizerKind kind = TokenizerKind::kSentencePiece;
  // Applied to every text before it is cut. Text decoded from NFD is put together again (NFC).
  Normalization normalization = Normalization::kNone;
  // Ids in all, <unk> and </s> included. sentencepiece, words: an upper limit; if the data gives
  // fewer, a warning says so. characters, symbols: ignored, nothing is cut.
  int vocabulary_size = 8000;
  // sentencepiece only, as the rest.
  SentencePieceModel model = SentencePieceModel::kBpe;
  // The share of the text's characters that get a piece, (0, 1]; the rarest others become <unk>.
  // 0: 1, or 0.9995 where the distinct characters would take more than a third of the vocabulary.
  double character_coverage = 0;
  // Lines to learn from at most, spread evenly over those given.
  int64_t max_lines = 2'000'000;
};

// The tokens of one line, without </s>.
struct EncodedText {
  std::vector<int> ids;
  // For each id the index of its word, rising; -1 for a space of a character vocabulary.
  std::vector<int> word_of;
  // Words of the line; 0 for an empty one.
  int words = 0;
  // For each id what stands in the text, spelled as the vocabulary would, and so too where it is
  // <unk>. From EncodeWithSpellings alone.
  std::vector<std::string> spellings = {};
};

// The text of a sequence of ids.
struct DecodedText {
  std::string text;
  // For each id the index of its word in `text`, rising; -1 for a space of a character vocabulary
  // and for </s>, and everywhere if the text has no word.
  std::vector<int> word_of;
  int words = 0;
};

// A value; copies share one immutable vocabulary.
// Threads: all const functions are safe from many at once.
class Tokenizer {
 public:
  // Learns from lines (both languages' for a joint vocabulary). Any bytes; faulty UTF-8 is
  // repaired. Nothing is random: the result depends on options and lines alone.
  // Errors: kData if there is no text in the lines; kUsage if vocabulary_size is too small for the
  // characters of the text. Threads: uses one.
  static Tokenizer Train(const TokenizerOptions& options, std::span<const std::string_view> lines);
  static Tokenizer Train(const TokenizerOptions& options, std::span<const std::string> lines);

  // Reads FileName(prefix, kind). A SentencePiece model must have the ids above and no
  // normalisation rules of its own: `normalization` is applied here. Errors: kNotFound, kIo; kData
  // for every damage that can be told from the file: not a model, <unk> or </s> missing or
  // elsewhere, duplicates, empty lines, text that is not UTF-8.
  static Tokenizer Load(TokenizerKind kind, Normalization normalization, const std::string& prefix);
  // The same from memory; `name` is for messages.
  static Tokenizer Parse(TokenizerKind kind, Normalization normalization, std::string_view bytes,
                         std::string_view name);

  // The file's bytes, the same for the same vocabulary.
  std::string Serialize() const;
  // Writes Serialize() to FileName(prefix, kind()), all or nothing. Throws Error{kIo}.
  void Save(const std::string& prefix) const;
  // prefix + ".spm" or prefix + ".vocab".
  static std::string FileName(const std::string& prefix, TokenizerKind kind);

  TokenizerKind kind() const;
  Normalization normalization() const;
  int vocabulary_size() const;

  // line: any bytes; faulty UTF-8 becomes U+FFFD. White space counts as spaces; for sentencepiece,
  // words and symbols runs of it count once and none at the ends. "▁" in the text is read as a
  // space by sentencepiece and characters. Never yields </s>, whatever the text says. Errors: none.
  EncodedText Encode(std::string_view line) const;
  EncodedText EncodeWithSpellings(std::string_view line) const;

  // The id of a token that is spelled so, if there is one: never <unk> or </s>, which no text is.
  std::optional<int> Find(const std::string& spelling) const;

  // ids: each in [0, vocabulary_size()) (checked), or that of an extended symbol:
  // vocabulary_size() + k is spelled extended[k]. </s> gives no text; <unk> gives "<unk>" for
  // words and symbols, "⁇" (U+2047) for the others. The text is valid UTF-8 on one line.
  // Errors: none.
  DecodedText DecodeWithWords(std::span<const int> ids,
                              std::span<const std::string> extended = {}) const;
  std::string Decode(std::span<const int> ids) const { return DecodeWithWords(ids).text; }

  // How the vocabulary spells an id, e.g. "▁the"; for traces. id: as above (checked). Not empty.
  const std::string& Piece(int id, std::span<const std::string> extended = {}) const;

  // Whichever kind it is. Defined in vocabulary.h, for this folder.
  class Vocabulary;

 private:
  Tokenizer(Normalization normalization, std::shared_ptr<const Vocabulary> vocabulary);
  EncodedText EncodeAs(std::string_view line, bool with_spellings) const;

  Normalization normalization_;
  std::shared_ptr<const Vocabulary> vocabulary_;
};

}  // namespace atento

#endif  // ATENTO_TEXT_TOKENIZER_H_
