#include "serve/served_model.h"

#include <algorithm>

#include "atento/error.h"
#include "search/ensemble.h"
#include "trace/learning.h"

namespace atento {
namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

}  // namespace

bool ServedModel::has_attention() const {
  const Model* const models[] = {model.get()};
  return CountAlphas(models) > 0;
}

std::vector<ServedModel> LoadServedModels(std::span<const std::string> specifications) {
  std::vector<ServedModel> models;
  for (const std::string& specification : specifications) {
    const std::string flag = "--model " + specification;
    const size_t equals = specification.find('=');
    const std::string name = specification.substr(0, equals);
    if (equals == std::string::npos || name.empty() || equals + 1 == specification.size() ||
        name.find_first_not_of(kNameCharacters) != std::string::npos) {
      throw Error(ErrorKind::kUsage,
                  flag + ": give NAME=DIR, with letters, digits and . _ - in the name");
    }
    if (FindModel(models, name) != nullptr) {
      throw Error(ErrorKind::kUsage, flag + ": there is another model of this name; change one");
    }
    const std::string directory = specification.substr(equals + 1);
    models.push_back({name, LoadModel(directory), LearningToJson(directory)});
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
