// Images by OpenCV: decoding, scaling, and the forward pass of a CNN.
#include "images/images_module.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "images/image_header.h"

namespace {

constexpr int64_t kMostPixels = 100'000'000;
constexpr int64_t kMostBytes = 1 << 28;

class Cnn {
 public:
  explicit Cnn(const AtentoImageSettings& settings)
      : settings_(settings), layer_(settings.layer), net_(cv::dnn::readNetFromONNX(settings.cnn)) {
    if (net_.empty()) throw std::runtime_error("it has no layers");
    net_.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    // OpenCV knows layers by numbers put before their names in the file.
    for (const std::string& name : net_.getLayerNames()) {
      if (name == layer_ || name.substr(name.find('!') + 1) == layer_) found_ = name;
    }
    if (!layer_.empty() && found_.empty()) {
      throw std::runtime_error("it has no output '" + layer_ + "'; its last is '" +
                               net_.getLayerNames().back() + "'");
    }
    const std::vector<int> outs = net_.getUnconnectedOutLayers();
    if (layer_.empty() && outs.empty()) throw std::runtime_error("it has no output");
  }

  // [3,size,size] into the n-th image of the blob.
  void Put(const std::string& path, cv::Mat& blob, int n) const {
    const std::vector<unsigned char> bytes = ReadBytes(path);
    const cv::Mat image = cv::imdecode(bytes, cv::IMREAD_COLOR);
    if (image.empty()) throw std::runtime_error("cannot be decoded: it is damaged or cut");
    cv::Mat scaled;
    const int size = settings_.size;
    const bool smaller = image.cols > size || image.rows > size;
    cv::resize(image, scaled, {size, size}, 0, 0, smaller ? cv::INTER_AREA : cv::INTER_LINEAR);
    for (int c = 0; c < 3; ++c) {
      float* to = blob.ptr<float>(n, c);
      for (int y = 0; y < size; ++y) {
        const unsigned char* row = scaled.ptr<unsigned char>(y);
        for (int x = 0; x < size; ++x) {
          // OpenCV has blue first.
          const double pixel = row[3 * x + 2 - c];
          *to++ =
              static_cast<float>((pixel * settings_.scale - settings_.mean[c]) / settings_.std[c]);
        }
      }
    }
  }

  void Compute(const char* const* paths, int count, AtentoImageFeatures* features,
               char* const* errors, int error_size) {
    std::vector<int> good;
    const int size = settings_.size;
    const int shape[] = {count, 3, size, size};
    cv::Mat blob(4, shape, CV_32F);
    for (int i = 0; i < count; ++i) {
      errors[i][0] = '\0';
      try {
        Put(paths[i], blob, static_cast<int>(good.size()));
        good.push_back(i);
      } catch (const std::exception& error) {
        std::snprintf(errors[i], static_cast<size_t>(error_size), "%s", OneLine(error).c_str());
      }
    }
    values_.clear();
    if (good.empty()) return;
    try {
      Run(blob, good, features);
    } catch (const std::exception& error) {
      for (int i : good) {
        std::snprintf(errors[i], static_cast<size_t>(error_size), "the CNN cannot run on it: %s",
                      OneLine(error).c_str());
      }
    }
  }

  static std::string OneLine(const std::exception& error) {
    std::string text = error.what();
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

 private:
  static std::vector<unsigned char> ReadBytes(const std::string& path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw std::runtime_error(std::strerror(errno));
    std::vector<unsigned char> bytes;
    unsigned char chunk[1 << 16];
    for (size_t n; (n = std::fread(chunk, 1, sizeof chunk, file.get())) > 0;) {
      bytes.insert(bytes.end(), chunk, chunk + n);
      if (static_cast<int64_t>(bytes.size()) > kMostBytes) {
        throw std::runtime_error("has more than 256 MiB");
      }
    }
    if (std::ferror(file.get()) != 0) throw std::runtime_error(std::strerror(errno));
    const atento::ImageSize size = atento::ReadImageSize({bytes.data(), bytes.size()});
    if (size.width < 1 || size.height < 1) {
      throw std::runtime_error("is neither a JPEG nor a PNG image, or damaged");
    }
    if (size.width * size.height > kMostPixels) {
      throw std::runtime_error("has " + std::to_string(size.width) + " x " +
                               std::to_string(size.height) + " pixels, over 100 million");
    }
    if (!atento::HasImageEnd({bytes.data(), bytes.size()})) throw std::runtime_error("is cut");
    return bytes;
  }

  // [N,D,H,W] → [H,W,D]; [N,R,D] → [R,D]; [N,D] → [1,D].
  void Run(const cv::Mat& blob, const std::vector<int>& good, AtentoImageFeatures* features) {
    const int N = static_cast<int>(good.size());
    const int size = settings_.size;
    const int shape[] = {N, 3, size, size};
    net_.setInput(cv::Mat(4, shape, CV_32F, blob.data));
    const cv::Mat output = found_.empty() ? net_.forward() : net_.forward(found_);
    if (output.type() != CV_32F || output.dims < 2 || output.dims > 4 || output.size[0] != N) {
      throw std::runtime_error("its output is not [N,D,H,W], [N,R,D] or [N,D] of float32");
    }
    const size_t each = output.total() / static_cast<size_t>(N);
    values_.resize(output.total());
    const float* from = output.ptr<float>();
    for (int n = 0; n < N; ++n) {
      AtentoImageFeatures& result = features[good[static_cast<size_t>(n)]];
      float* to = values_.data() + static_cast<size_t>(n) * each;
      const float* image = from + static_cast<size_t>(n) * each;
      if (output.dims == 4) {
        const int D = output.size[1], cells = output.size[2] * output.size[3];
        result = {3, {output.size[2], output.size[3], D}, to};
        for (int j = 0; j < cells; ++j) {
          for (int d = 0; d < D; ++d) *to++ = image[d * cells + j];
        }
      } else {
        const int rows = output.dims == 3 ? output.size[1] : 1;
        result = {2, {rows, output.size[output.dims - 1], 0}, to};
        std::copy_n(image, each, to);
      }
    }
  }

  AtentoImageSettings settings_;
  std::string layer_;
  cv::dnn::Net net_;
  std::string found_;  // the layer, as OpenCV calls it; empty: the last
  std::vector<float> values_;
};

void* Open(const AtentoImageSettings* settings, char* error, int error_size) {
  try {
    // What it has to say comes back as an error, and it also logs it.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    return new Cnn(*settings);
  } catch (const std::exception& fault) {
    std::snprintf(error, static_cast<size_t>(error_size), "%s", Cnn::OneLine(fault).c_str());
    return nullptr;
  }
}

void Close(void* cnn) { delete static_cast<Cnn*>(cnn); }

void Compute(void* cnn, const char* const* paths, int count, AtentoImageFeatures* features,
             char* const* errors, int error_size) {
  try {
    static_cast<Cnn*>(cnn)->Compute(paths, count, features, errors, error_size);
  } catch (const std::exception& fault) {  // no memory for all of them
    for (int i = 0; i < count; ++i) {
      std::snprintf(errors[i], static_cast<size_t>(error_size), "%s", Cnn::OneLine(fault).c_str());
    }
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const AtentoImagesModule* atento_images_module() {
  static const AtentoImagesModule module = {ATENTO_IMAGES_VERSION, Open, Close, Compute};
  return &module;
}
