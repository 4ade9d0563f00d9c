// Shortlists: an Error, or lists whose symbols are in range.
#include "search/shortlist.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "atento/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Those of the file in the corpus.
  const atento::ShortlistVocabularies vocabularies{4, 9, 11, 22};
  try {
    const atento::SafetensorsFile file(std::string(reinterpret_cast<const char*>(data), size),
                                       "input");
    const atento::Shortlist shortlist = atento::Shortlist::Read(file, vocabularies);
    const auto check = [&](std::span<const int> ids) {
      for (int id : ids) {
        if (id < 0 || id >= vocabularies.target_size) std::abort();
      }
    };
    check(shortlist.frequent());
    for (int source = 0; source < vocabularies.source_size; ++source) check(shortlist.Of(source));
  } catch (const atento::Error&) {
  }
  return 0;
}
