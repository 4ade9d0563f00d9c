// What a source copies as, and texts with symbols that a vocabulary lacks.
#include "text/copies.h"

#include <gtest/gtest.h>

#include "text/batch.h"

namespace atento {
namespace {

using Ids = std::vector<int>;

Tokenizer Trained(TokenizerKind kind, const std::string& text, int size = 8000) {
  return Tokenizer::Train({.kind = kind, .vocabulary_size = size}, std::vector<std::string>{text});
}

TEST(CopiesTest, PositionsCopyAsTheTargetsSymbolsOfTheirSpelling) {
  const Tokenizer source = Trained(TokenizerKind::kWords, "in b c");
  const Tokenizer target = Trained(TokenizerKind::kWords, "x in y x", 5);  // x, in or y
  ASSERT_EQ(target.vocabulary_size(), 5);
  const EncodedText encoded = source.EncodeWithSpellings("new in x new <unk> </s> b");
  EXPECT_EQ(encoded.ids, source.Encode("new in x new <unk> </s> b").ids);
  EXPECT_EQ(encoded.spellings[0], "new");
  EXPECT_TRUE(source.Encode("new").spellings.empty());
  const SourceCopies copies = FindCopies(target, encoded.spellings);
  const int in = *target.Find("in"), x = *target.Find("x");
  // A text that is spelled as a special symbol is not that symbol.
  EXPECT_EQ(copies.ids, (Ids{5, in, x, 5, 6, 7, 8, kEndId}));
  EXPECT_EQ(copies.extended, (std::vector<std::string>{"new", "<unk>", "</s>", "b"}));

  // Only what is unknown becomes an extended symbol, and only if the source has it.
  const EncodedText reading = target.EncodeWithSpellings("b x other new in");
  EXPECT_EQ(reading.ids, (Ids{kUnknownId, x, kUnknownId, kUnknownId, in}));
  const Ids ids = ExtendTarget(reading, copies, target.vocabulary_size());
  EXPECT_EQ(ids, (Ids{8, x, kUnknownId, 5, in}));
  EXPECT_EQ(target.DecodeWithWords(Ids{8, x, 5, kEndId}, copies.extended).text, "b x new");
}

TEST(CopiesTest, NothingButItsEnd) {
  const Tokenizer target = Trained(TokenizerKind::kWords, "x");
  EXPECT_EQ(FindCopies(target, {}).ids, Ids{kEndId});
  EXPECT_TRUE(FindCopies(target, {}).extended.empty());
}

TEST(CopiesTest, ExtendedCharactersAreSpelledInTheirWords) {
  const Tokenizer target = Trained(TokenizerKind::kCharacters, "ab c");
  const Tokenizer source = Trained(TokenizerKind::kCharacters, "ab c");
  const SourceCopies copies = FindCopies(target, source.EncodeWithSpellings("aéb é").spellings);
  const DecodedText decoded = target.DecodeWithWords(copies.ids, copies.extended);
  EXPECT_EQ(decoded.text, "aéb é");
  EXPECT_EQ(decoded.word_of, (Ids{0, 0, 0, -1, 1, -1}));
  EXPECT_EQ(target.Piece(target.vocabulary_size(), copies.extended), "é");
}

TEST(CopiesTest, ExtendedPiecesOfSentencePiece) {
  const std::string text = "the cat sat on the mat and the cat ran to the rat";
  const Tokenizer pieces = Trained(TokenizerKind::kSentencePiece, text, 30);
  const std::string line = "the ж cat Жж";
  const EncodedText encoded = pieces.EncodeWithSpellings(line);
  const SourceCopies copies = FindCopies(pieces, encoded.spellings);
  EXPECT_FALSE(copies.extended.empty());
  for (size_t j = 0; j < encoded.ids.size(); ++j) {
    if (encoded.ids[j] != kUnknownId) {
      EXPECT_EQ(copies.ids[j], encoded.ids[j]);
    } else {
      EXPECT_GE(copies.ids[j], pieces.vocabulary_size());
    }
  }
  const DecodedText decoded = pieces.DecodeWithWords(copies.ids, copies.extended);
  EXPECT_EQ(decoded.text, line);
  EXPECT_EQ(decoded.words, 4);
  EXPECT_EQ(Ids(decoded.word_of.begin(), decoded.word_of.end() - 1), encoded.word_of);
  EXPECT_EQ(ExtendTarget(encoded, copies, pieces.vocabulary_size()),
            Ids(copies.ids.begin(), copies.ids.end() - 1));
}

TEST(CopiesDeathTest, BatchesHoldWhatIsCopiedAndReadUnknownSymbols) {
  const std::vector<TokenPair> pairs = {{{5}, {0, 7}, {}, {9, 1}, {9, 7}},
                                        {{2, 3}, {0}, {}, {9, 2, 1}, {10}}};
  const Batch batch = MakeBatch(pairs);
  EXPECT_EQ(batch.source_ids, (Ids{2, 5, 3, 1, 1}));
  EXPECT_EQ(batch.source_copies, (Ids{9, 9, 2, 1, 1}));
  EXPECT_EQ(batch.target_input, (Ids{1, 1, 0, 0, 7}));
  EXPECT_EQ(batch.target_output, (Ids{9, 10, 7, 1, 1}));
  const std::vector<Ids> sources = {{5}, {2, 3}}, copies = {{9, 1}, {9, 2, 1}};
  EXPECT_EQ(MakeSourceBatch(sources, copies).source_copies, batch.source_copies);
  EXPECT_TRUE(MakeSourceBatch(sources).source_copies.empty());
  std::vector<TokenPair> mixed = pairs;
  mixed[1].copies.clear();
  EXPECT_DEATH(MakeBatch(mixed), "what a source copies as");
}

}  // namespace
}  // namespace atento
