// Sentences whose traces show how a model learns to align: probes/ of its directory.
// docs/file-format.md.
#ifndef ATENTO_TRAIN_PROBES_H_
#define ATENTO_TRAIN_PROBES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "atento/features.h"
#include "atento/trainer.h"
#include "atento/translator.h"
#include "model/model.h"

namespace atento {

class Prober {
 public:
  // The model must outlive this. Throws Error{kUsage} if the model has no weights of attention, or
  // if there is no `trace`; Error{kData} for a probe longer than the sentences of training.
  // features: what the sentences are names of items of, for models of feature vectors.
  Prober(const Model& model, const std::vector<Probe>& probes, const TraceProbe& trace,
         std::shared_ptr<const FeatureSet> features = nullptr);

  // The probes, so that --resume needs no other file, and their traces before the first update.
  void SaveStart(const std::string& directory) const;
  // Writes probes/step-N.json as a whole or not at all: the probes traced with the parameters that
  // the model has now, on one thread. Cost: a greedy translation of each.
  void SaveTraces(const std::string& directory, int64_t step) const;

 private:
  Translator translator_;
  const std::vector<Probe> probes_;
  const TraceProbe trace_;
};

// Those that SaveStart wrote; none if it did not.
std::vector<Probe> SavedProbes(const std::string& directory);

// Removes the traces after `step`, and files that a killed run had begun.
void RemoveProbeTraces(const std::string& directory, int64_t step);

}  // namespace atento

#endif  // ATENTO_TRAIN_PROBES_H_
