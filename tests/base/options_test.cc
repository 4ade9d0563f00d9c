// Declared options as JSON and back, their ranges and the names of their enums.
#include "base/options.h"

#include <gtest/gtest.h>

#include <cmath>

#include "expect_error.h"

namespace atento {
namespace {

TEST(OptionsTest, ReadBackEqual) {
  TrainingOptions options;
  options.optimizer = Optimizer::kAdadelta;
  options.learning_rate = 1.0 / 3;
  options.shuffle_batches = false;
  options.seed = int64_t{1} << 60;
  const Json json = Json::Parse(OptionsToJson(options).Dump(), "test");
  const TrainingOptions read = OptionsFromJson(json, TrainingOptions(), "test");
  EXPECT_EQ(OptionsToJson(read).Dump(), OptionsToJson(options).Dump());
  EXPECT_EQ(read.seed, options.seed);
}

TEST(OptionsTest, WhatJsonDoesNotMentionStays) {
  ModelOptions options;
  options.encoder_size = 77;
  Json json;
  json.Set("cell", "lstm");
  const ModelOptions read = OptionsFromJson(json, options, "test");
  EXPECT_EQ(read.encoder_size, 77);
  EXPECT_EQ(read.cell, Cell::kLstm);
}

TEST(OptionsTest, FaultsNameTheOption) {
  auto read = [](const char* text) {
    return OptionsFromJson(Json::Parse(text, "x"), ModelOptions(), "config.json");
  };
  EXPECT_ERROR(read(R"({"cell": "gruu"})"), ErrorKind::kData, "config.json", "'gruu'", "lstm");
  EXPECT_ERROR(read(R"({"encoder-size": 0})"), ErrorKind::kData, "encoder-size", "at least 1");
  EXPECT_ERROR(read(R"({"encoder-layers": 17})"), ErrorKind::kData, "from 0 to 16");
  EXPECT_ERROR(read(R"({"encoder-size": 99999999999})"), ErrorKind::kData, "encoder-size");
  EXPECT_ERROR(read(R"({"encoder-size": "many"})"), ErrorKind::kData, "config.json");
  EXPECT_ERROR(read(R"({"depth": 3})"), ErrorKind::kData, "'depth'");
}

TEST(OptionsTest, NotANumberIsOutOfRange) {
  TrainingOptions options;
  options.learning_rate = std::nan("");
  EXPECT_ERROR(CheckRanges(options), ErrorKind::kUsage, "learning-rate");
}

TEST(EnumTest, NamesGoBothWays) {
  for (Normalization form :
       {Normalization::kNone, Normalization::kNfc, Normalization::kNfd, Normalization::kNfkc}) {
    EXPECT_EQ(ParseEnum<Normalization>("form", EnumName(form)), form);
  }
  EXPECT_EQ(EnumName(SentencePieceModel::kUnigram), "unigram");
  EXPECT_ERROR(ParseEnum<Normalization>("form", "NFC"), ErrorKind::kUsage, "form", "'NFC'",
               "none, nfc, nfd, nfkc");
}

}  // namespace
}  // namespace atento
