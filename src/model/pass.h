// What every function of a pass over a batch works with.
#ifndef ATENTO_MODEL_PASS_H_
#define ATENTO_MODEL_PASS_H_

#include "layers/dropout.h"
#include "layers/workspace.h"
#include "model/parameters.h"

namespace atento {

class FeatureSet;  // atento/features.h

struct ModelPass {
  const ModelConfig& config;
  const Seq2SeqParams& params;
  Workspace workspace;
  DropoutOptions dropout = {};  // none in search
  bool with_gradient = false;   // keep what Backward needs
  // What the ids of sources are rows of; null: they are symbols.
  const FeatureSet* features = nullptr;
};

}  // namespace atento

#endif  // ATENTO_MODEL_PASS_H_
