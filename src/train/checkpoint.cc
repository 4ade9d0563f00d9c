#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "atento/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text_file.h"
#include "model/safetensors.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

std::string StepName(int64_t step) { return "step-" + std::to_string(step); }

std::string MomentPath(const std::string& directory, size_t i) {
  return directory + "/moment-" + std::to_string(i + 1) + ".safetensors";
}

std::string AveragePath(const std::string& directory) { return directory + "/average.safetensors"; }

constexpr const char* kChecksum = "checksum";
constexpr const char* kTensors = "tensors";

// By name, the checksums of the checkpoint's tensors: what was not written together is told apart.
Json TensorChecksums(const std::string& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".safetensors") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  Json checksums{Json::Object{}};
  for (const std::string& name : names) {
    checksums.Set(name, ReadSafetensorsChecksum(directory + "/" + name + ".safetensors"));
  }
  return checksums;
}

// Of everything a state says.
std::string Checksum(const TrainingState& state, const Json& tensors) {
  return std::to_string(HashBytes(state.ToJson().Dump() + tensors.Dump()));
}

void SaveState(const TrainingState& state, const std::string& directory) {
  Json json = state.ToJson();
  const Json tensors = TensorChecksums(directory);
  json.Set(kTensors, tensors).Set(kChecksum, Checksum(state, tensors));
  WriteFileAtomically(directory + "/state.json", json.Dump(2) + "\n");
}

void Rename(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) {
    throw Error(ErrorKind::kIo, to + ": cannot be written: " + error.message() +
                                    "; check the permissions of the directory");
  }
}

}  // namespace

std::optional<int64_t> StepOf(std::string_view name) {
  constexpr std::string_view kPrefix = "step-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return step;
}

void CheckpointDirectory::Save(const Model& model, const OptimizerState& optimizer,
                               const TrainingState& state, int keep) const {
  const std::string name = StepName(state.step);
  const std::string final_path = CheckpointsPath() + "/" + name, path = final_path + ".tmp";
  if (IsDirectory(final_path)) return SaveState(state, final_path);
  RemoveDirectory(path);
  MakeDirectories(path);
  try {
    SaveParameters(model.config(), model.parameters, path + "/model.safetensors");
    for (size_t i = 0; i < optimizer.moments().size(); ++i) {
      SaveParameters(model.config(), *optimizer.moments()[i], MomentPath(path, i));
    }
    if (optimizer.average()) {
      SaveParameters(model.config(), *optimizer.average(), AveragePath(path));
    }
    SaveState(state, path);
  } catch (...) {
    RemoveDirectory(path);
    throw;
  }
  Rename(path, final_path);
  WriteFileAtomically(CheckpointsPath() + "/latest", name + "\n");
  RemoveOld(state.step, state.best_step, keep);
}

void CheckpointDirectory::SaveBest(const ModelConfig& config, const Parameters& parameters,
                                   const TrainingState& state) const {
  SaveParameters(config, parameters, directory_ + "/model.safetensors");
  MakeDirectories(CheckpointsPath());
  WriteFileAtomically(CheckpointsPath() + "/best", StepName(state.best_step) + "\n");
}

std::vector<int64_t> CheckpointDirectory::Steps() const {
  std::vector<int64_t> steps;
  for (const fs::directory_entry& entry : fs::directory_iterator(CheckpointsPath())) {
    if (const auto step = StepOf(entry.path().filename().string())) steps.push_back(*step);
  }
  return steps;
}

void CheckpointDirectory::RemoveOld(int64_t newest, int64_t best, int keep) const {
  std::vector<int64_t> steps = Steps();
  std::erase(steps, newest);
  // The newest one stays in any case; then the best; then the newest of the others.
  std::sort(steps.begin(), steps.end(),
            [&](int64_t a, int64_t b) { return (a == best) != (b == best) ? a == best : a > b; });
  for (size_t i = static_cast<size_t>(keep - 1); i < steps.size(); ++i) {
    RemoveDirectory(CheckpointsPath() + "/" + StepName(steps[i]));
  }
}

std::vector<std::string> CheckpointDirectory::LastParameters(size_t count) const {
  std::vector<int64_t> steps;
  if (IsDirectory(CheckpointsPath())) steps = Steps();
  std::erase(steps, 0);
  if (steps.size() < count) {
    throw Error(ErrorKind::kUsage,
                directory_ + ": has fewer than " + std::to_string(count) + " checkpoints, " +
                    std::to_string(steps.size()) +
                    ": ask for fewer, or train with a larger --keep-checkpoints");
  }
  std::sort(steps.begin(), steps.end());
  std::vector<std::string> paths;
  for (size_t i = steps.size() - count; i < steps.size(); ++i) {
    paths.push_back(CheckpointsPath() + "/" + StepName(steps[i]) + "/model.safetensors");
  }
  return paths;
}

std::string CheckpointDirectory::LatestPath() const {
  const std::string latest = CheckpointsPath() + "/latest";
  if (!FileExists(latest)) {
    throw Error(ErrorKind::kNotFound,
                directory_ + ": has no checkpoint to resume from; train it with --overwrite");
  }
  std::string name = ReadTextFile(latest);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  if (!StepOf(name)) {
    throw Error(ErrorKind::kData, latest + ": line 1: expected the name of a checkpoint, step-N");
  }
  return CheckpointsPath() + "/" + name;
}

TrainingState CheckpointDirectory::LoadState() const {
  const std::string path = LatestPath() + "/state.json";
  const Json json = Json::Parse(ReadTextFile(path), path);
  TrainingState state = TrainingState::FromJson(json, path);
  const Json& tensors = InContext(path, [&]() -> const Json& { return json.At(kTensors); });
  const Json* checksum = json.Find(kChecksum);
  if (!checksum || !checksum->is_string() || checksum->AsString() != Checksum(state, tensors)) {
    throw Error(ErrorKind::kData, path + ": its numbers have been altered; restore the checkpoint");
  }
  const Json found = TensorChecksums(LatestPath());
  for (const auto& [name, sum] : tensors.AsObject()) {
    const Json* const other = found.Find(name);
    if (other != nullptr && other->AsString() != sum.AsString()) {
      throw Error(ErrorKind::kData,
                  LatestPath() + "/" + name + ".safetensors: is of another checkpoint; restore it");
    }
  }
  return state;
}

TrainingState CheckpointDirectory::Load(Model& model, OptimizerState& optimizer) const {
  const std::string path = LatestPath();
  LoadParameters(model.config(), path + "/model.safetensors", model.parameters);
  model.weights.Invalidate();
  for (size_t i = 0; i < optimizer.moments().size(); ++i) {
    LoadParameters(model.config(), MomentPath(path, i), *optimizer.moments()[i]);
  }
  if (optimizer.average()) {
    LoadParameters(model.config(), AveragePath(path), *optimizer.average());
  }
  const TrainingState state = LoadState();
  for (int64_t step : Steps()) {
    if (step > state.step) RemoveDirectory(CheckpointsPath() + "/" + StepName(step));
  }
  return state;
}

void CheckpointDirectory::AppendMetrics(const Json& line) const {
  const std::string path = directory_ + "/metrics.jsonl";
  WriteFileAtomically(path, (FileExists(path) ? ReadFile(path) : "") + line.Dump() + "\n");
}

void CheckpointDirectory::TruncateMetrics(int64_t step) const {
  const std::string path = directory_ + "/metrics.jsonl";
  if (!FileExists(path)) return;
  std::string kept, line;
  for (LineReader reader(path); reader.Next(&line);) {
    const std::string where = path + ":" + std::to_string(reader.line_number());
    try {
      if (Json::Parse(line, where).At("step").AsInteger() <= step) kept += line + "\n";
    } catch (const Error&) {
      LogWarning(where + ": is damaged, and dropped");
    }
  }
  WriteFileAtomically(path, kept);
}

}  // namespace atento
