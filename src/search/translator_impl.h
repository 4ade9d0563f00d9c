// What is inside a Translator, for those that look into its models.
#ifndef ATENTO_SEARCH_TRANSLATOR_IMPL_H_
#define ATENTO_SEARCH_TRANSLATOR_IMPL_H_

#include <memory>
#include <optional>
#include <vector>

#include "atento/features.h"
#include "atento/translator.h"
#include "model/model.h"
#include "search/search_threads.h"
#include "search/shortlist.h"

namespace atento {

struct Translator::Impl {
  explicit Impl(int thread_count) : threads(thread_count) {}

  std::vector<std::unique_ptr<Model>> owned;
  std::vector<const Model*> models;
  std::optional<Shortlist> shortlist;
  std::shared_ptr<const FeatureSet> features;
  SearchThreads threads;
};

// A translator of a model that is in memory: what that is while it translates. The model must
// outlive it.
Translator BorrowModel(const Model& model, int threads);

}  // namespace atento

#endif  // ATENTO_SEARCH_TRANSLATOR_IMPL_H_
