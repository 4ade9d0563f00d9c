// Characters, words and symbols.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/options.h"
#include "expect_error.h"
#include "temporary_directory.h"
#include "text/tokenizer.h"
#include "text/tokenizer_checks.h"

namespace atento {
namespace {

constexpr TokenizerKind kKinds[] = {TokenizerKind::kCharacters, TokenizerKind::kWords,
                                    TokenizerKind::kSymbols};
constexpr Normalization kForms[] = {Normalization::kNone, Normalization::kNfc, Normalization::kNfd,
                                    Normalization::kNfkc};

Tokenizer TrainOn(TokenizerKind kind, const std::vector<std::string>& lines,
                  Normalization normalization = Normalization::kNone) {
  TokenizerOptions options;
  options.kind = kind;
  options.normalization = normalization;
  options.vocabulary_size = 1000;
  return Tokenizer::Train(options, lines);
}

Tokenizer ParseList(TokenizerKind kind, const std::string& bytes) {
  return Tokenizer::Parse(kind, Normalization::kNone, bytes, "x.vocab");
}

std::vector<int> WordOf(const Tokenizer& tokenizer, std::string_view line) {
  return tokenizer.Encode(line).word_of;
}

TEST(TokenListTest, OddTextsComeBackAsTheyWere) {
  for (TokenizerKind kind : kKinds) {
    for (Normalization form : {Normalization::kNone, Normalization::kNfc}) {
      Tokenizer tokenizer = TrainOn(kind, OddTexts(), form);
      for (const std::string& text : OddTexts()) {
        std::string expected = Normalize(text, form);
        // A word spelled like </s> must not end a sentence, so it is unknown.
        if (kind != TokenizerKind::kCharacters && text.starts_with("</s>")) {
          expected.replace(0, 4, "<unk>");
        }
        EXPECT_EQ(tokenizer.Decode(tokenizer.Encode(text).ids), expected);
      }
    }
  }
}

TEST(TokenListTest, NfdIsPutTogetherAgain) {
  Tokenizer tokenizer = TrainOn(TokenizerKind::kCharacters, {"한글 é"}, Normalization::kNfd);
  EXPECT_EQ(tokenizer.Encode("글").ids.size(), 3u);
  EXPECT_EQ(tokenizer.Decode(tokenizer.Encode("글é 한").ids), "글é 한");
}

TEST(TokenListTest, CharactersKeepEverySpace) {
  Tokenizer tokenizer = TrainOn(TokenizerKind::kCharacters, {"ab c"});
  EXPECT_EQ(tokenizer.Decode(tokenizer.Encode("  a\tb   c ").ids), "  a b   c ");
  EXPECT_EQ(WordOf(tokenizer, " ab  c"), (std::vector<int>{-1, 0, 0, -1, -1, 1}));
  EXPECT_EQ(tokenizer.Piece(tokenizer.Encode(" ").ids[0]), "▁");
}

TEST(TokenListTest, DecodedWordsAreThoseOfTheText) {
  Tokenizer characters = TrainOn(TokenizerKind::kCharacters, {"ab c"});
  std::vector<int> ids = characters.Encode(" ab  c").ids;
  ids.push_back(kUnknownId);
  ids.push_back(kEndId);
  DecodedText decoded = characters.DecodeWithWords(ids);
  EXPECT_EQ(decoded.text, " ab  c⁇");
  EXPECT_EQ(decoded.word_of, (std::vector<int>{-1, 0, 0, -1, -1, 1, 1, -1}));
  EXPECT_EQ(decoded.words, 2);

  Tokenizer words = TrainOn(TokenizerKind::kWords, {"ab c"});
  ids = words.Encode("c  new ab").ids;
  ids.push_back(kEndId);
  decoded = words.DecodeWithWords(ids);
  EXPECT_EQ(decoded.text, "c <unk> ab");
  EXPECT_EQ(decoded.word_of, (std::vector<int>{0, 1, 2, -1}));
}

TEST(TokenListTest, NormalizationDoesNotMoveWords) {
  for (Normalization form : kForms) {
    Tokenizer characters = TrainOn(TokenizerKind::kCharacters, {"é 한 a\u00a0b c"}, form);
    std::vector<int> word_of = WordOf(characters, "é  한 a\u00a0b c");
    EXPECT_EQ(word_of.front(), 0);
    EXPECT_EQ(word_of.back(), 3);
  }
  // NFKC makes two words of the second; both are the second of the raw line.
  Tokenizer words = TrainOn(TokenizerKind::kWords, {"x a\u00a0b c"}, Normalization::kNfkc);
  EXPECT_EQ(WordOf(words, "x a\u00a0b c"), (std::vector<int>{0, 1, 1, 2}));
  EXPECT_EQ(words.Encode("x a\u00a0b c").words, 3);
}

TEST(TokenListTest, WordsAreTheMostFrequentOnes) {
  TokenizerOptions options;
  options.kind = TokenizerKind::kWords;
  options.vocabulary_size = 4;
  std::vector<std::string> lines = {"c b a", "c b d", "c"};
  Tokenizer words = Tokenizer::Train(options, lines);
  EXPECT_EQ(words.Serialize(), "<unk>\n</s>\nc\nb\n");
  EXPECT_EQ(words.Encode("a b c d").ids, (std::vector<int>{0, 3, 2, 0}));
  options.kind = TokenizerKind::kSymbols;
  EXPECT_EQ(Tokenizer::Train(options, lines).Serialize(), "<unk>\n</s>\nc\nb\na\nd\n");
}

TEST(TokenListTest, TrainingWithoutTextIsAnError) {
  for (TokenizerKind kind : kKinds) {
    EXPECT_ERROR(TrainOn(kind, {}), ErrorKind::kData, "no text");
    if (kind == TokenizerKind::kCharacters) continue;
    EXPECT_ERROR(TrainOn(kind, {"", " \t", "<unk> </s>"}), ErrorKind::kData, "no text");
  }
  TokenizerOptions options;
  options.kind = TokenizerKind::kWords;
  options.vocabulary_size = 2;
  std::vector<std::string> lines = {"a"};
  EXPECT_ERROR(Tokenizer::Train(options, lines), ErrorKind::kUsage, "2", "too small");
}

TEST(TokenListTest, AnyBytesAreEncoded) {
  for (TokenizerKind kind : kKinds) {
    for (Normalization form : kForms) CheckAnyBytes(TrainOn(kind, OddTexts(), form));
  }
}

TEST(TokenListTest, FilesGiveTheSameVocabulary) {
  TemporaryDirectory directory;
  for (TokenizerKind kind : kKinds) {
    Tokenizer tokenizer = TrainOn(kind, OddTexts());
    std::string prefix = directory.File(std::string(EnumName(kind)));
    tokenizer.Save(prefix);
    Tokenizer loaded = Tokenizer::Load(kind, Normalization::kNfc, prefix);
    EXPECT_EQ(loaded.Serialize(), ReadFile(prefix + ".vocab"));
    EXPECT_EQ(loaded.Serialize(), tokenizer.Serialize());
    EXPECT_EQ(loaded.kind(), kind);
    EXPECT_EQ(loaded.normalization(), Normalization::kNfc);
    EXPECT_EQ(loaded.vocabulary_size(), tokenizer.vocabulary_size());
  }
  EXPECT_ERROR(Tokenizer::Load(TokenizerKind::kWords, Normalization::kNone, directory.File("none")),
               ErrorKind::kNotFound, "none.vocab");
}

TEST(TokenListTest, DamagedFilesAreRefused) {
  const TokenizerKind kWords = TokenizerKind::kWords;
  EXPECT_ERROR(ParseList(kWords, ""), ErrorKind::kData, "x.vocab:1:", "<unk>");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\n"), ErrorKind::kData, "x.vocab:3:");
  EXPECT_ERROR(ParseList(kWords, "</s>\n<unk>\na\n"), ErrorKind::kData, "x.vocab:1:", "'<unk>'");
  EXPECT_ERROR(ParseList(kWords, "<unk>\na\n</s>\n"), ErrorKind::kData, "x.vocab:2:", "'</s>'");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\n\na\n"), ErrorKind::kData, "x.vocab:3:", "empty");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\na\nb\na\n"), ErrorKind::kData,
               "x.vocab:5:", "line 3");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\na\n</s>\n"), ErrorKind::kData,
               "x.vocab:4:", "line 2");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\na\nb\xff\n"), ErrorKind::kData,
               "x.vocab:4:", "UTF-8");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\na b\n"), ErrorKind::kData, "x.vocab:3:", "space");
  EXPECT_ERROR(ParseList(kWords, "<unk>\n</s>\na\nb"), ErrorKind::kData, "x.vocab:4:", "cut off");
  EXPECT_ERROR(ParseList(TokenizerKind::kCharacters, "<unk>\n</s>\nab\n"), ErrorKind::kData,
               "x.vocab:3:", "one character");
}

TEST(TokenListTest, FilesFromWindowsAreRead) {
  EXPECT_EQ(ParseList(TokenizerKind::kWords, "<unk>\r\n</s>\r\na\r\n").Encode("a").ids,
            std::vector<int>{2});
}

// Whatever happens to a file, the outcome is an error or a tokenizer that works.
TEST(TokenListTest, EveryFlippedByteAndEveryTruncationIsSurvived) {
  for (TokenizerKind kind : kKinds) {
    const std::string bytes = TrainOn(kind, OddTexts()).Serialize();
    int refused = 0;
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int flip : {0x01, 0x80, 0x2a, 0xff}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        try {
          Tokenizer tokenizer = ParseList(kind, damaged);
          CheckEncoding(tokenizer, OddTexts()[at % OddTexts().size()]);
          CheckDecoding(tokenizer, {kUnknownId, 2, kEndId, tokenizer.vocabulary_size() - 1});
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kData);
          ++refused;
        }
      }
      std::string cut = bytes.substr(0, at);
      if (at > 0 && cut.back() == '\n' && at > std::string("<unk>\n</s>\n").size()) continue;
      EXPECT_ERROR(ParseList(kind, cut), ErrorKind::kData, "x.vocab:");
    }
    EXPECT_GT(refused, 0);
  }
}

}  // namespace
}  // namespace atento
