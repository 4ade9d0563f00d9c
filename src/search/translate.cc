#include "search/translate.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/options.h"
#include "search/align.h"
#include "search/replace_unknown.h"
#include "text/tokenizer.h"

namespace atento {
namespace {

// Rows of a decoder step at most, unless one sentence has more: bounds the memory of a wide beam.
constexpr int kMostRows = 4096;
// Of a batch of pairs to score: sentences, and tokens of one side unless one pair has more.
constexpr int kScoredPairs = 64;
constexpr size_t kScoredTokens = 8192;
// Of one side of a pair to score: α has the product of the two sides, and it is not cut.
constexpr size_t kLongestScored = 10000;

bool SameVocabulary(const Tokenizer& a, const Tokenizer& b) {
  return a.kind() == b.kind() && a.normalization() == b.normalization() &&
         a.Serialize() == b.Serialize();
}

// All do or none: CheckEnsemble.
bool Copies(Ensemble models) { return models[0]->config().copy; }

int MostSourceTokens(Ensemble models) {
  int most = models[0]->description.training.max_source_tokens;
  for (const Model* model : models) {
    most = std::min(most, model->description.training.max_source_tokens);
  }
  return most;
}

// [0, count), longest first.
template <class LengthOf>
std::vector<int> ByLength(size_t count, const LengthOf& length_of) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return length_of(a) > length_of(b); });
  return order;
}

Translation MakeTranslation(const SourceLine& source, const std::vector<Hypothesis>& hypotheses,
                            const Tokenizer& tokenizer, const TranslateOptions& options) {
  Translation translation;
  translation.truncated = source.truncated;
  for (const Hypothesis& hypothesis : hypotheses) {
    DecodedText decoded = tokenizer.DecodeWithWords(hypothesis.ids, source.copies.extended);
    TranslationHypothesis& result = translation.hypotheses.emplace_back();
    result.log_prob = hypothesis.log_prob;
    result.score = hypothesis.score;
    Alignment alignment =
        AlignWords(hypothesis.alpha,
                   {source.encoded.word_of, source.encoded.words, options.features == nullptr},
                   {decoded.word_of, decoded.words});
    if (options.search.replace_unknown) {
      ReplaceUnknown(hypothesis.ids, *source.text, alignment, options.dictionary, &decoded);
    }
    if (options.with_alignments) result.alignment = std::move(alignment);
    result.text = std::move(decoded.text);
  }
  return translation;
}

// The rows of an item as ids, its positions as words.
EncodedText EncodeItem(const FeatureItem& item) {
  EncodedText encoded;
  encoded.words = item.rows;
  encoded.ids.resize(static_cast<size_t>(item.rows));
  encoded.word_of.resize(static_cast<size_t>(item.rows));
  std::iota(encoded.ids.begin(), encoded.ids.end(), item.first_row);
  std::iota(encoded.word_of.begin(), encoded.word_of.end(), 0);
  return encoded;
}

EncodedText EncodeScoredSource(Ensemble models, const std::string& source,
                               const FeatureSet* features, size_t index) {
  if (!features) return models[0]->source_tokenizer.Encode(source);
  try {
    return EncodeItem(features->Find(source));
  } catch (const Error& error) {
    throw PairError(index, error.what());
  }
}

EncodedPair EncodePair(Ensemble models, const std::string& source, const std::string& target,
                       const FeatureSet* features, size_t index) {
  const Tokenizer& to = models[0]->target_tokenizer;
  EncodedPair pair;
  if (Copies(models)) {
    pair.source = models[0]->source_tokenizer.EncodeWithSpellings(source);
    pair.target = to.EncodeWithSpellings(target);
    pair.copies = FindCopies(to, pair.source.spellings);
    pair.extended_target = ExtendTarget(pair.target, pair.copies, to.vocabulary_size());
  } else {
    pair.source = EncodeScoredSource(models, source, features, index);
    pair.target = to.Encode(target);
  }
  if (pair.source.ids.size() > LongestSource(models)) {
    throw PairError(index, "a source of " + std::to_string(pair.source.ids.size()) +
                               " tokens is too long: the model can read at most " +
                               std::to_string(LongestSource(models)) + "; shorten or split it");
  }
  if (pair.longer() > kLongestScored) {
    throw PairError(index, "a pair of " + std::to_string(pair.source.ids.size()) + " and " +
                               std::to_string(pair.target.ids.size()) +
                               " tokens is too long to score: split lines of more than " +
                               std::to_string(kLongestScored) + " tokens");
  }
  return pair;
}

// Cuts the order, longest first, into batches.
std::vector<std::span<const int>> CutScoredBatches(std::span<const int> order,
                                                   std::span<const EncodedPair> pairs) {
  std::vector<std::span<const int>> batches;
  while (!order.empty()) {
    const size_t longest = pairs[static_cast<size_t>(order.front())].longer() + 1;
    const size_t fitting = std::clamp<size_t>(kScoredTokens / longest, 1, kScoredPairs);
    batches.push_back(order.first(std::min(fitting, order.size())));
    order = order.subspan(batches.back().size());
  }
  return batches;
}

ScoredPair MakeScoredPair(const EncodedPair& pair, const ForcedPair& forced,
                          const AlignOptions& options, bool source_end) {
  ScoredPair result;
  result.log_prob = forced.log_prob;
  result.target_tokens = static_cast<int>(pair.target.ids.size()) + 1;
  result.alignment = AlignWords(forced.alpha, {pair.source.word_of, pair.source.words, source_end},
                                {pair.target.word_of, pair.target.words}, options);
  return result;
}

}  // namespace

void CheckFeatures(Ensemble models, const FeatureSet* features) {
  const ModelConfig& config = models[0]->config();
  if (config.has_features() && !features) {
    throw Error(ErrorKind::kUsage,
                "the model reads feature vectors, not text: give it a file of atento features");
  }
  if (!config.has_features() && features) {
    throw Error(ErrorKind::kUsage, features->name() +
                                       " has feature vectors, but the model reads "
                                       "text: give it lines of text");
  }
  if (!features || config.feature_size == features->feature_size()) return;
  throw Error(ErrorKind::kData,
              features->name() + " has vectors of " + std::to_string(features->feature_size()) +
                  " numbers, the model reads " + std::to_string(config.feature_size) +
                  ": compute them as those of its training");
}

SourceLine EncodeSource(Ensemble models, const std::string& line, const FeatureSet* features) {
  if (features) {
    SourceLine item{&line, EncodeItem(features->Find(line))};
    item.tokens = item.encoded.ids.size();
    return item;
  }
  const Tokenizer& tokenizer = models[0]->source_tokenizer;
  SourceLine source{&line,
                    Copies(models) ? tokenizer.EncodeWithSpellings(line) : tokenizer.Encode(line)};
  const auto most = static_cast<size_t>(MostSourceTokens(models));
  EncodedText& encoded = source.encoded;
  if (encoded.words == 0) encoded = {};  // spaces of a character vocabulary
  source.tokens = encoded.ids.size();
  source.truncated = source.tokens > most;
  encoded.ids.resize(std::min(encoded.ids.size(), most));
  encoded.word_of.resize(encoded.ids.size());
  if (Copies(models)) {
    encoded.spellings.resize(encoded.ids.size());
    source.copies = FindCopies(models[0]->target_tokenizer, encoded.spellings);
  }
  return source;
}

size_t LongestSource(Ensemble models) {
  size_t longest = std::numeric_limits<size_t>::max();
  for (const Model* model : models) {
    if (model->config().attention != Attention::kLocation) continue;
    longest = std::min(longest, static_cast<size_t>(model->config().location_positions) - 1);
  }
  return longest;
}

void CheckEnsemble(Ensemble models, std::span<const std::string> names) {
  CHECK(!models.empty() && models.size() == names.size());
  for (size_t m = 1; m < models.size(); ++m) {
    if (models[m]->config().copy != models[0]->config().copy) {
      const size_t copying = models[0]->config().copy ? 0 : m;
      throw Error(ErrorKind::kData, names[copying] + " was trained with --copy and " +
                                        names[m - copying] +
                                        " without, and so they cannot be an ensemble: use models "
                                        "that all copy or none");
    }
    const ModelConfig &a = models[0]->config(), &b = models[m]->config();
    if (a.source_kind != b.source_kind || a.feature_size != b.feature_size) {
      throw Error(ErrorKind::kData, names[0] + " and " + names[m] +
                                        ": they read different sources, and so they cannot be an "
                                        "ensemble: use models of one kind of source");
    }
    const bool same_source =
        SameVocabulary(models[0]->source_tokenizer, models[m]->source_tokenizer);
    if (same_source && SameVocabulary(models[0]->target_tokenizer, models[m]->target_tokenizer)) {
      continue;
    }
    throw Error(ErrorKind::kData, names[0] + " and " + names[m] + ": their " +
                                      (same_source ? "target" : "source") +
                                      " vocabularies differ, and so they cannot be an ensemble: "
                                      "use models of one vocabulary");
  }
}

void CheckSearchOptionsFit(Ensemble models, const SearchOptions& options) {
  CheckSearchOptions(options);
  if (!options.replace_unknown) return;
  if (models[0]->config().has_features()) {
    throw Error(ErrorKind::kUsage,
                "--replace-unknown copies words of the source, but the model reads feature "
                "vectors: leave it out");
  }
  if (CountAlphas(models) == 0) {
    throw Error(ErrorKind::kUsage,
                "--replace-unknown needs a model with attention: leave it out, or train a model "
                "with another --attention than none or fixed");
  }
  const TokenizerKind kind = models[0]->target_tokenizer.kind();
  if (kind != TokenizerKind::kWords && kind != TokenizerKind::kSymbols) {
    throw Error(ErrorKind::kUsage,
                "--replace-unknown needs a model whose target tokens are words or symbols, not " +
                    std::string(EnumName(kind)) + ": leave it out");
  }
}

std::vector<Translation> TranslateLines(Ensemble models, std::span<const std::string> lines,
                                        const TranslateOptions& options, SearchThreads& threads) {
  CheckFeatures(models, options.features);
  std::vector<SourceLine> sources;
  sources.reserve(lines.size());
  for (const std::string& line : lines) {
    sources.push_back(EncodeSource(models, line, options.features));
    // A text is cut to this length.
    const size_t rows = sources.back().encoded.ids.size();
    if (rows <= LongestSource(models)) continue;
    throw Error(ErrorKind::kData, options.features->name() + ": item " + line + " has " +
                                      std::to_string(rows) + " vectors, but the model can read " +
                                      std::to_string(LongestSource(models)) +
                                      " at most: leave the item out");
  }
  return TranslateSources(models, sources, options, threads);
}

std::vector<Translation> TranslateSources(Ensemble models, std::span<const SourceLine> sources,
                                          const TranslateOptions& options, SearchThreads& threads) {
  CheckSearchOptionsFit(models, options.search);
  auto length_of = [&](int i) { return sources[static_cast<size_t>(i)].encoded.ids.size(); };
  std::vector<int> order = ByLength(sources.size(), length_of);
  while (!order.empty() && length_of(order.back()) == 0) order.pop_back();

  // No larger than it must be for all threads to have work.
  const int sentences = static_cast<int>(order.size());
  const int shared = (sentences + threads.count() - 1) / threads.count();
  const int size =
      std::max(1, std::min({options.search.batch_sentences, shared,
                            kMostRows / std::max(options.search.beam, options.search.n_best)}));
  const bool with_alpha = options.with_alignments || options.search.replace_unknown;
  std::vector<Translation> translations(sources.size());
  threads.Run((sentences + size - 1) / size, [&](int batch, SearchArenas& arenas) {
    const int begin = batch * size;
    const std::span indices = std::span(order).subspan(
        static_cast<size_t>(begin), static_cast<size_t>(std::min(size, sentences - begin)));
    std::vector<std::vector<int>> ids, copies;
    for (int i : indices) {
      const SourceLine& source = sources[static_cast<size_t>(i)];
      ids.push_back(source.encoded.ids);
      if (Copies(models)) copies.push_back(source.copies.ids);
    }
    int64_t steps = 0;
    const auto results = BeamSearch(models, ids, options.search, arenas,
                                    {.with_alpha = with_alpha,
                                     .copies = copies,
                                     .shortlist = options.shortlist,
                                     .features = options.features,
                                     .stop = options.stop,
                                     .steps = &steps});
    if (options.steps) *options.steps += steps;
    for (size_t k = 0; k < indices.size(); ++k) {
      const auto i = static_cast<size_t>(indices[k]);
      translations[i] =
          MakeTranslation(sources[i], results[k], models[0]->target_tokenizer, options);
    }
  });
  return translations;
}

void ForceDecodeLines(Ensemble models, std::span<const std::string> sources,
                      std::span<const std::string> targets, SearchThreads& threads,
                      const PairVisitor& visit, const ForceDecodeOptions& options) {
  CheckFeatures(models, options.features);
  if (sources.size() != targets.size()) {
    throw Error(ErrorKind::kData, std::to_string(sources.size()) + " source lines but " +
                                      std::to_string(targets.size()) +
                                      " target lines: line n of the one belongs to line n of the "
                                      "other");
  }
  std::vector<EncodedPair> pairs;
  pairs.reserve(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) {
    pairs.push_back(EncodePair(models, sources[i], targets[i], options.features, i));
  }
  const std::vector<int> order =
      ByLength(pairs.size(), [&](int i) { return pairs[static_cast<size_t>(i)].longer(); });
  const std::vector<std::span<const int>> batches = CutScoredBatches(order, pairs);
  threads.Run(static_cast<int>(batches.size()), [&](int batch, SearchArenas& arenas) {
    const std::span<const int> indices = batches[static_cast<size_t>(batch)];
    std::vector<TokenPair> tokens;
    for (int i : indices) {
      const EncodedPair& pair = pairs[static_cast<size_t>(i)];
      tokens.push_back(
          {pair.source.ids, pair.target.ids, {}, pair.copies.ids, pair.extended_target});
    }
    const std::vector<ForcedPair> forced = ForceDecodePairs(models, tokens, arenas, options);
    for (size_t k = 0; k < indices.size(); ++k) {
      const auto i = static_cast<size_t>(indices[k]);
      visit(i, pairs[i], forced[k]);
    }
  });
}

std::vector<ScoredPair> ScoreLines(Ensemble models, std::span<const std::string> sources,
                                   std::span<const std::string> targets, SearchThreads& threads,
                                   const AlignOptions& options, const FeatureSet* features) {
  std::vector<ScoredPair> scored(sources.size());
  ForceDecodeLines(models, sources, targets, threads,
                   [&](size_t i, const EncodedPair& pair, const ForcedPair& forced) {
                     scored[i] = MakeScoredPair(pair, forced, options, features == nullptr);
                   },
                   {.posterior = options.posterior, .features = features});
  return scored;
}

}  // namespace atento
