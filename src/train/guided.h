// --guided-alignments: given links between the words of the training pairs, as links between their
// tokens, which the loss on attention is taken of (layers/attention_loss.h).
#ifndef ATENTO_TRAIN_GUIDED_H_
#define ATENTO_TRAIN_GUIDED_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "metrics/alignment.h"
#include "text/corpus.h"
#include "text/tokenizer.h"

namespace atento {

// The links of the lines of a file, and what tells it from another one.
struct AlignmentFile {
  std::string path;
  std::vector<std::string> lines;
  int64_t bytes = 0;
  uint64_t hash = 0;
};

// corpus_lines: of the training data, with which the file must agree. Throws Error{kNotFound, kIo},
// and Error{kData} if it does not.
AlignmentFile ReadAlignmentFile(const std::string& path, int64_t corpus_lines, bool strict);

// The links of one pair, as TokenPair::links: every token of a linked source word with every token
// of the target word. Throws Error{kData} that names file and line for links that are malformed or
// outside the sentence.
std::vector<std::pair<int, int>> TokenLinks(const AlignmentFile& file, int64_t line,
                                            const EncodedText& source, const EncodedText& target);

}  // namespace atento

#endif  // ATENTO_TRAIN_GUIDED_H_
