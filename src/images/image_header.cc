#include "images/image_header.h"

#include <algorithm>

namespace atento {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr unsigned char kPng[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

int64_t BigEndian(Bytes bytes) {
  int64_t value = 0;
  for (unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

// Signature, length and "IHDR", then width and height.
ImageSize PngSize(Bytes bytes) {
  if (bytes.size() < 24) return {};
  return {BigEndian(bytes.subspan(16, 4)), BigEndian(bytes.subspan(20, 4))};
}

// From the first segment on whose marker fits; nothing if there is none. Segments are FF, a marker, a
// length and that many bytes less two.
template <class Fits>
Bytes FromSegment(Bytes bytes, const Fits& fits) {
  size_t at = 2;
  // Nine bytes are as far as a frame header is read, and fewer than a scan has.
  while (at + 9 <= bytes.size() && bytes[at] == 0xff) {
    const unsigned char marker = bytes[at + 1];
    const bool filler = marker == 0xff;
    const bool alone = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (filler || alone) {
      at += filler ? 1 : 2;
      continue;
    }
    if (fits(marker)) return bytes.subspan(at);
    at += 2 + static_cast<size_t>(BigEndian(bytes.subspan(at + 2, 2)));
  }
  return {};
}

// A frame header, SOF, has precision, height and width.
ImageSize JpegSize(Bytes bytes) {
  const Bytes frame = FromSegment(bytes, [](unsigned char marker) {
    const bool tables = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
    return marker >= 0xc0 && marker <= 0xcf && !tables;
  });
  if (frame.empty()) return {};
  return {BigEndian(frame.subspan(7, 2)), BigEndian(frame.subspan(5, 2))};
}

}  // namespace

std::string_view ImageType(Bytes bytes) {
  if (bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
    return "image/jpeg";
  }
  const bool png =
      bytes.size() >= sizeof kPng && std::equal(kPng, kPng + sizeof kPng, bytes.data());
  return png ? "image/png" : "";
}

bool HasImageEnd(Bytes bytes) {
  constexpr unsigned char kJpegEnd[] = {0xff, 0xd9}, kPngEnd[] = {'I', 'E', 'N', 'D'};
  const bool png = ImageType(bytes) == "image/png";
  const Bytes end = png ? Bytes(kPngEnd) : Bytes(kJpegEnd);
  // A thumbnail, which is an image with an end of its own, stands before the scans.
  if (!png) bytes = FromSegment(bytes, [](unsigned char marker) { return marker == 0xda; });
  return std::search(bytes.begin(), bytes.end(), end.begin(), end.end()) != bytes.end();
}

ImageSize ReadImageSize(Bytes bytes) {
  const std::string_view type = ImageType(bytes);
  return type == "image/png"    ? PngSize(bytes)
         : type == "image/jpeg" ? JpegSize(bytes)
                                : ImageSize{};
}

}  // namespace atento
