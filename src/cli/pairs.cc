#include "cli/pairs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "atento/error.h"
#include "atento/features.h"
#include "base/file.h"

namespace atento {
namespace {

// Pairs that are scored at once; sorted by length among themselves.
constexpr size_t kChunkPairs = 2000;

Corpus ReadPairs(const PairOptions& options) {
  const bool tsv = !options.input.empty();
  Corpus corpus = ReadParallel({tsv ? options.input : options.source, options.target},
                               {.strict = options.strict, .keep_empty = true});
  LogCorpusReport(corpus.report);
  return corpus;
}

bool OnScreen(const PairOptions& options) {
  return options.output == "-" && isatty(STDOUT_FILENO) != 0;
}

}  // namespace

void RequirePairs(const Command& command, const PairOptions& options) {
  RequireValue(command, "--model", !options.model.empty());
  const bool two = !options.source.empty() || !options.target.empty();
  if (!two) {
    RequireValue(command, "--source and --target, or --input,", !options.input.empty());
    return;
  }
  if (!options.input.empty()) {
    throw Error(ErrorKind::kUsage,
                "--input is given besides --source and --target; choose one way");
  }
  RequireValue(command, "--source", !options.source.empty());
  RequireValue(command, "--target", !options.target.empty());
}

void SetFeatures(const std::string& path, Translator* translator) {
  translator->SetFeatures(path.empty() ? nullptr : std::make_shared<const FeatureSet>(path));
}

PairReader::PairReader(const PairOptions& options)
    : corpus_(ReadPairs(options)),
      progress_(static_cast<int64_t>(corpus_.pairs.size()), !OnScreen(options)) {}

bool PairReader::Next(PairLines* lines) {
  progress_.Update(static_cast<int64_t>(done_));
  const size_t begin = done_;
  done_ = std::min(begin + kChunkPairs, size());
  *lines = {.source = {}, .target = {}, .first = begin};
  for (size_t i = begin; i < done_; ++i) {
    lines->source.push_back(corpus_.pairs[i].source);
    lines->target.push_back(corpus_.pairs[i].target);
  }
  return begin < done_;
}

void ThrowInFile(const PairError& error, const std::string& path, size_t first) {
  throw Error(ErrorKind::kData,
              fmt::format("{}:{}: {}", InputName(path), first + error.index() + 1, error.fault()));
}

std::vector<ScoredPair> ScorePairs(const Translator& translator, std::span<const std::string> from,
                                   std::span<const std::string> to, const std::string& path,
                                   size_t first, const AlignOptions& options) {
  try {
    return translator.Score(from, to, options);
  } catch (const PairError& error) {
    ThrowInFile(error, path, first);
  }
}

}  // namespace atento
