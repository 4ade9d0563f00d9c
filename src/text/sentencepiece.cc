// Subwords. SentencePiece (Kudo, Richardson 2018, arXiv:1808.06226) does the work, in this file
// alone.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "atento/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/utf8.h"
#include "text/vocabulary.h"

namespace atento {
namespace {

// The character SentencePiece reserves for itself in training text; it would drop the whole line.
constexpr std::string_view kReservedCharacter = "\u2585";
constexpr std::string_view kReplacementCharacter = "\ufffd";

// Faults are reported by exceptions; SentencePiece's own reports would only repeat them on
// standard error. The level is a global of its library, reachable through the trainer's arguments.
void SilenceSentencePiece() {
  static std::once_flag once;
  std::call_once(once, [] {
    std::string unused;
    sentencepiece::SentencePieceTrainer::Train({{"minloglevel", "3"}}, nullptr, &unused)
        .IgnoreError();
  });
}

// Walks the fields of a protocol buffer message without believing it.
class MessageReader {
 public:
  struct Field {
    uint32_t number;
    std::string_view bytes;  // of length-delimited fields
  };

  explicit MessageReader(std::string_view message) : rest_(message) {}

  // False at the end and on damage.
  bool Next(Field* field) {
    if (rest_.empty()) return false;
    auto tag = static_cast<uint32_t>(Varint());  // cut to 32 bits, as protobuf does
    *field = {tag >> 3, {}};
    switch (tag & 7) {
      case 0:
        Varint();
        break;
      case 1:
        field->bytes = Take(8);
        break;
      case 2:
        field->bytes = Take(Varint());
        break;
      case 5:
        field->bytes = Take(4);
        break;
      default:
        ok_ = false;
    }
    return ok_;
  }
  bool ok() const { return ok_; }

 private:
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Take(uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// Field numbers of sentencepiece_model.proto.
constexpr uint32_t kNormalizerField = 3;
constexpr uint32_t kDenormalizerField = 5;
constexpr uint32_t kRulesField = 2;

// Whether the model has compiled normalisation rules. SentencePiece follows the offsets in them
// without looking where they lead, so that damaged ones could make it read anywhere.
// nullopt: not a protocol buffer at all.
std::optional<bool> HasNormalizationRules(std::string_view model) {
  bool rules = false;
  MessageReader reader(model);
  for (MessageReader::Field field; reader.Next(&field);) {
    if (field.number != kNormalizerField && field.number != kDenormalizerField) continue;
    MessageReader inner(field.bytes);
    for (MessageReader::Field part; inner.Next(&part);) {
      rules |= part.number == kRulesField && !part.bytes.empty();
    }
    if (!inner.ok()) return std::nullopt;
  }
  if (!reader.ok()) return std::nullopt;
  return rules;
}

// "▁" as spaces, as many as it has bytes, so that offsets stay.
std::string WithSpaces(std::string text) {
  for (size_t at = 0; (at = text.find(kSpacePiece, at)) != std::string::npos;) {
    text.replace(at, kSpacePiece.size(), kSpacePiece.size(), ' ');
  }
  return text;
}

class SentencePieceVocabulary final : public Tokenizer::Vocabulary {
 public:
  SentencePieceVocabulary(std::string_view model, std::string_view name) : model_(model) {
    SilenceSentencePiece();
    auto fail = [&](const std::string& what) {
      throw Error(ErrorKind::kData,
                  std::string(name) + ": " + what + "; restore the file as it was trained");
    };
    std::optional<bool> rules = HasNormalizationRules(model_);
    if (!rules || model_.empty()) fail("not a SentencePiece model, or damaged");
    if (*rules) {
      throw Error(ErrorKind::kData, std::string(name) +
                                        ": the SentencePiece model has normalization rules of its "
                                        "own; train it with --normalization_rule_name=identity");
    }
    std::string fault = LoadModel();
    if (!fault.empty()) fail("not a SentencePiece model: " + OneLine(fault));
    if (size() < 3) fail("a SentencePiece model without pieces");
    for (int id = 0; id < size(); ++id) {
      const std::string& piece = Piece(id);
      std::string where = "piece " + std::to_string(id);
      if (id < 2 && piece != (id == kUnknownId ? kUnknownPiece : kEndPiece)) {
        fail(where + " is '" + ReplaceInvalidUtf8(piece) + "' where <unk> and </s> belong");
      }
      if (processor_.IsUnknown(id) != (id == kUnknownId)) fail(where + " has the wrong type");
      if (id == kEndId && !processor_.IsControl(id)) fail(where + " has the wrong type");
      if (piece.empty()) fail(where + " is empty");
      if (FindInvalidUtf8(piece) != std::string::npos) fail(where + " is not valid UTF-8");
      if (!std::isfinite(processor_.GetScore(id))) fail(where + " has no score");
    }
  }

  TokenizerKind kind() const override { return TokenizerKind::kSentencePiece; }
  int size() const override { return processor_.GetPieceSize(); }
  const std::string& Piece(int id) const override { return processor_.IdToPiece(id); }
  std::string Serialize() const override { return model_; }

  void Encode(const PreparedLine& line, bool with_spellings, EncodedText* encoded) const override {
    if (line.words() == 0) return;
    // SentencePiece takes runs of spaces for one.
    const PreparedLine spaced = {WithSpaces(line.text), line.word_end};
    auto pieces = processor_.EncodeAsImmutableProto(spaced.text);
    for (size_t i = 0; i < pieces.pieces_size(); ++i) {
      auto piece = pieces.pieces(static_cast<int>(i));
      int id = static_cast<int>(piece.id());
      // Only a damaged model can yield </s> for a text.
      encoded->ids.push_back(id == kEndId ? kUnknownId : id);
      encoded->word_of.push_back(spaced.WordAt(piece.begin()));
      if (with_spellings) encoded->spellings.push_back(piece.piece());
    }
  }

  std::optional<int> Find(const std::string& spelling) const override {
    const int id = processor_.PieceToId(spelling);
    if (id == kUnknownId || processor_.IsControl(id)) return std::nullopt;
    return id;
  }

  DecodedText Decode(std::span<const int> ids,
                     std::span<const std::string> extended) const override {
    std::vector<int> kept;
    for (int id : ids) {
      if (id != kEndId) kept.push_back(id);
    }
    auto text = DecodePieces(kept, extended);
    // The byte pieces of a foreign model can spell "▁".
    PreparedLine words = PrepareLine(WithSpaces(text.text()), Normalization::kNone);
    DecodedText decoded;
    decoded.words = words.words();
    decoded.text = CollapseSpaces(words.text);
    size_t next = 0;
    for (int id : ids) {
      bool visible = id != kEndId && decoded.words > 0 && next < text.pieces_size();
      size_t begin = visible ? text.pieces(static_cast<int>(next)).begin() : 0;
      decoded.word_of.push_back(visible ? words.WordAt(begin) : -1);
      next += id != kEndId;
    }
    return decoded;
  }

 private:
  sentencepiece::ImmutableSentencePieceText DecodePieces(
      const std::vector<int>& ids, std::span<const std::string> extended) const {
    if (extended.empty()) return processor_.DecodeIdsAsImmutableProto(ids);
    // A piece that is not in the vocabulary stays as it is.
    std::vector<std::string> pieces;
    for (int id : ids) pieces.push_back(Spelling(id, extended));
    return processor_.DecodePiecesAsImmutableProto(pieces);
  }

  // What SentencePiece has to say against the model. It returns most faults, but the trie of
  // the pieces throws.
  std::string LoadModel() {
    try {
      sentencepiece::util::Status status = processor_.LoadFromSerializedProto(model_);
      return status.ok() ? "" : status.ToString();
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& exception) {
      return exception.what();
    }
  }
  static std::string OneLine(std::string text) {
    for (char& c : text) c = c == '\n' ? ' ' : c;
    return text;
  }

  std::string model_;
  sentencepiece::SentencePieceProcessor processor_;
};

// Hands prepared lines to the trainer one by one; none is empty.
class TrainingLines final : public sentencepiece::SentenceIterator {
 public:
  TrainingLines(const TokenizerOptions& options, std::span<const std::string_view> lines)
      : lines_(lines),
        taken_(std::min(lines.size(), static_cast<size_t>(options.max_lines))),
        normalization_(options.normalization) {
    Next();
  }

  bool done() const override { return value_.empty(); }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }
  void Next() override {
    value_.clear();
    while (value_.empty() && next_ < taken_) {
      auto index = static_cast<unsigned __int128>(next_++) * lines_.size() / taken_;
      value_ = CollapseSpaces(PrepareLine(lines_[static_cast<size_t>(index)], normalization_).text);
    }
    for (size_t at = 0; (at = value_.find(kReservedCharacter, at)) != std::string::npos;) {
      value_.replace(at, kReservedCharacter.size(), kReplacementCharacter);
    }
  }

 private:
  std::span<const std::string_view> lines_;
  size_t taken_;
  Normalization normalization_;
  size_t next_ = 0;
  std::string value_;
};

// See TokenizerOptions.character_coverage. As a trainer argument, in any locale.
std::string CharacterCoverage(const TokenizerOptions& options,
                              std::span<const std::string_view> lines) {
  if (options.character_coverage > 0) {
    char digits[32];
    auto end = std::to_chars(digits, digits + sizeof(digits), options.character_coverage);
    return std::string(digits, end.ptr);
  }
  std::unordered_set<char32_t> characters;
  for (TrainingLines line(options, lines); !line.done(); line.Next()) {
    for (char32_t character : DecodeUtf8(line.value())) characters.insert(character);
  }
  bool many = characters.size() > static_cast<size_t>(options.vocabulary_size) / 3;
  return many ? "0.9995" : "1";
}

[[noreturn]] void ThrowTrainingError(const TokenizerOptions& options, const std::string& message) {
  // "Vocabulary size is smaller than required_chars. 20 vs 104. …"
  constexpr std::string_view kTooSmall = "smaller than required_chars. ";
  size_t at = message.find(kTooSmall);
  size_t versus = at == std::string::npos ? at : message.find(" vs ", at);
  if (versus == std::string::npos) {
    throw Error(ErrorKind::kData, "SentencePiece could not be trained: " + message);
  }
  int needed = 0;
  std::from_chars(message.data() + versus + 4, message.data() + message.size(), needed);
  throw Error(ErrorKind::kUsage,
              "a vocabulary of " + std::to_string(options.vocabulary_size) +
                  " is too small: the characters of the text and <unk> and </s> take " +
                  std::to_string(needed) + "; ask for more, or use characters as tokens");
}

}  // namespace

std::shared_ptr<const Tokenizer::Vocabulary> ParseSentencePiece(std::string_view bytes,
                                                                std::string_view name) {
  return std::make_shared<SentencePieceVocabulary>(bytes, name);
}

std::shared_ptr<const Tokenizer::Vocabulary> TrainSentencePiece(
    const TokenizerOptions& options, std::span<const std::string_view> lines) {
  TrainingLines iterator(options, lines);
  // Without a sentence SentencePiece ends the program.
  if (iterator.done()) throw Error(ErrorKind::kData, "there is no text to make a vocabulary from");
  // One thread: the sums of the unigram trainer depend on how the text is divided among threads.
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", std::string(EnumName(options.model))},
      {"vocab_size", std::to_string(options.vocabulary_size)},
      {"hard_vocab_limit", "false"},
      {"character_coverage", CharacterCoverage(options, lines)},
      {"normalization_rule_name", "identity"},
      {"unk_id", std::to_string(kUnknownId)},
      {"eos_id", std::to_string(kEndId)},
      {"bos_id", "-1"},
      {"pad_id", "-1"},
      {"unk_surface", std::string(kUnknownText)},
      {"max_sentence_length", "1000000"},
      {"num_threads", "1"},
      {"minloglevel", "3"},
  };
  std::string model;
  sentencepiece::util::Status status =
      sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model);
  if (!status.ok()) ThrowTrainingError(options, status.error_message());
  auto vocabulary = ParseSentencePiece(model, "the new SentencePiece model");
  if (vocabulary->size() < options.vocabulary_size) {
    LogWarning("the text gives only " + std::to_string(vocabulary->size()) +
               " subwords: vocabulary reduced from " + std::to_string(options.vocabulary_size));
  }
  return vocabulary;
}

}  // namespace atento
