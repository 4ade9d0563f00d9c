#include "cli/images.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/utf8.h"
#include "images/images_module.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

constexpr int kErrorSize = 400;

// Beside the program, as it is built, or in the library directory, as it is installed.
const AtentoImagesModule& LoadModule() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  const std::string name = "libatento_images.so";
  std::string reason;
  for (const fs::path& path :
       {program / name, program.parent_path() / ATENTO_LIBRARY_DIRECTORY / "atento" / name}) {
    if (!FileExists(path.string())) continue;
    // OpenCV's protobuf is not to find the symbols of SentencePiece's, which is another library.
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (module == nullptr) {
      reason = dlerror();
      continue;
    }
    const auto get =
        reinterpret_cast<decltype(&atento_images_module)>(dlsym(module, "atento_images_module"));
    if (get != nullptr && get()->version == ATENTO_IMAGES_VERSION) return *get();
    reason = path.string() + " is of another version";
  }
  throw Error(ErrorKind::kInternal,
              "images need " + name + ", which is " +
                  (reason.empty() ? "missing" : "not usable (" + reason + ")") +
                  ": install the package libopencv-dev and build again with -DATENTO_IMAGES=ON");
}

// Captions name an item in a line of text, and a file of features has one name for itself.
void CheckItemName(const std::string& file) {
  const std::string name = ImageItem(file);
  if (FindInvalidUtf8(name) == std::string::npos &&
      name.find_first_of("\t\n\r") == std::string::npos && name != "__metadata__") {
    return;
  }
  throw Error(ErrorKind::kUsage, "image " + Json(ReplaceInvalidUtf8(file)).Dump() +
                                     " has a name that no item can have: rename it");
}

// "R,G,B".
void ParseTriple(const char* flag, const std::string& text, double* values) {
  const char *at = text.data(), *end = at + text.size();
  for (int i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, values[i]);
    const bool last = i == 2;
    if (error != std::errc() || !std::isfinite(values[i]) ||
        (last ? next != end : next == end || *next != ',')) {
      throw Error(ErrorKind::kUsage,
                  std::string("--") + flag + ": '" + text + "' is not three numbers, R,G,B");
    }
    at = next + 1;
  }
}

// In the order of their names.
std::vector<std::string> FilesInside(const std::string& directory) {
  std::vector<std::string> files;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::kIo, "cannot list " + directory + ": " + error.code().message() +
                                    "; check its permissions");
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string CnnChecksum(const std::string& path) {
  return fmt::format("{:016x}", HashBytes(ReadFile(path)));
}

}  // namespace

struct ImageCnn::Impl {
  const AtentoImagesModule& module = LoadModule();
  void* cnn = nullptr;
  CnnOptions options;
};

ImageCnn::ImageCnn(const std::string& path, const ImageOptions& options) {
  AtentoImageSettings settings = {};
  ParseTriple("mean", options.mean, settings.mean);
  ParseTriple("std", options.std, settings.std);
  if (std::find(settings.std, settings.std + 3, 0.0) != settings.std + 3) {
    throw Error(ErrorKind::kUsage, "--std " + options.std + " has a 0, which divides nothing");
  }
  const std::string checksum = CnnChecksum(path);
  impl_ = std::make_unique<Impl>();
  static_cast<ImageOptions&>(impl_->options) = options;
  impl_->options.cnn = fs::path(path).filename().string();
  impl_->options.cnn_checksum = checksum;
  settings.cnn = path.c_str();
  settings.layer = options.layer.c_str();
  settings.size = options.size;
  settings.scale = options.scale;
  std::array<char, kErrorSize> error = {};
  impl_->cnn = impl_->module.open(&settings, error.data(), kErrorSize);
  if (impl_->cnn == nullptr) {
    throw Error(ErrorKind::kData, path + ": no CNN that can be used: " + error.data());
  }
}

ImageCnn::~ImageCnn() {
  if (impl_->cnn != nullptr) impl_->module.close(impl_->cnn);
}

const CnnOptions& ImageCnn::options() const { return impl_->options; }

std::vector<std::optional<FeatureSet::Memory>> ImageCnn::Compute(
    std::span<const std::string> paths) const {
  const size_t count = paths.size();
  std::vector<const char*> names;
  std::vector<AtentoImageFeatures> features(count);
  std::vector<std::array<char, kErrorSize>> texts(count);
  std::vector<char*> errors;
  for (size_t i = 0; i < count; ++i) {
    names.push_back(paths[i].c_str());
    errors.push_back(texts[i].data());
  }
  impl_->module.compute(impl_->cnn, names.data(), static_cast<int>(count), features.data(),
                        errors.data(), kErrorSize);
  std::vector<std::optional<FeatureSet::Memory>> results(count);
  for (size_t i = 0; i < count; ++i) {
    if (errors[i][0] != '\0') {
      LogWarning(paths[i] + ": " + ReplaceInvalidUtf8(errors[i]) + "; left out");
      continue;
    }
    FeatureSet::Memory item{.name = ImageItem(paths[i]), .shape = {}, .values = {}};
    size_t size = 1;
    for (int d = 0; d < features[i].dimensions; ++d) {
      item.shape.push_back(features[i].shape[d]);
      size *= static_cast<size_t>(features[i].shape[d]);
    }
    item.values.assign(features[i].values, features[i].values + size);
    if (std::all_of(item.values.begin(), item.values.end(),
                    [](float value) { return std::isfinite(value); })) {
      results[i] = std::move(item);
    } else {
      LogWarning(paths[i] + ": the CNN's output is not finite; left out");
    }
  }
  return results;
}

std::unique_ptr<ImageCnn> OpenCnnOf(const CnnOptions& of_model, const std::string& path) {
  if (of_model.cnn_checksum.empty()) {
    throw Error(ErrorKind::kUsage,
                "the model does not know which CNN its features came from: compute them with "
                "atento features, and give that file");
  }
  if (path.empty()) {
    throw Error(ErrorKind::kUsage,
                "--cnn is missing; give the file " + of_model.cnn + " of the model's training");
  }
  if (CnnChecksum(path) != of_model.cnn_checksum) {
    throw Error(ErrorKind::kUsage, "--cnn " + path +
                                       " is another CNN than that of the model's "
                                       "training; give " +
                                       of_model.cnn + " as it was");
  }
  return std::make_unique<ImageCnn>(path, of_model);
}

std::string ImageItem(const std::string& path) { return fs::path(path).filename().string(); }

std::vector<std::string> ImageFiles(std::span<const std::string> arguments) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("@")) {
      LineReader lines(argument.substr(1));
      for (std::string line; lines.Next(&line);) {
        if (!line.empty()) files.push_back(line);
      }
    } else if (IsDirectory(argument)) {
      const std::vector<std::string> inside = FilesInside(argument);
      files.insert(files.end(), inside.begin(), inside.end());
    } else {
      files.push_back(argument);
    }
  }
  if (files.empty()) throw Error(ErrorKind::kUsage, "there are no images; name at least one file");
  std::map<std::string, std::string> names;
  for (const std::string& file : files) {
    CheckItemName(file);
    const auto [known, added] = names.emplace(ImageItem(file), file);
    if (added) continue;
    throw Error(ErrorKind::kUsage, known->second + " and " + file +
                                       " have one name, by which captions would find either: "
                                       "rename one");
  }
  return files;
}

}  // namespace atento
