// The parts all kinds of tokenizer share: words of a line, files.
#include "text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "atento/error.h"
#include "base/check.h"
#include "base/file.h"
#include "base/utf8.h"
#include "text/vocabulary.h"

namespace atento {

int PreparedLine::WordAt(size_t offset) const {
  while (offset < text.size() && text[offset] == ' ') ++offset;
  auto word = std::upper_bound(word_end.begin(), word_end.end(), offset);
  return std::min(static_cast<int>(word - word_end.begin()), words() - 1);
}

PreparedLine PrepareLine(std::string_view line, Normalization normalization) {
  PreparedLine prepared;
  prepared.text.reserve(line.size());
  const char* after = line.data();
  for (std::string_view word : SplitWords(line)) {
    prepared.text.append(static_cast<size_t>(word.data() - after), ' ');
    prepared.text += Normalize(word, normalization);
    prepared.word_end.push_back(prepared.text.size());
    after = word.data() + word.size();
  }
  prepared.text.append(static_cast<size_t>(line.data() + line.size() - after), ' ');
  return prepared;
}

std::string CollapseSpaces(std::string_view text) {
  std::string spaced(text);
  for (size_t at = 0; (at = spaced.find(kSpacePiece, at)) != std::string::npos;) {
    spaced.replace(at, kSpacePiece.size(), " ");
  }
  std::string collapsed;
  collapsed.reserve(spaced.size());
  for (std::string_view word : SplitWords(spaced)) {
    if (!collapsed.empty()) collapsed += ' ';
    collapsed += word;
  }
  return collapsed;
}

Tokenizer::Tokenizer(Normalization normalization, std::shared_ptr<const Vocabulary> vocabulary)
    : normalization_(normalization), vocabulary_(std::move(vocabulary)) {}

Tokenizer Tokenizer::Train(const TokenizerOptions& options,
                           std::span<const std::string_view> lines) {
  bool cut = options.kind == TokenizerKind::kSentencePiece || options.kind == TokenizerKind::kWords;
  if (cut && options.vocabulary_size < 3) {
    throw Error(ErrorKind::kUsage, "a vocabulary of " + std::to_string(options.vocabulary_size) +
                                       " is too small: <unk> and </s> alone take two");
  }
  if (!(options.character_coverage >= 0 && options.character_coverage <= 1)) {
    throw Error(ErrorKind::kUsage, "the character coverage must be between 0 and 1");
  }
  if (options.max_lines < 1) {
    throw Error(ErrorKind::kUsage, "a tokenizer must learn from at least one line");
  }
  bool subwords = options.kind == TokenizerKind::kSentencePiece;
  return {options.normalization,
          subwords ? TrainSentencePiece(options, lines) : TrainTokenList(options, lines)};
}

Tokenizer Tokenizer::Train(const TokenizerOptions& options, std::span<const std::string> lines) {
  std::vector<std::string_view> views(lines.begin(), lines.end());
  return Train(options, std::span<const std::string_view>(views));
}

Tokenizer Tokenizer::Parse(TokenizerKind kind, Normalization normalization, std::string_view bytes,
                           std::string_view name) {
  return {normalization, kind == TokenizerKind::kSentencePiece ? ParseSentencePiece(bytes, name)
                                                               : ParseTokenList(kind, bytes, name)};
}

std::string Tokenizer::FileName(const std::string& prefix, TokenizerKind kind) {
  return prefix + (kind == TokenizerKind::kSentencePiece ? ".spm" : ".vocab");
}

Tokenizer Tokenizer::Load(TokenizerKind kind, Normalization normalization,
                          const std::string& prefix) {
  std::string path = FileName(prefix, kind);
  return Parse(kind, normalization, ReadFile(path), path);
}

std::string Tokenizer::Serialize() const { return vocabulary_->Serialize(); }

void Tokenizer::Save(const std::string& prefix) const {
  WriteFileAtomically(FileName(prefix, kind()), Serialize());
}

TokenizerKind Tokenizer::kind() const { return vocabulary_->kind(); }
Normalization Tokenizer::normalization() const { return normalization_; }
int Tokenizer::vocabulary_size() const { return vocabulary_->size(); }

EncodedText Tokenizer::EncodeAs(std::string_view line, bool with_spellings) const {
  PreparedLine prepared = PrepareLine(line, normalization_);
  EncodedText encoded;
  encoded.words = prepared.words();
  vocabulary_->Encode(prepared, with_spellings, &encoded);
  return encoded;
}

EncodedText Tokenizer::Encode(std::string_view line) const { return EncodeAs(line, false); }
EncodedText Tokenizer::EncodeWithSpellings(std::string_view line) const {
  return EncodeAs(line, true);
}

std::optional<int> Tokenizer::Find(const std::string& spelling) const {
  return vocabulary_->Find(spelling);
}

DecodedText Tokenizer::DecodeWithWords(std::span<const int> ids,
                                       std::span<const std::string> extended) const {
  const int symbols = vocabulary_size() + static_cast<int>(extended.size());
  for (int id : ids) CHECK(id >= 0 && id < symbols, std::to_string(id));
  DecodedText decoded = vocabulary_->Decode(ids, extended);
  if (normalization_ == Normalization::kNfd) {
    decoded.text = Normalize(decoded.text, Normalization::kNfc);
  }
  return decoded;
}

const std::string& Tokenizer::Piece(int id, std::span<const std::string> extended) const {
  const int symbols = vocabulary_size() + static_cast<int>(extended.size());
  CHECK(id >= 0 && id < symbols, std::to_string(id));
  return vocabulary_->Spelling(id, extended);
}

}  // namespace atento
