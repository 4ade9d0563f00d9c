#include "train/request.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/options.h"
#include "base/text_file.h"
#include "metrics/metrics.h"
#include "model/config.h"
#include "model/model.h"
#include "train/probes.h"
#include "train/validation.h"

namespace atento {
namespace {

void CheckLimits(const TrainingLimits& limits) {
  CheckRanges(limits);
  ParseValidateEvery(limits.validate_every);
  ParseEarlyStopping(limits.early_stopping, ParseMetricList(limits.validation_metrics));
}

std::string RequestPath(const std::string& directory) {
  return directory + "/checkpoints/request.json";
}

std::vector<std::string> FilesFromJson(const Json& json, const char* key, size_t least) {
  const Json& list = json.At(key);
  return InContext(key, [&] {
    std::vector<std::string> files;
    for (const Json& file : list.AsArray()) files.push_back(file.AsString());
    if (files.size() < least || files.size() > 2) {
      throw Error(ErrorKind::kData, fmt::format("{} files; name one or two", files.size()));
    }
    return files;
  });
}

// All of them, none left out.
TrainingLimits LimitsFromJson(const Json& json) {
  TrainingLimits limits;
  TrainingLimits::ForEach(
      limits, [&](const char* name, const auto&, const Range&, const char*) { json.At(name); });
  limits = OptionsFromJson(json, limits, "limits");
  CheckLimits(limits);
  return limits;
}

}  // namespace

void CheckRequest(const TrainRequest& request) {
  CheckRanges(request.text);
  CheckRanges(request.model);
  CheckRanges(request.training);
  CheckLimits(request.limits);
  if (request.directory.empty()) throw Error(ErrorKind::kUsage, "--model names no directory");
  if (request.resume && request.overwrite) {
    throw Error(ErrorKind::kUsage, "--resume and --overwrite contradict each other: use one");
  }
  if (request.training.batch_tokens == 0 && request.training.batch_sentences == 0) {
    throw Error(ErrorKind::kUsage, "--batch-tokens and --batch-sentences are both 0: set one");
  }
  ModelConfig config;
  static_cast<ModelOptions&>(config) = request.model;
  CheckModelConfig(config);
  // The architecture and vocabularies of those that go on are read later.
  if (!request.init_from.empty() || request.resume) return;
  CheckTraining(config, request.training);
  CheckGuided(request, config);
  const TextOptions& text = request.text;
  if (text.joint_vocabulary && !config.has_features() &&
      (text.source_tokenizer != text.target_tokenizer ||
       text.source_normalization != text.target_normalization)) {
    throw Error(ErrorKind::kUsage,
                "--joint-vocabulary needs the same tokenizer and normalization on both sides");
  }
}

void CheckGuided(const TrainRequest& request, const ModelOptions& model) {
  if (request.guided_alignments.empty() || HasAlpha(model)) return;
  throw Error(ErrorKind::kUsage, "--guided-alignments has no attention to guide with --attention " +
                                     std::string(EnumName(model.attention)) +
                                     ": use another score, or leave it out");
}

void SaveRequest(const TrainRequest& request, const std::string& directory) {
  Json json;
  auto path = [](const std::string& file) {
    return file.empty() || file == "-" ? file : std::filesystem::absolute(file).string();
  };
  auto paths = [&](const std::vector<std::string>& files) {
    Json list{Json::Array{}};
    for (const std::string& file : files) list.Append(path(file));
    return list;
  };
  json.Set("train", paths(request.train));
  json.Set("dev", paths(request.dev));
  json.Set("guided-alignments", path(request.guided_alignments));
  json.Set("strict", request.strict);
  json.Set("limits", OptionsToJson(request.limits));
  MakeDirectories(directory + "/checkpoints");
  WriteFileAtomically(RequestPath(directory), json.Dump(2) + "\n");
}

TrainRequest ResumeRequest(const std::string& directory) {
  const std::string path = RequestPath(directory);
  if (!FileExists(path)) {
    if (FileExists(directory + "/config.json")) {
      CheckFloat32(*LoadModelDescription(directory), directory);
    }
    throw Error(ErrorKind::kNotFound,
                directory + ": has no run to resume; name the directory of an earlier training");
  }
  const Json json = Json::Parse(ReadTextFile(path), path);
  TrainRequest request;
  request.directory = directory;
  request.resume = true;
  InContext(path, [&] {
    request.train = FilesFromJson(json, "train", 1);
    request.dev = FilesFromJson(json, "dev", 0);
    const Json &links = json.At("guided-alignments"), &strict = json.At("strict"),
               &limits = json.At("limits");
    request.guided_alignments = InContext("guided-alignments", [&] { return links.AsString(); });
    request.strict = InContext("strict", [&] { return strict.AsBool(); });
    request.limits = LimitsFromJson(limits);
  });
  request.probes = SavedProbes(directory);
  return request;
}

}  // namespace atento
