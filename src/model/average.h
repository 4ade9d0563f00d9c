// Averaging: a model whose parameters are the mean of those of others, or of one at several moments
// of its training. Means are taken in double.
#ifndef ATENTO_MODEL_AVERAGE_H_
#define ATENTO_MODEL_AVERAGE_H_

#include <memory>
#include <span>
#include <string>

#include "model/model.h"

namespace atento {

// The mean of the models in these directories; all else is the first one's. Throws Error{kData},
// naming both directories, if two of them differ in architecture or vocabularies, and what
// LoadModel throws. Requires: at least one directory.
std::unique_ptr<Model> AverageModels(std::span<const std::string> directories);

// The model in `directory`, with the mean of the parameters in these files instead of its own,
// which need not be there. Throws as LoadModelDescription and LoadParameters do. Requires: at least
// one file.
std::unique_ptr<Model> AverageParameters(const std::string& directory,
                                         std::span<const std::string> files);

}  // namespace atento

#endif  // ATENTO_MODEL_AVERAGE_H_
