#include "model/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

const std::array<float, 6> kMatrix = {1, -2, 3.5, 0, 1e-30f, 7};
const std::array<float, 3> kVector = {0.25, 0.5, 0.75};
const std::array<int8_t, 5> kBytes = {1, 2, 3, -4, 5};

std::vector<SafetensorsEntry> Entries() {
  return {{"quantized", Dtype::kI8, {5}, std::as_bytes(std::span(kBytes))},
          FloatEntry("matrix", {2, 3}, kMatrix),
          FloatEntry("nothing", {0, 4}, {}),
          FloatEntry("scalar", {}, std::span(kVector).subspan(0, 1)),
          FloatEntry("vector", {3}, kVector)};
}

std::string Written() {
  TemporaryDirectory directory;
  WriteSafetensors(directory.File("x"), Entries());
  return ReadFile(directory.File("x"));
}

std::string BytesOf(const SafetensorsEntry& entry) {
  return {reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size()};
}

// A file with this header, as any program might write it, and so many bytes of data.
std::string WithHeader(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(data_bytes, '\0');
}

void ExpectRefused(const std::string& header, size_t data_bytes, const std::string& part) {
  EXPECT_ERROR(SafetensorsFile(WithHeader(header, data_bytes), "f"), ErrorKind::kData, "f: ", part);
}

TEST(Safetensors, RoundTrip) {
  const SafetensorsFile file(Written(), "f");
  const std::vector<SafetensorsEntry> written = Entries();
  ASSERT_EQ(file.entries().size(), written.size());
  for (size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(file.entries()[i].name, written[i].name);
    EXPECT_EQ(file.entries()[i].dtype, written[i].dtype);
    EXPECT_EQ(file.entries()[i].shape, written[i].shape);
    EXPECT_EQ(BytesOf(file.entries()[i]), BytesOf(written[i]));
  }
  std::vector<Real> values(6);
  file.ReadTensor("matrix", std::array<int64_t, 2>{2, 3}, values);
  EXPECT_TRUE(std::equal(values.begin(), values.end(), kMatrix.begin()));
  EXPECT_EQ(file.Find("mat"), nullptr);
}

TEST(Safetensors, NumbersStartAtAMultipleOf64BytesAndNothingElseIsInTheFile) {
  const std::string file = Written();
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  EXPECT_EQ((8 + length) % 64, 0u);
  EXPECT_EQ(file.size(), 8 + length + 5 + 24 + 0 + 4 + 12);
  EXPECT_EQ(file, Written());
  const Json header = Json::Parse(file.substr(8, length), "header");
  EXPECT_EQ(header.At("matrix").Dump(), R"({"dtype":"F32","shape":[2,3],"data_offsets":[5,29]})");
  EXPECT_EQ(header.At("__metadata__").At("atento_format").AsString(), "1");
  EXPECT_EQ(header.At("__metadata__").At("atento_checksum").AsString().size(), 16u);
}

// Computed with the definition in docs/file-format.md, in Python.
TEST(Safetensors, Checksum) {
  std::vector<std::byte> data;
  EXPECT_EQ(SafetensorsChecksum(data), 0xe96f4b88d51c8eeau);
  for (int i = 0; i < 45; ++i) data.push_back(static_cast<std::byte>(7 * i + 1));
  EXPECT_EQ(SafetensorsChecksum(data), 0x2a4913db43ecb59eu);
}

TEST(Safetensors, TruncatedAnywhereIsRefused) {
  const std::string file = Written();
  for (size_t size = 0; size < file.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_ERROR(SafetensorsFile(file.substr(0, size), "some.file"), ErrorKind::kData, "some.file");
  }
  EXPECT_ERROR(SafetensorsFile(file + '\0', "f"), ErrorKind::kData, "the tensors end at byte 45");
}

// Names and metadata are the reader's to check; numbers, types and shapes never change unseen.
TEST(Safetensors, FlippedBitsAreRefusedOrHarmless) {
  const std::string good = Written();
  const std::vector<SafetensorsEntry> written = Entries();
  uint64_t length = 0;
  std::memcpy(&length, good.data(), 8);
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(testing::Message() << "byte " << i << " bit " << bit);
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      try {
        const SafetensorsFile file(bad, "f");
        ASSERT_TRUE(i >= 8 && i < 8 + length);
        ASSERT_EQ(file.entries().size(), written.size());
        for (size_t e = 0; e < written.size(); ++e) {
          EXPECT_EQ(BytesOf(file.entries()[e]), BytesOf(written[e]));
          EXPECT_EQ(file.entries()[e].dtype, written[e].dtype);
          if (!written[e].bytes.empty()) {
            EXPECT_EQ(file.entries()[e].shape, written[e].shape);
          }
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
}

TEST(Safetensors, FilesOfOtherProgramsAreRead) {
  const std::string header =
      R"({"b":{"dtype":"F64","shape":[1],"data_offsets":[2,10]},)"
      R"("__metadata__":{"format":"pt"},"a":{"shape":[],"data_offsets":[0,2],"dtype":"BF16"}}  )";
  const SafetensorsFile file(WithHeader(header, 10), "f");
  EXPECT_EQ(file.Find("b")->dtype, Dtype::kF64);
  EXPECT_EQ(file.Find("a")->bytes.size(), 2u);
  std::vector<Real> value = {5};
  file.ReadTensor("b", std::array<int64_t, 1>{1}, value);
  EXPECT_EQ(value[0], 0);
  EXPECT_TRUE(SafetensorsFile(WithHeader("{}", 0), "f").entries().empty());
}

TEST(Safetensors, HeadersThatContradictTheFormatAreRefused) {
  const std::string a = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)";
  ExpectRefused("[]", 0, "byte 8: the header is not a JSON object");
  ExpectRefused("{]", 0, "header: byte 2: invalid JSON");
  ExpectRefused("{\"a\xff\":1}", 0, "invalid JSON");
  ExpectRefused(R"({"a":1})", 0, "tensor \"a\": ");
  ExpectRefused(R"({"a":{"dtype":"F32","shape":[]}})", 0, "\"data_offsets\" is missing");
  ExpectRefused(R"({"a":{"dtype":"F4","shape":[],"data_offsets":[0,4]}})", 4, "dtype \"F4\"");
  ExpectRefused(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "is -1");
  ExpectRefused(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "integer");
  ExpectRefused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0,
                "0 bytes for the shape [4611686018427387904,4]");
  ExpectRefused(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":0}})", 4, "key \"x\"");
  ExpectRefused(a + "[0,8,8]}}", 8, "tensor \"a\": data_offsets");
  ExpectRefused(a + "[8,0]}}", 8, "bytes 8 to 0 of 8");
  ExpectRefused(a + "[0,12]}}", 8, "bytes 0 to 12 of 8");
  ExpectRefused(a + "[0,4]}}", 4, "4 bytes for the shape [2] of F32");
  ExpectRefused(a + "[4,12]}}", 12, "starts at byte 4 of the numbers");
  ExpectRefused(a + "[0,8]}}", 12, "end at byte 8 of the numbers, the file at byte 12");
  ExpectRefused(a + R"([0,8]},"a":{}})", 8, "\"a\" is there twice");
  ExpectRefused(a + R"([0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", 8,
                "tensor \"b\": starts at byte 4");
  ExpectRefused(a + R"([0,8]},"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}})", 10,
                "tensor \"b\": starts at byte 9");
  ExpectRefused(R"({"__metadata__":{"format":1}})", 0, "__metadata__");
  ExpectRefused(R"({"__metadata__":{"atento_format":"2"}})", 0, "update atento");
  ExpectRefused(R"({"__metadata__":{"atento_checksum":""}})", 0, "checksum");
}

TEST(Safetensors, HeaderLengthBeyondTheFileOrTheLimitIsRefused) {
  std::string file = WithHeader("{}", 0);
  file[0] = 3;
  EXPECT_ERROR(SafetensorsFile(file, "f"), ErrorKind::kData, "a header of 3 bytes in a file of 10");
  file.assign(8, '\xff');
  EXPECT_ERROR(SafetensorsFile(file, "f"), ErrorKind::kData, "more than 100000000");
}

TEST(Safetensors, ReadTensorRefusesWhatDoesNotFit) {
  const SafetensorsFile file(Written(), "f");
  std::vector<Real> values(6);
  using Shape = std::vector<int64_t>;
  EXPECT_ERROR(file.ReadTensor("absent", Shape{6}, values), ErrorKind::kData,
               "f: ", "\"absent\" is missing");
  EXPECT_ERROR(file.ReadTensor("matrix", Shape{3, 2}, values), ErrorKind::kData,
               "\"matrix\" has the shape [2,3], not [3,2]");
  EXPECT_ERROR(file.ReadTensor("matrix", Shape{6}, values), ErrorKind::kData, "not [6]");
  EXPECT_ERROR(file.ReadTensor("quantized", Shape{5}, std::span(values).subspan(1)),
               ErrorKind::kData, "of type I8");
}

TEST(Safetensors, NumbersThatAreNotFiniteAreRefused) {
  TemporaryDirectory directory;
  for (float odd :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::array<float, 3> numbers = {1, odd, 2};
    WriteSafetensors(directory.File("x"), std::array{FloatEntry("x", {3}, numbers)});
    const SafetensorsFile file(directory.File("x"));
    std::vector<Real> values(3);
    EXPECT_ERROR(file.ReadTensor("x", std::array<int64_t, 1>{3}, values), ErrorKind::kData,
                 "number 1 is not finite");
  }
}

TEST(Safetensors, MissingFilesAndFullDisksAreReported) {
  TemporaryDirectory directory;
  EXPECT_ERROR(SafetensorsFile(directory.File("absent")), ErrorKind::kNotFound, "absent");
  EXPECT_ERROR(WriteSafetensors(directory.File("no/such/place"), Entries()), ErrorKind::kIo,
               "no/such/place");
}

}  // namespace
}  // namespace atento
