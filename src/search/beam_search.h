// Beam search over token ids, for a batch of sources and one model or several. Width 1 is greedy
// search.
//
//   score = log_prob / |y|^X      log_prob = Σ_t ln p(y_t | y_<t, x),  </s> counted in both
//
// At each step every sentence has up to `beam` live hypotheses. Their continuations are sorted by
// log_prob (ties: the better parent, then the smaller id); those among the first `beam` that end
// with </s> are finished, and the first `beam` of the others live on. A sentence is done when
// `beam` hypotheses have finished, or when no live one can still enter the n best: log_prob only
// falls, so that log_prob / (longest |y|)^X bounds what a live hypothesis can reach. At the length
// limit </s> is forced, with its own probability, so that every log_prob is that of force_decode.h.
// Below the least length </s> is left out of the continuations, and so is with block_ngrams = N any
// symbol that would end a sequence of N symbols which the hypothesis already has; the others keep
// their probabilities. If that leaves a sentence nothing at all, </s> follows.
//
// With `sample` there are n_best hypotheses from the beginning, and each draws its next symbol by
// the probabilities of those that may follow. They are keyed by the seed and the source.
#ifndef ATENTO_SEARCH_BEAM_SEARCH_H_
#define ATENTO_SEARCH_BEAM_SEARCH_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "atento/error.h"
#include "atento/features.h"
#include "atento/options.h"
#include "atento/trace.h"
#include "search/ensemble.h"
#include "search/search_threads.h"
#include "search/shortlist.h"

namespace atento {

struct Hypothesis {
  std::vector<int> ids;  // without </s>
  double log_prob = 0;
  double score = 0;
  // [ids + 1][source + 1], a row per symbol with its </s>, a column per source symbol with its
  // </s>, or per feature vector. Empty unless asked for, and without attention.
  std::vector<float> alpha;
};

// The most symbols a hypothesis may have, </s> not counted: ⌈ratio · source_tokens⌉ + 10.
int LengthLimit(double max_length_ratio, size_t source_tokens);
// That of a source that the models read, but not above max_length; of feature vectors: that of their
// training.
int LengthLimit(Ensemble models, const SearchOptions& options, size_t source_tokens);
// The fewest: ⌈min_length_ratio · source_tokens⌉ or min_length, the larger; at most LengthLimit.
int LeastLength(Ensemble models, const SearchOptions& options, size_t source_tokens);

// log_prob / symbols^length_penalty, </s> counted.
double HypothesisScore(double log_prob, int symbols, double length_penalty);

// Throws Error{kUsage} if a number is out of range, n_best above the beam without `sample`, or
// min_length above max_length.
void CheckSearchOptions(const SearchOptions& options);

// Everything that a search considered, as a tree: docs/trace.md says when a node has which fate.
struct BeamTree {
  struct Node {
    int parent;  // its index, smaller than the node's own; -1: the root
    int step;    // that chose it; -1: the root
    int id;
    double log_prob;
    double score;
    BeamFate fate;
  };
  struct Finished {
    int node;  // its </s>
    Hypothesis hypothesis;
  };
  std::vector<Node> nodes;
  std::vector<Finished> finished;  // best first
};

// What may be asked of the search for a single source, to look into it.
struct BeamInspection {
  // Symbols to begin with; not more than LengthLimit and none but the last </s> (checked).
  std::span<const int> prefix = {};
  // Replaces the weights of attention in this step: as StepInput::alpha.
  int alpha_step = 0;
  ConstMatrix alpha = {};
  BeamTree* tree = nullptr;  // to be filled
};

// Asked once per decoder step, by the thread that searches: whether nobody wants the result any more.
// Empty: never.
using StopSearch = std::function<bool()>;

class SearchStopped : public Error {
 public:
  SearchStopped() : Error(ErrorKind::kInternal, "the search was stopped") {}
};

struct BeamRequest {
  bool with_alpha = false;
  // TokenPair::copies of each source, of models that copy (checked); a Hypothesis may then have
  // symbols beyond the vocabulary.
  std::span<const std::vector<int>> copies = {};
  // The symbols that may be chosen; null: all. It fits the models. The log_prob of a hypothesis is
  // then that among its candidates, and so not force_decode.h's.
  const Shortlist* shortlist = nullptr;
  // Null: none. Not together with a shortlist (checked).
  const BeamInspection* inspection = nullptr;
  // What the sources are rows of, for models of feature vectors; a translation is then as long as
  // those of training at most. Null: the sources are symbols.
  const FeatureSet* features = nullptr;
  StopSearch stop = {};
  // Null, or to which the decoder steps of all hypotheses are added: how much work it was.
  int64_t* steps = nullptr;
};

// sources: ids without </s>, maybe none; at least one source (checked). options: as
// CheckSearchOptions wants them (checked); all sources are one batch, whatever batch_sentences
// says. Returns for each source at least one hypothesis and at most n_best, best first, all
// different unless they are drawn. What a source becomes does not depend on the others, but for the
// last bits of log_prob. Throws SearchStopped as soon as `stop` says so. Cost: a decoder step for
// every live hypothesis and symbol, with a shortlist the packing of its rows once per model;
// allocates no more than that, the results and the arenas' growth.
std::vector<std::vector<Hypothesis>> BeamSearch(Ensemble models,
                                                std::span<const std::vector<int>> sources,
                                                const SearchOptions& options, SearchArenas& arenas,
                                                const BeamRequest& request = {});

}  // namespace atento

#endif  // ATENTO_SEARCH_BEAM_SEARCH_H_
