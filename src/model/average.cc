#include "model/average.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "base/check.h"
#include "base/json.h"
#include "base/options.h"

namespace atento {
namespace {

class Mean {
 public:
  void Add(const Parameters& parameters) {
    const ConstVector values = parameters.flat();
    CHECK(sums_.empty() || sums_.size() == values.size());
    sums_.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) sums_[i] += double{values[i]};
    ++count_;
  }
  void Store(Parameters& parameters) const {
    const Vector values = parameters.flat();
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Real>(sums_[i] / count_);
  }

 private:
  std::vector<double> sums_;
  double count_ = 0;
};

struct Named {
  const std::string& directory;
  const Model& model;
};

[[noreturn]] void Refuse(const Named& a, const Named& b, const std::string& difference) {
  throw Error(ErrorKind::kData, a.directory + " and " + b.directory + ": " + difference +
                                    ", and so they have no mean: average models of one "
                                    "architecture and one vocabulary");
}

// Every option but those that do not matter to a trained model.
template <class Options>
void CheckOptions(const Named& a, const Named& b, const Options& of_a, const Options& of_b,
                  std::initializer_list<std::string_view> ignored) {
  const Json json_a = OptionsToJson(of_a), json_b = OptionsToJson(of_b);
  for (const auto& [name, value] : json_a.AsObject()) {
    const std::string text_a = value.Dump(), text_b = json_b.At(name).Dump();
    if (text_a == text_b || std::find(ignored.begin(), ignored.end(), name) != ignored.end()) {
      continue;
    }
    Refuse(a, b, "their --" + name + " differs, " + text_a + " and " + text_b);
  }
}

void CheckAlike(const Named& a, const Named& b) {
  const ModelDescription &of_a = a.model.description, &of_b = b.model.description;
  CheckOptions<ModelOptions>(a, b, of_a.model, of_b.model, {"initialization"});
  CheckOptions(a, b, of_a.text, of_b.text,
               {"sentencepiece-model", "vocabulary-size", "source-language", "target-language"});
  if (of_a.model.feature_size != of_b.model.feature_size) {
    Refuse(a, b,
           "their feature vectors have " + std::to_string(of_a.model.feature_size) + " and " +
               std::to_string(of_b.model.feature_size) + " numbers");
  }
  if (a.model.source_tokenizer.Serialize() != b.model.source_tokenizer.Serialize()) {
    Refuse(a, b, "their source vocabularies differ");
  }
  if (a.model.target_tokenizer.Serialize() != b.model.target_tokenizer.Serialize()) {
    Refuse(a, b, "their target vocabularies differ");
  }
}

}  // namespace

std::unique_ptr<Model> AverageModels(std::span<const std::string> directories) {
  CHECK(!directories.empty());
  std::unique_ptr<Model> first = LoadModel(directories[0]);
  CheckFloat32(*first, directories[0]);
  Mean mean;
  mean.Add(first->parameters);
  for (const std::string& directory : directories.subspan(1)) {
    const std::unique_ptr<Model> other = LoadModel(directory);
    CheckFloat32(*other, directory);
    CheckAlike({directories[0], *first}, {directory, *other});
    mean.Add(other->parameters);
  }
  mean.Store(first->parameters);
  return first;
}

std::unique_ptr<Model> AverageParameters(const std::string& directory,
                                         std::span<const std::string> files) {
  CHECK(!files.empty());
  std::unique_ptr<Model> model = LoadModelDescription(directory);
  Mean mean;
  for (const std::string& file : files) {
    LoadParameters(model->config(), file, model->parameters);
    mean.Add(model->parameters);
  }
  mean.Store(model->parameters);
  return model;
}

}  // namespace atento
