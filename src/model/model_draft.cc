#include "model/model_draft.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "atento/error.h"
#include "base/atomic_file.h"
#include "base/io_error.h"
#include "base/json.h"
#include "base/text_file.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

// Whether Atento made it: other programs have a config.json too.
bool IsModelDirectory(const std::string& directory) {
  const std::string path = directory + "/config.json";
  if (!FileExists(path)) return false;
  try {
    return Json::Parse(ReadTextFile(path), path).Find("atento_version") != nullptr;
  } catch (const Error&) {
    return false;
  }
}

// In the directory: the beginning of the names of drafts.
constexpr const char* kDraft = ".draft";

bool IsDraft(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with(std::string(kDraft) + ".") && name.ends_with(".tmp");
}

bool HasOnlyDrafts(const std::string& directory) {
  const fs::directory_iterator entries(directory);
  return std::all_of(begin(entries), end(entries),
                     [](const fs::directory_entry& entry) { return IsDraft(entry.path()); });
}

// Only what Atento itself writes, but for config.json, without which the rest would no longer be
// known as a model's.
void RemoveModel(const std::string& directory) {
  for (const char* name : {"checkpoints", "probes"}) RemoveDirectory(directory + "/" + name);
  for (const char* name : {"model.safetensors", "metrics.jsonl", "source.spm", "source.vocab",
                           "target.spm", "target.vocab"}) {
    fs::remove(directory + "/" + name);
  }
}

void RemoveDraftsBut(const std::string& kept, const std::string& directory) {
  std::vector<fs::path> drafts;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (IsDraft(entry.path()) && entry.path().filename() != fs::path(kept).filename()) {
      drafts.push_back(entry.path());
    }
  }
  for (const fs::path& draft : drafts) RemoveDirectory(draft.string());
}

// Unlike rename(), not over an empty directory either: somebody may have locked it.
int RenameToNothing(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  // Some file systems cannot.
  if (errno != EINVAL && errno != ENOSYS) return errno;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

[[noreturn]] void MadeMeanwhile(const std::string& directory) {
  throw Error(ErrorKind::kIo,
              directory + ": somebody else has made it meanwhile; name another directory");
}

}  // namespace

void CheckModelPlace(const ModelPlace& place) {
  const std::string& directory = place.directory;
  if (FileExists(directory) && !IsDirectory(directory)) {
    throw Error(ErrorKind::kUsage, directory + ": is a file; name a directory with " + place.flag);
  }
  if (fs::is_symlink(fs::symlink_status(directory)) && !FileExists(directory)) {
    throw Error(ErrorKind::kUsage, directory + ": is a link to nothing; make what it links to");
  }
  if (!IsDirectory(directory) || HasOnlyDrafts(directory)) return;
  if (!IsModelDirectory(directory)) {
    throw Error(ErrorKind::kUsage,
                directory + ": is not empty and not a model directory; name another one");
  }
  if (!place.overwrite) {
    throw Error(ErrorKind::kUsage, directory + ": there is a model already; " + place.remedy);
  }
}

ModelDraft::ModelDraft(const ModelPlace& place)
    : directory_(place.directory), existed_(IsDirectory(place.directory)) {
  while (directory_.size() > 1 && directory_.back() == '/') directory_.pop_back();
  if (existed_) lock_.emplace(directory_);
  CheckModelPlace(place);
}

ModelDraft::~ModelDraft() {
  if (committed_ || path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void ModelDraft::Make() {
  if (existed_) {
    path_ = MakeTemporaryDirectory(directory_ + "/" + kDraft);
    return;
  }
  if (FileExists(directory_)) MadeMeanwhile(directory_);
  const fs::path parent = fs::path(directory_).parent_path();
  if (!parent.empty()) MakeDirectories(parent.string());
  path_ = MakeTemporaryDirectory(directory_);
  // The lock stays with the directory when it gets its name.
  lock_.emplace(path_);
}

void ModelDraft::Commit() {
  if (!existed_) {
    const int error = RenameToNothing(path_, directory_);
    if (error == EEXIST || error == ENOTEMPTY || error == ENOTDIR) MadeMeanwhile(directory_);
    if (error != 0) throw WriteError("write " + directory_, error);
    committed_ = true;
    return;
  }
  RemoveDraftsBut(path_, directory_);
  RemoveModel(directory_);
  const std::string config = "/config.json";
  if (FileExists(path_ + config)) {
    fs::rename(path_ + config, directory_ + config);
  } else {
    fs::remove(directory_ + config);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    fs::rename(entry.path(), fs::path(directory_) / entry.path().filename());
  }
  RemoveDirectory(path_);
  committed_ = true;
}

}  // namespace atento
