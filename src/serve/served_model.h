// The models of a server: read once, and in memory from then on. What becomes of their directories
// later does not matter.
#ifndef ATENTO_SERVE_SERVED_MODEL_H_
#define ATENTO_SERVE_SERVED_MODEL_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "search/shortlist.h"

namespace atento {

struct ServedModel {
  std::string name;
  std::unique_ptr<const Model> model;
  std::optional<Shortlist> shortlist = {};  // for translations; traces show the whole vocabulary
  std::string learning = {};                // LearningToJson (trace/learning.h)

  // Of config.json; may be empty.
  const std::string& source_language() const { return model->description.text.source_language; }
  const std::string& target_language() const { return model->description.text.target_language; }
  // Of a sentence; what is longer is cut.
  int max_source_tokens() const { return model->description.training.max_source_tokens; }
  bool has_attention() const;
};

// specifications: NAME=DIR, where a name has letters, digits and . _ - alone; shortlists:
// NAME=FILE, of some of the names. Throws Error{kUsage} for anything else or a name that is there
// twice, and as LoadModel and LoadShortlist.
std::vector<ServedModel> LoadServedModels(std::span<const std::string> specifications,
                                          std::span<const std::string> shortlists = {});

// The model of that name; the first one for an empty name. nullptr if there is none.
const ServedModel* FindModel(std::span<const ServedModel> models, std::string_view name);

}  // namespace atento

#endif  // ATENTO_SERVE_SERVED_MODEL_H_
