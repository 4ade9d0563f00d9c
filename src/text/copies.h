// What the positions of a source copy as, for models that copy (layers/copy.h): symbols of the
// target. Those that the target's vocabulary of V symbols lacks are extended symbols, V, V + 1, …,
// which mean something for this one source alone.
#ifndef ATENTO_TEXT_COPIES_H_
#define ATENTO_TEXT_COPIES_H_

#include <span>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace atento {

struct SourceCopies {
  // For each position, its </s> last, the target's symbol of the same spelling, else an extended one:
  // equal spellings are equal symbols, in the order in which they first occur.
  std::vector<int> ids;
  std::vector<std::string> extended;  // how V + k is spelled
};

// spellings: EncodedText::spellings of the source.  Cost: a look-up for each.  Errors: none.
SourceCopies FindCopies(const Tokenizer& target, std::span<const std::string> spellings);

// The ids of a target, with its spellings; those that are <unk> but spelled as an extended symbol
// become it.
std::vector<int> ExtendTarget(const EncodedText& target, const SourceCopies& copies,
                              int vocabulary);

}  // namespace atento

#endif  // ATENTO_TEXT_COPIES_H_
