#include "metrics/alignment.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "atento/error.h"
#include "base/check.h"
#include "base/utf8.h"

namespace atento {
namespace {

struct ParsedLink {
  WordLink link;  // as written: not yet counted from 0
  bool sure = true;
};

// The number at the start of *text, which is removed; nothing if there is none that fits an int.
std::optional<int> TakeNumber(std::string_view* text) {
  int number = 0;
  const char* const end = text->data() + text->size();
  const auto [after, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc()) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(after - text->data()));
  return number;
}

// As it can stand in a message: not too long, and unable to command the terminal.
std::string Quoted(std::string_view word) {
  constexpr size_t kMostCharacters = 40;
  std::string quoted = "'";
  size_t characters = 0;
  for (char32_t c : DecodeUtf8(word)) {
    if (++characters > kMostCharacters) {
      quoted += "...";
      break;
    }
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    AppendUtf8(control ? U'\uFFFD' : c, &quoted);
  }
  return quoted + "'";
}

// Reads one link, or says what is wrong with it.
class LinkParser {
 public:
  LinkParser(const LinkRules& rules, bool gold, std::string_view where)
      : rules_(rules), gold_(gold), where_(where) {}

  ParsedLink Parse(std::string_view word) const {
    std::string_view rest = word;
    ParsedLink parsed;
    const std::optional<int> source = TakeNumber(&rest);
    if (!source || rest.empty()) Malformed(word);
    parsed.sure = rest[0] == '-';
    if (!parsed.sure && !(gold_ && rest[0] == 'p')) Malformed(word);
    rest.remove_prefix(1);
    const std::optional<int> target = TakeNumber(&rest);
    if (!target || !rest.empty()) Malformed(word);
    parsed.link.source = Checked(word, "source", *source, rules_.source_words);
    parsed.link.target = Checked(word, "target", *target, rules_.target_words);
    return parsed;
  }

 private:
  // The word's number, counted from 0.
  int Checked(std::string_view word, const char* side, int number, std::optional<int> words) const {
    const std::string from = "words are counted from " + std::to_string(rules_.base);
    if (number < 0) Fail(word, "has a negative number; " + from);
    if (number < rules_.base) {
      Fail(word, "has the number 0, but " + from +
                     ": the file mixes the two ways of counting, or counts from 0 throughout");
    }
    const int index = number - rules_.base;
    if (words && index >= *words) {
      Fail(word, std::string("is outside the ") + side + " sentence, which has " +
                     std::to_string(*words) + (*words == 1 ? " word; " : " words; ") + from);
    }
    return index;
  }

  [[noreturn]] void Malformed(std::string_view word) const {
    Fail(word, gold_ ? "is not a link; write i-j, or ipj if it is only possible, with the numbers "
                       "of source and target word"
                     : "is not a link; write i-j with the numbers of source and target word");
  }
  [[noreturn]] void Fail(std::string_view word, const std::string& fault) const {
    throw Error(ErrorKind::kData, std::string(where_) + ": " + Quoted(word) + " " + fault);
  }

  const LinkRules& rules_;
  bool gold_;
  std::string_view where_;
};

// Where grow-diag looks for neighbours, in the order of Moses: (source, target).
constexpr WordLink kNeighbours[] = {{0, -1},  {-1, 0}, {0, 1},  {1, 0},
                                    {-1, -1}, {1, -1}, {-1, 1}, {1, 1}};

Links Intersection(const Links& a, const Links& b) {
  std::vector<WordLink> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return Links(std::move(common));
}

Links Union(const Links& a, const Links& b) {
  std::vector<WordLink> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return Links(std::move(all));
}

// The links taken so far, and the words that they cover.
class GrowingLinks {
 public:
  GrowingLinks(const Links& start, const SentencePairSize& size)
      : source_covered_(static_cast<size_t>(size.source_words)),
        target_covered_(static_cast<size_t>(size.target_words)) {
    for (const WordLink& link : start) Take(link);
  }

  // Adds links of `all` beside those there are, if they cover a new word, until none is left. A
  // pass also visits what it has added behind the link it is at: as in Moses, whose std::set this
  // is.
  void GrowDiagonally(const Links& all) {
    for (bool grown = true; grown;) {
      grown = false;
      for (const WordLink& link : links_) {
        for (const WordLink& step : kNeighbours) {
          const WordLink next{link.source + step.source, link.target + step.target};
          if (!all.Contains(next) || (SourceCovered(next) && TargetCovered(next))) continue;
          Take(next);
          grown = true;
        }
      }
    }
  }

  // Adds links both of whose words are uncovered.
  void FinalAnd(const Links& candidates) {
    for (const WordLink& link : candidates) {
      if (!SourceCovered(link) && !TargetCovered(link)) Take(link);
    }
  }

  Links Result() const { return Links({links_.begin(), links_.end()}); }

 private:
  void Take(const WordLink& link) {
    links_.insert(link);
    source_covered_[static_cast<size_t>(link.source)] = true;
    target_covered_[static_cast<size_t>(link.target)] = true;
  }
  bool SourceCovered(const WordLink& link) const {
    return source_covered_[static_cast<size_t>(link.source)];
  }
  bool TargetCovered(const WordLink& link) const {
    return target_covered_[static_cast<size_t>(link.target)];
  }

  std::set<WordLink> links_;
  std::vector<bool> source_covered_, target_covered_;
};

void CheckWithin(const Links& links, const SentencePairSize& size) {
  for (const WordLink& link : links) {
    CHECK(link.source >= 0 && link.source < size.source_words && link.target >= 0 &&
              link.target < size.target_words,
          "a link is outside its sentence");
  }
}

// 1 if there is nothing.
double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Links::Links(std::vector<WordLink> links) : links_(std::move(links)) {
  std::sort(links_.begin(), links_.end());
  links_.erase(std::unique(links_.begin(), links_.end()), links_.end());
}

bool Links::Contains(const WordLink& link) const {
  return std::binary_search(links_.begin(), links_.end(), link);
}

Links ParseLinks(std::string_view line, const LinkRules& rules, std::string_view where) {
  const LinkParser parser(rules, /*gold=*/false, where);
  std::vector<WordLink> links;
  for (std::string_view word : SplitWords(line)) links.push_back(parser.Parse(word).link);
  return Links(std::move(links));
}

GoldLinks ParseGoldLinks(std::string_view line, const LinkRules& rules, std::string_view where) {
  const LinkParser parser(rules, /*gold=*/true, where);
  std::vector<WordLink> sure, possible;
  for (std::string_view word : SplitWords(line)) {
    const ParsedLink parsed = parser.Parse(word);
    if (parsed.sure) sure.push_back(parsed.link);
    possible.push_back(parsed.link);
  }
  return {Links(std::move(sure)), Links(std::move(possible))};
}

std::string FormatLinks(const Links& links) {
  std::string text;
  for (const WordLink& link : links) {
    if (!text.empty()) text += ' ';
    text += std::to_string(link.source) + '-' + std::to_string(link.target);
  }
  return text;
}

Links Symmetrize(Symmetrization method, const Links& forward, const Links& backward,
                 const SentencePairSize& size) {
  CheckWithin(forward, size);
  CheckWithin(backward, size);
  switch (method) {
    case Symmetrization::kNone:
      return forward;
    case Symmetrization::kIntersection:
      return Intersection(forward, backward);
    case Symmetrization::kUnion:
      return Union(forward, backward);
    case Symmetrization::kGrowDiagFinalAnd:
      break;
  }
  GrowingLinks links(Intersection(forward, backward), size);
  links.GrowDiagonally(Union(forward, backward));
  links.FinalAnd(forward);
  links.FinalAnd(backward);
  return links.Result();
}

void AlignmentScore::Add(const Links& links, const GoldLinks& gold) {
  ++sentences_;
  links_ += static_cast<int64_t>(links.size());
  sure_ += static_cast<int64_t>(gold.sure.size());
  possible_ += static_cast<int64_t>(gold.possible.size());
  for (const WordLink& link : links) {
    sure_found_ += gold.sure.Contains(link);
    possible_found_ += gold.possible.Contains(link);
  }
}

double AlignmentScore::error_rate() const {
  const int64_t all = links_ + sure_, found = sure_found_ + possible_found_;
  return all == 0 ? 0 : Share(all - found, all);
}
double AlignmentScore::precision() const { return Share(possible_found_, links_); }
double AlignmentScore::recall() const { return Share(sure_found_, sure_); }

}  // namespace atento
