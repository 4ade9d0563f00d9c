// Parameters of fewer bits: what is stored, what is read back, and files that are not as they
// should be.
#include "model/parameter_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

ModelConfig SmallConfig() {
  ModelConfig config;
  config.embedding_size = config.readout_size = 3;
  config.encoder_size = 2;
  config.decoder_size = 5;
  config.attention_size = 4;
  config.source_vocabulary = 4;
  config.target_vocabulary = 5;
  return config;
}

class ParameterFile : public testing::Test {
 protected:
  ParameterFile() {
    Random random(3);
    for (Real& value : parameters_.flat()) value = static_cast<float>(random.Normal());
    // A row of zeros.
    for (Real& value : parameters_.views().encoder.cells[0].U.RowSpan(1)) value = 0;
  }

  std::string path() const { return directory_.File("parameters.safetensors"); }
  void Save(Precision precision) { SaveParameters(config_, parameters_, path(), precision); }

  // Calls check(tensor as it was, tensor as it is read).
  void Compare(Precision precision,
               const std::function<void(const Tensor&, const Tensor&)>& check) {
    Parameters read(config_);
    LoadParameters(config_, path(), read, precision);
    std::vector<Tensor> before;
    ForEachTensor(config_, parameters_.views(), [&](const Tensor& t) { before.push_back(t); });
    size_t i = 0;
    ForEachTensor(config_, read.views(), [&](const Tensor& t) { check(before[i++], t); });
  }

  // Reads the file after change has been applied to its entries; `numbers` outlives the call.
  void ReadWith(Precision precision,
                const std::function<void(std::vector<SafetensorsEntry>&)>& change) {
    Save(precision);
    const SafetensorsFile file(ReadFile(path()), "original");
    std::vector<SafetensorsEntry> entries = file.entries();
    change(entries);
    WriteSafetensors(path(), entries);
    Parameters read(config_);
    LoadParameters(config_, path(), read, precision);
  }

  const ModelConfig config_ = SmallConfig();
  Parameters parameters_{config_};
  TemporaryDirectory directory_;
};

SafetensorsEntry& EntryOf(std::vector<SafetensorsEntry>& entries, const std::string& name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; });
  CHECK(found != entries.end(), name);
  return *found;
}

TEST_F(ParameterFile, VectorsStayAsTheyAre) {
  for (Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    Save(precision);
    Compare(precision, [](const Tensor& before, const Tensor& after) {
      if (before.cols > 0) return;
      const Vector a = before.values(), b = after.values();
      EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << before.name;
    });
  }
}

TEST_F(ParameterFile, Bfloat16IsWithinItsRounding) {
  Save(Precision::kBfloat16);
  EXPECT_EQ(SafetensorsFile(path()).Find("readout.W")->dtype, Dtype::kBf16);
  bool rounded = false;
  Compare(Precision::kBfloat16, [&](const Tensor& before, const Tensor& after) {
    for (size_t i = 0; i < before.size(); ++i) {
      const double a = before.values()[i], b = after.values()[i];
      EXPECT_LE(std::abs(a - b), std::abs(a) * 0x1p-8) << before.name;
      rounded |= a != b;
    }
  });
  EXPECT_TRUE(rounded);
}

TEST_F(ParameterFile, Int8IsWithinHalfAStepOfItsRow) {
  Save(Precision::kInt8);
  const SafetensorsFile file(path());
  EXPECT_EQ(file.Find("readout.W")->dtype, Dtype::kI8);
  EXPECT_EQ(ShapeText(file.Find("readout.W.scale")->shape), "[3]");
  Compare(Precision::kInt8, [](const Tensor& before, const Tensor& after) {
    for (int row = 0; before.cols > 0 && row < before.rows; ++row) {
      const Vector a = before.matrix->RowSpan(row), b = after.matrix->RowSpan(row);
      double largest = 0;
      for (Real value : a) largest = std::max(largest, std::abs(static_cast<double>(value)));
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_LE(std::abs(static_cast<double>(a[i] - b[i])), 0.5001 * largest / 127)
            << before.name;
      }
    }
  });
}

// So that packing for products of integers, which starts from these numbers, loses nothing.
TEST_F(ParameterFile, QuantizingTwiceChangesNothing) {
  for (Precision precision : {Precision::kBfloat16, Precision::kInt8}) {
    Save(precision);
    Parameters read(config_);
    LoadParameters(config_, path(), read, precision);
    const std::string again = directory_.File("again.safetensors");
    SaveParameters(config_, read, again, precision);
    const SafetensorsFile first(path()), second(again);
    for (const SafetensorsEntry& entry : first.entries()) {
      if (entry.name.ends_with(".scale")) continue;
      const SafetensorsEntry& other = *second.Find(entry.name);
      EXPECT_EQ(0, std::memcmp(entry.bytes.data(), other.bytes.data(), entry.bytes.size()))
          << entry.name;
    }
  }
}

TEST_F(ParameterFile, TensorsThatAreMissingOrUnknownAreNamed) {
  auto without = [](const std::string& name) {
    return [name](std::vector<SafetensorsEntry>& entries) {
      std::erase_if(entries, [&](const auto& entry) { return entry.name == name; });
    };
  };
  EXPECT_ERROR(ReadWith(Precision::kInt8, without("readout.W.scale")), ErrorKind::kData,
               "tensor \"readout.W.scale\" is missing");
  EXPECT_ERROR(ReadWith(Precision::kInt8, without("readout.W")), ErrorKind::kData,
               "tensor \"readout.W\" is missing");
  // A scale of a vector, which has none.
  EXPECT_ERROR(ReadWith(Precision::kInt8,
                        [](auto& entries) {
                          SafetensorsEntry more = EntryOf(entries, "output.b");
                          more.name = "output.b.scale";
                          entries.push_back(more);
                        }),
               ErrorKind::kData, "tensor \"output.b.scale\" is unknown");
}

TEST_F(ParameterFile, ShapesAndTypesThatDoNotFitAreNamed) {
  EXPECT_ERROR(ReadWith(Precision::kInt8,
                        [](auto& entries) {
                          EntryOf(entries, "readout.W.scale").shape = {3, 1};
                        }),
               ErrorKind::kData, "tensor \"readout.W.scale\" has the shape [3,1], not [3]");
  EXPECT_ERROR(ReadWith(Precision::kInt8,
                        [](auto& entries) { EntryOf(entries, "readout.W").dtype = Dtype::kU8; }),
               ErrorKind::kData, "tensor \"readout.W\" is of type U8, not I8");
  EXPECT_ERROR(ReadWith(Precision::kBfloat16,
                        [](auto& entries) { EntryOf(entries, "readout.W").dtype = Dtype::kF16; }),
               ErrorKind::kData, "tensor \"readout.W\" is of type F16, not BF16");
  // What one precision has written, read as another.
  Save(Precision::kInt8);
  Parameters read(config_);
  EXPECT_ERROR(LoadParameters(config_, path(), read), ErrorKind::kData, "of type I8, not F32");
  Save(Precision::kFloat32);
  EXPECT_ERROR(LoadParameters(config_, path(), read, Precision::kInt8), ErrorKind::kData,
               "of type F32, not I8");
}

TEST_F(ParameterFile, NumbersThatAreNotFiniteAreNamed) {
  const std::vector<float> scales = {1, INFINITY, 1};
  EXPECT_ERROR(ReadWith(Precision::kInt8,
                        [&](auto& entries) {
                          EntryOf(entries, "readout.W.scale").bytes =
                              std::as_bytes(std::span(scales));
                        }),
               ErrorKind::kData, "tensor \"readout.W.scale\": number 1 is not finite");
  std::vector<uint16_t> halves(3 * 12, 0x3f80);
  halves[7] = 0x7fc0;
  EXPECT_ERROR(ReadWith(Precision::kBfloat16,
                        [&](auto& entries) {
                          SafetensorsEntry& entry = EntryOf(entries, "readout.W");
                          entry.bytes = std::as_bytes(std::span(halves)).first(entry.bytes.size());
                        }),
               ErrorKind::kData, "tensor \"readout.W\": number 7 is not finite");
}

}  // namespace
}  // namespace atento
