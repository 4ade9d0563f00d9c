#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "base/utf8.h"
#include "expect_error.h"
#include "temporary_directory.h"
#include "text/tokenizer.h"
#include "text/tokenizer_checks.h"

namespace atento {
namespace {

constexpr SentencePieceModel kModels[] = {SentencePieceModel::kBpe, SentencePieceModel::kUnigram};

std::vector<std::string> SomeLines() {
  std::vector<std::string> lines = OddTexts();
  for (const char* subject : {"the cat", "a dog", "my neighbour", "the translator"}) {
    for (const char* verb : {"eats", "walks", "translates", "translated"}) {
      for (const char* object : {"fish .", "the sentence .", "slowly !"}) {
        lines.push_back(std::string(subject) + " " + verb + " " + object);
      }
    }
  }
  return lines;
}

TokenizerOptions Options(int vocabulary_size, SentencePieceModel model = SentencePieceModel::kBpe) {
  TokenizerOptions options;
  options.vocabulary_size = vocabulary_size;
  options.model = model;
  options.character_coverage = 1;
  return options;
}

Tokenizer ParseModel(const std::string& bytes) {
  return Tokenizer::Parse(TokenizerKind::kSentencePiece, Normalization::kNone, bytes, "x.spm");
}

// Every piece with the index of its word: "▁ca/0 t/0 ▁is/1".
std::string Show(const Tokenizer& tokenizer, std::string_view line) {
  EncodedText encoded = tokenizer.Encode(line);
  std::string shown;
  for (size_t i = 0; i < encoded.ids.size(); ++i) {
    if (i > 0) shown += ' ';
    shown += tokenizer.Piece(encoded.ids[i]) + "/" + std::to_string(encoded.word_of[i]);
  }
  return shown;
}

// Only the word "go" has merges.
Tokenizer GoTokenizer(Normalization normalization = Normalization::kNone) {
  TokenizerOptions options = Options(11);
  options.normalization = normalization;
  return Tokenizer::Train(options, std::vector<std::string>{"go go go go", "a b c d"});
}

TEST(SentencePieceTest, OddTextsComeBackAsTheyWere) {
  for (SentencePieceModel model : kModels) {
    for (Normalization form : {Normalization::kNone, Normalization::kNfc}) {
      TokenizerOptions options = Options(300, model);
      options.normalization = form;
      Tokenizer tokenizer = Tokenizer::Train(options, SomeLines());
      for (const std::string& text : SomeLines()) {
        EXPECT_EQ(tokenizer.Decode(tokenizer.Encode(text).ids), Normalize(text, form));
      }
    }
  }
}

TEST(SentencePieceTest, SpecialIdsAreFixed) {
  for (SentencePieceModel model : kModels) {
    Tokenizer tokenizer = Tokenizer::Train(Options(200, model), SomeLines());
    EXPECT_EQ(tokenizer.Piece(kUnknownId), "<unk>");
    EXPECT_EQ(tokenizer.Piece(kEndId), "</s>");
    EXPECT_LE(tokenizer.vocabulary_size(), 200);
  }
}

TEST(SentencePieceTest, PiecesBelongToTheirWords) {
  Tokenizer tokenizer = GoTokenizer();
  EXPECT_EQ(Show(tokenizer, "go a"), "▁go/0 ▁/1 a/1");
  EXPECT_EQ(Show(tokenizer, "  go \t  b  "), "▁go/0 ▁/1 b/1");
  EXPECT_EQ(Show(tokenizer, "a go"), "▁/0 a/0 ▁go/1");
  EXPECT_EQ(Show(tokenizer, "xyz go"), "▁/0 <unk>/0 ▁go/1");
  EXPECT_EQ(Show(tokenizer, ""), "");
  EXPECT_EQ(Show(tokenizer, " \t "), "");
  // One word of the line, though SentencePiece takes ▁ for a space.
  EXPECT_EQ(Show(tokenizer, "go▁go go"), "▁go/0 ▁go/0 ▁go/1");
  EXPECT_EQ(Show(tokenizer, "▁ go"), "▁go/1");
}

TEST(SentencePieceTest, NormalizationDoesNotMoveWords) {
  Tokenizer tokenizer = GoTokenizer(Normalization::kNfkc);
  EXPECT_EQ(Show(tokenizer, "go\u00a0go ｇｏ a"), "▁go/0 ▁go/0 ▁go/1 ▁/2 a/2");
}

TEST(SentencePieceTest, NormalizedTextIsLearned) {
  TokenizerOptions options = Options(11);
  options.normalization = Normalization::kNfkc;
  Tokenizer tokenizer =
      Tokenizer::Train(options, std::vector<std::string>{"ｇｏ ｇｏ ｇｏ ｇｏ", "a b c d"});
  EXPECT_EQ(Show(tokenizer, "go"), "▁go/0");
}

TEST(SentencePieceTest, DecodedPiecesBelongToTheirWords) {
  Tokenizer tokenizer = GoTokenizer();
  std::vector<int> ids = tokenizer.Encode("a go b").ids;  // ▁ a ▁go ▁ b
  ids.insert(ids.begin(), kEndId);
  ids.push_back(kUnknownId);
  ids.push_back(kEndId);
  DecodedText decoded = tokenizer.DecodeWithWords(ids);
  EXPECT_EQ(decoded.text, "a go b⁇");
  EXPECT_EQ(decoded.words, 3);
  EXPECT_EQ(decoded.word_of, (std::vector<int>{-1, 0, 0, 1, 2, 2, 2, -1}));
}

// A model with pieces for all 256 bytes, as other programs train them.
Tokenizer ByteTokenizer() {
  // Messages are merged: trainer_spec { byte_fallback: true }, and a piece { piece: "<0x00>"
  // score: 0 type: BYTE } for each byte.
  std::string bytes = GoTokenizer().Serialize() + "\x12\x03\x98\x02\x01";
  for (int byte = 0; byte < 256; ++byte) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    bytes += std::string("\x0a\x0f\x0a\x06<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">";
    bytes += std::string("\x15\0\0\0\0\x18\x06", 7);
  }
  return ParseModel(bytes);
}

int IdOf(const Tokenizer& tokenizer, std::string_view piece) {
  for (int id = 0; id < tokenizer.vocabulary_size(); ++id) {
    if (tokenizer.Piece(id) == piece) return id;
  }
  ADD_FAILURE() << "no piece " << piece;
  return kUnknownId;
}

// Counted as one word, it was later shown as two.
TEST(SentencePieceTest, ASpaceSpelledInBytesIsASpace) {
  Tokenizer tokenizer = ByteTokenizer();
  const int go = IdOf(tokenizer, "▁go");
  const int a = IdOf(tokenizer, "a");
  DecodedText decoded = tokenizer.DecodeWithWords(
      std::vector<int>{go, IdOf(tokenizer, "<0xE2>"), IdOf(tokenizer, "<0x96>"),
                       IdOf(tokenizer, "<0x81>"), a, IdOf(tokenizer, "<0x61>")});
  EXPECT_EQ(decoded.text, "go aa");
  EXPECT_EQ(decoded.words, 2);
  EXPECT_EQ(decoded.word_of.front(), 0);
  EXPECT_EQ(decoded.word_of.back(), 1);
}

TEST(SentencePieceTest, StraySpacesAreTidied) {
  Tokenizer tokenizer = GoTokenizer();
  int space = tokenizer.Encode("a").ids[0];
  ASSERT_EQ(tokenizer.Piece(space), "▁");
  int go = tokenizer.Encode("go").ids[0];
  DecodedText decoded =
      tokenizer.DecodeWithWords(std::vector<int>{space, space, go, space, space, go, space});
  EXPECT_EQ(decoded.text, "go go");
  EXPECT_EQ(decoded.word_of, (std::vector<int>{0, 0, 0, 1, 1, 1, 1}));
}

TEST(SentencePieceTest, TrainingTwiceGivesTheSameBytes) {
  for (SentencePieceModel model : kModels) {
    EXPECT_EQ(Tokenizer::Train(Options(150, model), SomeLines()).Serialize(),
              Tokenizer::Train(Options(150, model), SomeLines()).Serialize());
  }
}

TEST(SentencePieceTest, TooLargeAVocabularyIsReduced) {
  for (SentencePieceModel model : kModels) {
    testing::internal::CaptureStderr();
    Tokenizer tokenizer = Tokenizer::Train(Options(9000, model), SomeLines());
    std::string log = testing::internal::GetCapturedStderr();
    EXPECT_LT(tokenizer.vocabulary_size(), 9000);
    EXPECT_NE(log.find("warning: "), std::string::npos) << log;
    EXPECT_NE(log.find(std::to_string(tokenizer.vocabulary_size())), std::string::npos) << log;
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  }
}

TEST(SentencePieceTest, TooSmallAVocabularyIsRefused) {
  for (SentencePieceModel model : kModels) {
    EXPECT_ERROR(Tokenizer::Train(Options(20, model), SomeLines()), ErrorKind::kUsage, "20",
                 "too small");
    EXPECT_ERROR(Tokenizer::Train(Options(2, model), SomeLines()), ErrorKind::kUsage, "2",
                 "too small");
  }
}

TEST(SentencePieceTest, RareCharactersGiveWayInASmallVocabulary) {
  // 60 characters a thousand times each, 60 more once.
  std::vector<std::string> lines(1000), rare(1);
  for (char32_t c = 0x4e00; c < 0x4e00 + 60; ++c) {
    AppendUtf8(c, &lines[0]);
    AppendUtf8(c + 60, &rare[0]);
  }
  std::fill(lines.begin() + 1, lines.end(), lines[0]);
  lines.push_back(rare[0].substr(0, 3 * 20));
  TokenizerOptions options = Options(100);
  options.character_coverage = 0;
  Tokenizer tokenizer = Tokenizer::Train(options, lines);
  EXPECT_EQ(tokenizer.Decode(tokenizer.Encode(lines[0]).ids), lines[0]);
  EXPECT_NE(tokenizer.Decode(tokenizer.Encode(lines.back()).ids), lines.back());
}

TEST(SentencePieceTest, TinyTextsAreLearned) {
  for (SentencePieceModel model : kModels) {
    for (const char* line : {"a", "é", "aaaa", "a b", "\xff", "▅", "▅ a"}) {
      testing::internal::CaptureStderr();
      Tokenizer tokenizer = Tokenizer::Train(Options(50, model), std::vector<std::string>{line});
      testing::internal::GetCapturedStderr();
      CheckEncoding(tokenizer, line);
    }
    for (const std::vector<std::string>& nothing :
         {std::vector<std::string>{}, {""}, {" \t", "▁▁ ▁"}}) {
      EXPECT_ERROR(Tokenizer::Train(Options(50, model), nothing), ErrorKind::kData, "no text");
    }
  }
}

TEST(SentencePieceTest, LinesBeyondTheLimitAreSampledEvenly) {
  std::vector<std::string> lines(1000, "only rarely");
  for (size_t i = 0; i < lines.size(); i += 10) lines[i] = "go";
  TokenizerOptions options = Options(5);  // no room for other characters than those of "go"
  options.max_lines = 100;
  EXPECT_EQ(Show(Tokenizer::Train(options, lines), "go"), "▁/0 g/0 o/0");
}

TEST(SentencePieceTest, AnyBytesAreEncoded) {
  for (SentencePieceModel model : kModels) {
    for (Normalization form : {Normalization::kNone, Normalization::kNfd, Normalization::kNfkc}) {
      TokenizerOptions options = Options(250, model);
      options.normalization = form;
      CheckAnyBytes(Tokenizer::Train(options, SomeLines()));
    }
    CheckAnyBytes(Tokenizer::Train(Options(150, model), std::vector<std::string>{"ab ba abba"}));
  }
}

TEST(SentencePieceTest, FilesGiveTheSameTokenizer) {
  TemporaryDirectory directory;
  Tokenizer tokenizer = Tokenizer::Train(Options(200), SomeLines());
  tokenizer.Save(directory.File("source"));
  Tokenizer loaded = Tokenizer::Load(TokenizerKind::kSentencePiece, Normalization::kNone,
                                     directory.File("source"));
  EXPECT_EQ(loaded.Serialize(), ReadFile(directory.File("source.spm")));
  EXPECT_EQ(loaded.vocabulary_size(), tokenizer.vocabulary_size());
  for (const std::string& line : SomeLines()) {
    EXPECT_EQ(loaded.Encode(line).ids, tokenizer.Encode(line).ids);
  }
}

TEST(SentencePieceTest, ManyThreadsMayEncodeAtOnce) {
  const Tokenizer tokenizer = Tokenizer::Train(Options(200), SomeLines());
  std::vector<std::vector<std::string>> decoded(4);
  std::vector<std::thread> threads;
  for (auto& out : decoded) {
    threads.emplace_back([&] {
      for (const std::string& line : SomeLines()) {
        out.push_back(tokenizer.Decode(tokenizer.Encode(line).ids));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& out : decoded) EXPECT_EQ(out, SomeLines());
}

TEST(SentencePieceTest, OtherFilesAreRefused) {
  testing::internal::CaptureStderr();
  for (const std::string& bytes :
       {std::string(), std::string("<unk>\n</s>\nthe\n"), std::string(1000, '\0'),
        std::string(1000, '\xff'), std::string("\x0a\xff\xff\xff\xff\x7f", 6)}) {
    EXPECT_ERROR(ParseModel(bytes), ErrorKind::kData, "x.spm", "SentencePiece model");
  }
  // The exception tells it; SentencePiece itself keeps quiet.
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(SentencePieceTest, ModelsWithOtherSpecialIdsAreRefused) {
  std::string bytes = GoTokenizer().Serialize();
  size_t end = bytes.find("</s>");
  bytes.replace(end, 4, "<s/>");
  EXPECT_ERROR(ParseModel(bytes), ErrorKind::kData, "x.spm", "piece 1", "<s/>");
}

TEST(SentencePieceTest, ModelsWithRulesOfTheirOwnAreRefused) {
  // normalizer_spec { precompiled_charsmap: "xy" }, appended: messages are merged.
  std::string bytes = GoTokenizer().Serialize() + std::string("\x1a\x04\x12\x02xy", 6);
  EXPECT_ERROR(ParseModel(bytes), ErrorKind::kData, "x.spm", "identity");
}

TEST(SentencePieceTest, APieceThatStartsWithNulIsRefused) {
  // The trie of the pieces throws an exception of its own kind at it.
  std::string bytes = GoTokenizer().Serialize();
  size_t go = bytes.find("\u2581go");
  ASSERT_NE(go, std::string::npos);
  bytes[go] = '\0';
  EXPECT_ERROR(ParseModel(bytes), ErrorKind::kData, "x.spm");
}

// Loads a damaged model and puts it to use. Returns whether it was refused.
bool IsRefused(const std::string& damaged) {
  try {
    Tokenizer tokenizer = ParseModel(damaged);
    CheckEncoding(tokenizer, "the  cat é \xff</s>");
    std::vector<int> all(static_cast<size_t>(tokenizer.vocabulary_size()));
    std::iota(all.begin(), all.end(), 0);
    CheckDecoding(tokenizer, all);
    return false;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return true;
  }
}

std::string SmallModel(SentencePieceModel model) {
  return Tokenizer::Train(Options(60, model), std::vector<std::string>{"the cat eats the fish ."})
      .Serialize();
}

// Whatever happens to a file, the outcome is an error or a tokenizer that works.
TEST(SentencePieceTest, EveryFlippedByteAndEveryTruncationIsSurvived) {
  for (SentencePieceModel model : kModels) {
    const std::string bytes = SmallModel(model);
    int refused = 0;
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int flip : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        refused += IsRefused(damaged);
      }
      refused += IsRefused(bytes.substr(0, at));
    }
    EXPECT_GT(refused, static_cast<int>(bytes.size()));
  }
}

TEST(SentencePieceTest, LostRepeatedAndOverwrittenPartsAreSurvived) {
  Random random(5);
  for (SentencePieceModel model : kModels) {
    const std::string bytes = SmallModel(model);
    for (int repeat = 0; repeat < 2000; ++repeat) {
      std::string damaged = bytes;
      for (uint64_t faults = 1 + random.Below(4); faults > 0 && !damaged.empty(); --faults) {
        size_t at = random.Below(damaged.size()), length = 1 + random.Below(12);
        switch (random.Below(3)) {
          case 0:
            damaged.erase(at, length);
            break;
          case 1:
            damaged.insert(at, damaged.substr(random.Below(damaged.size()), length));
            break;
          default:
            damaged[at] = static_cast<char>(random.Below(16));
        }
      }
      IsRefused(damaged);
    }
  }
}

}  // namespace
}  // namespace atento
