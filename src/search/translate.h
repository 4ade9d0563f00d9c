// Lines of text in, translations or probabilities out, with models that are in memory: what
// Translator does with models from directories, and a validation with the one being trained.
#ifndef ATENTO_SEARCH_TRANSLATE_H_
#define ATENTO_SEARCH_TRANSLATE_H_

#include <span>
#include <string>
#include <vector>

#include "atento/translator.h"
#include "search/beam_search.h"
#include "search/search_threads.h"
#include "text/tokenizer.h"

namespace atento {

// Throws Error{kData} unless all models have the vocabularies of the first. names: what to call
// each model in the message.
void CheckEnsemble(Ensemble models, std::span<const std::string> names);

// A line as the models read it.
struct SourceLine {
  EncodedText encoded;
  bool truncated = false;
};

// At most as many tokens as the models were trained with.
SourceLine EncodeSource(Ensemble models, const std::string& line);

struct TranslateOptions {
  SearchOptions search;
  bool with_alignments = true;
};

// As Translator::Translate.
std::vector<Translation> TranslateLines(Ensemble models, std::span<const std::string> lines,
                                        const TranslateOptions& options, SearchThreads& threads);

// As Translator::Score.
std::vector<ScoredPair> ScoreLines(Ensemble models, std::span<const std::string> sources,
                                   std::span<const std::string> targets, SearchThreads& threads);

}  // namespace atento

#endif  // ATENTO_SEARCH_TRANSLATE_H_
