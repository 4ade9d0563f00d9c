// Lines of text: repaired UTF-8 is valid, and every normalisation form of it is stable.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/utf8.h"
#include "text/normalize.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CHECK(atento::FindInvalidUtf8(atento::ReplaceInvalidUtf8(text)) == std::string_view::npos);
  for (atento::Normalization form : {atento::Normalization::kNfc, atento::Normalization::kNfd,
                                     atento::Normalization::kNfkc}) {
    const std::string once = atento::Normalize(text, form);
    CHECK(atento::Normalize(once, form) == once);
  }
  return 0;
}
