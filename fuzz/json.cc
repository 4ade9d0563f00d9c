// JSON: whatever the bytes, an Error or a value that prints and reads back equal.
#include "base/json.h"

#include <cstddef>
#include <cstdint>

#include "atento/error.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string printed = atento::Json::Parse(text, "input").Dump();
    CHECK(atento::Json::Parse(printed, "printed").Dump() == printed);
  } catch (const atento::Error&) {
  }
  return 0;
}
