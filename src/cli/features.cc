// atento features: images in, the feature vectors of a CNN out.
#include <fmt/format.h>

#include <algorithm>

#include "atento/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/images.h"
#include "cli/progress.h"

namespace atento {
namespace {

struct FeaturesOptions : ImageOptions {
  std::vector<std::string> images;
  std::string cnn;
  std::string output;
  int batch = 8;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("cnn", o.cnn, kAny, "CNN that reads the images, an ONNX file", "FILE");
    ImageOptions::ForEach(o, visit);
    visit("batch", o.batch, Range{1, 1024}, "images that the CNN reads together");
    visit("output", o.output, kAny, "safetensors file to write", "FILE");
  }
};

class FeaturesCommand : public Command {
 public:
  std::string name() const override { return "features"; }
  std::string summary() const override { return "compute feature vectors of images"; }
  std::vector<std::string> usage() const override {
    return {"--cnn FILE.onnx IMAGES ... --output FILE.safetensors [flags]"};
  }
  std::string notes() const override {
    return R"(IMAGES are JPEG or PNG files, folders of them, or @FILE, a file with a path per line. Each is scaled
to `--size` by `--size` pixels and becomes a tensor under the name of its file: [height, width,
size] of a layer with a grid, else [rows, size]. Training keeps the settings and a checksum of the
CNN, which `atento translate --images` goes by.

An image that is damaged, no image, or of more than 100 million pixels is named on standard error
and left out; the exit status is then 1, and the file has the others.

It needs the module libatento_images.so, which is built where OpenCV (libopencv-dev) is.
)";
  }
  void Declare(FlagSet* flags) override {
    flags->Add("Flags", &options_);
    flags->SetPositional({.name = "IMAGES",
                          .help = "images: files, folders, or @FILE with their paths",
                          .fields = &options_.images});
  }
  int Run(const FlagSet& flags) override;

 private:
  FeaturesOptions options_;
};

int FeaturesCommand::Run(const FlagSet&) {
  RequireValue(*this, "--cnn", !options_.cnn.empty());
  RequireValue(*this, "--output", !options_.output.empty());
  if (options_.output == "-") {
    throw Error(ErrorKind::kUsage, "--output -: feature vectors are not text; name a file");
  }
  const std::vector<std::string> files = ImageFiles(options_.images);
  const ImageCnn cnn(options_.cnn, options_);
  std::vector<FeatureSet::Memory> items;
  {
    LineProgress progress(static_cast<int64_t>(files.size()), true);
    const auto batch = static_cast<size_t>(options_.batch);
    for (size_t begin = 0; begin < files.size(); begin += batch) {
      const size_t count = std::min(batch, files.size() - begin);
      for (auto& item : cnn.Compute(std::span(files).subspan(begin, count))) {
        if (item) items.push_back(std::move(*item));
      }
      progress.Update(static_cast<int64_t>(begin + count));
    }
  }
  const size_t failed = files.size() - items.size();
  if (items.empty()) {
    throw Error(ErrorKind::kData, "none of the images could be read; nothing is written");
  }
  WriteFeatures(options_.output, items, cnn.options());
  LogInfo(fmt::format("wrote {}: {} images", options_.output, items.size()));
  if (failed == 0) return 0;
  throw Error(ErrorKind::kData,
              fmt::format("{} of {} images could not be read, and are left out of {}", failed,
                          files.size(), options_.output));
}

}  // namespace

std::unique_ptr<Command> MakeFeaturesCommand() { return std::make_unique<FeaturesCommand>(); }

}  // namespace atento
