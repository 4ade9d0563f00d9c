// Feature vectors as the source of a model: what `atento features` has computed of images, or
// anybody of anything. Part of the public API.
#ifndef ATENTO_FEATURES_H_
#define ATENTO_FEATURES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atento/error.h"
#include "atento/options.h"

namespace atento {

// The vectors of one thing, e.g. of an image: consecutive rows of the set's table.
struct FeatureItem {
  std::string name;
  int first_row = 0;
  int rows = 0;  // at least 1
  // If the vectors are cells of a grid, row by row: its size; else 0.
  int grid_height = 0, grid_width = 0;
};

// The items of a file, or of memory, all with vectors of one size. Immutable, and safe from several
// threads.
class FeatureSet {
 public:
  // A safetensors file with a tensor of type F32 for each item, [rows, size] or [height, width,
  // size] (docs/file-format.md). Throws Error{kNotFound}, {kIo}, and Error{kData}, naming file and
  // item, for everything else: damage, other types and shapes, vectors of different sizes, numbers
  // that are not finite. Cost: the file is read into memory and looked at once.
  explicit FeatureSet(const std::string& path);

  // One item of `Memory`, row by row.
  struct Memory {
    std::string name;
    std::vector<int64_t> shape;  // as in a file
    std::vector<float> values;
  };
  // name: of the whole, for messages. Throws Error{kData} as above.
  FeatureSet(std::string name, std::span<const Memory> items);
  ~FeatureSet();
  FeatureSet(FeatureSet&&) noexcept;
  FeatureSet& operator=(FeatureSet&&) noexcept;

  const std::string& name() const;
  int feature_size() const;  // of a vector
  // At least one, in the order of the file.
  const std::vector<FeatureItem>& items() const;
  // Throws Error{kData}, naming the file, if there is none of this name.
  const FeatureItem& Find(std::string_view item) const;
  // row: in range. to: [feature_size()].
  void CopyRow(int row, std::span<float> to) const;
  void CopyRow(int row, std::span<double> to) const;

  // How the vectors were computed of images; cnn_checksum is empty if the file does not say.
  const CnnOptions& cnn() const;
  // Of the file: tells it from another one. 0 for memory.
  uint64_t hash() const;
  int64_t bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes a file that FeatureSet reads, all or nothing. Throws Error{kIo}. items: of different names
// (checked).
void WriteFeatures(const std::string& path, std::span<const FeatureSet::Memory> items,
                   const CnnOptions& cnn = {});

}  // namespace atento

#endif  // ATENTO_FEATURES_H_
