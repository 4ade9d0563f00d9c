// Writing a model directory as a whole: beside its place first, so that what may fail leaves the
// place as it was.
#ifndef ATENTO_MODEL_MODEL_DRAFT_H_
#define ATENTO_MODEL_MODEL_DRAFT_H_

#include <string>

namespace atento {

struct ModelPlace {
  std::string directory;
  const char* flag;    // what names the directory, for messages
  const char* remedy;  // what to do if a model is there
  bool overwrite;      // whether a model that is there may be replaced
};

// Throws Error{kUsage} if something is there that may not be replaced: a file, or a directory that
// is neither empty nor a model.
void CheckModelPlace(const ModelPlace& place);

class ModelDraft {
 public:
  // Makes DIRECTORY.tmp, empty. Throws Error{kIo}.
  explicit ModelDraft(std::string directory);
  // Removes it, unless it was committed.
  ~ModelDraft();
  ModelDraft(const ModelDraft&) = delete;
  ModelDraft& operator=(const ModelDraft&) = delete;

  // Where to write.
  const std::string& path() const { return path_; }
  // Moves what is there into the directory, in the place of the model that may be there.
  void Commit();

 private:
  const std::string directory_;
  const std::string path_;
  bool committed_ = false;
};

}  // namespace atento

#endif  // ATENTO_MODEL_MODEL_DRAFT_H_
