// The safetensors format: named tensors in one file. A length (8 bytes, little-endian), a JSON
// header of that length, then the numbers, without holes
// (https://github.com/huggingface/safetensors).
//
// Independent of the model; optimizer states are kept in such files too. What Atento adds, a
// checksum of the numbers, is in docs/file-format.md; files without it are read as well.
#ifndef ATENTO_MODEL_SAFETENSORS_H_
#define ATENTO_MODEL_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.h"
#include "math/views.h"

namespace atento {

enum class Dtype { kBool, kU8, kI8, kU16, kI16, kF16, kBf16, kU32, kI32, kF32, kU64, kI64, kF64 };

// "F32", as in the header.
std::string_view DtypeName(Dtype dtype);
size_t DtypeBytes(Dtype dtype);

struct SafetensorsEntry {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;  // empty: one number
  // Row-major, little-endian; of any alignment. Somebody else's.
  std::span<const std::byte> bytes;
};

// The entry of numbers that stay where they are until it is written.
SafetensorsEntry FloatEntry(std::string name, std::vector<int64_t> shape,
                            std::span<const float> values);

// Writes the entries in the order given, all or nothing (base/file.h). The numbers start at a
// multiple of 64 bytes; equal entries give equal files. Holds a copy of the file in memory for as
// long. Throws Error{kIo}. Requires: names that differ, none of them "__metadata__"; bytes that fit
// dtype and shape. metadata: names and texts for the header, none beginning with "atento_format" or
// "atento_checksum".
void WriteSafetensors(const std::string& path, std::span<const SafetensorsEntry> entries,
                      std::span<const std::pair<std::string, std::string>> metadata = {});

// A file, checked; mapped (base/file.h), or in memory.
class SafetensorsFile {
 public:
  // Throws Error{kNotFound}, {kIo}, and Error{kData}, naming the byte or the tensor, for everything
  // that is not as the format says: a header that is cut, too long (100 MB) or no such JSON, types
  // that are unknown, numbers that overlap, leave holes or end elsewhere than the file; and for
  // numbers that do not have the checksum, if there is one.
  explicit SafetensorsFile(const std::string& path);
  // The same from memory; `name` is for messages.
  SafetensorsFile(std::string bytes, std::string name);
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::string& name() const { return name_; }
  // In the order of the header. Their bytes live as long as this object.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  // A text of the header; nullptr if there is none of this name.
  const std::string* Metadata(std::string_view name) const;
  // The whole file.
  std::string_view bytes() const;
  // nullptr if there is none of this name.
  const SafetensorsEntry* Find(std::string_view name) const;
  // The numbers of an F32, F64 or BF16 tensor. Throws Error{kData}, naming it, if it is missing, of
  // another type or shape, or has a number that is not finite. values has the shape's size
  // (checked).
  void ReadTensor(std::string_view name, std::span<const int64_t> shape, Vector values) const;

 private:
  const std::string name_;
  const std::variant<MappedFile, std::string> storage_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<SafetensorsEntry> entries_;
};

// The checksum that the header of the file has; the numbers are not read. Throws Error{kNotFound},
// {kIo}, and Error{kData} for a header that is damaged or has none.
std::string ReadSafetensorsChecksum(const std::string& path);

// The checksum of docs/file-format.md: any change within eight bytes changes it.
uint64_t SafetensorsChecksum(std::span<const std::byte> data);

// "[3, 4]": for messages.
std::string ShapeText(std::span<const int64_t> shape);

}  // namespace atento

#endif  // ATENTO_MODEL_SAFETENSORS_H_
