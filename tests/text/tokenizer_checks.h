// What every kind of tokenizer must hold to, for the tests of each.
#ifndef ATENTO_TESTS_TEXT_TOKENIZER_CHECKS_H_
#define ATENTO_TESTS_TEXT_TOKENIZER_CHECKS_H_

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "text/tokenizer.h"

namespace atento {

// Single spaces between words; no white space at the ends.
inline const std::vector<std::string>& OddTexts() {
  static const std::vector<std::string> texts = {
      "Schrödinger’s cat isn't here .",
      "e\u0301 é ﬁ ½ ㈱ 한글 日本語のテキスト",
      "👩‍👩‍👧 flags 🇫🇷 שלום عربي हिन्दी",
      "</s> <unk> <s> ⁇ </S>",
      "a",
      "«\u00a0oui\u00a0»\u202f!",
      "\ufeffbom \u200b zero\u2028width \u0085",
      "\x01\x1b[31m \x7f",
      "☃☃☃ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };
  return texts;
}

// Sizes agree, ids are in range, </s> never appears, word indices rise and are words of the line.
inline void CheckEncoding(const Tokenizer& tokenizer, std::string_view line) {
  SCOPED_TRACE(testing::Message() << "line: " << ReplaceInvalidUtf8(line));
  EncodedText encoded = tokenizer.Encode(line);
  EXPECT_EQ(encoded.words, static_cast<int>(SplitWords(line).size()));
  ASSERT_EQ(encoded.ids.size(), encoded.word_of.size());
  int last = 0;
  for (size_t i = 0; i < encoded.ids.size(); ++i) {
    EXPECT_GE(encoded.ids[i], 0);
    EXPECT_LT(encoded.ids[i], tokenizer.vocabulary_size());
    EXPECT_NE(encoded.ids[i], kEndId);
    EXPECT_LT(encoded.word_of[i], encoded.words);
    if (encoded.word_of[i] < 0) {
      EXPECT_TRUE(encoded.ids[i] == kUnknownId || tokenizer.Piece(encoded.ids[i]) == "▁");
    } else {
      EXPECT_GE(encoded.word_of[i], last);
      last = encoded.word_of[i];
    }
  }
}

// As CheckEncoding: the text is one valid line and has as many words as it says.
inline void CheckDecoding(const Tokenizer& tokenizer, const std::vector<int>& ids) {
  DecodedText decoded = tokenizer.DecodeWithWords(ids);
  EXPECT_EQ(FindInvalidUtf8(decoded.text), std::string::npos);
  EXPECT_EQ(decoded.text.find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(decoded.words, static_cast<int>(SplitWords(decoded.text).size())) << decoded.text;
  ASSERT_EQ(decoded.word_of.size(), ids.size());
  int last = 0;
  for (int word : decoded.word_of) {
    EXPECT_LT(word, decoded.words);
    if (word < 0) continue;
    EXPECT_GE(word, last);
    last = word;
  }
}

inline void CheckAnyBytes(const Tokenizer& tokenizer) {
  for (const std::string& text : OddTexts()) CheckEncoding(tokenizer, text);
  for (std::string_view line : {"", " ", "\t \r\n", "\xff\xfe", "\xe2\x96", "▁", " ▁▁ a▁b ", "▅",
                                "\u0301", " \u0301a", "¨ a", "a\xc3 \xa9"}) {
    CheckEncoding(tokenizer, line);
  }
  CheckEncoding(tokenizer, std::string_view("a\0\0 \0", 5));
  std::vector<int> all(static_cast<size_t>(tokenizer.vocabulary_size()));
  std::iota(all.begin(), all.end(), 0);
  CheckDecoding(tokenizer, all);
  CheckDecoding(tokenizer, {});
  CheckDecoding(tokenizer, {kEndId, kUnknownId, kEndId, kUnknownId, kUnknownId});
  for (int id : all) {
    CheckDecoding(tokenizer, {id});
    EXPECT_FALSE(tokenizer.Piece(id).empty());
  }
}

}  // namespace atento

#endif  // ATENTO_TESTS_TEXT_TOKENIZER_CHECKS_H_
