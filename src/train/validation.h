// Validation: the loss on development pairs, and the metrics of their decoded translations.
#ifndef ATENTO_TRAIN_VALIDATION_H_
#define ATENTO_TRAIN_VALIDATION_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "atento/features.h"
#include "model/model.h"
#include "search/search_threads.h"
#include "text/batch.h"
#include "text/corpus.h"

namespace atento {

// What --early-stopping and --validate-every say.
struct EarlyStopping {
  std::string metric = "loss";
  int64_t patience = 0;
};
// Throws Error{kUsage} unless METRIC:PATIENCE, METRIC loss or one of `metrics`, PATIENCE at least
// 1.
EarlyStopping ParseEarlyStopping(const std::string& text, const std::vector<std::string>& metrics);

struct ValidationInterval {
  int64_t steps = 0;  // one of the two is positive
  int64_t epochs = 0;
};
// Throws Error{kUsage} unless "N" or "Ne" with N at least 1.
ValidationInterval ParseValidateEvery(const std::string& text);

struct ValidationResult {
  double loss = 0;  // nats per target token, </s> counted, without label smoothing
  std::vector<std::pair<std::string, double>> metrics;

  // The loss, or a metric by its name.
  double Value(const std::string& name) const;
};

// What to validate on.
struct ValidationData {
  const std::vector<TextPair>& pairs;
  // What the sources of the pairs name items of; null: they are text.
  std::shared_ptr<const FeatureSet> features = nullptr;
};

// The development set, tokenised once. All targets of an item of feature vectors are references of
// its one translation.
class Validator {
 public:
  // decoded: how many of the pairs, or items, from the first, are translated for the metrics; 0: all.
  Validator(const Model& model, const ValidationData& data, std::vector<std::string> metrics,
            int decoded);

  // Decodes greedily. The result depends on the parameters alone.
  ValidationResult Run(Model& model, SearchThreads& threads) const;

 private:
  double Loss(Model& model, SearchThreads& threads) const;

  // To what is decoded for the metrics, of which there are `most` at the most.
  void AddDecoded(const TextPair& pair, size_t most);

  std::vector<Batch> batches_;
  std::vector<std::string> metrics_;
  std::vector<std::string> sources_;                  // decoded
  std::vector<std::vector<std::string>> references_;  // of each
  std::unordered_map<std::string, size_t> places_;    // of items in sources_
  std::shared_ptr<const FeatureSet> features_;
};

}  // namespace atento

#endif  // ATENTO_TRAIN_VALIDATION_H_
