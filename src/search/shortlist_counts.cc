#include "search/shortlist_counts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "atento/error.h"
#include "search/translate.h"
#include "text/tokenizer.h"

namespace atento {
namespace {

// What is lighter is noise, and would fill the memory.
constexpr float kLeastWeight = 0.1f;

struct Link {
  int source, target;
  double weight;
};

// The target's </s> is a candidate anyway; the source's is a symbol as others.
std::vector<Link> LinksOf(const EncodedPair& pair, std::span<const float> alpha) {
  std::vector<Link> links;
  std::vector<int> source = pair.source.ids;
  source.push_back(kEndId);
  const float* weight = alpha.data();
  for (int target : pair.target.ids) {
    for (int id : source) {
      if (*weight >= kLeastWeight) links.push_back({id, target, double{*weight}});
      ++weight;
    }
  }
  return links;
}

using Count = std::pair<int, double>;  // of a symbol

// The symbols of the largest counts.
std::vector<int> Largest(std::vector<Count> counts, int most) {
  const size_t kept = std::min(counts.size(), static_cast<size_t>(most));
  std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(kept),
                    counts.end(), [](const Count& a, const Count& b) {
                      return a.second != b.second ? a.second > b.second : a.first < b.first;
                    });
  std::vector<int> ids;
  for (size_t i = 0; i < kept; ++i) ids.push_back(counts[i].first);
  return ids;
}

}  // namespace

ShortlistCounts::ShortlistCounts(Ensemble models)
    : models_(models),
      weights_(static_cast<size_t>(models[0]->config().source_vocabulary)),
      occurrences_(static_cast<size_t>(models[0]->config().target_vocabulary)) {
  if (models[0]->config().has_features()) {
    throw Error(ErrorKind::kUsage,
                "a shortlist is of source symbols, but the model reads feature vectors: translate "
                "without one");
  }
  if (CountAlphas(models) > 0) return;
  throw Error(
      ErrorKind::kUsage,
      "a shortlist is learned from attention, which the model does not have: train one with "
      "another --attention than none or fixed");
}

void ShortlistCounts::Add(std::span<const std::string> sources,
                          std::span<const std::string> targets, SearchThreads& threads) {
  std::vector<std::vector<Link>> links(sources.size());
  std::vector<std::vector<int>> ids(sources.size());
  ForceDecodeLines(models_, sources, targets, threads,
                   [&](size_t i, const EncodedPair& pair, const ForcedPair& forced) {
                     links[i] = LinksOf(pair, forced.alpha);
                     ids[i] = pair.target.ids;
                   });
  for (size_t i = 0; i < links.size(); ++i) {
    for (const Link& link : links[i]) {
      weights_[static_cast<size_t>(link.source)][link.target] += link.weight;
    }
    for (int id : ids[i]) ++occurrences_[static_cast<size_t>(id)];
  }
}

Shortlist ShortlistCounts::Make(int best, int frequent) const {
  std::vector<Count> occurring;
  for (size_t id = 0; id < occurrences_.size(); ++id) {
    if (occurrences_[id] > 0) occurring.emplace_back(static_cast<int>(id), occurrences_[id]);
  }
  const auto vocabularies = ShortlistVocabularies::Of(*models_[0]);
  const bool joint = vocabularies.source_hash == vocabularies.target_hash &&
                     vocabularies.source_size == vocabularies.target_size;
  std::vector<std::vector<int>> lists;
  for (size_t source = 0; source < weights_.size(); ++source) {
    const auto& counts = weights_[source];
    std::vector<int>& list = lists.emplace_back(Largest({counts.begin(), counts.end()}, best));
    if (joint) list.push_back(static_cast<int>(source));
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return Shortlist(vocabularies, Largest(std::move(occurring), frequent), lists);
}

}  // namespace atento
