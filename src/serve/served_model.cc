#include "serve/served_model.h"

#include <algorithm>
#include <utility>

#include "atento/error.h"
#include "search/ensemble.h"
#include "trace/learning.h"

namespace atento {
namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

// NAME=VALUE; both empty if there is no =.
std::pair<std::string, std::string> SplitSpecification(const std::string& specification) {
  const size_t equals = specification.find('=');
  if (equals == std::string::npos) return {};
  return {specification.substr(0, equals), specification.substr(equals + 1)};
}

}  // namespace

bool ServedModel::has_attention() const {
  const Model* const models[] = {model.get()};
  return CountAlphas(models) > 0;
}

std::vector<ServedModel> LoadServedModels(std::span<const std::string> specifications,
                                          std::span<const std::string> shortlists) {
  std::vector<ServedModel> models;
  for (const std::string& specification : specifications) {
    const std::string flag = "--model " + specification;
    const auto [name, directory] = SplitSpecification(specification);
    if (name.empty() || directory.empty() ||
        name.find_first_not_of(kNameCharacters) != std::string::npos) {
      throw Error(ErrorKind::kUsage,
                  flag + ": give NAME=DIR, with letters, digits and . _ - in the name");
    }
    if (FindModel(models, name) != nullptr) {
      throw Error(ErrorKind::kUsage, flag + ": there is another model of this name; change one");
    }
    std::unique_ptr<Model> model = LoadModel(directory);
    if (model->config().has_features()) {
      throw Error(ErrorKind::kUsage, flag +
                                         ": reads feature vectors, which requests do not have: use "
                                         "atento translate with it");
    }
    models.push_back(
        {.name = name, .model = std::move(model), .learning = LearningToJson(directory)});
  }
  for (const std::string& specification : shortlists) {
    const std::string flag = "--shortlist " + specification;
    const auto [name, path] = SplitSpecification(specification);
    const auto model = std::find_if(models.begin(), models.end(),
                                    [&name = name](const auto& m) { return m.name == name; });
    if (path.empty() || model == models.end()) {
      throw Error(ErrorKind::kUsage, flag + ": give NAME=FILE, with the name of a --model");
    }
    if (model->shortlist) {
      throw Error(ErrorKind::kUsage, flag + ": the model has another shortlist; leave one out");
    }
    model->shortlist = LoadShortlist(path, *model->model);
  }
  return models;
}

const ServedModel* FindModel(std::span<const ServedModel> models, std::string_view name) {
  const auto found =
      name.empty() ? models.begin()
                   : std::find_if(models.begin(), models.end(),
                                  [&](const ServedModel& model) { return model.name == name; });
  return found == models.end() ? nullptr : &*found;
}

}  // namespace atento
