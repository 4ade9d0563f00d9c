// Word alignments: lines of links, the union of two directions, and the alignment error rate.
//   AER = 1 - (|A∩S| + |A∩P|) / (|A| + |S|),  precision = |A∩P| / |A|,  recall = |A∩S| / |S|
// for links A against sure links S and possible ones P, S ⊆ P, all counted over the corpus. Och and
// Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models".
#ifndef ATENTO_METRICS_ALIGNMENT_H_
#define ATENTO_METRICS_ALIGNMENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atento/options.h"

namespace atento {

// Words are counted from 0.
struct WordLink {
  int source = 0;
  int target = 0;

  bool operator==(const WordLink&) const = default;
  // By target, then source.
  bool operator<(const WordLink& other) const {
    return target != other.target ? target < other.target : source < other.source;
  }
};

// The links of one sentence: sorted, each one once.
class Links {
 public:
  Links() = default;
  explicit Links(std::vector<WordLink> links);

  bool Contains(const WordLink& link) const;
  size_t size() const { return links_.size(); }
  bool empty() const { return links_.empty(); }
  auto begin() const { return links_.begin(); }
  auto end() const { return links_.end(); }
  bool operator==(const Links&) const = default;

 private:
  std::vector<WordLink> links_;
};

struct GoldLinks {
  Links sure;
  Links possible;  // the sure ones among them
};

// What a line of links may hold.
struct LinkRules {
  // The number of a sentence's first word: 0 or 1.
  int base = 0;
  // Not known: any number is taken.
  std::optional<int> source_words = {};
  std::optional<int> target_words = {};
};

// Reads the links of one sentence, "0-0 2-1": source word, target word. A link given twice counts
// once. Throws Error{kData} that starts with `where` ("file:line"): a link is malformed, has a
// negative number, is below the base, or outside its sentence.
Links ParseLinks(std::string_view line, const LinkRules& rules, std::string_view where);
// Likewise, where `i-j` is sure and `ipj` possible.
GoldLinks ParseGoldLinks(std::string_view line, const LinkRules& rules, std::string_view where);
// "0-0 2-1": counted from 0, by target, then source.
std::string FormatLinks(const Links& links);

enum class Symmetrization { kNone, kIntersection, kUnion, kGrowDiagFinalAnd };
template <>
struct EnumNames<Symmetrization> {
  static constexpr std::array<const char*, 4> names = {"none", "intersection", "union",
                                                       "grow-diag-final-and"};
};

struct SentencePairSize {
  int source_words = 0;
  int target_words = 0;
};

// One alignment from two; kNone: forward. Both link (source, target): forward as the model source →
// target aligns its target words, backward as the reverse model aligns its own. grow-diag-final-and
// is that of Moses (symal), in which order matters: neighbours are tried in its order, and the last
// step takes the links of forward before those of backward. Requires links within the size
// (checked).
Links Symmetrize(Symmetrization method, const Links& forward, const Links& backward,
                 const SentencePairSize& size);

// Counts over a corpus, and the rates that follow, from 0 to 1.
class AlignmentScore {
 public:
  void Add(const Links& links, const GoldLinks& gold);

  // 0 if there is neither a link nor a sure one.
  double error_rate() const;
  // 1 if there is nothing that could be wrong (no links) or missed (no sure ones).
  double precision() const;
  double recall() const;

  int64_t sentences() const { return sentences_; }
  int64_t links() const { return links_; }
  int64_t sure() const { return sure_; }
  int64_t possible() const { return possible_; }  // the sure ones among them

 private:
  int64_t sentences_ = 0;
  int64_t links_ = 0;
  int64_t sure_ = 0;
  int64_t possible_ = 0;
  int64_t sure_found_ = 0;
  int64_t possible_found_ = 0;
};

}  // namespace atento

#endif  // ATENTO_METRICS_ALIGNMENT_H_
