// A sentence of the lessons corpus before it is put into words: frames with their slots filled. The
// deriver makes the choices (lessons_derive.cc), the realizer writes both languages at once
// (lessons_realize.cc). Words that come from the same part share a key, and so become linked.
#ifndef ATENTO_TEXT_LESSONS_TREE_H_
#define ATENTO_TEXT_LESSONS_TREE_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/lessons_grammar.h"

namespace atento::lessons {

// What a verb, an adjective or a determiner needs to know of a noun phrase.
struct Agreement {
  int person = 3;
  bool plural = false;            // of the verb
  bool plural_agreement = false;  // of adjectives and participles
  bool feminine = false;
  bool has_sex = false;  // "his" or "her" can refer to it
  ClassSet classes = 0;
};

struct Node;

struct NounPhrase {
  int key = 0;
  Agreement agreement;
  const Pronoun* pronoun = nullptr;  // one of these three is set
  const Word* name = nullptr;
  const Noun* noun = nullptr;
  enum class Form { kPlain, kDirect, kIndirect, kStressed } form = Form::kPlain;  // of the pronoun
  const Determiner* determiner = nullptr;
  const Word* number = nullptr;
  bool is_negated = false;  // un, des, du -> de
  int no_key = -1;          // "there is no ...": the key of the negation
  bool is_generic = false;  // j'aime le chocolat
  bool is_job = false;      // il est professeur
  std::vector<const Adjective*> adjectives;
  std::unique_ptr<NounPhrase> possessor;
  std::unique_ptr<Node> relative;
  bool IsClitic() const { return form == Form::kDirect || form == Form::kIndirect; }
};

struct VerbGroup {
  int key = 0;
  const Verb* verb = nullptr;
  Tense tense = kPresent;
  Polarity polarity = kYes;
  unsigned mode = kStatement;
  Agreement subject;
  const NounPhrase* inverted = nullptr;  // the French subject pronoun after the verb
  const VerbGroup* governor = nullptr;   // of an infinitive
};

// The content of one slot.
struct Value {
  int key = 0;
  Agreement agreement;
  std::unique_ptr<NounPhrase> noun_phrase;
  std::unique_ptr<VerbGroup> verb;
  std::unique_ptr<Node> node;
  const Adjective* adjective = nullptr;
  const Word* word = nullptr;
};

struct Node {
  const Frame* frame = nullptr;
  int key = 0;
  std::vector<Value> values;  // one per slot; never resized once filled
};

// Keys of an entity are its own plus one of these, or plus the letter of a label.
constexpr int kKeysPerEntity = 128;
constexpr int kMainKey = 1;       // the noun, the pronoun, the verb, the adjective
constexpr int kAdjectiveKey = 2;  // and 3
constexpr int kPossessiveKey = 8;
constexpr int kAuxiliaryKey = 9;
constexpr int kNegationKey = 10;
constexpr int kNeKey = 11;
constexpr int kPeriphrasisKey = 12;  // going to, just
constexpr int kPrepositionKey = 13;
constexpr int kThereKey = 14;

// The verb that a node's tense is read from; null if its sentence has none of its own.
const VerbGroup* HeadVerb(const Node& node);

// The subject form of a verb: je tu il nous vous ils.
inline size_t FormIndex(const Agreement& subject) {
  return static_cast<size_t>(subject.person - 1 + (subject.plural ? 3 : 0));
}
// The word that a clitic pronoun is written before: the finite verb or the infinitive.
std::string CliticHost(const Grammar& grammar, const VerbGroup& group);

struct Option {
  std::string_view label;
  int weight;
};

// Makes the choices of a derivation: at random, or by a script (RealizeLesson).
class Chooser {
 public:
  virtual ~Chooser() = default;
  // The index of one of the options; there is at least one. The first is the plainest.
  virtual size_t Choose(std::span<const Option> options) = 0;
};

// A sentence. With clauses > 1 it is that many clauses joined by conjunctions; with 0 any sentence.
std::unique_ptr<Node> DeriveSentence(const Grammar& grammar, int clauses, Chooser* chooser);

// A word of one side, with the keys by which it is linked.
struct Token {
  struct Key {
    int key;
    bool sure;
  };
  std::string text;
  std::string before_vowel;  // empty: the same
  std::vector<Key> keys;
  bool is_article = false;  // à + le -> au, but not with the pronoun
};

// Both sides, after elision, contraction and a/an.
std::vector<Token> WriteFrench(const Grammar& grammar, const Node& node);
std::vector<Token> WriteEnglish(const Grammar& grammar, const Node& node);

// Of one verb; lessons_verbs.cc. `slot` is the verb's slot in `node`.
void AppendFrenchVerb(const Grammar& grammar, const Node& node, const Slot& slot,
                      const VerbGroup& group, std::vector<Token>* tokens);
// part: "" all that stands at the verb's place, "aux" the auxiliary of a question, "there".
void AppendEnglishVerb(const Node& node, const Slot& slot, const VerbGroup& group,
                       std::string_view part, std::vector<Token>* tokens);

}  // namespace atento::lessons

#endif  // ATENTO_TEXT_LESSONS_TREE_H_
