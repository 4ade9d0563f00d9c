// Characters, words and symbols: vocabularies that are a list of tokens, one per line of a file.
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "atento/error.h"
#include "base/log.h"
#include "base/utf8.h"
#include "text/vocabulary.h"

namespace atento {
namespace {

// Cuts valid UTF-8 into code points; a space is spelled kSpacePiece.
std::vector<std::string_view> SplitCharacters(std::string_view text) {
  std::vector<std::string_view> characters;
  characters.reserve(text.size());
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    std::string_view character = text.substr(begin, end - begin);
    characters.push_back(character == " " ? kSpacePiece : character);
    begin = end;
  }
  return characters;
}

class TokenList final : public Tokenizer::Vocabulary {
 public:
  // tokens: valid UTF-8, no duplicates, specials first.
  TokenList(TokenizerKind kind, std::vector<std::string> tokens)
      : kind_(kind), tokens_(std::move(tokens)) {
    for (size_t id = 0; id < tokens_.size(); ++id) ids_.emplace(tokens_[id], static_cast<int>(id));
  }

  TokenizerKind kind() const override { return kind_; }
  int size() const override { return static_cast<int>(tokens_.size()); }
  const std::string& Piece(int id) const override { return tokens_[static_cast<size_t>(id)]; }

  std::string Serialize() const override {
    std::string bytes;
    for (const std::string& token : tokens_) (bytes += token) += '\n';
    return bytes;
  }

  void Encode(const PreparedLine& line, bool with_spellings, EncodedText* encoded) const override {
    const auto add = [&](std::string_view token) {
      encoded->ids.push_back(Id(token));
      if (with_spellings) encoded->spellings.emplace_back(token);
    };
    if (kind_ == TokenizerKind::kCharacters) {
      size_t offset = 0;
      for (std::string_view character : SplitCharacters(line.text)) {
        bool space = character == kSpacePiece;
        add(character);
        encoded->word_of.push_back(space ? -1 : line.WordAt(offset));
        offset += space && line.text[offset] == ' ' ? 1 : character.size();
      }
      return;
    }
    for (std::string_view token : SplitWords(line.text)) {
      add(token);
      encoded->word_of.push_back(line.WordAt(static_cast<size_t>(token.data() - line.text.data())));
    }
  }

  std::optional<int> Find(const std::string& spelling) const override {
    const int id = Id(spelling);
    return id == kUnknownId ? std::nullopt : std::optional(id);
  }

  DecodedText Decode(std::span<const int> ids,
                     std::span<const std::string> extended) const override {
    DecodedText decoded;
    bool characters = kind_ == TokenizerKind::kCharacters;
    bool in_word = false;
    for (int id : ids) {
      const std::string& token = Spelling(id, extended);
      bool space = characters && token == kSpacePiece;
      if (id == kEndId || space) {
        decoded.word_of.push_back(-1);
        if (!space) continue;
        decoded.text += ' ';
        in_word = false;
        continue;
      }
      if (!characters && !decoded.text.empty()) decoded.text += ' ';
      if (!characters || !in_word) ++decoded.words;
      in_word = true;
      decoded.word_of.push_back(decoded.words - 1);
      decoded.text += characters && id == kUnknownId ? kUnknownText : std::string_view(token);
    }
    return decoded;
  }

 private:
  // What a text spells like a special token is not that token.
  int Id(std::string_view token) const {
    auto found = ids_.find(token);
    return found == ids_.end() || found->second == kEndId ? kUnknownId : found->second;
  }

  TokenizerKind kind_;
  std::vector<std::string> tokens_;
  // Keys are views into tokens_, which never changes.
  std::unordered_map<std::string_view, int> ids_;
};

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// The first thing wrong with a token of a .vocab file; nullptr if nothing is.
const char* TokenFault(TokenizerKind kind, std::string_view token) {
  if (token.empty()) return "is empty";
  if (FindInvalidUtf8(token) != std::string_view::npos) return "is not valid UTF-8";
  if (SplitWords(token).size() != 1 || SplitWords(token)[0] != token) return "holds white space";
  if (kind == TokenizerKind::kCharacters && SplitCharacters(token).size() != 1) {
    return "is more than one character";
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const Tokenizer::Vocabulary> TrainTokenList(
    const TokenizerOptions& options, std::span<const std::string_view> lines) {
  std::unordered_map<std::string, int64_t, StringHash, std::equal_to<>> counts;
  for (std::string_view line : lines) {
    PreparedLine prepared = PrepareLine(line, options.normalization);
    for (std::string_view token : options.kind == TokenizerKind::kCharacters
                                      ? SplitCharacters(prepared.text)
                                      : SplitWords(prepared.text)) {
      auto found = counts.find(token);
      if (found == counts.end()) found = counts.emplace(std::string(token), 0).first;
      ++found->second;
    }
  }
  counts.erase(std::string(kUnknownPiece));
  counts.erase(std::string(kEndPiece));
  if (counts.empty()) {
    throw Error(ErrorKind::kData, "there is no text to make a vocabulary from");
  }
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (options.kind == TokenizerKind::kWords) {
    size_t limit = static_cast<size_t>(options.vocabulary_size) - 2;
    if (sorted.size() < limit) {
      LogInfo("the text has only " + std::to_string(sorted.size()) +
              " different words: vocabulary reduced from " +
              std::to_string(options.vocabulary_size) + " to " + std::to_string(sorted.size() + 2));
    } else {
      sorted.resize(limit);
    }
  }
  std::vector<std::string> tokens = {std::string(kUnknownPiece), std::string(kEndPiece)};
  for (auto& [token, count] : sorted) tokens.push_back(std::move(token));
  return std::make_shared<TokenList>(options.kind, std::move(tokens));
}

std::shared_ptr<const Tokenizer::Vocabulary> ParseTokenList(TokenizerKind kind,
                                                            std::string_view bytes,
                                                            std::string_view name) {
  std::vector<std::string> tokens;
  std::unordered_map<std::string, size_t> line_of;
  auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kData, std::string(name) + ":" + std::to_string(tokens.size() + 1) +
                                      ": " + what + "; restore the file as it was trained");
  };
  for (size_t begin = 0; begin < bytes.size();) {
    size_t end = bytes.find('\n', begin);
    if (end == std::string_view::npos) fail("the last line has no end: the file is cut off");
    std::string_view token = bytes.substr(begin, end - begin);
    begin = end + 1;
    if (!token.empty() && token.back() == '\r') token.remove_suffix(1);
    size_t id = tokens.size();
    if (id < 2) {
      std::string_view special = id == kUnknownId ? kUnknownPiece : kEndPiece;
      if (token != special) fail("expected '" + std::string(special) + "'");
    } else if (const char* fault = TokenFault(kind, token)) {
      fail(std::string("the token ") + fault);
    }
    auto [found, is_new] = line_of.emplace(token, id + 1);
    if (!is_new) fail("the token is also on line " + std::to_string(found->second));
    tokens.emplace_back(token);
  }
  if (tokens.size() < 3) fail("expected '<unk>', '</s>' and at least one token");
  return std::make_shared<TokenList>(kind, std::move(tokens));
}

}  // namespace atento
