// The public Translator: models from directories, and the threads they run on.
#include "atento/translator.h"

#include <utility>

#include "search/translate.h"
#include "search/translator_impl.h"

namespace atento {

Translator::Translator(std::span<const std::string> directories, int threads,
                       const std::string& shortlist)
    : impl_(std::make_unique<Impl>(threads)) {
  if (directories.empty()) {
    throw Error(ErrorKind::kUsage, "no model directory was given: name at least one");
  }
  for (const std::string& directory : directories) {
    impl_->owned.push_back(LoadModel(directory));
    impl_->models.push_back(impl_->owned.back().get());
  }
  CheckEnsemble(impl_->models, directories);
  if (!shortlist.empty()) impl_->shortlist = LoadShortlist(shortlist, *impl_->models[0]);
}

Translator::Translator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Translator BorrowModel(const Model& model, int threads) {
  auto impl = std::make_unique<Translator::Impl>(threads);
  impl->models.push_back(&model);
  return Translator(std::move(impl));
}

Translator::~Translator() = default;
Translator::Translator(Translator&&) noexcept = default;
Translator& Translator::operator=(Translator&&) noexcept = default;

std::vector<Translation> Translator::Translate(std::span<const std::string> lines,
                                               const SearchOptions& options,
                                               const Dictionary& dictionary) const {
  const TranslateOptions translate{.search = options,
                                   .dictionary = &dictionary,
                                   .shortlist = impl_->shortlist ? &*impl_->shortlist : nullptr,
                                   .features = impl_->features.get()};
  return TranslateLines(impl_->models, lines, translate, impl_->threads);
}

void Translator::CheckOptions(const SearchOptions& options) const {
  CheckSearchOptionsFit(impl_->models, options);
}

std::vector<ScoredPair> Translator::Score(std::span<const std::string> sources,
                                          std::span<const std::string> targets,
                                          const AlignOptions& options) const {
  return ScoreLines(impl_->models, sources, targets, impl_->threads, options,
                    impl_->features.get());
}

void Translator::SetFeatures(std::shared_ptr<const FeatureSet> features) {
  CheckFeatures(impl_->models, features.get());
  impl_->features = std::move(features);
}

bool Translator::reads_features() const { return impl_->models[0]->config().has_features(); }

const CnnOptions& Translator::cnn() const { return impl_->models[0]->description.cnn; }

bool Translator::has_attention() const { return CountAlphas(impl_->models) > 0; }

}  // namespace atento
