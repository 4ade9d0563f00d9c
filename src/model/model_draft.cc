#include "model/model_draft.h"

#include <filesystem>
#include <utility>

#include "atento/error.h"
#include "base/file.h"
#include "base/json.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

// Whether Atento made it: other programs have a config.json too.
bool IsModelDirectory(const std::string& directory) {
  const std::string path = directory + "/config.json";
  if (!FileExists(path)) return false;
  try {
    return Json::Parse(ReadFile(path), path).Find("atento_version") != nullptr;
  } catch (const Error&) {
    return false;
  }
}

// Only what Atento itself writes.
void RemoveModel(const std::string& directory) {
  for (const char* name : {"checkpoints", "probes"}) RemoveDirectory(directory + "/" + name);
  for (const char* name : {"config.json", "model.safetensors", "metrics.jsonl", "source.spm",
                           "source.vocab", "target.spm", "target.vocab"}) {
    fs::remove(directory + "/" + name);
  }
}

std::string DraftPath(std::string directory) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  return directory + ".tmp";
}

}  // namespace

void CheckModelPlace(const ModelPlace& place) {
  const std::string& directory = place.directory;
  if (FileExists(directory) && !IsDirectory(directory)) {
    throw Error(ErrorKind::kUsage, directory + ": is a file; name a directory with " + place.flag);
  }
  if (!IsDirectory(directory) || fs::is_empty(directory)) return;
  if (!IsModelDirectory(directory)) {
    throw Error(ErrorKind::kUsage,
                directory + ": is not empty and not a model directory; name another one");
  }
  if (!place.overwrite) {
    throw Error(ErrorKind::kUsage, directory + ": there is a model already; " + place.remedy);
  }
}

ModelDraft::ModelDraft(std::string directory)
    : directory_(std::move(directory)), path_(DraftPath(directory_)) {
  RemoveDirectory(path_);
  MakeDirectories(path_);
}

ModelDraft::~ModelDraft() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void ModelDraft::Commit() {
  if (!FileExists(directory_)) {
    fs::rename(path_, directory_);
    committed_ = true;
    return;
  }
  RemoveModel(directory_);
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    fs::rename(entry.path(), fs::path(directory_) / entry.path().filename());
  }
  RemoveDirectory(path_);
  committed_ = true;
}

}  // namespace atento
