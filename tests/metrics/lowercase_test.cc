#include "metrics/lowercase.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "base/random.h"
#include "base/utf8.h"
#include "metrics/golden_corpus.h"

namespace atento {
namespace {

TEST(LowercaseTest, AgreesWithPythonOnEveryCodePoint) {
  uint64_t hash = HashBytes("");
  for (char32_t c = 1; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    AppendUtf8(c, &text);
    hash = HashBytes(ToLowercase(text), hash);
  }
  char hex[17];
  std::snprintf(hex, sizeof(hex), "%016llx", static_cast<unsigned long long>(hash));
  EXPECT_EQ(ReadGoldenJson("lowercase").At("all_code_points_fnv1a").AsString(), hex);
}

TEST(LowercaseTest, AgreesWithPythonWhereContextMatters) {
  const Json golden = ReadGoldenJson("lowercase");
  ASSERT_FALSE(golden.At("texts").AsArray().empty());
  for (const Json& pair : golden.At("texts").AsArray()) {
    EXPECT_EQ(ToLowercase(pair.AsArray()[0].AsString()), pair.AsArray()[1].AsString());
  }
}

TEST(LowercaseTest, InvalidUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(ToLowercase("A\xFFZ"), "a\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace atento
