// From a request to something that can be trained: the data read and cut into tokens, the
// vocabularies learned or loaded, the model made.
#ifndef ATENTO_TRAIN_PREPARE_H_
#define ATENTO_TRAIN_PREPARE_H_

#include <memory>
#include <optional>
#include <vector>

#include "atento/features.h"
#include "atento/trainer.h"
#include "model/model.h"
#include "text/batch.h"
#include "text/corpus.h"
#include "train/guided.h"
#include "train/state.h"

namespace atento {

struct TrainingData {
  std::vector<TextPair> train, dev;
  // If the model reads feature vectors: those that the sources of the pairs name. May be the same.
  std::shared_ptr<const FeatureSet> train_features, dev_features;
  std::optional<AlignmentFile> alignments;  // of the training pairs
  DataFingerprint fingerprint;
};

// Reads both corpora, holds pairs out if there is no development set (all pairs of an item of
// feature vectors together), and reports what it had to skip or repair. Throws Error.
TrainingData ReadTrainingData(const TrainRequest& request);

// A new model: vocabularies from init_from or learned from the data, parameters from init_from or
// random. Throws Error.
std::unique_ptr<Model> MakeModel(const TrainRequest& request, const TrainingData& data);

// alignments: null: none. features: what the sources name items of; null: they are text. Throws
// Error{kData} for links that do not fit their pair, and for items that are missing.
std::vector<TokenPair> Tokenize(const Model& model, const std::vector<TextPair>& pairs,
                                const AlignmentFile* alignments = nullptr,
                                const FeatureSet* features = nullptr);

}  // namespace atento

#endif  // ATENTO_TRAIN_PREPARE_H_
