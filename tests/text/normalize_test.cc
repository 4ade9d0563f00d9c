#include "text/normalize.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace atento {
namespace {

constexpr Normalization kAll[] = {Normalization::kNone, Normalization::kNfc, Normalization::kNfd,
                                  Normalization::kNfkc};

TEST(NormalizeTest, FormsOfTheUnicodeStandard) {
  EXPECT_EQ(Normalize("e\u0301", Normalization::kNfc), "é");
  EXPECT_EQ(Normalize("é", Normalization::kNfd), "e\u0301");
  EXPECT_EQ(Normalize("한", Normalization::kNfd), "\u1112\u1161\u11ab");
  EXPECT_EQ(Normalize("\u1112\u1161\u11ab", Normalization::kNfc), "한");
  // Canonical order of marks: dot below (220) before dot above (230).
  EXPECT_EQ(Normalize("q\u0307\u0323", Normalization::kNfd), "q\u0323\u0307");
  EXPECT_EQ(Normalize("ﬁ", Normalization::kNfc), "ﬁ");
  EXPECT_EQ(Normalize("ﬁＡ\u00a0", Normalization::kNfkc), "fiA ");
}

TEST(NormalizeTest, NoneLeavesValidTextAlone) {
  EXPECT_EQ(Normalize("e\u0301 한 ﬁ \t", Normalization::kNone), "e\u0301 한 ﬁ \t");
}

TEST(NormalizeTest, AnyBytesGiveValidUtf8) {
  for (Normalization form : kAll) {
    EXPECT_EQ(Normalize(std::string_view("a\0b", 3), form), "a\ufffdb");
    EXPECT_EQ(Normalize("\xff", form), "\ufffd");
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; b += 5) {
        std::string bytes = {'x', static_cast<char>(a), static_cast<char>(b)};
        EXPECT_EQ(FindInvalidUtf8(Normalize(bytes, form)), std::string::npos) << a << " " << b;
      }
    }
  }
}

TEST(NormalizeTest, IsIdempotent) {
  for (Normalization form : kAll) {
    for (std::string_view text :
         {"é e\u0301 ﬁ 한글 ㈱ ¨ q\u0307\u0323", "", "\u0301", "👩‍👩‍👧 ½"}) {
      std::string once = Normalize(text, form);
      EXPECT_EQ(Normalize(once, form), once);
    }
  }
}

}  // namespace
}  // namespace atento
