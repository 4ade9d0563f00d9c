#include "search/shortlist.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "atento/error.h"
#include "base/check.h"
#include "base/random.h"
#include "text/tokenizer.h"

namespace atento {
namespace {

constexpr uint32_t kFormat = 1;
// Columns of a product with gathered rows are a multiple of it.
constexpr size_t kRoundColumns = 256;

[[noreturn]] void ThrowDamaged(const SafetensorsFile& file, const std::string& what) {
  throw Error(ErrorKind::kData, file.name() + ": is not a shortlist: " + what +
                                    "; make it again by atento shortlist");
}

// The numbers of a tensor of one dimension.
template <class Number>
std::vector<Number> ReadNumbers(const SafetensorsFile& file, std::string_view name, Dtype dtype) {
  const SafetensorsEntry* const entry = file.Find(name);
  if (!entry) ThrowDamaged(file, "the tensor '" + std::string(name) + "' is missing");
  if (entry->dtype != dtype || entry->shape.size() != 1) {
    ThrowDamaged(file, "the tensor '" + std::string(name) + "' is not a list of " +
                           std::string(DtypeName(dtype)));
  }
  std::vector<Number> numbers(entry->bytes.size() / sizeof(Number));
  if (!numbers.empty()) std::memcpy(numbers.data(), entry->bytes.data(), entry->bytes.size());
  return numbers;
}

// As ints, each at most `largest`.
std::vector<int> ReadInts(const SafetensorsFile& file, std::string_view name, size_t largest) {
  const auto numbers = ReadNumbers<uint32_t>(file, name, Dtype::kU32);
  std::vector<int> ints;
  ints.reserve(numbers.size());
  for (uint32_t number : numbers) {
    if (number > largest) {
      ThrowDamaged(file, "the tensor '" + std::string(name) + "' has " + std::to_string(number) +
                             ", which is above " + std::to_string(largest));
    }
    ints.push_back(static_cast<int>(number));
  }
  return ints;
}

void CheckVocabularies(const SafetensorsFile& file, const ShortlistVocabularies& expected) {
  const auto hashes = ReadNumbers<uint64_t>(file, "vocabularies", Dtype::kU64);
  if (hashes.size() != 2) ThrowDamaged(file, "the tensor 'vocabularies' has not two numbers");
  const bool source = hashes[0] == expected.source_hash;
  if (source && hashes[1] == expected.target_hash) return;
  throw Error(ErrorKind::kData, file.name() + ": was made for another " +
                                    (source ? "target" : "source") +
                                    " vocabulary than the model's; make one for this model by "
                                    "atento shortlist");
}

SafetensorsEntry IntsEntry(std::string name, const std::vector<int>& values) {
  return {std::move(name),
          Dtype::kU32,
          {static_cast<int64_t>(values.size())},
          std::as_bytes(std::span(values))};
}

}  // namespace

ShortlistVocabularies ShortlistVocabularies::Of(const Model& model) {
  return {model.config().source_vocabulary, model.config().target_vocabulary,
          HashBytes(model.source_tokenizer.Serialize()),
          HashBytes(model.target_tokenizer.Serialize())};
}

Shortlist::Shortlist(const ShortlistVocabularies& vocabularies, std::vector<int> frequent,
                     std::span<const std::vector<int>> of_source)
    : vocabularies_(vocabularies), frequent_(std::move(frequent)), offsets_(1, 0) {
  CHECK(of_source.size() == static_cast<size_t>(vocabularies.source_size));
  for (const std::vector<int>& list : of_source) {
    symbols_.insert(symbols_.end(), list.begin(), list.end());
    offsets_.push_back(static_cast<int>(symbols_.size()));
  }
  const auto in_range = [&](int id) { return id >= 0 && id < vocabularies_.target_size; };
  CHECK(std::all_of(frequent_.begin(), frequent_.end(), in_range));
  CHECK(std::all_of(symbols_.begin(), symbols_.end(), in_range));
}

Shortlist Shortlist::Read(const SafetensorsFile& file, const ShortlistVocabularies& vocabularies) {
  const auto format = ReadNumbers<uint32_t>(file, "format", Dtype::kU32);
  if (format.size() != 1) ThrowDamaged(file, "the tensor 'format' is not one number");
  if (format[0] != kFormat) {
    throw Error(ErrorKind::kData, file.name() + ": is a shortlist of format " +
                                      std::to_string(format[0]) + ", this atento reads format " +
                                      std::to_string(kFormat) +
                                      "; update atento, or make it again by atento shortlist");
  }
  CheckVocabularies(file, vocabularies);
  Shortlist shortlist(vocabularies);
  const auto largest = static_cast<size_t>(vocabularies.target_size) - 1;
  shortlist.frequent_ = ReadInts(file, "frequent", largest);
  shortlist.symbols_ = ReadInts(file, "symbols", largest);
  shortlist.offsets_ = ReadInts(file, "offsets", shortlist.symbols_.size());
  const std::vector<int>& offsets = shortlist.offsets_;
  if (offsets.size() != static_cast<size_t>(vocabularies.source_size) + 1 || offsets[0] != 0 ||
      static_cast<size_t>(offsets.back()) != shortlist.symbols_.size() ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    ThrowDamaged(file, "the tensor 'offsets' does not divide 'symbols' among " +
                           std::to_string(vocabularies.source_size) + " source symbols");
  }
  return shortlist;
}

void Shortlist::Save(const std::string& path) const {
  const std::array<uint32_t, 1> format = {kFormat};
  const std::array<uint64_t, 2> hashes = {vocabularies_.source_hash, vocabularies_.target_hash};
  const std::vector<SafetensorsEntry> entries = {
      {"format", Dtype::kU32, {1}, std::as_bytes(std::span(format))},
      {"vocabularies", Dtype::kU64, {2}, std::as_bytes(std::span(hashes))},
      IntsEntry("frequent", frequent_),
      IntsEntry("offsets", offsets_),
      IntsEntry("symbols", symbols_)};
  WriteSafetensors(path, entries);
}

std::span<const int> Shortlist::Of(int source) const {
  const auto s = static_cast<size_t>(source);
  CHECK(source >= 0 && s + 1 < offsets_.size());
  return std::span(symbols_).subspan(static_cast<size_t>(offsets_[s]),
                                     static_cast<size_t>(offsets_[s + 1] - offsets_[s]));
}

Shortlist LoadShortlist(const std::string& path, const Model& model) {
  if (model.config().copy) {
    throw Error(ErrorKind::kUsage,
                "--shortlist " + path +
                    " is not for a model that was trained with --copy, which also chooses from the "
                    "words of the source: leave --shortlist out");
  }
  return Shortlist::Read(SafetensorsFile(path), ShortlistVocabularies::Of(model));
}

// ---- the candidates of a batch -----------------------------------------------------------------

namespace {

std::vector<int> SentenceIds(const Shortlist& shortlist, const Batch& batch, int column) {
  std::vector<int> ids = {kUnknownId, kEndId};
  const auto add = [&](std::span<const int> more) {
    ids.insert(ids.end(), more.begin(), more.end());
  };
  add(shortlist.frequent());
  for (int t = 0; t < batch.source.length(column); ++t) {
    add(shortlist.Of(batch.source_ids[static_cast<size_t>(batch.source.Row(t, column))]));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace

BatchCandidates FindCandidates(const Shortlist& shortlist, const Batch& batch) {
  BatchCandidates candidates;
  const auto vocabulary = static_cast<size_t>(shortlist.target_size());
  std::vector<int> column_of(vocabulary, -1);
  for (int column = 0; column < batch.source.batch(); ++column) {
    candidates.sentences.push_back({SentenceIds(shortlist, batch, column), {}});
    for (int id : candidates.sentences.back().ids) column_of[static_cast<size_t>(id)] = 0;
  }
  for (size_t id = 0; id < vocabulary; ++id) {
    if (column_of[id] < 0) continue;
    column_of[id] = static_cast<int>(candidates.columns.size());
    candidates.columns.push_back(static_cast<int>(id));
  }
  for (SentenceCandidates& sentence : candidates.sentences) {
    for (int id : sentence.ids) sentence.columns.push_back(column_of[static_cast<size_t>(id)]);
  }
  const size_t round =
      (candidates.columns.size() + kRoundColumns - 1) / kRoundColumns * kRoundColumns;
  candidates.columns.resize(std::min(round, vocabulary), kEndId);
  return candidates;
}

}  // namespace atento
