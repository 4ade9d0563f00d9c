// Vocabulary files of each kind: an Error, or a tokenizer that encodes and decodes.
#include <cstddef>
#include <cstdint>

#include "atento/error.h"
#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using atento::TokenizerKind;
  if (size == 0) return 0;
  const TokenizerKind kind = static_cast<TokenizerKind>(data[0] % 4);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const atento::Tokenizer tokenizer =
        atento::Tokenizer::Parse(kind, atento::Normalization::kNone, bytes, "input");
    tokenizer.Decode(tokenizer.Encode(bytes).ids);
  } catch (const atento::Error&) {
  }
  return 0;
}
