// safetensors: an Error, or tensors whose bytes are inside the file.
#include "model/safetensors.h"

#include <cstddef>
#include <cstdint>

#include "atento/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const atento::SafetensorsFile file(std::string(reinterpret_cast<const char*>(data), size),
                                       "input");
    volatile unsigned char sum = 0;
    for (const atento::SafetensorsEntry& entry : file.entries()) {
      for (std::byte b : entry.bytes) sum = sum + static_cast<unsigned char>(b);
    }
  } catch (const atento::Error&) {
  }
  return 0;
}
