#include "model/model.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "base/random.h"
#include "base/text_file.h"
#include "base/version.h"
#include "model/safetensors.h"

namespace atento {
namespace {

constexpr int kFormat = 3;
constexpr const char* kConfigFile = "config.json";
constexpr const char* kParametersFile = "model.safetensors";

std::string InDirectory(const std::string& directory, const char* name) {
  return (std::filesystem::path(directory) / name).string();
}

// ---- config.json -------------------------------------------------------------------------------

// The "model" object: the architecture, and what the vocabulary files must agree with.
struct ModelObject : ModelConfig {
  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    ModelOptions::ForEach(o, visit);
    const Range sizes{2, std::numeric_limits<int>::max()};
    visit("source-vocabulary", o.source_vocabulary, kNotNegative,
          "tokens of the source; 0: feature vectors");
    visit("target-vocabulary", o.target_vocabulary, sizes, "tokens of the target");
    visit("feature-size", o.feature_size, kNotNegative,
          "numbers of a feature vector of the source");
  }
};

// Of the vocabulary files: a cut or edited one may still be a vocabulary, but not the model's.
struct Checksums {
  std::string source, target;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("source", o.source, kAny, "of the source vocabulary");
    visit("target", o.target, kAny, "of the target vocabulary; the same file's if it is joint");
  }
};

std::string Checksum(std::string_view bytes) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(HashBytes(bytes)));
  return text;
}

Json ConfigToJson(const Model& model) {
  const ModelDescription& d = model.description;
  Checksums checksums;
  if (!d.model.has_features()) {
    checksums.source = Checksum(model.source_tokenizer.Serialize());
  }
  checksums.target =
      d.text.joint_vocabulary ? checksums.source : Checksum(model.target_tokenizer.Serialize());
  Json json;
  json.Set("format", kFormat);
  json.Set("atento_version", AtentoVersion());
  json.Set("preset", d.preset);
  json.Set("text", OptionsToJson(d.text));
  json.Set("model", OptionsToJson(ModelObject{d.model}));
  json.Set("training", OptionsToJson(d.training));
  json.Set("weights", EnumName(d.weights));
  json.Set("checksums", OptionsToJson(checksums));
  if (!d.cnn.cnn_checksum.empty()) json.Set("cnn", OptionsToJson(d.cnn));
  return json;
}

// The first format that has an option.
int FormatOf(std::string_view key, std::string_view name) {
  struct Addition {
    std::string_view key, name;
    int format;
  };
  static constexpr Addition kAdditions[] = {
      {"training", "precision", 2}, {"training", "doubly-stochastic-weight", 3},
      {"model", "copy", 3},         {"model", "source-kind", 3},
      {"model", "context-gate", 3}, {"model", "feature-size", 3}};
  for (const Addition& a : kAdditions) {
    if (a.key == key && a.name == name) return a.format;
  }
  return 1;
}

// A member of a format that is complete: every option is there, but for those that its format does
// not have yet, and no other.
template <class Options>
Options MemberFromJson(const Json& json, const char* key, int64_t format = kFormat) {
  const Json& member = json.At(key);
  Options options;
  Options::ForEach(options, [&](const char* name, const auto&, const Range&, const char*) {
    if (member.Find(name) || FormatOf(key, name) > format) return;
    throw Error(ErrorKind::kData, std::string(key) + ": the key '" + name + "' is missing");
  });
  return OptionsFromJson(member, options, key);
}

ModelDescription DescriptionFromJson(const Json& json) {
  const int64_t format = json.At("format").AsInteger();
  if (format > kFormat) {
    throw Error(ErrorKind::kData, "format " + std::to_string(format) + " is newer than " +
                                      std::to_string(kFormat) + ", the latest that atento " +
                                      AtentoVersion() + " can read: update atento");
  }
  if (format < 1) throw Error(ErrorKind::kData, "format " + std::to_string(format) + " is unknown");
  std::vector<std::string_view> keys = {"format", "atento_version", "preset",   "text",
                                        "model",  "training",       "checksums"};
  if (format >= 2) keys.push_back("weights");
  if (format >= 3) keys.push_back("cnn");
  internal::CheckNoOtherKeys(json, keys, "top level");
  json.At("atento_version").AsString();
  ModelDescription d;
  d.preset = json.At("preset").AsString();
  d.text = MemberFromJson<TextOptions>(json, "text");
  d.model = MemberFromJson<ModelObject>(json, "model", format);
  d.training = MemberFromJson<TrainingOptions>(json, "training", format);
  if (json.Find("cnn")) d.cnn = MemberFromJson<CnnOptions>(json, "cnn");
  if (format >= 2) d.weights = ParseEnum<Precision>("weights", json.At("weights").AsString());
  return d;
}

// Runs read; what is wrong with the options is then the fault of the file.
template <class Function>
auto InFile(const std::string& path, const Function& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, path + ": " + error.what());
  }
}

// ---- vocabularies ------------------------------------------------------------------------------

void CheckVocabulary(const char* side, const Tokenizer& tokenizer, TokenizerKind kind,
                     Normalization normalization, int size) {
  const std::string name = std::string("the ") + side + " vocabulary ";
  if (tokenizer.vocabulary_size() != size) {
    throw Error(ErrorKind::kUsage, name + "has " + std::to_string(tokenizer.vocabulary_size()) +
                                       " tokens, but the model is for " + std::to_string(size) +
                                       ": use the vocabulary that the model was trained with");
  }
  if (tokenizer.kind() != kind || tokenizer.normalization() != normalization) {
    throw Error(ErrorKind::kUsage, name + "is not of the kind and normalization that --" + side +
                                       "-tokenizer and --" + side + "-normalization say");
  }
}

// Symbols of the two sides are compared by their spelling.
void CheckCopiedTokens(const TextOptions& text) {
  auto separated_by_spaces = [](TokenizerKind kind) {
    return kind == TokenizerKind::kWords || kind == TokenizerKind::kSymbols;
  };
  const TokenizerKind source = text.source_tokenizer, target = text.target_tokenizer;
  const bool alike =
      source == target || (separated_by_spaces(source) && separated_by_spaces(target));
  if (alike && text.source_normalization == text.target_normalization) return;
  throw Error(
      ErrorKind::kUsage,
      "--copy needs tokens that are spelled alike on both sides: set --source-tokenizer and "
      "--target-tokenizer, --source-normalization and --target-normalization alike");
}

// Of what there is no source vocabulary.
void CheckFeatureModel(const ModelDescription& d) {
  if (d.model.feature_size < 1) {
    throw Error(ErrorKind::kUsage, "--source-kind features needs vectors of at least one number");
  }
  if (d.text.joint_vocabulary) {
    throw Error(ErrorKind::kUsage,
                "--joint-vocabulary joins two texts, but --source-kind features has one: leave one "
                "of them out");
  }
}

const ModelConfig& CheckDescription(const ModelDescription& d, const Tokenizer& source,
                                    const Tokenizer& target) {
  const TextOptions& text = d.text;
  if (d.model.has_features()) {
    CheckFeatureModel(d);
  } else {
    CheckVocabulary("source", source, text.source_tokenizer, text.source_normalization,
                    d.model.source_vocabulary);
  }
  CheckVocabulary("target", target, text.target_tokenizer, text.target_normalization,
                  d.model.target_vocabulary);
  if (text.joint_vocabulary && (text.source_tokenizer != text.target_tokenizer ||
                                d.model.source_vocabulary != d.model.target_vocabulary)) {
    throw Error(ErrorKind::kUsage,
                "--joint-vocabulary needs the same tokenizer for source and target: set "
                "--source-tokenizer and --target-tokenizer alike");
  }
  if (d.model.tie == Tie::kAll && !text.joint_vocabulary) {
    throw Error(ErrorKind::kUsage, "--tie all needs --joint-vocabulary");
  }
  CheckModelConfig(d.model);
  if (d.model.copy) CheckCopiedTokens(text);
  CheckTraining(d.model, d.training);
  return d.model;
}

// side: "source" or "target". checksum: as config.json has it.
Tokenizer LoadVocabulary(const std::string& directory, const char* side, TokenizerKind kind,
                         Normalization normalization, const std::string& checksum) {
  const std::string file = Tokenizer::FileName(InDirectory(directory, side), kind);
  if (!FileExists(file)) {
    throw Error(ErrorKind::kData,
                file + " is missing, which config.json asks for: copy the whole model directory");
  }
  const std::string bytes = ReadFile(file);
  if (Checksum(bytes) != checksum) {
    throw Error(ErrorKind::kData, file +
                                      " does not have the checksum that config.json says: it is " +
                                      "damaged or was altered; copy the whole model directory");
  }
  return Tokenizer::Parse(kind, normalization, bytes, file);
}

void CheckDirectory(const std::string& directory) {
  if (!IsDirectory(directory)) {
    throw Error(ErrorKind::kNotFound,
                directory + (FileExists(directory) ? " is not a directory" : " does not exist") +
                    ": name a model directory, made by atento train");
  }
  if (!FileExists(InDirectory(directory, kConfigFile))) {
    throw Error(ErrorKind::kNotFound, directory + " is not a model directory: it has no " +
                                          kConfigFile + "; name one made by atento train");
  }
}

// Everything in a model directory but the parameters.
struct ModelParts {
  ModelDescription description;
  Tokenizer source, target;
};

ModelParts ReadParts(const std::string& directory) {
  CheckDirectory(directory);
  const std::string path = InDirectory(directory, kConfigFile);
  const Json json = Json::Parse(ReadTextFile(path), path);
  ModelDescription d = InFile(path, [&] { return DescriptionFromJson(json); });
  const Checksums checksums =
      InFile(path, [&] { return MemberFromJson<Checksums>(json, "checksums"); });
  const TextOptions& text = d.text;
  Tokenizer source = d.model.has_features()
                         ? NoTokenizer()
                         : LoadVocabulary(directory, "source", text.source_tokenizer,
                                          text.source_normalization, checksums.source);
  Tokenizer target =
      LoadVocabulary(directory, text.joint_vocabulary ? "source" : "target", text.target_tokenizer,
                     text.target_normalization, checksums.target);
  InFile(path, [&] { CheckDescription(d, source, target); });
  return {std::move(d), std::move(source), std::move(target)};
}

std::unique_ptr<Model> MakeModel(ModelParts parts) {
  return std::make_unique<Model>(std::move(parts.description), std::move(parts.source),
                                 std::move(parts.target));
}

}  // namespace

void CheckTraining(const ModelConfig& config, const TrainingOptions& training) {
  if (training.coverage_weight > 0 && !config.coverage) {
    throw Error(ErrorKind::kUsage, "--coverage-weight needs --coverage: set it too");
  }
  if (training.doubly_stochastic_weight > 0 && !HasAlpha(config)) {
    throw Error(ErrorKind::kUsage,
                "--doubly-stochastic-weight has no weights to ask anything of "
                "with --attention " +
                    std::string(EnumName(config.attention)) +
                    ": use another score, or set it to 0");
  }
  if (config.attention == Attention::kLocation &&
      training.max_source_tokens >= config.location_positions) {
    const std::string positions = std::to_string(config.location_positions);
    throw Error(ErrorKind::kUsage,
                "--attention location with --location-positions " + positions + " reads at most " +
                    std::to_string(config.location_positions - 1) +
                    " tokens and </s>: lower --max-source-tokens from " +
                    std::to_string(training.max_source_tokens) + ", or raise the positions");
  }
}

Tokenizer NoTokenizer() {
  return Tokenizer::Parse(TokenizerKind::kSymbols, Normalization::kNone, "<unk>\n</s>\nitem\n",
                          "no vocabulary");
}

Model::Model(ModelDescription d, Tokenizer source, Tokenizer target)
    : description(std::move(d)),
      source_tokenizer(std::move(source)),
      target_tokenizer(std::move(target)),
      parameters(CheckDescription(description, source_tokenizer, target_tokenizer)) {}

std::unique_ptr<Model> LoadModel(const std::string& directory) {
  ModelParts parts = ReadParts(directory);
  const std::string path = InDirectory(directory, kParametersFile);
  if (!FileExists(path)) {
    throw Error(ErrorKind::kData, directory + " has no " + kParametersFile +
                                      " yet: go on with atento train --resume, or copy the whole "
                                      "model directory");
  }
  const SafetensorsFile file(path);
  const Precision weights = parts.description.weights;
  CheckParameters(parts.description.model, file, weights);
  auto model = MakeModel(std::move(parts));
  CopyParameters(model->config(), file, weights, model->parameters);
  if (HasProducts(weights)) model->weights.SetPrecision(weights);
  return model;
}

std::unique_ptr<Model> LoadModelDescription(const std::string& directory) {
  return MakeModel(ReadParts(directory));
}

// config.json last: a directory that has one has the vocabularies too.
void SaveModelDescription(const Model& model, const std::string& directory) {
  if (!model.config().has_features()) model.source_tokenizer.Save(InDirectory(directory, "source"));
  if (!model.description.text.joint_vocabulary) {
    model.target_tokenizer.Save(InDirectory(directory, "target"));
  }
  WriteFileAtomically(InDirectory(directory, kConfigFile), ConfigToJson(model).Dump(2) + "\n");
}

void CheckFloat32(const Model& model, const std::string& directory) {
  const Precision weights = model.description.weights;
  if (weights == Precision::kFloat32) return;
  throw Error(ErrorKind::kUsage, directory + " has been quantized to " +
                                     std::string(EnumName(weights)) +
                                     ", which is for translation: name the model it was made from");
}

}  // namespace atento
