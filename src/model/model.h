// A model and the directory it lives in: config.json, model.safetensors and the vocabularies.
// Format: docs/file-format.md.
#ifndef ATENTO_MODEL_MODEL_H_
#define ATENTO_MODEL_MODEL_H_

#include <memory>
#include <string>

#include "atento/options.h"
#include "math/gemm.h"
#include "model/config.h"
#include "model/parameter_file.h"
#include "model/pass.h"
#include "text/tokenizer.h"

namespace atento {

// What config.json says.
struct ModelDescription {
  std::string preset;
  TextOptions text;
  ModelConfig model;  // with the sizes of the vocabularies
  TrainingOptions training;
  // Of the matrices in the file: less than float32 in a model that atento quantize has made.
  Precision weights = Precision::kFloat32;
  // How the feature vectors were computed that it was trained on; cnn_checksum may be empty.
  CnnOptions cnn;
};

// Everything that search needs. Immutable once loaded, but for the packed weights, which fill
// themselves and may be used from several threads.
struct Model {
  // Parameters are zero. Throws Error{kUsage} if the description contradicts itself, or does not
  // fit the vocabularies; of which a source of feature vectors has none: NoTokenizer().
  Model(ModelDescription d, Tokenizer source, Tokenizer target);

  ModelDescription description;
  Tokenizer source_tokenizer;
  Tokenizer target_tokenizer;
  Parameters parameters;
  mutable PackedWeights weights;

  const ModelConfig& config() const { return description.model; }
  // A pass of this model in a worker's arena. features: as ModelPass::features.
  ModelPass Pass(Arena& arena, const FeatureSet* features = nullptr) const {
    return {.config = config(),
            .params = parameters.views(),
            .workspace = {arena, weights},
            .features = features};
  }
};

// What a model of feature vectors has for a source tokenizer: of one symbol; not in its
// directory.
Tokenizer NoTokenizer();

// Reads a model directory. Throws Error{kNotFound} if there is none, and Error{kData} or {kIo},
// naming the file and what is wrong with it, for anything missing, damaged, altered or of a newer
// format. Products of the model are of the precision of its file if this CPU has the instructions,
// else of float32.
std::unique_ptr<Model> LoadModel(const std::string& directory);

// The same without the parameters, which stay zero: a run that goes on reads them from its
// checkpoint.
std::unique_ptr<Model> LoadModelDescription(const std::string& directory);

// config.json and the vocabularies; each written atomically into an existing directory.
void SaveModelDescription(const Model& model, const std::string& directory);

// Throws Error{kUsage} if such a model cannot be trained so: a loss on attention that it has not, or
// sources longer than it can read. The constructor of Model asks, too.
void CheckTraining(const ModelConfig& config, const TrainingOptions& training);

// Throws Error{kUsage} if the model has been quantized, and cannot be trained or averaged.
void CheckFloat32(const Model& model, const std::string& directory);

}  // namespace atento

#endif  // ATENTO_MODEL_MODEL_H_
