#include "text/lessons.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "atento/error.h"
#include "base/random.h"
#include "text/lessons_grammar.h"
#include "text/lessons_parse.h"
#include "text/lessons_tree.h"

namespace atento {
namespace {

using lessons::Chooser;
using lessons::Option;
using lessons::Token;

class RandomChooser : public Chooser {
 public:
  explicit RandomChooser(uint64_t key) : random_(key) {}

  size_t Choose(std::span<const Option> options) override {
    uint64_t total = 0;
    for (const Option& option : options) total += static_cast<uint64_t>(option.weight);
    uint64_t point = random_.Below(std::max<uint64_t>(total, 1));
    for (size_t i = 0; i < options.size(); ++i) {
      uint64_t weight = static_cast<uint64_t>(options[i].weight);
      if (point < weight) return i;
      point -= weight;
    }
    return 0;
  }

 private:
  Random random_;
};

// Takes the next named choice wherever it is among the options, and the first option elsewhere.
class ScriptedChooser : public Chooser {
 public:
  explicit ScriptedChooser(std::vector<std::string> script) : script_(std::move(script)) {}

  size_t Choose(std::span<const Option> options) override {
    for (size_t i = 0; i < options.size() && next_ < script_.size(); ++i) {
      if (options[i].label != script_[next_]) continue;
      ++next_;
      return i;
    }
    return 0;
  }

  // The first name that was not used; empty if all were.
  std::string Unused() const { return next_ < script_.size() ? script_[next_] : ""; }

 private:
  std::vector<std::string> script_;
  size_t next_ = 0;
};

std::string Join(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (!text.empty()) text += ' ';
    text += token.text;
  }
  return text;
}

// Two words are linked if they share a key, surely if both hold it for sure.
std::vector<LessonLink> MakeLinks(const std::vector<Token>& french,
                                  const std::vector<Token>& english) {
  struct Holder {
    int word;
    bool sure;
  };
  std::unordered_map<int, std::vector<Holder>> holders;
  for (size_t i = 0; i < french.size(); ++i) {
    for (const Token::Key& key : french[i].keys) {
      holders[key.key].push_back({static_cast<int>(i), key.sure});
    }
  }
  std::vector<LessonLink> links;
  for (size_t j = 0; j < english.size(); ++j) {
    std::map<int, bool> sources;
    for (const Token::Key& key : english[j].keys) {
      auto found = holders.find(key.key);
      if (found == holders.end()) continue;
      for (const Holder& holder : found->second) {
        bool& sure = sources[holder.word];
        sure = sure || (holder.sure && key.sure);
      }
    }
    for (auto [source, sure] : sources) links.push_back({source, static_cast<int>(j), sure});
  }
  return links;
}

struct Sampled {
  LessonPair pair;
  int source_words = 0, target_words = 0;
};

Sampled Realize(int clauses, Chooser* chooser) {
  const lessons::Grammar& grammar = lessons::EmbeddedGrammar();
  std::unique_ptr<lessons::Node> node = lessons::DeriveSentence(grammar, clauses, chooser);
  std::vector<Token> french = lessons::WriteFrench(grammar, *node);
  std::vector<Token> english = lessons::WriteEnglish(grammar, *node);
  return {{Join(french), Join(english), MakeLinks(french, english)},
          static_cast<int>(french.size()),
          static_cast<int>(english.size())};
}

}  // namespace

std::string FormatLinks(const std::vector<LessonLink>& links) {
  std::string text;
  for (const LessonLink& link : links) {
    if (!text.empty()) text += ' ';
    text += std::to_string(link.source) + (link.sure ? '-' : 'p') + std::to_string(link.target);
  }
  return text;
}

LessonsPart PartOfLesson(std::string_view source) {
  if (std::count(source.begin(), source.end(), ' ') < 4) return LessonsPart::kTrain;
  switch (MixBits(HashBytes(source)) % 25) {
    case 0:
      return LessonsPart::kDev;
    case 1:
      return LessonsPart::kTest;
    default:
      return LessonsPart::kTrain;
  }
}

LessonSampler::LessonSampler(LessonsPart part, uint64_t seed, const LessonsOptions& options)
    : part_(part), seed_(seed), options_(options) {
  if (options.max_words < 8) {
    throw Error(ErrorKind::kUsage, "lessons: at most " + std::to_string(options.max_words) +
                                       " words are too few for a sentence; allow at least 8");
  }
  if (options.min_words > options.max_words) {
    throw Error(ErrorKind::kUsage,
                "lessons: the least number of words, " + std::to_string(options.min_words) +
                    ", is above the greatest, " + std::to_string(options.max_words));
  }
}

bool LessonSampler::IsRepeated(const LessonPair& pair, int words) {
  constexpr int kShort = 6;
  bool repeatable = part_ == LessonsPart::kTrain && words <= kShort;
  size_t allowed = repeatable ? 12 + seen_.size() / 2000 : 1;
  uint32_t& times = seen_[HashBytes(pair.source)];
  if (times >= allowed) return true;
  ++times;
  return false;
}

LessonPair LessonSampler::Next() {
  // Words to try, of which most belong to another part: for each pair, saved up by earlier ones.
  constexpr int64_t kWordsPerPair = 40000;
  constexpr int kRepeatAfter = 60;  // repetitions in a row: the space is used up
  constexpr int kWordsPerClause = 7;
  int repetitions = 0;
  words_left_ = std::min(words_left_ + kWordsPerPair, kMostWords);
  while (words_left_ > 0) {
    Random random(RandomKey(seed_, static_cast<int>(part_), attempt_++));
    int clauses = 0;
    if (options_.min_words > 12) {
      uint64_t spread = static_cast<uint64_t>(options_.max_words - options_.min_words) + 1;
      int words = options_.min_words + static_cast<int>(random.Below(spread));
      clauses = std::max(2, words / kWordsPerClause);
    }
    RandomChooser chooser(random.Next());
    Sampled sampled = Realize(clauses, &chooser);
    words_left_ -= sampled.source_words;
    if (sampled.source_words < options_.min_words) continue;
    if (std::max(sampled.source_words, sampled.target_words) > options_.max_words) continue;
    if (PartOfLesson(sampled.pair.source) != part_) continue;
    if (IsRepeated(sampled.pair, sampled.source_words)) {
      if (part_ != LessonsPart::kTrain || ++repetitions < kRepeatAfter) continue;
    }
    return std::move(sampled.pair);
  }
  const std::string flag = part_ == LessonsPart::kTrain ? "--pairs"
                           : part_ == LessonsPart::kDev ? "--dev"
                                                        : "--test";
  throw Error(ErrorKind::kUsage,
              flag + ": sentences of --min-words " + std::to_string(options_.min_words) +
                  " to --max-words " + std::to_string(options_.max_words) +
                  " are used up or too rare; ask for fewer, or allow other lengths");
}

LessonsCorpus MakeLessons(int64_t train_pairs, int64_t dev_pairs, int64_t test_pairs, uint64_t seed,
                          const LessonsOptions& options) {
  auto make = [&](LessonsPart part, int64_t count) {
    LessonSampler sampler(part, seed, options);
    std::vector<LessonPair> pairs;
    pairs.reserve(static_cast<size_t>(std::max<int64_t>(count, 0)));
    while (static_cast<int64_t>(pairs.size()) < count) pairs.push_back(sampler.Next());
    return pairs;
  };
  LessonsCorpus corpus;
  corpus.train = make(LessonsPart::kTrain, train_pairs);
  corpus.dev = make(LessonsPart::kDev, dev_pairs);
  corpus.test = make(LessonsPart::kTest, test_pairs);
  return corpus;
}

LessonPair RealizeLesson(std::string_view choices) {
  ScriptedChooser chooser(lessons::SplitSpace(choices));
  LessonPair pair = Realize(0, &chooser).pair;
  if (std::string unused = chooser.Unused(); !unused.empty()) {
    throw Error(ErrorKind::kUsage, "lessons: the choice \"" + unused + "\" in \"" +
                                       std::string(choices) + "\" never came up");
  }
  return pair;
}

LessonsStatistics LessonsGrammarStatistics() {
  const lessons::Grammar& grammar = lessons::EmbeddedGrammar();
  return {static_cast<int64_t>(grammar.frames.size()), grammar.LexicalEntries()};
}

}  // namespace atento
