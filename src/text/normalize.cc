#include "text/normalize.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "atento/error.h"
#include "base/utf8.h"

namespace atento {
namespace {

int Utf8procOptions(Normalization normalization) {
  switch (normalization) {
    case Normalization::kNone:
      break;
    case Normalization::kNfc:
      return UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    case Normalization::kNfd:
      return UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
    case Normalization::kNfkc:
      return UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
  }
  return 0;
}

}  // namespace

std::string Normalize(std::string_view text, Normalization normalization) {
  bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) > 0; });
  if (ascii) return std::string(text);
  std::string clean = ReplaceInvalidUtf8(text);
  if (normalization == Normalization::kNone) return clean;
  utf8proc_uint8_t* mapped = nullptr;
  utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(clean.data()),
                   static_cast<utf8proc_ssize_t>(clean.size()), &mapped,
                   static_cast<utf8proc_option_t>(Utf8procOptions(normalization)));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  // Valid text can only fail for want of memory or for a length beyond what utf8proc can count.
  if (size < 0) {
    throw Error(ErrorKind::kInternal,
                std::string("Unicode normalization failed: ") + utf8proc_errmsg(size));
  }
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
}

}  // namespace atento
