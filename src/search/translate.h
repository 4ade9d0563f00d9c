// Lines of text in, translations or probabilities out, with models that are in memory: what
// Translator does with models from directories, and a validation with the one being trained.
#ifndef ATENTO_SEARCH_TRANSLATE_H_
#define ATENTO_SEARCH_TRANSLATE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "atento/error.h"
#include "atento/translator.h"
#include "search/beam_search.h"
#include "search/force_decode.h"
#include "search/search_threads.h"
#include "text/copies.h"
#include "text/tokenizer.h"

namespace atento {

// Throws Error{kData} unless all models have the vocabularies and the kind of source of the first,
// and all copy or none. names: what to call each model in the message.
void CheckEnsemble(Ensemble models, std::span<const std::string> names);

// A line as the models read it.
struct SourceLine {
  const std::string* text;
  EncodedText encoded;
  size_t tokens = 0;  // of the whole line
  bool truncated = false;
  SourceCopies copies = {};  // of models that copy
};

// At most as many tokens as the models were trained with. line must outlive the result. For models of
// feature vectors it is the name of an item, whose rows are the ids and whose positions the words;
// they are not cut. Throws Error{kData} if there is no such item, and as CheckFeatures.
SourceLine EncodeSource(Ensemble models, const std::string& line,
                        const FeatureSet* features = nullptr);

// Throws Error{kUsage} unless the models read what they are given: `features`, or if it is null
// text; Error{kData} if the vectors are of another size.
void CheckFeatures(Ensemble models, const FeatureSet* features);

// The tokens of a source, </s> not counted, beyond which location attention has no scores.
size_t LongestSource(Ensemble models);

struct TranslateOptions {
  SearchOptions search;
  bool with_alignments = true;
  // For search.replace_unknown; must outlive the call. None: words are copied.
  const Dictionary* dictionary = nullptr;
  // As BeamRequest::shortlist; must outlive the call.
  const Shortlist* shortlist = nullptr;
  const FeatureSet* features = nullptr;  // as EncodeSource's; must outlive the call
  StopSearch stop = {};                  // called by any of the threads
  // As BeamRequest::steps; must outlive the call.
  std::atomic<int64_t>* steps = nullptr;
};

// As Translator::CheckOptions.
void CheckSearchOptionsFit(Ensemble models, const SearchOptions& options);

// As Translator::Translate. Throws SearchStopped too.
std::vector<Translation> TranslateLines(Ensemble models, std::span<const std::string> lines,
                                        const TranslateOptions& options, SearchThreads& threads);
// The same of lines that EncodeSource has read.
std::vector<Translation> TranslateSources(Ensemble models, std::span<const SourceLine> sources,
                                          const TranslateOptions& options, SearchThreads& threads);

// What is wrong with one of the pairs to score.
class PairError : public Error {
 public:
  // index: of the pair, from 0. fault: what is wrong and what to do about it.
  PairError(size_t index, const std::string& fault)
      : Error(ErrorKind::kData, "line " + std::to_string(index + 1) + ": " + fault),
        index_(index),
        fault_(fault) {}
  size_t index() const { return index_; }
  const std::string& fault() const { return fault_; }

 private:
  size_t index_;
  std::string fault_;
};

// A pair as the models read it.
struct EncodedPair {
  EncodedText source, target;
  // Of models that copy.
  SourceCopies copies = {};
  std::vector<int> extended_target = {};

  size_t longer() const { return std::max(source.ids.size(), target.ids.size()); }
};

// Takes pair number `index` and what the models say about it, α included.
using PairVisitor =
    std::function<void(size_t index, const EncodedPair& pair, const ForcedPair& forced)>;

// Calls visit once for each pair, in no fixed order and from several threads. Throws PairError for
// a pair that is too long, Error{kData} unless there are as many sources as targets.
void ForceDecodeLines(Ensemble models, std::span<const std::string> sources,
                      std::span<const std::string> targets, SearchThreads& threads,
                      const PairVisitor& visit, const ForceDecodeOptions& options = {});

// As Translator::Score. Throws PairError for a pair that is too long.
std::vector<ScoredPair> ScoreLines(Ensemble models, std::span<const std::string> sources,
                                   std::span<const std::string> targets, SearchThreads& threads,
                                   const AlignOptions& options = {},
                                   const FeatureSet* features = nullptr);

}  // namespace atento

#endif  // ATENTO_SEARCH_TRANSLATE_H_
