#include "base/text_file.h"

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "atento/error.h"
#include "base/file.h"

namespace atento {

std::string ReadTextFile(const std::string& path) {
  constexpr uintmax_t kMostMegabytes = 64;
  std::error_code unknown;
  const uintmax_t bytes = std::filesystem::file_size(path, unknown);
  if (!unknown && bytes > kMostMegabytes << 20) {
    throw Error(ErrorKind::kData, path + ": is larger than " + std::to_string(kMostMegabytes) +
                                      " MB, so it is no file of settings; check the path");
  }
  return ReadFile(path);
}

}  // namespace atento
