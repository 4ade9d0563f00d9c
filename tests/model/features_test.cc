#include "atento/features.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/file.h"
#include "expect_error.h"
#include "model/safetensors.h"
#include "temporary_directory.h"

namespace atento {
namespace {

using Items = std::vector<FeatureSet::Memory>;

Items TwoItems() {
  return {{"b.jpg", {1, 2, 3}, {1, 2, 3, 4, 5, 6}}, {"a b", {3, 3}, std::vector<float>(9, 0.5f)}};
}

std::vector<float> RowOf(const FeatureSet& set, int row) {
  std::vector<float> values(static_cast<size_t>(set.feature_size()));
  set.CopyRow(row, values);
  return values;
}

TEST(FeatureSet, AFileHasItsItemsInTheirOrder) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f.safetensors");
  CnnOptions cnn;
  cnn.layer = "features";
  cnn.cnn_checksum = "12";
  WriteFeatures(path, TwoItems(), cnn);
  const FeatureSet set(path);
  ASSERT_EQ(set.items().size(), 2u);
  EXPECT_EQ(set.feature_size(), 3);
  const FeatureItem& grid = set.Find("b.jpg");
  EXPECT_EQ(grid.rows, 2);
  EXPECT_EQ(grid.grid_height, 1);
  EXPECT_EQ(grid.grid_width, 2);
  EXPECT_EQ(RowOf(set, grid.first_row + 1), (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(set.items()[1].name, "a b");
  EXPECT_EQ(set.items()[1].grid_width, 0);
  EXPECT_EQ(RowOf(set, set.items()[1].first_row + 2), (std::vector<float>{0.5, 0.5, 0.5}));
  EXPECT_EQ(set.cnn().layer, "features");
  EXPECT_EQ(set.cnn().cnn_checksum, "12");
  EXPECT_EQ(set.bytes(), static_cast<int64_t>(ReadFile(path).size()));
}

TEST(FeatureSet, MemoryIsReadLikeAFile) {
  const FeatureSet set("memory", TwoItems());
  EXPECT_EQ(RowOf(set, set.Find("b.jpg").first_row), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(RowOf(set, set.Find("a b").first_row), (std::vector<float>{0.5, 0.5, 0.5}));
  EXPECT_EQ(set.cnn().cnn_checksum, "");
}

TEST(FeatureSet, OtherFilesThanOnesHashDiffers) {
  const TemporaryDirectory directory;
  Items items = TwoItems();
  WriteFeatures(directory.File("a"), items);
  items[0].values[0] += 1;
  WriteFeatures(directory.File("b"), items);
  EXPECT_NE(FeatureSet(directory.File("a")).hash(), FeatureSet(directory.File("b")).hash());
}

// change: of items that are well. The message names file and item.
void ExpectFault(void (*change)(FeatureSet::Memory&), const std::string& part) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f.safetensors");
  Items items = TwoItems();
  change(items[1]);
  WriteFeatures(path, items);
  ExpectError([&] { FeatureSet set(path); }, ErrorKind::kData,
              {path + ": item \"" + items[1].name + "\" " + part});
  ExpectError([&] { FeatureSet set("m", items); }, ErrorKind::kData,
              {"m: item \"" + items[1].name + "\" " + part});
}

TEST(FeatureSet, FaultsOfAnItemNameIt) {
  ExpectFault([](auto& item) { item.values[4] = std::numeric_limits<float>::quiet_NaN(); },
              "has a number that is not finite, in vector 1");
  ExpectFault([](auto& item) { item.values[8] = std::numeric_limits<float>::infinity(); },
              "has a number that is not finite, in vector 2");
  ExpectFault([](auto& item) { item.shape = {9}; }, "has the shape [9], not");
  ExpectFault([](auto& item) { item.shape = {1, 1, 3, 3}; }, "has the shape [1,1,3,3], not");
  ExpectFault([](auto& item) { item.shape = {1, 9}; }, "has vectors of 9 numbers, others of 3");
  ExpectFault(
      [](auto& item) {
        item.shape = {0, 3};
        item.values.clear();
      },
      "has the shape [0,3], with nothing in it");
}

TEST(FeatureSet, OtherTypesAreRefused) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f.safetensors");
  const std::vector<double> numbers(6);
  const SafetensorsEntry entry{"x", Dtype::kF64, {2, 3}, std::as_bytes(std::span(numbers))};
  WriteSafetensors(path, std::span(&entry, 1));
  ExpectError([&] { FeatureSet set(path); }, ErrorKind::kData,
              {"item \"x\" is of type F64, not F32"});
}

TEST(FeatureSet, NoItemsAndUnknownItems) {
  const TemporaryDirectory directory;
  WriteFeatures(directory.File("f"), Items());
  ExpectError([&] { FeatureSet set(directory.File("f")); }, ErrorKind::kData, {"has no items"});
  ExpectError([&] { FeatureSet set(directory.File("none")); }, ErrorKind::kNotFound, {"none"});
  ExpectError([] { FeatureSet("m", TwoItems()).Find("c"); }, ErrorKind::kData,
              {"m has no item \"c\""});
}

TEST(FeatureSet, EveryCutAndEveryChangedByteIsAnError) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("f.safetensors");
  CnnOptions cnn;
  cnn.cnn_checksum = "12";
  WriteFeatures(path, TwoItems(), cnn);
  const std::string whole = ReadFile(path);
  auto expect_error = [&](const std::string& bytes, size_t at) {
    WriteFileAtomically(path, bytes);
    try {
      const FeatureSet set(path);
      // White space in the header may change, and a name become another one.
      EXPECT_LT(at, whole.size() - 15 * sizeof(float)) << at;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find(path), 0u) << error.what();
    }
  };
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteFileAtomically(path, whole.substr(0, size));
    EXPECT_THROW(FeatureSet set(path), Error) << size;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x21);
    expect_error(bytes, at);
  }
}

}  // namespace
}  // namespace atento
