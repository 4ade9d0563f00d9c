// Decoder steps of one model or several that decide together: p is the mean of theirs, and so is α.
#ifndef ATENTO_SEARCH_ENSEMBLE_H_
#define ATENTO_SEARCH_ENSEMBLE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "math/views.h"
#include "model/model.h"
#include "model/seq2seq.h"
#include "search/search_threads.h"
#include "search/shortlist.h"
#include "text/batch.h"

namespace atento {

// Not empty; vocabularies of equal sizes.
using Ensemble = std::span<const Model* const>;

// How many of the models have an α that says anything.
int CountAlphas(Ensemble models);

// ln(e^a + e^b). A NaN counts as −∞: what a damaged model says must not upset the order of
// hypotheses.
double LogAdd(double a, double b);

// What the models say about the next symbol of each hypothesis. With a shortlist the candidates of
// its own sentence alone have a probability, and theirs sum to 1: neighbours in the batch change
// nothing.
class EnsembleStep {
 public:
  // ln p(id) in this row. With a shortlist: of </s>, or another candidate (checked).
  double LogProb(int row, int id) const;

  // body(id, ln p(id)) for the `count` most probable symbols of the row, or all if there are fewer;
  // best first, ties: the smaller id first.
  template <class Body>
  void ForEachOfBest(int row, int count, const Body& body) {
    FindBest(row, count);
    for (int place : best_) body(IdAt(row, place), LogProbAt(row, place));
  }

  // A symbol but those of `without`, by the probabilities; u: uniform in [0, 1). </s> if they leave
  // none. With a shortlist `without` are candidates (checked).
  int Draw(int row, double u, std::span<const int> without);

  // alpha [source length] += α of the row.
  void AddAlpha(int row, std::span<float> alpha) const;

 private:
  friend class EnsembleDecoder;
  // A symbol's place among the candidates of the row; without a shortlist its id.
  int PlaceOf(int row, int id) const;
  int IdAt(int row, int place) const;
  double LogProbAt(int row, int place) const;
  Vector Logits(size_t model, int row) const;
  // Moves the logits of each row's candidates to its beginning.
  void KeepCandidates(Matrix logits) const;
  // Their sum over the models; valid until the next call.
  Vector Probabilities(int row);
  void FindBest(int row, int count);

  std::vector<const SentenceCandidates*> candidates_;  // per row; empty without a shortlist
  std::vector<int> symbols_;                           // per row V + X; empty unless models copy
  std::vector<Matrix> logits_;                         // per model [R,·], by place
  std::vector<std::vector<Real>> log_sums_;            // per model [R]: ln Σ_v e^logits
  std::vector<Matrix> alphas_;                         // per model that has them [R,S]
  std::vector<int> best_;                              // places
  Vector sum_, probabilities_;                         // [V+X]
};

// What belongs to the sources of a batch. Used by the constructor alone.
struct EnsembleSources {
  const Shortlist* shortlist = nullptr;  // null, or one that fits the models
  const FeatureSet* features = nullptr;  // as ModelPass::features
};

class EnsembleDecoder {
 public:
  // Encodes the sources into arenas.sources. batch must outlive the decoder.
  EnsembleDecoder(Ensemble models, const Batch& batch, const EnsembleSources& of_batch,
                  SearchArenas& arenas);

  // One step of R hypotheses, numbered by the decoder itself; input.parents are rows of the last
  // step's input, at first the columns of the batch; input.ids may be extended symbols, which are
  // read as <unk>. The result is valid until the next step.
  EnsembleStep& Step(const StepInput& input);

 private:
  // What copying adds to the input of a step.
  void AddCopies(StepInput* input);

  Ensemble models_;
  const Batch& batch_;
  SearchArenas& arenas_;
  std::vector<EncodedSources> sources_;
  std::vector<DecoderState> states_;
  BatchCandidates candidates_;  // empty without a shortlist, as what follows
  std::vector<std::unique_ptr<OutputSubset>> outputs_;  // per model
  std::vector<int> extended_symbols_;                   // per column; empty unless the models copy
  std::vector<int> input_ids_;                          // of a step
  EnsembleStep output_;
  int steps_ = 0;
};

}  // namespace atento

#endif  // ATENTO_SEARCH_ENSEMBLE_H_
