// The lessons corpus: sentences written by hand, what a large sample must and must not contain, and
// the promises of the sampler.
#include "text/lessons.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "atento/error.h"
#include "base/random.h"
#include "text/lessons_grammar.h"

namespace atento {
namespace {

struct Example {
  std::string choices, source, target, links;
};

std::vector<Example> ReadExamples() {
  std::ifstream file(std::string(ATENTO_SOURCE_DIR) + "/tests/text/lessons_sentences.txt");
  std::vector<Example> examples;
  std::vector<std::string> block;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') {
      EXPECT_TRUE(block.empty()) << "an example has four lines: " << line;
      continue;
    }
    block.push_back(line);
    if (block.size() == 4) {
      examples.push_back({block[0], block[1], block[2], block[3]});
      block.clear();
    }
  }
  return examples;
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// One sample for the tests that look at many sentences.
const std::vector<LessonPair>& Sample() {
  static const std::vector<LessonPair> sample = MakeLessons(30000, 0, 0, 1).train;
  return sample;
}

TEST(Lessons, SentencesWrittenByHand) {
  std::vector<Example> examples = ReadExamples();
  EXPECT_GE(examples.size(), 60u);
  for (const Example& example : examples) {
    LessonPair pair = RealizeLesson(example.choices);
    EXPECT_EQ(pair.source, example.source) << example.choices;
    EXPECT_EQ(pair.target, example.target) << example.choices;
    EXPECT_EQ(FormatLinks(pair.links), example.links) << example.source << " | " << example.target;
  }
}

TEST(Lessons, AChoiceThatNeverComesUpIsReported) {
  try {
    RealizeLesson("pronoun je transitive voir zebra");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("\"zebra\""), std::string::npos);
  }
}

TEST(Lessons, TheGrammarIsAsLargeAsPromised) {
  LessonsStatistics statistics = LessonsGrammarStatistics();
  EXPECT_GE(statistics.frames, 60);
  EXPECT_GE(statistics.lexical_entries, 400);
}

TEST(Lessons, EachFrenchSentenceHasOneTranslation) {
  std::unordered_map<std::string, std::string> translations;
  auto check = [&](const LessonPair& pair) {
    auto [found, is_new] = translations.emplace(pair.source, pair.target);
    ASSERT_EQ(found->second, pair.target) << pair.source;
  };
  LessonSampler sampler(LessonsPart::kTrain, 2);
  for (int i = 0; i < 200000; ++i) check(sampler.Next());
  for (const LessonPair& pair : Sample()) check(pair);
}

TEST(Lessons, ShortSentencesHaveOneTranslation) {
  // Up to eight words the sample covers a good part of all there is.
  std::unordered_map<std::string, std::string> translations;
  LessonSampler sampler(LessonsPart::kTrain, 3, {.min_words = 1, .max_words = 8});
  for (int i = 0; i < 60000; ++i) {
    LessonPair pair = sampler.Next();
    auto [found, is_new] = translations.emplace(pair.source, pair.target);
    ASSERT_EQ(found->second, pair.target) << pair.source;
  }
}

TEST(Lessons, LinksAreInRangeSortedAndSureAtMostOncePerTargetWord) {
  std::map<std::string, int> without_link;
  for (const LessonPair& pair : Sample()) {
    int source_words = static_cast<int>(Words(pair.source).size());
    std::vector<std::string> target = Words(pair.target);
    std::vector<int> sure(target.size()), any(target.size());
    for (const LessonLink& link : pair.links) {
      ASSERT_TRUE(link.source >= 0 && link.source < source_words) << pair.source;
      ASSERT_TRUE(link.target >= 0 && link.target < static_cast<int>(target.size()));
      ++any[static_cast<size_t>(link.target)];
      if (link.sure) ++sure[static_cast<size_t>(link.target)];
    }
    auto by_target = [](const LessonLink& a, const LessonLink& b) {
      return std::pair(a.target, a.source) < std::pair(b.target, b.source);
    };
    ASSERT_TRUE(std::is_sorted(pair.links.begin(), pair.links.end(), by_target));
    for (size_t j = 0; j < target.size(); ++j) {
      ASSERT_LE(sure[j], 1) << pair.source << " | " << pair.target << " | " << target[j];
      if (any[j] == 0) ++without_link[target[j]];
    }
  }
  // Whatever is said in English comes from somewhere.
  EXPECT_TRUE(without_link.empty()) << without_link.begin()->first;
}

TEST(Lessons, OnlyFunctionWordsLackASureLink) {
  const std::set<std::string> function_words = {"to", "do", "does", "did", "will", "in",    "on",
                                                "of", "at", "a",    "an",  "'s",   "house", "old"};
  for (const LessonPair& pair : Sample()) {
    std::vector<std::string> target = Words(pair.target);
    std::vector<bool> sure(target.size());
    for (const LessonLink& link : pair.links) {
      if (link.sure) sure[static_cast<size_t>(link.target)] = true;
    }
    for (size_t j = 0; j < target.size(); ++j) {
      ASSERT_TRUE(sure[j] || function_words.count(target[j]) > 0)
          << target[j] << " in " << pair.target;
    }
  }
}

TEST(Lessons, EqualSeedsGiveEqualCorporaOnEveryMachine) {
  LessonsCorpus a = MakeLessons(500, 50, 50, 7), b = MakeLessons(500, 50, 50, 7);
  uint64_t hash = HashBytes("");
  for (size_t i = 0; i < a.train.size(); ++i) {
    ASSERT_EQ(a.train[i].source, b.train[i].source);
    ASSERT_EQ(a.train[i].links, b.train[i].links);
    hash = HashBytes(a.train[i].source, hash);
    hash = HashBytes(a.train[i].target, hash);
    hash = HashBytes(FormatLinks(a.train[i].links), hash);
  }
  // Changes only with the grammar or the sampler; then so do all recipes' numbers.
  EXPECT_EQ(hash, 12246370174616957806u);
  EXPECT_NE(MakeLessons(1, 0, 0, 8).train[0].source, a.train[0].source);
  // A longer corpus starts with a shorter one.
  EXPECT_EQ(MakeLessons(10, 0, 0, 7).train[9].source, a.train[9].source);
}

TEST(Lessons, NoTestSentenceOccursInTrainingWhateverTheSeed) {
  std::unordered_set<std::string> held_out;
  for (uint64_t seed : {1, 2, 3}) {
    LessonsCorpus corpus = MakeLessons(0, 300, 300, seed);
    std::set<std::string> dev, test;
    for (const LessonPair& pair : corpus.dev) dev.insert(pair.source);
    for (const LessonPair& pair : corpus.test) test.insert(pair.source);
    EXPECT_EQ(dev.size(), 300u) << "dev repeats itself";
    EXPECT_EQ(test.size(), 300u) << "test repeats itself";
    for (const std::string& source : dev) EXPECT_EQ(test.count(source), 0u) << source;
    held_out.insert(dev.begin(), dev.end());
    held_out.insert(test.begin(), test.end());
  }
  for (const LessonPair& pair : Sample()) ASSERT_EQ(held_out.count(pair.source), 0u) << pair.source;
}

TEST(Lessons, TrainingHardlyRepeatsLongSentences) {
  std::map<std::string, int> times;
  for (const LessonPair& pair : Sample()) ++times[pair.source];
  for (const auto& [source, count] : times) {
    if (Words(source).size() > 6) {
      EXPECT_EQ(count, 1) << source;
    }
  }
  EXPECT_GT(times.size(), 24000u);
}

TEST(Lessons, LengthLimitsAreObeyed) {
  for (auto [least, most] : std::vector<std::pair<int, int>>{{1, 8}, {1, 20}, {15, 20}, {60, 80}}) {
    LessonSampler sampler(LessonsPart::kTrain, 5, {.min_words = least, .max_words = most});
    for (int i = 0; i < 200; ++i) {
      LessonPair pair = sampler.Next();
      EXPECT_GE(static_cast<int>(Words(pair.source).size()), least);
      EXPECT_LE(static_cast<int>(Words(pair.source).size()), most);
      EXPECT_LE(static_cast<int>(Words(pair.target).size()), most);
    }
  }
  EXPECT_THROW(LessonSampler(LessonsPart::kTrain, 1, {.min_words = 1, .max_words = 3}), Error);
  EXPECT_THROW(LessonSampler(LessonsPart::kTrain, 1, {.min_words = 30, .max_words = 20}), Error);
}

const std::vector<std::pair<const char*, const char*>>& Features() {
  static const std::vector<std::pair<const char*, const char*>> features = {
      {"negation", R"(\bn[e'] .* pas )"},
      {"never", " jamais "},
      {"no longer", R"(\bn[e'] .* plus )"},
      {"elided article", R"(\bl' )"},
      {"elided pronoun", R"(\bj' )"},
      {"elided que", R"(\bqu' )"},
      {"elided negation", R"(\bn' )"},
      {"elided preposition", R"(\bd' )"},
      {"contraction du", R"(\bdu )"},
      {"contraction au", R"(\bau )"},
      {"contraction aux", R"(\baux )"},
      {"partitive", R"(\bde la soupe )"},
      {"object pronoun", R"(^je (le|la|les) )"},
      {"indirect pronoun", R"(\b(lui|leur) (donne|ai|a|montre))"},
      {"adjective after", "(chat|chien|cheval) (noir|blanc|gris)"},
      {"adjective before", "petite? (chat|lampe|table)"},
      {"adjective before a vowel", R"(\b(bel|vieil|nouvel) )"},
      {"demonstrative before a vowel", R"(\bcet )"},
      {"possessive before a vowel", R"(\bmon (étudiante|école|amie|assiette|écharpe|orange) )"},
      {"est-ce que", "est-ce qu"},
      {"inversion", " -(tu|vous|nous|ils) "},
      {"euphonic t", " -t-(il|elle) "},
      {"question words", "^(où|quand|pourquoi|comment|qui|combien) "},
      {"past with être", R"(\best (allée|venue|partie|tombée))"},
      {"past with avoir", R"(\b(ai|a|avons) (vu|mangé|acheté) )"},
      {"agreement with an object", R"( les (a|ai|as|ont|avons|avez) (vues|invitées|vus|invités))"},
      {"future", R"(\b(mangera|verra|visitera|travaillera))"},
      {"near future", R"(\b(vais|va|allons) manger )"},
      {"recent past", R"(\b(viens|vient) d[e'] )"},
      {"imperfect", " était "},
      {"il y a", R"(\bil y a )"},
      {"numbers", R"(\b(deux|douze|vingt|cent) )"},
      {"clock", R"(\bil est \S+ heures)"},
      {"time of day", R"((^| )à \S+ heures)"},
      {"days", R"(\b(lundi|mardi|dimanche)\b)"},
      {"weather", R"(\bil fait (froid|chaud|beau))"},
      {"age", R"(\bai \S+ ans )"},
      {"cities", " à (Paris|Londres) "},
      {"countries", R"(\ben (France|Italie) )"},
      {"places", R"(\b(dans|sur|sous|devant|derrière) )"},
      {"relative clause qui", R"(\b(homme|femme|chat|garçon|livre) qui )"},
      {"relative clause que", R"(\b(homme|femme|chat|robe|livre) qu[e'] )"},
      {"coordination", R"( (et|mais|donc) \S+ )"},
      {"because", "parce qu"},
      {"condition", R"((^|, )s(i|') )"},
      {"comparison", R"(\bplus \S+ qu)"},
      {"generic article", " aime (le chocolat|le pain|la soupe|le fromage|les chats) "},
      {"modal verb", R"(\b(veux|veut|peux|peut|dois|doit) \S+r )"},
      {"preposition before an infinitive", R"(\bcommence à )"},
      {"reflexive verb", R"(\b(me|te) (lève|couche|repose) )"},
      {"imperative", R"(^(mangez|regarde|attends) .*!$)"},
      {"exclamation", "^quel(le)?s? .*!$"},
      {"possession", R"(\b(livre|chat|sac|stylo) (de|du|d') )"}};
  return features;
}

TEST(Lessons, ASampleHasEverythingThatACourseHas) {
  for (const auto& [name, pattern] : Features()) {
    std::regex expression(pattern);
    auto has = [&](const LessonPair& pair) { return std::regex_search(pair.source, expression); };
    EXPECT_TRUE(std::any_of(Sample().begin(), Sample().end(), has)) << name << ": " << pattern;
  }
}

// How often each form of each lexical entry occurs is what decides whether a model can learn it.
TEST(Lessons, EveryEntryIsFrequentEnoughToBeLearnt) {
  std::unordered_map<std::string, int> counts;
  for (const LessonPair& pair : Sample()) {
    for (const std::string& word : Words(pair.source)) ++counts[word];
  }
  auto expect_often = [&](const std::string& id, const std::set<std::string>& forms) {
    int total = 0;
    for (const std::string& form : forms) total += counts[form];
    EXPECT_GE(total, 20) << id;
  };
  const lessons::Grammar& grammar = lessons::EmbeddedGrammar();
  for (const lessons::Noun& noun : grammar.nouns) expect_often(noun.id, {noun.id, noun.plural});
  for (const lessons::Adjective& adjective : grammar.adjectives) {
    std::set<std::string> forms(adjective.forms.begin(), adjective.forms.end());
    forms.insert(adjective.before_vowel);
    expect_often(adjective.id, forms);
  }
  for (const lessons::Verb& verb : grammar.verbs) {
    std::set<std::string> forms(verb.present.begin(), verb.present.end());
    forms.insert({verb.participle, verb.infinitive});
    expect_often(verb.id, forms);
  }
  for (const lessons::Word& word : grammar.words) {
    for (const lessons::Item& item : word.french) expect_often(word.id, {item.text});
  }
  int rare = 0, all = 0;
  for (const auto& [word, count] : counts) {
    if (count < 3) rare += count;
    all += count;
  }
  EXPECT_LT(rare, all / 1000) << "too many words that occur once or twice";
  EXPECT_LT(counts.size(), 1800u);
}

TEST(Lessons, FrenchIsElidedAndContracted) {
  const std::string elided = "(je|ne|le|la|me|te|se|de|que|ce) ";
  const std::string vowel = "([aeiu]|o[^n]|é|è|ê|œ|homme|hôtel|hôpital|histoire)";
  // A pronoun before an infinitive does not contract: "de le voir".
  const std::string uncontracted = "(de|à) (le|les) \\S*[^re ] ";
  std::regex wrong("(^| )(" + elided + vowel + "|" + uncontracted +
                   "|si ils? |de (du|des) |(ma|ta|sa) [aeiou])");
  for (const LessonPair& pair : Sample()) {
    std::smatch match;
    EXPECT_FALSE(std::regex_search(pair.source, match, wrong)) << match.str() << pair.source;
  }
}

TEST(Lessons, NobodySpeaksLikeAGrammar) {
  std::regex wrong_french(R"( (ma|ta|sa|notre|votre|leur) (\S+ )?(femme|fille) )"
                          R"(| n[e'] \S+ (pas|jamais|plus) (plusieurs|quelques) )"
                          R"(| (ai|as|a|avons|avez|ont) (pas|jamais) \S+ (plusieurs|quelques) )"
                          R"(| pas à d[e'] | qu[e'] (voici|hier|demain|aujourd'hui) )"
                          R"(|^d[ue] (l[a'] )?\S+ (est|était) )");
  std::regex wrong_english(R"( (when|while) (\S+ ){1,2}(will|(is|am|are) going) .*\.$)"
                           R"(|^when (\S+ ){1,2}(will|(is|am|are) going) .*\.$)"
                           R"(| (sleep|sleeps|slept) with | it is some )"
                           R"(| (said|thought|not (say|think|believe|hope)) that )");
  for (const LessonPair& pair : Sample()) {
    EXPECT_FALSE(std::regex_search(pair.source, wrong_french)) << pair.source;
    EXPECT_FALSE(std::regex_search(pair.target, wrong_english)) << pair.target;
  }
}

TEST(Lessons, EnglishHasAAndAnWhereTheyBelong) {
  std::regex wrong(R"((^| )(a [aeio]|a u(?!niv|se)|an [^aeiouAEIOU]|an univ|an useful))");
  for (const LessonPair& pair : Sample()) {
    EXPECT_FALSE(std::regex_search(pair.target, wrong)) << pair.target;
  }
}

}  // namespace
}  // namespace atento
