// Feature vectors of images, by the module that has OpenCV in it (images/images_module.h).
#ifndef ATENTO_CLI_IMAGES_H_
#define ATENTO_CLI_IMAGES_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atento/features.h"
#include "atento/options.h"

namespace atento {

// A CNN, ready to run.
class ImageCnn {
 public:
  // path: an ONNX file. Throws Error{kUsage} for a mean or std that is not three finite numbers,
  // Error{kInternal} if this build or machine has no module, Error{kData} if the file is no CNN or
  // has no such layer; as ReadFile too.
  ImageCnn(const std::string& path, const ImageOptions& options);
  ~ImageCnn();
  ImageCnn(const ImageCnn&) = delete;
  ImageCnn& operator=(const ImageCnn&) = delete;

  // The options, and what tells the CNN from another one.
  const CnnOptions& options() const;
  // The features of each image, under the name of its file without folders. One that cannot be
  // read, or of which the CNN makes infinite numbers, is reported on standard error, and has none.
  std::vector<std::optional<FeatureSet::Memory>> Compute(std::span<const std::string> paths) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The CNN that a model's features came from, at `path`. Throws Error{kUsage} if the model does not
// know it, if path is empty, and if that file is another CNN; and as above.
std::unique_ptr<ImageCnn> OpenCnnOf(const CnnOptions& of_model, const std::string& path);

// The name of an image as an item.
std::string ImageItem(const std::string& path);

// Files for a directory, in the order of their names; for @FILE the lines of FILE; others as they
// are. Throws Error{kUsage} if two have the same name, one has a name that no item can have, or
// there are none, and Error{kIo} for a directory that cannot be read.
std::vector<std::string> ImageFiles(std::span<const std::string> arguments);

}  // namespace atento

#endif  // ATENTO_CLI_IMAGES_H_
