// The target symbols that a translation may be made of: for each source symbol those that it is
// likely to become, and those that are frequent everywhere. Format: docs/file-format.md; made by
// shortlist_counts.h.
#ifndef ATENTO_SEARCH_SHORTLIST_H_
#define ATENTO_SEARCH_SHORTLIST_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model.h"
#include "model/safetensors.h"
#include "text/batch.h"

namespace atento {

// What a shortlist belongs to.
struct ShortlistVocabularies {
  int source_size = 0, target_size = 0;
  uint64_t source_hash = 0, target_hash = 0;  // the checksums of config.json

  static ShortlistVocabularies Of(const Model& model);
};

// Immutable.
class Shortlist {
 public:
  // of_source: a list for each source symbol (checked). All ids are in range (checked).
  Shortlist(const ShortlistVocabularies& vocabularies, std::vector<int> frequent,
            std::span<const std::vector<int>> of_source);

  // Throws Error{kData} that names the file for everything that is missing, out of range, of
  // another format or made for other vocabularies.
  static Shortlist Read(const SafetensorsFile& file, const ShortlistVocabularies& vocabularies);
  // All or nothing. Throws Error{kIo}.
  void Save(const std::string& path) const;

  int target_size() const { return vocabularies_.target_size; }
  std::span<const int> frequent() const { return frequent_; }
  // source: in range (checked).
  std::span<const int> Of(int source) const;
  // Of all lists.
  size_t symbols() const { return symbols_.size(); }

 private:
  explicit Shortlist(const ShortlistVocabularies& vocabularies) : vocabularies_(vocabularies) {}

  ShortlistVocabularies vocabularies_;
  std::vector<int> frequent_;
  std::vector<int> offsets_;  // [V_s + 1], into symbols_
  std::vector<int> symbols_;
};

// Throws Error{kNotFound}, {kIo}, and as Shortlist::Read; Error{kUsage} if the model copies.
Shortlist LoadShortlist(const std::string& path, const Model& model);

// ---- the candidates of a batch -----------------------------------------------------------------

struct SentenceCandidates {
  std::vector<int> ids;      // rising; <unk> and </s> are always there
  std::vector<int> columns;  // of each, its place in BatchCandidates::columns; rising
};

struct BatchCandidates {
  // The symbols to compute logits of: the union of the sentences', rising; after them </s> again,
  // up to a round number, so that batches share the shapes of their products.
  std::vector<int> columns;
  std::vector<SentenceCandidates> sentences;  // per column of the batch
};

// Cost: O(V_t + all the lists that are joined).
BatchCandidates FindCandidates(const Shortlist& shortlist, const Batch& batch);

}  // namespace atento

#endif  // ATENTO_SEARCH_SHORTLIST_H_
