// Token ids of several sentences as one batch: sorted by length, time-major, without padding.
#ifndef ATENTO_TEXT_BATCH_H_
#define ATENTO_TEXT_BATCH_H_

#include <span>
#include <utility>
#include <vector>

#include "base/sequence_layout.h"

namespace atento {

// Whether a source gets an </s>: symbols do, rows of a table of feature vectors do not.
enum class SourceEnd { kAdded, kNone };

// One sentence pair. Neither side holds </s>; either may be empty, but not a source that gets none.
struct TokenPair {
  std::vector<int> source;
  std::vector<int> target;
  // A given alignment, (target, source) positions, sorted and without repetition; may be empty.
  std::vector<std::pair<int, int>> links = {};
  // Of a model that copies (copies.h), else empty: what each source position, its </s> too, copies
  // as; and the target as it may be copied, as long as `target`, which is what the decoder reads.
  std::vector<int> copies = {};
  std::vector<int> extended_target = {};
};

// The work of one worker. Source and target are sorted each on their own by falling length (ties:
// in the order given), so that a column of the one is not the same column of the other.
struct Batch {
  // Every source ends with </s>, counted, unless it gets none.
  SequenceLayout source;
  std::vector<int> source_ids;  // [source.rows()]
  // [source.rows()]: what each position copies as. Empty unless the model copies.
  std::vector<int> source_copies;

  // Every target ends with </s>, counted. Empty (0 columns) for inference.
  SequenceLayout target;
  std::vector<int> target_input;   // [target.rows()]: </s> y_1 … y_{T-1}
  std::vector<int> target_output;  // [target.rows()]: y_1 … y_T, y_T = </s>; with extended ids

  // The links of row n of the target: link_positions[link_offset[n]] … [link_offset[n+1]],
  // positions in its source. Both empty if no pair has any.
  std::vector<int> link_offset;  // [target.rows() + 1]
  std::vector<int> link_positions;

  std::vector<int> target_to_source;  // [target.batch()]: source column of the same pair
  std::vector<int> source_order;  // [source.batch()]: source column -> index into the pairs given
  std::vector<int> target_order;  // [target.batch()]: target column -> index into the pairs given
};

// The pairs with these indices as one batch. indices: not empty, in range (checked). Either all
// pairs have copies or none (checked); those of sources without </s> have none.
Batch MakeBatch(std::span<const TokenPair> pairs, std::span<const int> indices,
                SourceEnd end = SourceEnd::kAdded);
// All of them.
Batch MakeBatch(std::span<const TokenPair> pairs, SourceEnd end = SourceEnd::kAdded);
// Sources alone, for inference. sources: not empty (checked). copies: TokenPair::copies of each, or
// none.
Batch MakeSourceBatch(std::span<const std::vector<int>> sources,
                      std::span<const std::vector<int>> copies = {},
                      SourceEnd end = SourceEnd::kAdded);

}  // namespace atento

#endif  // ATENTO_TEXT_BATCH_H_
