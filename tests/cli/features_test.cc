// Images to feature vectors to captions, by the program: with the module of OpenCV, and without it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "atento/features.h"
#include "base/file.h"
#include "cli/tiny_model.h"
#include "images/image_header.h"
#include "temporary_directory.h"

namespace atento {
namespace {

// 8 × 8 pixels each: the left half of the PNG is red, the right one blue; the JPEG is gray.
constexpr const char* kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR42mP4z8AAR0jM/wxDSwIA6TA/wcg4RrMAAAAASU"
    "VORK5CYII=";
// The header says 60000 × 60000.
constexpr const char* kHugePng =
    "iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAIAAABLbSncAAAAFElEQVR42mP4z8AAR0jM/wxDSwIA6TA/wcg4RrMAAAAASU"
    "VORK5CYII=";
constexpr const char* kJpeg =
    "/9j/2wBDAAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICA"
    "gICAj/wAALCAAIAAgBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABgD/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEB"
    "AAA/AFD/2Q==";

bool HasModule() {
  return FileExists(
      (std::filesystem::path(ATENTO_PROGRAM).parent_path() / "libatento_images.so").string());
}

class FeaturesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { model_ = new TinyModel(); }  // the environment of scripts
  static void TearDownTestSuite() { delete model_; }
  void SetUp() override {
    if (!HasModule()) GTEST_SKIP() << "built without libatento_images.so: install libopencv-dev";
  }

  // Runs it in a folder with a.png, b.jpg, huge.png, junk.jpg, cut.jpg.
  Outcome Run(const std::string& script) {
    const std::string make = "base64 -d >a.png <<'END'\n" + std::string(kPng) +
                             "\nEND\nbase64 -d >huge.png <<'END'\n" + kHugePng +
                             "\nEND\nbase64 -d >b.jpg <<'END'\n" + kJpeg +
                             "\nEND\necho junk >junk.jpg; head -c 138 b.jpg >cut.jpg\n"
                             "F=\"--cnn $SOURCE/tests/cli/tiny_cnn.onnx --size 8\"\n";
    return RunScript(make + script, "", directory_.path());
  }

  const TemporaryDirectory directory_;

 private:
  static TinyModel* model_;
};
TinyModel* FeaturesTest::model_ = nullptr;

TEST_F(FeaturesTest, AGridOfALayerAndTheLastOutput) {
  const Outcome outcome =
      Run("atento features $F --layer grid a.png b.jpg --output grid.safetensors &&"
          "atento features $F . --output means.safetensors; atento features $F a.png --output "
          "m.safetensors");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const FeatureSet grid(directory_.File("grid.safetensors"));
  ASSERT_EQ(grid.items().size(), 2u);
  EXPECT_EQ(grid.feature_size(), 4);
  EXPECT_EQ(grid.items()[0].name, "a.png");
  EXPECT_EQ(grid.items()[0].grid_height, 2);
  EXPECT_EQ(grid.items()[1].grid_width, 2);
  EXPECT_EQ(grid.cnn().layer, "grid");
  EXPECT_EQ(grid.cnn().cnn, "tiny_cnn.onnx");
  EXPECT_EQ(grid.cnn().cnn_checksum.size(), 16u);
  // The means of the cells are the output behind them.
  const FeatureSet means(directory_.File("m.safetensors"));
  EXPECT_EQ(means.Find("a.png").rows, 1);
  std::vector<float> sum(4), row(4), mean(4);
  for (int r = 0; r < 4; ++r) {
    grid.CopyRow(grid.items()[0].first_row + r, row);
    for (size_t d = 0; d < 4; ++d) sum[d] += row[d] / 4;
  }
  means.CopyRow(0, mean);
  for (size_t d = 0; d < 4; ++d) EXPECT_NEAR(sum[d], mean[d], 1e-5);
}

TEST_F(FeaturesTest, ImagesThatCannotBeReadAreNamedAndLeftOut) {
  const Outcome outcome =
      Run("atento features $F junk.jpg a.png huge.png cut.jpg none.png --output f.safetensors");
  EXPECT_EQ(outcome.status, 1);
  for (const char* part :
       {"junk.jpg: is neither a JPEG nor a PNG image", "huge.png: has 60000 x 60000 pixels",
        "cut.jpg: is cut", "none.png: No such file", "4 of 5 images could not be read"}) {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << part << "\n" << outcome.err;
  }
  EXPECT_EQ(FeatureSet(directory_.File("f.safetensors")).items().size(), 1u);
}

TEST_F(FeaturesTest, NothingReadableIsNothingWritten) {
  const Outcome outcome = Run("atento features $F junk.jpg --output f.safetensors");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(FileExists(directory_.File("f.safetensors")));
}

TEST_F(FeaturesTest, NamesThatNoItemCanHaveAreRefused) {
  for (const char* name : {"__metadata__", "a\\tb.png", "a\\377.png", "a\\nb.png"}) {
    const Outcome outcome = Run("N=$(printf '" + std::string(name) +
                                "'); cp a.png \"$N\"; atento features $F \"$N\" --output f");
    EXPECT_EQ(outcome.status, 2) << name;
    EXPECT_NE(outcome.err.find("has a name that no item can have"), std::string::npos)
        << outcome.err;
    EXPECT_FALSE(FileExists(directory_.File("f"))) << name;
  }
}

// A file with such numbers could not be read again.
TEST_F(FeaturesTest, NumbersThatAreNotFiniteAreNotWritten) {
  Outcome outcome = Run("atento features $F --std nan,1,1 a.png --output f");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("--std: 'nan,1,1' is not three numbers"), std::string::npos)
      << outcome.err;
  outcome = Run("atento features $F --std 1e-300,1,1 a.png b.jpg --output f");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("a.png: the CNN's output is not finite; left out"), std::string::npos)
      << outcome.err;
  EXPECT_FALSE(FileExists(directory_.File("f")));
}

TEST_F(FeaturesTest, StandardOutputIsNoPlaceForThem) {
  const Outcome outcome = Run("atento features $F a.png --output -");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("feature vectors are not text"), std::string::npos) << outcome.err;
}

TEST_F(FeaturesTest, WhatIsNoCnnAndLayersThatItHasNot) {
  Outcome outcome = Run("atento features --cnn junk.jpg a.png --output f");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("junk.jpg: no CNN that can be used"), std::string::npos)
      << outcome.err;
  outcome = Run("atento features $F --layer other a.png --output f");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("it has no output 'other'"), std::string::npos) << outcome.err;
  outcome = Run("atento features $F --mean 1,2 a.png --output f");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("--mean: '1,2' is not three numbers"), std::string::npos)
      << outcome.err;
}

TEST_F(FeaturesTest, AModelCaptionsImagesWithItsOwnCnnAlone) {
  const Outcome outcome = Run(
      "printf 'a.png\\tred blue\\nb.jpg\\tgray\\n' >c.tsv\n"
      "atento features $F --layer grid a.png b.jpg --output f.safetensors 2>/dev/null\n"
      "atento train --preset captions --train f.safetensors c.tsv --dev f.safetensors c.tsv "
      "--model m "
      "--encoder-size 8 --decoder-size 16 --embedding-size 8 --readout-size 8 --attention-size 8 "
      "--dropout-output 0 --learning-rate 0.02 --max-steps 60 --validate-every 60 --threads 1 "
      "--validation-metrics= 2>/dev/null || exit 3\n"
      "C=\"--cnn $SOURCE/tests/cli/tiny_cnn.onnx\"\n"
      "atento translate --model m --input f.safetensors >items\n"
      "atento translate --model m --images a.png junk.jpg b.jpg $C >images; echo $?\n"
      "cat items images\n"
      "atento explain --model m --image a.png $C --output a.svg && grep -c '<use' a.svg\n"
      "atento explain --model m --image a.png $C --output a.html && grep -o "
      "'\"picture\":\"data:image/png;base64,iVBORw0KGgo' a.html\n"
      "cp \"$SOURCE/tests/cli/tiny_cnn.onnx\" other.onnx; printf '\\372\\001\\001x' >>other.onnx\n"
      "atento translate --model m --images a.png; atento translate --model m --images a.png --cnn "
      "other.onnx");
  EXPECT_EQ(outcome.out,
            "1\nred blue\ngray\nred blue\n\ngray\n3\n"
            "\"picture\":\"data:image/png;base64,iVBORw0KGgo\n")
      << outcome.err;
  EXPECT_NE(outcome.err.find("--cnn is missing; give the file tiny_cnn.onnx"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("is another CNN than that of the model's training"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("junk.jpg: is neither"), std::string::npos) << outcome.err;
}

TEST(WithoutTheModule, OneLineSaysWhatToInstall) {
  if (HasModule()) GTEST_SKIP() << "there is a libatento_images.so";
  const TinyModel model;
  const TemporaryDirectory directory;
  const Outcome outcome =
      RunScript("atento features --cnn \"$SOURCE/tests/cli/tiny_cnn.onnx\" a.png --output f", "",
                directory.path());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("install the package libopencv-dev"), std::string::npos)
      << outcome.err;
}

TEST(ImageHeader, OtherBytesHaveNoSize) {
  const std::string texts[] = {"", "junk", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0\xff\xff",
                               std::string("\xff\xd8\xff\xc0\0\x11\x08", 7)};
  for (const std::string& text : texts) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EXPECT_EQ(ReadImageSize({bytes, text.size()}).width, 0) << text;
  }
}

TEST(ImageHeader, AThumbnailsEndIsNotTheImages) {
  auto has_end = [](const std::string& text) {
    return HasImageEnd({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  };
  const std::string thumbnail("\xff\xd8\xff\xe1\0\x06\xff\xd8\xff\xd9", 10);
  const std::string scan("\xff\xda\0\x08\x01\x01\0\0\x3f\0picture", 17);
  EXPECT_FALSE(has_end(thumbnail));
  EXPECT_FALSE(has_end(thumbnail + scan));
  EXPECT_TRUE(has_end(thumbnail + scan + "\xff\xd9"));
}

TEST(ImageHeader, AJpegsFrameComesAfterOtherSegments) {
  const std::string text("\xff\xd8\xff\xe0\0\x04zz\xff\xff\xc2\0\x11\x08\x01\x02\x03\x04", 19);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const ImageSize size = ReadImageSize({bytes, text.size()});
  EXPECT_EQ(size.width, 0x304);
  EXPECT_EQ(size.height, 0x102);
}

}  // namespace
}  // namespace atento
