// The lessons corpus: French sentences of a first-year course with their English translations and
// gold word alignments, sampled from a hand-written grammar that is compiled in (data/lessons).
//
// Text is lower-case but for names, days, months, languages and English "I"; words are separated by
// spaces, punctuation and elided forms stand alone: "je n' ai pas vu l' homme ." Every French
// sentence has exactly one English translation.
#ifndef ATENTO_TEXT_LESSONS_H_
#define ATENTO_TEXT_LESSONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace atento {

// Words are counted from 0 on both sides. Each target word that has a counterpart has one sure
// link; possible links (sure = false) join what helps to express the same thing, e.g. "ne" and
// "not".
struct LessonLink {
  int source = 0;
  int target = 0;
  bool sure = true;
  bool operator==(const LessonLink&) const = default;
};

struct LessonPair {
  std::string source;             // French
  std::string target;             // English
  std::vector<LessonLink> links;  // by target, then source
};

// "0-0 2-1 1p1": `-` sure, `p` possible; as `atento evaluate --gold` reads them.
std::string FormatLinks(const std::vector<LessonLink>& links);

struct LessonsOptions {
  int min_words = 1;   // of the French side; above 12 sentences become chains of clauses
  int max_words = 20;  // of either side, at least 8
};

enum class LessonsPart { kTrain, kDev, kTest };

// Which part a French sentence belongs to, whatever the seed and the amount: by a hash of its text,
// one in 25 to dev and one in 25 to test. Sentences of fewer than five words are always for
// training, since there are too few of them to do without any.
LessonsPart PartOfLesson(std::string_view source);

// An endless stream of pairs of one part, the same for equal part, seed and options on every
// machine. dev and test never repeat a sentence; train repeats short ones, as a course does, and
// others only when new ones have become hard to find. Memory: 16 to 32 bytes for each pair
// delivered.
class LessonSampler {
 public:
  // Throws Error{kUsage} if the options are impossible.
  LessonSampler(LessonsPart part, uint64_t seed, const LessonsOptions& options = {});
  // Throws Error{kUsage} if sentences within the options are used up, or so rare that the search
  // would not end in a reasonable time.
  LessonPair Next();

 private:
  static constexpr int64_t kMostWords = 800000;

  bool IsRepeated(const LessonPair& pair, int words);

  LessonsPart part_;
  uint64_t seed_;
  LessonsOptions options_;
  uint64_t attempt_ = 0;
  int64_t words_left_ = kMostWords;  // to try before giving up
  std::unordered_map<uint64_t, uint32_t> seen_;
};

struct LessonsCorpus {
  std::vector<LessonPair> train, dev, test;
};

LessonsCorpus MakeLessons(int64_t train_pairs, int64_t dev_pairs, int64_t test_pairs, uint64_t seed,
                          const LessonsOptions& options = {});

// The pair that follows from named choices: frames, words, tenses and so on in the order in which
// the grammar decides, e.g. "statement plain elle transitive voir past not chat un noir". Choices
// left out are the plainest ones: the first that the grammar lists. Throws Error{kUsage} naming the
// first choice that was never asked for. data/lessons/README.md lists the names.
LessonPair RealizeLesson(std::string_view choices);

struct LessonsStatistics {
  int64_t frames = 0;
  int64_t lexical_entries = 0;  // nouns, adjectives, verbs and uninflected words
};
LessonsStatistics LessonsGrammarStatistics();

}  // namespace atento

#endif  // ATENTO_TEXT_LESSONS_H_
