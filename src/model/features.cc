// The public FeatureSet: a safetensors file whose numbers, together, are one table of rows.
#include "atento/features.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/json.h"
#include "base/options.h"
#include "base/utf8.h"
#include "model/safetensors.h"

namespace atento {
namespace {

// In the metadata of the file.
constexpr const char* kCnnKey = "atento_cnn";

}  // namespace

struct FeatureSet::Impl {
  std::string name;
  std::optional<SafetensorsFile> file;
  std::vector<float> memory;
  const std::byte* table = nullptr;  // of any alignment
  int size = 0;
  int rows = 0;
  std::vector<FeatureItem> items;
  std::unordered_map<std::string_view, size_t> places;
  CnnOptions cnn;

  [[noreturn]] void Fail(const std::string& item, const std::string& what) const {
    throw Error(ErrorKind::kData, name + ": item " + Json(item).Dump() + " " + what +
                                      ": make the file again with atento features, or leave the "
                                      "item out");
  }

  // Takes the shape of the next item; its first row is set by the caller.
  FeatureItem& Add(const std::string& item, std::span<const int64_t> shape) {
    const bool grid = shape.size() == 3;
    if (shape.size() != 2 && !grid) {
      Fail(item,
           "has the shape " + ShapeText(shape) + ", not [rows, size] or [height, width, size]");
    }
    if (item.empty() || FindInvalidUtf8(item) != std::string::npos ||
        item.find_first_of("\t\n\r") != std::string::npos) {
      Fail(item, "has a name that cannot stand in a line of text");
    }
    constexpr int64_t kMost = std::numeric_limits<int>::max();
    for (int64_t n : shape) {
      if (n < 1 || n > kMost)
        Fail(item, "has the shape " + ShapeText(shape) + ", with nothing in it");
    }
    const int64_t item_rows = grid ? shape[0] * shape[1] : shape[0];
    if (size == 0) size = static_cast<int>(shape.back());
    if (shape.back() != size) {
      Fail(item, "has vectors of " + std::to_string(shape.back()) + " numbers, others of " +
                     std::to_string(size));
    }
    if (item_rows > kMost - rows) Fail(item, "is one too many: the file has over 2^31 vectors");
    rows += static_cast<int>(item_rows);
    FeatureItem& added = items.emplace_back();
    added.name = item;
    added.rows = static_cast<int>(item_rows);
    if (grid) {
      added.grid_height = static_cast<int>(shape[0]);
      added.grid_width = static_cast<int>(shape[1]);
    }
    return added;
  }

  // After the last item.
  void Finish() {
    if (items.empty()) {
      throw Error(ErrorKind::kData, name + ": has no items; make it with atento features");
    }
    for (size_t i = 0; i < items.size(); ++i) {
      const FeatureItem& item = items[i];
      if (!places.emplace(item.name, i).second) Fail(item.name, "is there twice");
      for (int r = 0; r < item.rows; ++r) CheckRow(item, item.first_row + r);
    }
  }

  void CheckRow(const FeatureItem& item, int row) const {
    const std::byte* at = Row(row);
    for (int k = 0; k < size; ++k, at += sizeof(float)) {
      float value;
      std::memcpy(&value, at, sizeof value);
      if (std::isfinite(value)) continue;
      Fail(item.name,
           "has a number that is not finite, in vector " + std::to_string(row - item.first_row));
    }
  }

  const std::byte* Row(int row) const {
    return table + static_cast<size_t>(row) * static_cast<size_t>(size) * sizeof(float);
  }

  // The reader has seen that the tensors lie side by side, and so they are one table.
  void ReadItems() {
    for (const SafetensorsEntry& entry : file->entries()) {
      if (entry.dtype != Dtype::kF32) {
        Fail(entry.name, "is of type " + std::string(DtypeName(entry.dtype)) + ", not F32");
      }
      if (!table || entry.bytes.data() < table) table = entry.bytes.data();
    }
    for (const SafetensorsEntry& entry : file->entries()) {
      FeatureItem& item = Add(entry.name, entry.shape);
      const size_t row_bytes = static_cast<size_t>(size) * sizeof(float);
      item.first_row =
          static_cast<int>(static_cast<size_t>(entry.bytes.data() - table) / row_bytes);
    }
  }

  void ReadCnn() {
    const std::string* text = file->Metadata(kCnnKey);
    if (!text) return;
    const std::string where = name + ": " + kCnnKey;
    cnn = OptionsFromJson(Json::Parse(*text, where), CnnOptions{}, where);
  }
};

FeatureSet::FeatureSet(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->name = path;
  impl_->file.emplace(path);
  impl_->ReadItems();
  impl_->Finish();
  impl_->ReadCnn();
}

FeatureSet::FeatureSet(std::string name, std::span<const Memory> items)
    : impl_(std::make_unique<Impl>()) {
  impl_->name = std::move(name);
  for (const Memory& memory : items) {
    const int first = impl_->rows;
    impl_->Add(memory.name, memory.shape).first_row = first;
    CHECK(memory.values.size() ==
          static_cast<size_t>(impl_->rows - first) * static_cast<size_t>(impl_->size));
    impl_->memory.insert(impl_->memory.end(), memory.values.begin(), memory.values.end());
  }
  impl_->table = std::as_bytes(std::span(impl_->memory)).data();
  impl_->Finish();
}

FeatureSet::~FeatureSet() = default;
FeatureSet::FeatureSet(FeatureSet&&) noexcept = default;
FeatureSet& FeatureSet::operator=(FeatureSet&&) noexcept = default;

const std::string& FeatureSet::name() const { return impl_->name; }
int FeatureSet::feature_size() const { return impl_->size; }
const std::vector<FeatureItem>& FeatureSet::items() const { return impl_->items; }
const CnnOptions& FeatureSet::cnn() const { return impl_->cnn; }

const FeatureItem& FeatureSet::Find(std::string_view item) const {
  const auto found = impl_->places.find(item);
  if (found != impl_->places.end()) return impl_->items[found->second];
  throw Error(ErrorKind::kData, impl_->name + " has no item " + Json(item).Dump() +
                                    ": give the file that has its vectors");
}

void FeatureSet::CopyRow(int row, std::span<float> to) const {
  CHECK(row >= 0 && row < impl_->rows && to.size() == static_cast<size_t>(impl_->size));
  std::memcpy(to.data(), impl_->Row(row), to.size_bytes());
}

void FeatureSet::CopyRow(int row, std::span<double> to) const {
  std::vector<float> values(to.size());
  CopyRow(row, values);
  std::copy(values.begin(), values.end(), to.begin());
}

uint64_t FeatureSet::hash() const {
  return impl_->file ? SafetensorsChecksum(std::as_bytes(std::span(impl_->file->bytes()))) : 0;
}
int64_t FeatureSet::bytes() const {
  return impl_->file ? static_cast<int64_t>(impl_->file->bytes().size()) : 0;
}

void WriteFeatures(const std::string& path, std::span<const FeatureSet::Memory> items,
                   const CnnOptions& cnn) {
  std::vector<SafetensorsEntry> entries;
  for (const FeatureSet::Memory& item : items) {
    entries.push_back(FloatEntry(item.name, item.shape, item.values));
  }
  std::vector<std::pair<std::string, std::string>> metadata;
  if (!cnn.cnn_checksum.empty()) metadata.emplace_back(kCnnKey, OptionsToJson(cnn).Dump());
  WriteSafetensors(path, entries, metadata);
}

}  // namespace atento
