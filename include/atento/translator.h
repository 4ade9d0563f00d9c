// Using a trained model: translate, score, align. The public C++ API of search.
#ifndef ATENTO_TRANSLATOR_H_
#define ATENTO_TRANSLATOR_H_

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "atento/options.h"

namespace atento {

struct Model;
class FeatureSet;     // atento/features.h
struct Trace;         // atento/trace.h
struct TraceRequest;  // likewise

// How the words of a source and of a target belong together, by attention. Words are the
// white-space separated pieces of a line. Empty for a model without attention.
struct Alignment {
  int source_words = 0;
  int target_words = 0;
  // [target_words][source_words] row by row: the weight of each source word, summed over its tokens
  // and averaged over those of the target word. A row sums to at most 1: what is missing went to
  // </s>, and to spaces; to 0 if its target word has no token of its own.
  std::vector<float> weights;
  // (source, target) pairs: for each target word its heaviest source word (ties: the first), sorted
  // by target. A target word without any weight has none.
  std::vector<std::pair<int, int>> links;
};

// What the weights of a decoder step are, and which target token they belong to.
struct AlignOptions {
  // To the token that the step reads, the one before the token that it predicts: token t has the
  // weights of step t + 1, and those of the first step belong to no token. Luong+ 2015
  // (arXiv:1508.04025), footnote 14, reads content-based attention this way.
  bool shift = false;
  // The weights are p(position | target so far, this token), by Bayes' rule, instead of attention,
  // which does not know the token: Shankar and Sarawagi 2019. As many decoder steps as tokens of the
  // source, instead of one.
  bool posterior = false;
};

// Source word → target word, both as they stand in a text: without white space.
using Dictionary = std::unordered_map<std::string, std::string>;

struct TranslationHypothesis {
  std::string text;
  // ln p(target | source), </s> counted; with a shortlist p is that among its candidates.
  double log_prob = 0;
  double score = 0;  // log_prob / (target tokens)^length_penalty
  Alignment alignment;
};

// At most n_best hypotheses, best first; at least one unless the line is empty or has no tokens.
struct Translation {
  std::vector<TranslationHypothesis> hypotheses;
  // The source had more tokens than the training's max_source_tokens and was cut.
  bool truncated = false;
};

struct ScoredPair {
  double log_prob = 0;    // ln p(target | source), </s> counted
  int target_tokens = 0;  // </s> counted
  Alignment alignment;
};

// One model, or an ensemble whose probabilities are averaged. Thread-safe after construction.
class Translator {
 public:
  // directories: one or more model directories. threads: compute threads; 0: one per core.
  // shortlist: a file of `atento shortlist`, or empty: the symbols that Translate chooses from.
  // Throws Error if a model or the shortlist cannot be read, or if the vocabularies of an ensemble
  // or the shortlist's differ; if only some of the models copy, or one does and there is a shortlist.
  explicit Translator(std::span<const std::string> directories, int threads = 0,
                      const std::string& shortlist = "");
  ~Translator();
  Translator(Translator&&) noexcept;
  Translator& operator=(Translator&&) noexcept;

  // Whether the models read feature vectors instead of text. Each line of a source is then the name
  // of an item of these, until they are set again: below, and in MakeTrace. Throws Error{kUsage,
  // kData} if they do not fit the models. Not beside other calls.
  bool reads_features() const;
  void SetFeatures(std::shared_ptr<const FeatureSet> features);
  // How the vectors were computed that the first model was trained on; cnn_checksum may be empty.
  const CnnOptions& cnn() const;

  // The translations of lines, in their order. Lines are sorted by length and decoded in batches;
  // what a line becomes does not depend on the others, with a shortlist neither. An empty line
  // gives no hypotheses.
  // With options.replace_unknown an <unk> becomes the source word with the largest weight in its
  // step, or what the dictionary has for that word; log_prob stays that of <unk>, which also stays
  // where no source word has any weight. Throws as CheckOptions.
  std::vector<Translation> Translate(std::span<const std::string> lines,
                                     const SearchOptions& options = {},
                                     const Dictionary& dictionary = {}) const;

  // Throws Error{kUsage} if an option is out of range, n_best is larger than the beam, or
  // replace_unknown is asked of models that do not have attention and whole words as target tokens.
  void CheckOptions(const SearchOptions& options) const;

  // ln p of each target given its source, and their alignment; sources and targets of equal number
  // (Error{kData} otherwise). Either side may be empty; lines are not cut, but more than 10000
  // tokens are refused (Error{kData}), as are sources that location attention has no scores for.
  std::vector<ScoredPair> Score(std::span<const std::string> sources,
                                std::span<const std::string> targets,
                                const AlignOptions& options = {}) const;

  // Whether there are alignments: at least one of the models has attention.
  bool has_attention() const;

 private:
  friend Trace MakeTrace(const Translator& translator, const TraceRequest& request);
  friend Translator BorrowModel(const Model& model, int threads);

  struct Impl;
  explicit Translator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_TRANSLATOR_H_
