// Validation: the loss on development pairs, and the metrics of their decoded translations.
#ifndef ATENTO_TRAIN_VALIDATION_H_
#define ATENTO_TRAIN_VALIDATION_H_

#include <string>
#include <utility>
#include <vector>

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

// "bleu,chrf" → the names; "" → none. Throws Error{kUsage} for an unknown one.
std::vector<std::string> ParseMetricList(const std::string& text);

struct ValidationResult {
  double loss = 0;  // nats per target token, </s> counted, without label smoothing
  std::vector<std::pair<std::string, double>> metrics;

  // The loss, or a metric by its name.
  double Value(const std::string& name) const;
};

// The development set, tokenised once.
class Validator {
 public:
  // decoded: how many of the pairs, from the first, are translated for the metrics; 0: all.
  Validator(const Model& model, const std::vector<TextPair>& pairs,
            std::vector<std::string> metrics, int decoded);

  // Decodes greedily. The result depends on the parameters alone.
  ValidationResult Run(Model& model, SearchThreads& threads) const;

 private:
  double Loss(Model& model, SearchThreads& threads) const;

  std::vector<Batch> batches_;
  std::vector<std::string> metrics_;
  std::vector<std::string> sources_, references_;  // of the decoded pairs
};

}  // namespace atento

#endif  // ATENTO_TRAIN_VALIDATION_H_
