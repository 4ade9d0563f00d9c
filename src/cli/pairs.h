// Given translations, as atento score and atento align take them.
#ifndef ATENTO_CLI_PAIRS_H_
#define ATENTO_CLI_PAIRS_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "atento/translator.h"
#include "base/options.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "search/translate.h"
#include "text/corpus.h"

namespace atento {

struct PairOptions {
  std::vector<std::string> model;
  std::string source;
  std::string target;
  std::string input;
  std::string features;
  std::string output = "-";
  bool strict = false;
  int threads = 0;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "model directory; several are an ensemble", "DIR");
    visit("source", o.source, kAny, "source sentences, one per line", "FILE");
    visit("target", o.target, kAny, "their translations, line by line", "FILE");
    visit("input", o.input, kAny, "instead of the two: source and target separated by a tab",
          "FILE");
    visit("features", o.features, kAny,
          "for a model of feature vectors: the file with the items that the source names", "FILE");
    visit("output", o.output, kAny, "where results go; a file appears when it is whole", "FILE");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
    visit("threads", o.threads, Range{0, 1024}, "compute threads; 0: one per core");
  }
};

// Throws Error{kUsage} unless a model and one of the two ways of naming the pairs were given.
void RequirePairs(const Command& command, const PairOptions& options);

// Line n of the one side belongs to line n of the other.
struct PairLines {
  std::vector<std::string> source, target;
  // The index of the first of them in its file.
  size_t first = 0;
};

// The items of options.features, if any, become what the source names. Throws as
// Translator::SetFeatures, which it also asks if there are none.
void SetFeatures(const std::string& path, Translator* translator);

// All pairs of a command, by chunks, with a line of progress.
class PairReader {
 public:
  // Reads everything; throws as ReadParallel does. options: must outlive this.
  explicit PairReader(const PairOptions& options);

  // False after the last chunk. Asking for a chunk says that the one before is done.
  bool Next(PairLines* lines);
  size_t size() const { return corpus_.pairs.size(); }

 private:
  Corpus corpus_;
  LineProgress progress_;
  size_t done_ = 0;
};

// As Error{kData} that names the line at fault of the file `path`; `first` is the index of the
// first of the lines.
[[noreturn]] void ThrowInFile(const PairError& error, const std::string& path, size_t first);

// translator.Score(from, to, options). path: the file of `from`; a PairError is thrown by
// ThrowInFile.
std::vector<ScoredPair> ScorePairs(const Translator& translator, std::span<const std::string> from,
                                   std::span<const std::string> to, const std::string& path,
                                   size_t first, const AlignOptions& options = {});

}  // namespace atento

#endif  // ATENTO_CLI_PAIRS_H_
