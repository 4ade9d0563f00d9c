// Writing a model directory from the command line.
#ifndef ATENTO_CLI_NEW_MODEL_H_
#define ATENTO_CLI_NEW_MODEL_H_

#include <functional>
#include <memory>
#include <string>

#include "model/model.h"

namespace atento {

// Writes what `make` makes to a new directory --output, or, with overwrite, in the place of the
// model that is there. All or nothing, and nothing is written before the model is made; signals
// that would end the program wait until then. Throws Error, as ModelDraft and make do.
void WriteNewModel(const std::string& output, bool overwrite,
                   const std::function<std::unique_ptr<Model>()>& make);

// Throws Error{kUsage} if --model and --output name one directory: overwriting removes checkpoints
// too.
void CheckOtherDirectory(const std::string& model, const std::string& output);

}  // namespace atento

#endif  // ATENTO_CLI_NEW_MODEL_H_
