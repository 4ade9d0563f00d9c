#include "model/parameter_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "base/json.h"
#include "math/kernels.h"

namespace atento {
namespace {

// A tensor as it is stored.
struct StoredTensor {
  std::string name;
  Dtype dtype;
  std::vector<int64_t> shape;
};

std::string ScaleName(const Tensor& tensor) { return tensor.name + ".scale"; }

// One or two: the numbers, and of int8 the scales of the rows.
std::vector<StoredTensor> StoredTensors(const Tensor& tensor, Precision precision) {
  if (tensor.cols == 0) return {{tensor.name, Dtype::kF32, {tensor.rows}}};
  const std::vector<int64_t> shape = {tensor.rows, tensor.cols};
  switch (precision) {
    case Precision::kFloat32:
      return {{tensor.name, Dtype::kF32, shape}};
    case Precision::kBfloat16:
      return {{tensor.name, Dtype::kBf16, shape}};
    case Precision::kInt8:
      return {{tensor.name, Dtype::kI8, shape}, {ScaleName(tensor), Dtype::kF32, {tensor.rows}}};
  }
  CHECK(false, "precision");
}

// ---- writing -----------------------------------------------------------------------------------

// The entries of a file, and the numbers that were converted for it.
class Writer {
 public:
  explicit Writer(Precision precision) : precision_(precision) {}

  void Add(const Tensor& tensor) {
    if (tensor.cols == 0 || precision_ == Precision::kFloat32) {
      AddFloats(tensor, tensor.values());
    } else if (precision_ == Precision::kBfloat16) {
      std::vector<uint16_t> halves(tensor.size());
      RoundToBfloat16(*tensor.matrix, halves.data());
      Append(StoredTensors(tensor, precision_)[0], halves);
    } else {
      AddInt8(tensor);
    }
  }
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }

 private:
  // Where they are, or, in the f64 build, as a copy.
  template <class T>
  void AddFloats(const Tensor& tensor, std::span<T> values) {
    const StoredTensor stored = StoredTensors(tensor, Precision::kFloat32)[0];
    if constexpr (std::is_same_v<T, float>) {
      entries_.push_back(FloatEntry(stored.name, stored.shape, values));
    } else {
      Append(stored, std::vector<float>(values.begin(), values.end()));
    }
  }

  void AddInt8(const Tensor& tensor) {
    std::vector<int8_t> numbers;
    std::vector<float> scales;
    for (int row = 0; row < tensor.rows; ++row) {
      const ConstVector values = tensor.matrix->RowSpan(row);
      float largest = 0;
      for (Real value : values) largest = std::max(largest, std::abs(static_cast<float>(value)));
      const float scale = largest / 127;
      scales.push_back(scale);
      for (Real value : values) {
        const float q = scale > 0 ? std::nearbyint(static_cast<float>(value) / scale) : 0;
        numbers.push_back(static_cast<int8_t>(std::clamp(q, -127.0f, 127.0f)));
      }
    }
    const std::vector<StoredTensor> stored = StoredTensors(tensor, Precision::kInt8);
    Append(stored[0], numbers);
    Append(stored[1], scales);
  }

  template <class T>
  void Append(const StoredTensor& stored, const std::vector<T>& numbers) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(numbers));
    std::unique_ptr<std::byte[]> copy(new std::byte[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    entries_.push_back({stored.name, stored.dtype, stored.shape, {copy.get(), bytes.size()}});
    converted_.push_back(std::move(copy));
  }

  const Precision precision_;
  std::vector<SafetensorsEntry> entries_;
  std::vector<std::unique_ptr<std::byte[]>> converted_;
};

// ---- reading -----------------------------------------------------------------------------------

void ReadInt8(const Tensor& tensor, const SafetensorsFile& file) {
  const std::vector<StoredTensor> stored = StoredTensors(tensor, Precision::kInt8);
  std::vector<Real> scales(static_cast<size_t>(tensor.rows));
  file.ReadTensor(stored[1].name, stored[1].shape, scales);
  const std::span<const std::byte> bytes = file.Find(stored[0].name)->bytes;
  const size_t cols = static_cast<size_t>(tensor.cols);
  for (size_t row = 0; row < scales.size(); ++row) {
    const Vector values = tensor.matrix->RowSpan(static_cast<int>(row));
    for (size_t i = 0; i < cols; ++i) {
      values[i] = scales[row] * static_cast<Real>(static_cast<int8_t>(bytes[row * cols + i]));
    }
  }
}

}  // namespace

void SaveParameters(const ModelConfig& config, const Parameters& parameters,
                    const std::string& path, Precision precision) {
  Writer writer(precision);
  Seq2SeqParams views = parameters.views();  // ForEachTensor hands out views that may be written
  ForEachTensor(config, views, [&](const Tensor& tensor) { writer.Add(tensor); });
  WriteSafetensors(path, writer.entries());
}

void CheckParameters(const ModelConfig& config, const SafetensorsFile& file, Precision precision) {
  auto fail = [&](const std::string& tensor, const std::string& what) {
    throw Error(ErrorKind::kData, file.name() + ": tensor " + Json(tensor).Dump() + " " + what +
                                      ": the file does not belong to this model's config.json");
  };
  std::vector<std::string> names;
  Seq2SeqParams shapes;
  ForEachTensor(config, shapes, [&](const Tensor& tensor) {
    for (const StoredTensor& stored : StoredTensors(tensor, precision)) {
      names.push_back(stored.name);
      const SafetensorsEntry* entry = file.Find(stored.name);
      if (!entry) return fail(stored.name, "is missing");
      if (entry->dtype != stored.dtype) {
        fail(stored.name, "is of type " + std::string(DtypeName(entry->dtype)) + ", not " +
                              std::string(DtypeName(stored.dtype)));
      }
      if (entry->shape != stored.shape) {
        fail(stored.name,
             "has the shape " + ShapeText(entry->shape) + ", not " + ShapeText(stored.shape));
      }
    }
  });
  if (file.entries().size() == names.size()) return;
  for (const SafetensorsEntry& entry : file.entries()) {
    const bool known = std::find(names.begin(), names.end(), entry.name) != names.end();
    if (!known) fail(entry.name, "is unknown");
  }
}

void CopyParameters(const ModelConfig& config, const SafetensorsFile& file, Precision precision,
                    Parameters& parameters) {
  ForEachTensor(config, parameters.views(), [&](const Tensor& tensor) {
    if (tensor.cols > 0 && precision == Precision::kInt8) return ReadInt8(tensor, file);
    file.ReadTensor(tensor.name, StoredTensors(tensor, precision)[0].shape, tensor.values());
  });
}

void LoadParameters(const ModelConfig& config, const std::string& path, Parameters& parameters,
                    Precision precision) {
  const SafetensorsFile file(path);
  CheckParameters(config, file, precision);
  CopyParameters(config, file, precision, parameters);
}

}  // namespace atento
