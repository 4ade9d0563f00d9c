// Writing a model directory as a whole: elsewhere first, so that what may fail leaves the place as
// it was.
#ifndef ATENTO_MODEL_MODEL_DRAFT_H_
#define ATENTO_MODEL_MODEL_DRAFT_H_

#include <optional>
#include <string>

#include "base/file.h"

namespace atento {

struct ModelPlace {
  std::string directory;
  const char* flag;    // what names the directory, for messages
  const char* remedy;  // what to do if a model is there
  bool overwrite;      // whether a model that is there may be replaced
};

// Throws Error{kUsage} if something is there that may not be replaced: a file, a link to nothing,
// or a directory that is neither empty nor a model. Drafts that killed runs have left do not count.
void CheckModelPlace(const ModelPlace& place);

// A model directory from the check of its place until it is written, or longer: as long as this
// lives, no other process may write to the directory.
//
// Where there is no directory yet the draft is beside it and takes its name at once; otherwise it
// is in it, since the directory may be a mount point, or its parent read-only, and its files are
// moved.
class ModelDraft {
 public:
  // Locks the directory, if there is one, and checks the place; makes nothing. Throws what
  // CheckModelPlace does, and Error{kIo} if another process writes to it.
  explicit ModelDraft(const ModelPlace& place);
  // Removes what Make has made, unless it was committed.
  ~ModelDraft();
  ModelDraft(const ModelDraft&) = delete;
  ModelDraft& operator=(const ModelDraft&) = delete;

  // Makes an empty directory of a name that nothing had. Throws Error{kIo}.
  void Make();
  // That directory: where to write.
  const std::string& path() const { return path_; }
  // Moves what is there into the directory, in the place of the model that may be there. Throws
  // Error{kIo}, and leaves everything as it was, if there was no directory but now is.
  void Commit();

 private:
  std::string directory_;  // without slashes at its end
  std::string path_;
  std::optional<DirectoryLock> lock_;
  bool existed_ = false;
  bool committed_ = false;
};

}  // namespace atento

#endif  // ATENTO_MODEL_MODEL_DRAFT_H_
