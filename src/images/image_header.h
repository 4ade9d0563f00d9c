// The size of an image as its header says, so that a huge one is never decoded.
#ifndef ATENTO_IMAGES_IMAGE_HEADER_H_
#define ATENTO_IMAGES_IMAGE_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace atento {

struct ImageSize {
  int64_t width = 0, height = 0;  // 0: neither JPEG nor PNG, or cut
};

// Cost: looks at headers alone.  Errors: none, whatever the bytes.
ImageSize ReadImageSize(std::span<const unsigned char> bytes);

// Whether the bytes have an end of their type: decoders fill in what is missing.
bool HasImageEnd(std::span<const unsigned char> bytes);

// "image/jpeg", "image/png", or nothing for other bytes.
std::string_view ImageType(std::span<const unsigned char> bytes);

}  // namespace atento

#endif  // ATENTO_IMAGES_IMAGE_HEADER_H_
