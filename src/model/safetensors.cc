#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <unordered_set>
#include <utility>

#include "atento/error.h"
#include "base/check.h"
#include "base/file.h"
#include "base/io_error.h"
#include "base/json.h"
#include "base/random.h"

namespace atento {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are written as they lie in memory");

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kAlignment = 64;
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kFormatKey = "atento_format";
constexpr const char* kFormat = "1";
constexpr const char* kChecksumKey = "atento_checksum";
constexpr const char* kRemedy = "copy or make the file again";

struct DtypeInfo {
  const char* name;
  size_t bytes;
};
constexpr std::array<DtypeInfo, 13> kDtypes = {{{"BOOL", 1},
                                                {"U8", 1},
                                                {"I8", 1},
                                                {"U16", 2},
                                                {"I16", 2},
                                                {"F16", 2},
                                                {"BF16", 2},
                                                {"U32", 4},
                                                {"I32", 4},
                                                {"F32", 4},
                                                {"U64", 8},
                                                {"I64", 8},
                                                {"F64", 8}}};

// A name on one line, whatever is in it.
std::string Quoted(std::string_view name) { return Json(name).Dump(); }

// The bytes of a tensor; false if they are beyond counting.
bool TensorBytes(Dtype dtype, std::span<const int64_t> shape, uint64_t* bytes) {
  uint64_t product = DtypeBytes(dtype);
  for (int64_t size : shape) {
    const uint64_t factor = static_cast<uint64_t>(size);
    if (factor != 0 && product > std::numeric_limits<uint64_t>::max() / factor) return false;
    product *= factor;
  }
  *bytes = product;
  return true;
}

std::string ChecksumText(std::span<const std::byte> data) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(SafetensorsChecksum(data)));
  return text;
}

// ---- writing -----------------------------------------------------------------------------------

using MetadataTexts = std::vector<std::pair<std::string, std::string>>;

Json::Object HeaderOf(std::span<const SafetensorsEntry> entries,
                      std::span<const std::pair<std::string, std::string>> metadata) {
  Json::Object header;
  std::unordered_set<std::string_view> names = {kMetadata};
  // The checksum of the numbers is not known yet, but its length is.
  Json::Object texts = {{kFormatKey, kFormat}, {kChecksumKey, std::string(16, '0')}};
  for (const auto& [name, text] : metadata) texts.emplace_back(name, text);
  header.emplace_back(kMetadata, Json(std::move(texts)));
  uint64_t offset = 0;
  for (const SafetensorsEntry& entry : entries) {
    uint64_t bytes = 0;
    CHECK(names.insert(entry.name).second, entry.name);
    CHECK(TensorBytes(entry.dtype, entry.shape, &bytes) && bytes == entry.bytes.size(), entry.name);
    Json::Array shape(entry.shape.begin(), entry.shape.end());
    Json::Array offsets = {offset, offset + bytes};
    offset += bytes;
    header.emplace_back(entry.name, Json(Json::Object{{"dtype", DtypeName(entry.dtype)},
                                                      {"shape", std::move(shape)},
                                                      {"data_offsets", std::move(offsets)}}));
  }
  return header;
}

// ---- reading -----------------------------------------------------------------------------------

// Reads and checks the header of a file in memory.
class Reader {
 public:
  Reader(std::string_view file, const std::string& name, MetadataTexts* metadata)
      : file_(file), name_(name), metadata_(metadata) {}

  std::vector<SafetensorsEntry> Read() {
    const Json header = Json::Parse(Header(), name_ + ": header");
    if (!header.is_object()) Fail("byte 8: the header is not a JSON object");
    for (const auto& [key, value] : header.AsObject()) {
      if (key == kMetadata) {
        InTensor(key, [&, &json = value] { Metadata(json); });
      } else {
        InTensor(key, [&, &tensor = key, &json = value] { Entry(tensor, json); });
      }
    }
    CheckOffsets();
    if (!checksum_.empty() && checksum_ != ChecksumText(data_)) {
      Fail(
          "the numbers do not have the checksum of the header: the file is damaged or was altered");
    }
    return std::move(entries_);
  }

 private:
  struct Interval {
    uint64_t begin, end;
    size_t entry;
  };

  [[noreturn]] void Fail(const std::string& what) const {
    throw Error(ErrorKind::kData, name_ + ": " + what + "; " + kRemedy);
  }

  // Runs read; what it throws gets the name of the tensor.
  template <class Function>
  void InTensor(const std::string& tensor, const Function& read) const {
    try {
      read();
    } catch (const Error& error) {
      Fail("tensor " + Quoted(tensor) + ": " + error.what());
    }
  }
  [[noreturn]] static void Bad(const std::string& what) { throw Error(ErrorKind::kData, what); }

  std::string_view Header() {
    if (file_.size() < kLengthBytes) {
      Fail("byte " + std::to_string(file_.size()) +
           ": the file ends within the length of the header: it is not a safetensors file, or cut");
    }
    uint64_t length = 0;
    std::memcpy(&length, file_.data(), kLengthBytes);
    if (length > kMaxHeaderBytes) {
      Fail("byte 0: a header of " + std::to_string(length) + " bytes, more than " +
           std::to_string(kMaxHeaderBytes) + ": it is not a safetensors file, or damaged");
    }
    if (length > file_.size() - kLengthBytes) {
      Fail("byte 0: a header of " + std::to_string(length) + " bytes in a file of " +
           std::to_string(file_.size()) + ": it is not a safetensors file, or cut");
    }
    data_ = std::as_bytes(std::span(file_)).subspan(kLengthBytes + length);
    return file_.substr(kLengthBytes, length);
  }

  void Metadata(const Json& metadata) {
    for (const auto& [key, value] : metadata.AsObject()) {
      const std::string& text = value.AsString();
      if (key == kFormatKey && text != kFormat) {
        Bad("format " + Quoted(text) + " is unknown to this version: update atento");
      }
      if (key == kChecksumKey) checksum_ = text.empty() ? "empty" : text;
      metadata_->emplace_back(key, text);
    }
  }

  void Entry(const std::string& name, const Json& json) {
    SafetensorsEntry entry;
    entry.name = name;
    for (const auto& [key, value] : json.AsObject()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        Bad("unknown key " + Quoted(key));
      }
    }
    entry.dtype = ReadDtype(json.At("dtype").AsString());
    for (const Json& size : json.At("shape").AsArray()) {
      entry.shape.push_back(NotNegative(size));
    }
    const Json::Array& offsets = json.At("data_offsets").AsArray();
    if (offsets.size() != 2) Bad("data_offsets are not two numbers");
    const uint64_t begin = static_cast<uint64_t>(NotNegative(offsets[0]));
    const uint64_t end = static_cast<uint64_t>(NotNegative(offsets[1]));
    if (begin > end || end > data_.size()) {
      Bad("bytes " + std::to_string(begin) + " to " + std::to_string(end) + " of " +
          std::to_string(data_.size()));
    }
    uint64_t bytes = 0;
    if (!TensorBytes(entry.dtype, entry.shape, &bytes) || bytes != end - begin) {
      Bad(std::to_string(end - begin) + " bytes for the shape " + ShapeText(entry.shape) + " of " +
          std::string(DtypeName(entry.dtype)));
    }
    entry.bytes = data_.subspan(begin, bytes);
    intervals_.push_back({begin, end, entries_.size()});
    entries_.push_back(std::move(entry));
  }

  static Dtype ReadDtype(const std::string& name) {
    for (size_t i = 0; i < kDtypes.size(); ++i) {
      if (name == kDtypes[i].name) return static_cast<Dtype>(i);
    }
    Bad("unknown dtype " + Quoted(name));
  }

  static int64_t NotNegative(const Json& json) {
    const int64_t value = json.AsInteger();
    if (value < 0) Bad("a size or an offset is " + std::to_string(value));
    return value;
  }

  // Together the tensors are the data, each byte once.
  void CheckOffsets() {
    std::sort(intervals_.begin(), intervals_.end(), [](const Interval& a, const Interval& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    uint64_t end = 0;
    for (const Interval& interval : intervals_) {
      if (interval.begin != end) {
        Fail("tensor " + Quoted(entries_[interval.entry].name) + ": starts at byte " +
             std::to_string(interval.begin) + " of the numbers, but the one before it ends at " +
             std::to_string(end));
      }
      end = interval.end;
    }
    if (end != data_.size()) {
      Fail("the tensors end at byte " + std::to_string(end) + " of the numbers, the file at byte " +
           std::to_string(data_.size()));
    }
  }

  std::string_view file_;
  const std::string& name_;
  MetadataTexts* metadata_;
  std::span<const std::byte> data_;
  std::string checksum_;
  std::vector<SafetensorsEntry> entries_;
  std::vector<Interval> intervals_;
};

template <class T>
void CopyNumbers(std::span<const std::byte> bytes, Vector values) {
  if constexpr (std::is_same_v<T, Real>) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
  } else {
    for (size_t i = 0; i < values.size(); ++i) {
      T value;
      std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
      values[i] = static_cast<Real>(value);
    }
  }
}

// The upper halves of floats.
void CopyBfloat16(std::span<const std::byte> bytes, Vector values) {
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half;
    std::memcpy(&half, bytes.data() + i * sizeof half, sizeof half);
    values[i] = static_cast<Real>(std::bit_cast<float>(static_cast<uint32_t>(half) << 16));
  }
}

}  // namespace

std::string_view DtypeName(Dtype dtype) { return kDtypes[static_cast<size_t>(dtype)].name; }
size_t DtypeBytes(Dtype dtype) { return kDtypes[static_cast<size_t>(dtype)].bytes; }

std::string ShapeText(std::span<const int64_t> shape) {
  return Json(Json::Array(shape.begin(), shape.end())).Dump();
}

SafetensorsEntry FloatEntry(std::string name, std::vector<int64_t> shape,
                            std::span<const float> values) {
  return {std::move(name), Dtype::kF32, std::move(shape), std::as_bytes(values)};
}

// Four lanes, so that the multiplications overlap.
uint64_t SafetensorsChecksum(std::span<const std::byte> data) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;
  std::array<uint64_t, 4> lanes = {1, 2, 3, 4};
  auto add = [](uint64_t& lane, uint64_t word) {
    lane = (lane ^ word) * kFactor;
    lane ^= lane >> 32;
  };
  const std::byte* at = data.data();
  size_t left = data.size();
  for (; left >= 32; left -= 32, at += 32) {
    std::array<uint64_t, 4> words;
    std::memcpy(words.data(), at, 32);
    for (size_t i = 0; i < 4; ++i) add(lanes[i], words[i]);
  }
  for (size_t i = 0; left > 0; ++i) {
    uint64_t word = 0;
    const size_t bytes = std::min(left, size_t{8});
    std::memcpy(&word, at, bytes);
    add(lanes[i], word);
    at += bytes;
    left -= bytes;
  }
  uint64_t sum = data.size();
  for (uint64_t lane : lanes) sum = MixBits(sum ^ lane);
  return sum;
}

void WriteSafetensors(const std::string& path, std::span<const SafetensorsEntry> entries,
                      std::span<const std::pair<std::string, std::string>> metadata) {
  Json header(HeaderOf(entries, metadata));
  std::string text = header.Dump();
  const size_t unpadded = kLengthBytes + text.size();
  const size_t begin = (unpadded + kAlignment - 1) / kAlignment * kAlignment;
  size_t size = begin;
  for (const SafetensorsEntry& entry : entries) size += entry.bytes.size();

  std::string file;
  file.reserve(size);
  file.resize(begin, ' ');
  for (const SafetensorsEntry& entry : entries) {
    file.append(reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size());
  }
  Json texts = header.At(kMetadata);
  texts.Set(kChecksumKey, ChecksumText(std::as_bytes(std::span(file)).subspan(begin)));
  text = header.Set(kMetadata, std::move(texts)).Dump();
  const uint64_t length = begin - kLengthBytes;
  std::memcpy(file.data(), &length, kLengthBytes);
  std::copy(text.begin(), text.end(), file.begin() + kLengthBytes);
  WriteFileAtomically(path, file);
}

std::string ReadSafetensorsChecksum(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ReadError("read " + path, errno);
  const auto fail = [&] {
    throw Error(ErrorKind::kData, path + ": its header is damaged; " + kRemedy);
  };
  uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), kLengthBytes);
  if (!file || length > kMaxHeaderBytes) fail();
  std::string header(length, '\0');
  file.read(header.data(), static_cast<std::streamsize>(length));
  if (!file) fail();
  return InContext(path + ": header", [&] {
    return Json::Parse(header, "its text").At(kMetadata).At(kChecksumKey).AsString();
  });
}

SafetensorsFile::SafetensorsFile(const std::string& path)
    : name_(path),
      storage_(MappedFile(path)),
      entries_(Reader(bytes(), name_, &metadata_).Read()) {}

SafetensorsFile::SafetensorsFile(std::string bytes, std::string name)
    : name_(std::move(name)),
      storage_(std::move(bytes)),
      entries_(Reader(this->bytes(), name_, &metadata_).Read()) {}

std::string_view SafetensorsFile::bytes() const {
  const auto* mapped = std::get_if<MappedFile>(&storage_);
  return mapped ? mapped->bytes() : std::string_view(std::get<std::string>(storage_));
}

const std::string* SafetensorsFile::Metadata(std::string_view name) const {
  for (const auto& [key, text] : metadata_) {
    if (key == name) return &text;
  }
  return nullptr;
}

const SafetensorsEntry* SafetensorsFile::Find(std::string_view name) const {
  for (const SafetensorsEntry& entry : entries_) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

void SafetensorsFile::ReadTensor(std::string_view name, std::span<const int64_t> shape,
                                 Vector values) const {
  const std::string where = name_ + ": tensor " + Quoted(name);
  const SafetensorsEntry* entry = Find(name);
  if (!entry) throw Error(ErrorKind::kData, where + " is missing; " + kRemedy);
  if (!std::equal(shape.begin(), shape.end(), entry->shape.begin(), entry->shape.end())) {
    throw Error(ErrorKind::kData, where + " has the shape " + ShapeText(entry->shape) + ", not " +
                                      ShapeText(shape) + "; " + kRemedy);
  }
  if (entry->dtype != Dtype::kF32 && entry->dtype != Dtype::kF64 && entry->dtype != Dtype::kBf16) {
    throw Error(ErrorKind::kData, where + " is of type " + std::string(DtypeName(entry->dtype)) +
                                      ", not F32; " + kRemedy);
  }
  CHECK(values.size() * DtypeBytes(entry->dtype) == entry->bytes.size(), where);
  if (entry->dtype == Dtype::kF32) {
    CopyNumbers<float>(entry->bytes, values);
  } else if (entry->dtype == Dtype::kF64) {
    CopyNumbers<double>(entry->bytes, values);
  } else {
    CopyBfloat16(entry->bytes, values);
  }
  const auto odd =
      std::find_if(values.begin(), values.end(), [](Real value) { return !std::isfinite(value); });
  if (odd != values.end()) {
    throw Error(ErrorKind::kData, where + ": number " + std::to_string(odd - values.begin()) +
                                      " is not finite; " + kRemedy);
  }
}

}  // namespace atento
