// The French-English grammar of the lessons corpus as data/lessons describes it: lexicon and
// frames, parsed and checked, with every inflected form spelt out. data/lessons/README.md is the
// reference.
#ifndef ATENTO_TEXT_LESSONS_GRAMMAR_H_
#define ATENTO_TEXT_LESSONS_GRAMMAR_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "text/lessons_data.h"

namespace atento::lessons {

using ClassSet = uint32_t;  // one bit per semantic class

// A word of one side is linked to the words of the other side that bear the same label.
struct Label {
  char name;
  bool sure;
};

// One word of a template, or a reference to a slot of its frame.
struct Item {
  std::string text;
  std::string before_vowel;  // French: the form before a vowel, if it has one; else empty
  int slot = -1;
  std::string part;
  std::vector<Label> labels;
};
using Template = std::vector<Item>;

struct Noun {
  std::string id;  // the French singular; unique
  std::string plural;
  std::string english, english_plural;
  bool feminine = false;
  ClassSet classes = 0;
  bool IsMass() const { return plural.empty(); }
};

struct Adjective {
  std::string id;                    // the French masculine singular; unique
  std::array<std::string, 4> forms;  // masculine, feminine, masculine plural, feminine plural
  std::string before_vowel;          // masculine singular before a vowel, if different
  std::string english;
  std::string comparative;  // empty: formed with "more"
  bool gradable = true;
  enum class Position { kBefore, kAfter, kPredicate } position = Position::kAfter;
  ClassSet classes = 0;
};

enum Tense : unsigned { kPresent = 1, kPast = 2, kFuture = 4, kNear = 8, kRecent = 16 };
enum Polarity : unsigned {
  kYes = 1,
  kNot = 2,
  kNever = 4,
  kNoLonger = 8,
  kAlways = 16,
  kOften = 32
};
// The ways in which a frame asks for a predicate.
enum Mode : unsigned {
  kStatement = 1,
  kQuestion = 2,  // the English auxiliary is written apart
  kInverted = 4,  // likewise, and the French subject follows the verb
  kInfinitive = 8,
  kImperative = 16,
  kRelative = 32
};
constexpr unsigned kAll = ~0u;
constexpr unsigned kNegative = kNot | kNever | kNoLonger;

struct Verb {
  std::string id;  // the infinitive, with se_, and after a dot the sense; unique
  std::string infinitive;
  std::array<std::string, 6> present, future, imperfect;  // je tu il nous vous ils
  std::string participle;
  std::string english, english_third, english_past;
  std::vector<std::string> particles;  // English words after the verb
  std::set<std::string> tags;
  ClassSet objects = 0, subjects = 0;
  std::string preposition, english_preposition;
  unsigned tenses = 0;
  bool with_etre = false, reflexive = false, past_is_imperfect = false;
  bool has_y = false;         // il y a
  bool is_be = false;         // English: be
  bool is_auxiliary = false;  // English: can, must
  bool has_imperative = true;
};

struct Pronoun {
  std::string id;
  int person = 3;
  bool plural = false;            // of the verb
  bool plural_agreement = false;  // of adjectives and participles: not for a polite vous
  bool feminine = false;
  int weight = 1;
  std::string subject, direct, indirect, stressed;  // "-" in indirect: none of its own
  std::string english, english_object;
};

struct Determiner {
  std::string id;
  enum class Number { kSingular, kPlural, kMass } number = Number::kSingular;
  Template masculine, feminine, english;
  int weight = 0;
  std::string subject;    // "3sm", "3sf": only beside such a subject
  ClassSet excluded = 0;  // nouns that it does not stand with
};

struct Word {
  std::string id;  // the French text
  std::set<std::string> lists;
  Template french, english;
};

enum class SlotKind { kSubject, kHead, kNounPhrase, kVerb, kPhrase, kAdjective, kWord };

// What a frame says of one of its parts; data/lessons/README.md explains the attributes.
struct Slot {
  std::string name;
  SlotKind kind = SlotKind::kWord;
  std::string category;               // of a phrase; the list of a word
  std::set<std::string> flags;        // attributes without a value, and a verb's tags
  std::vector<std::string> options;   // det=, pronouns=, frames=
  std::vector<std::string> excluded;  // not=
  ClassSet classes = 0;
  std::string clitic;  // direct, indirect
  int of = -1, subject = -1, object = -1, gap = -1, agree = -1, same = -1, takes = -1;
  ClassSet takes_classes = 0;
  unsigned tenses = kAll, polarities = kAll;
  unsigned mode = kStatement;
  bool Has(const std::string& flag) const { return flags.count(flag) > 0; }
};

struct Frame {
  std::string name, category;
  int weight = 10;
  ClassSet subjects = kAll;
  unsigned modes = kAll;
  unsigned tenses = kAll, polarities = kAll;  // what its verb can do
  // What each verb that it could choose can do, without duplicates; empty if its verb is in a
  // phrase.
  struct Ability {
    ClassSet subjects;
    unsigned tenses;
    bool operator==(const Ability&) const = default;
  };
  std::vector<Ability> abilities;
  bool deep = false;  // holds a clause
  int head = -1;      // the slot that holds its verb, or the phrase that does
  std::vector<Slot> slots;
  Template french, english;
};

struct Grammar {
  std::map<std::string, ClassSet> classes;
  std::vector<Noun> nouns;
  std::vector<Adjective> adjectives;
  std::vector<Verb> verbs;
  std::vector<Pronoun> pronouns;
  std::vector<Determiner> determiners;
  std::vector<Word> words;
  std::vector<Frame> frames;
  // Words that do not sound as they are spelt: no elision before them, or no "an".
  std::unordered_set<std::string> french_consonantal, english_consonantal;
  // Lists over the above, by the name that frames use.
  std::map<std::string, std::vector<const Verb*>> verbs_by_tag;
  std::map<std::string, std::vector<const Word*>> words_by_list;
  std::map<std::string, std::vector<const Frame*>> frames_by_category;
  const Verb *etre = nullptr, *avoir = nullptr, *aller = nullptr, *venir = nullptr;
  ClassSet person = 0, possessed = 0;

  int64_t LexicalEntries() const;
};

// Parses the files of data/lessons. Throws Error{kData} with file and line on anything not
// understood. The result holds pointers into itself: neither copy nor move it.
void ParseGrammar(const std::vector<DataFile>& files, Grammar* grammar);

// The embedded grammar, parsed once.
const Grammar& EmbeddedGrammar();

}  // namespace atento::lessons

#endif  // ATENTO_TEXT_LESSONS_GRAMMAR_H_
