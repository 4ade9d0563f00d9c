#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "expect_error.h"

namespace atento {
namespace {

TEST(Json, ParsesEveryType) {
  const Json json = Json::Parse(
      R"( {"z": null, "a": [true, false, -3, 2.5, 1e3], "s": "\u00e9\n\ud83d\ude00", "o": {}} )",
      "test");
  ASSERT_EQ(json.AsObject().size(), 4u);
  EXPECT_TRUE(json.At("z").is_null());
  const Json::Array& a = json.At("a").AsArray();
  EXPECT_TRUE(a[0].AsBool());
  EXPECT_FALSE(a[1].AsBool());
  EXPECT_EQ(a[2].AsInteger(), -3);
  EXPECT_EQ(a[3].AsDouble(), 2.5);
  EXPECT_FALSE(a[4].is_integer());
  EXPECT_EQ(a[4].AsDouble(), 1000.0);
  EXPECT_EQ(json.At("s").AsString(), "é\n😀");
  EXPECT_TRUE(json.At("o").is_object());
}

TEST(Json, KeepsTheOrderOfKeys) {
  const std::string text = R"({"z":1,"a":{"y":2,"b":3},"m":[]})";
  EXPECT_EQ(Json::Parse(text, "test").Dump(), text);
}

TEST(Json, IntegersKeepAll64Bits) {
  EXPECT_EQ(Json::Parse("9223372036854775807", "test").AsInteger(), INT64_MAX);
  EXPECT_EQ(Json::Parse("-9223372036854775808", "test").AsInteger(), INT64_MIN);
  EXPECT_EQ(Json(INT64_MIN).Dump(), "-9223372036854775808");
  // Larger ones are numbers, but not integers.
  const Json large = Json::Parse("9223372036854775808", "test");
  EXPECT_FALSE(large.is_integer());
  EXPECT_EQ(large.AsDouble(), 9223372036854775808.0);
}

TEST(Json, DoublesReadBackEqual) {
  for (double value : {0.1, 1.0, -0.0, 1.0 / 3.0, 5e-324, 1.7976931348623157e308, 123456789.125}) {
    const Json read = Json::Parse(Json(value).Dump(), "test");
    EXPECT_FALSE(read.is_integer()) << value;
    EXPECT_EQ(read.AsDouble(), value);
    EXPECT_EQ(std::signbit(read.AsDouble()), std::signbit(value));
  }
}

TEST(Json, NotANumberAndInfinityArePrintedAsNull) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Json(Json::Array{std::nan(""), infinity, -infinity}).Dump(), "[null,null,null]");
}

TEST(Json, DumpEscapesAndRepairs) {
  EXPECT_EQ(Json("a\"\\\n\x01é").Dump(), "\"a\\\"\\\\\\n\\u0001é\"");
  EXPECT_EQ(Json("a\xFFz").Dump(), "\"a\uFFFDz\"");
}

TEST(Json, DumpIndents) {
  Json json;
  json.Set("a", Json().Append(1).Append("x")).Set("b", Json::Object());
  EXPECT_EQ(json.Dump(2), "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": {}\n}");
}

TEST(Json, SetReplacesInPlace) {
  Json json;
  json.Set("a", 1).Set("b", 2).Set("a", "new");
  EXPECT_EQ(json.Dump(), R"({"a":"new","b":2})");
}

TEST(Json, FindAndAt) {
  const Json json = Json::Parse(R"({"a": 1})", "test");
  ASSERT_NE(json.Find("a"), nullptr);
  EXPECT_EQ(json.Find("b"), nullptr);
  EXPECT_ERROR(json.At("b"), ErrorKind::kData, "\"b\"", "missing");
}

TEST(Json, WrongTypesNameTheExpectedAndTheFoundOne) {
  EXPECT_ERROR(Json(1).AsString(), ErrorKind::kData, "expected a string", "found an integer");
  EXPECT_ERROR(Json(1.5).AsInteger(), ErrorKind::kData, "expected an integer", "found a number");
  EXPECT_ERROR(Json("1").AsDouble(), ErrorKind::kData, "expected a number", "found a string");
  EXPECT_ERROR(Json().AsArray(), ErrorKind::kData, "expected an array", "found null");
  EXPECT_ERROR(Json(Json::Array()).AsObject(), ErrorKind::kData, "an object", "found an array");
  EXPECT_ERROR(Json(Json::Object()).AsBool(), ErrorKind::kData, "true or false", "found an object");
  EXPECT_ERROR(Json(true).Set("a", 1), ErrorKind::kData, "an object", "found true or false");
  EXPECT_ERROR(Json("x").Append(1), ErrorKind::kData, "an array", "found a string");
  EXPECT_EQ(Json(3).AsDouble(), 3.0);
}

TEST(JsonParse, NamesWhereAndTheByte) {
  EXPECT_ERROR(Json::Parse("{\"a\": tru}", "config.json"), ErrorKind::kData, "config.json: byte 10",
               "invalid literal");
  EXPECT_ERROR(Json::Parse("", "request body"), ErrorKind::kData, "request body: byte 1",
               "unexpected end of input");
  EXPECT_ERROR(Json::Parse("{\"a\" 1}", "x"), ErrorKind::kData, "x: byte 6", "expected ':'");
}

TEST(JsonParse, RefusesWhatIsNotJson) {
  for (const char* text : {"[1,]", "{\"a\":1,}", "[1 2]", "'a'", "{a:1}", "NaN", "01", "+1", ".5",
                           "\"\t\"", "\"\\x\"", "\"\\ud800\"", "// c\n1", "1e999", "[", "\"a"}) {
    EXPECT_ERROR(Json::Parse(text, "test"), ErrorKind::kData, "test: byte ");
  }
}

TEST(JsonParse, RefusesTrailingText) {
  EXPECT_ERROR(Json::Parse("{} x", "test"), ErrorKind::kData, "test: byte 4");
  EXPECT_ERROR(Json::Parse("1 2", "test"), ErrorKind::kData, "test: byte 3");
  EXPECT_EQ(Json::Parse("{} \r\n\t", "test").Dump(), "{}");
}

TEST(JsonParse, RefusesDuplicateKeys) {
  EXPECT_ERROR(Json::Parse(R"({"a": 1, "b": 2, "a": 3})", "test"), ErrorKind::kData, "byte 20",
               "\"a\"", "twice");
  EXPECT_ERROR(Json::Parse(R"({"a": 1, "\u0061": 3})", "test"), ErrorKind::kData, "twice");
  // The same key in different objects is fine.
  EXPECT_EQ(Json::Parse(R"({"a":{"a":[{"a":1},{"a":2}]}})", "test").AsObject().size(), 1u);
}

TEST(JsonParse, RefusesInvalidUtf8) {
  EXPECT_ERROR(Json::Parse("\"a\xFF\"", "test"), ErrorKind::kData, "byte 3");
  EXPECT_ERROR(Json::Parse("\"\xED\xA0\x80\"", "test"), ErrorKind::kData, "byte 3");
}

TEST(JsonParse, TheDepthLimitIs64) {
  const std::string open(64, '['), close(64, ']');
  EXPECT_TRUE(Json::Parse(open + close, "test").is_array());
  EXPECT_ERROR(Json::Parse("[" + open + close + "]", "test"), ErrorKind::kData, "byte 65", "64");
  // An attack on the stack is refused just the same.
  EXPECT_ERROR(Json::Parse(std::string(1000000, '['), "test"), ErrorKind::kData, "byte 65");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_ERROR(Json::Parse(objects, "test"), ErrorKind::kData, "deeper");
}

TEST(JsonParse, EveryTruncationIsAnError) {
  const std::string text = R"({"a": [true, 12, -1.5e3, "é\n"], "b": null})";
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_ERROR(Json::Parse(text.substr(0, length), "test"), ErrorKind::kData, "test: byte ");
  }
}

// A damaged text is refused or read as something else; nothing worse.
TEST(JsonParse, EveryChangedByteIsRefusedOrRead) {
  const std::string text = R"({"a": [true, 12, -1.5e3, "é\n"], "b": null})";
  for (size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(byte);
      try {
        const std::string dumped = Json::Parse(damaged, "test").Dump();
        ASSERT_EQ(Json::Parse(dumped, "dumped").Dump(), dumped);
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kData);
        ASSERT_EQ(std::string(error.what()).rfind("test: byte ", 0), 0u) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace atento
