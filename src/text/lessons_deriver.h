// The state of one derivation; private to lessons_derive.cc and lessons_noun_phrase.cc.
#ifndef ATENTO_TEXT_LESSONS_DERIVER_H_
#define ATENTO_TEXT_LESSONS_DERIVER_H_

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "text/lessons_grammar.h"
#include "text/lessons_tree.h"

namespace atento::lessons {

// What a frame inherits from the slot that it fills.
struct Context {
  unsigned mode = kStatement;
  Agreement subject;
  const NounPhrase* inverted = nullptr;
  const VerbGroup* governor = nullptr;
  const NounPhrase* head = nullptr;  // of a relative clause
  unsigned tenses = kAll, polarities = kAll;
  bool negated = false;  // an infinitive under a negation
  int depth = 0;         // of clauses within clauses
};

// Options in parallel with what they stand for.
template <class T>
struct Choices {
  std::vector<Option> options;
  std::vector<T> items;
  void Add(std::string_view label, int weight, T item) {
    options.push_back({label, weight});
    items.push_back(item);
  }
};

class Deriver {
 public:
  Deriver(const Grammar& grammar, int clauses, Chooser* chooser)
      : grammar_(grammar), clauses_wanted_(clauses), chooser_(chooser) {}

  std::unique_ptr<Node> DerivePhrase(const std::string& category, const Slot* slot,
                                     const Context& context);

 private:
  template <class T>
  T Choose(const Choices<T>& choices, const char* what);
  int NewKey() { return next_key_ += kKeysPerEntity; }

  // lessons_derive.cc
  const Frame& ChooseFrame(const std::string& category, const Slot* slot, const Context& context);
  bool Fits(const Frame& frame, const Slot* slot, const Context& context) const;
  void FillSlot(const Slot& slot, const Context& context, Node* node, Value* value);
  Context PhraseContext(const Slot& slot, const Context& context, const Node& node) const;
  void FillVerb(const Slot& slot, const Context& context, const Node& node, Value* value);
  const Verb& ChooseVerb(const Slot& slot, const VerbGroup& group, const Context& context,
                         unsigned tenses, const Node& node);
  Tense ChooseTense(unsigned tenses);
  Polarity ChoosePolarity(unsigned polarities);
  void FillPredicateAdjective(const Slot& slot, const Context& context, Value* value);
  void FillWord(const Slot& slot, Value* value);

  // lessons_noun_phrase.cc
  void FillSubject(const Slot& slot, const Context& context, Value* value);
  void FillNounPhrase(const Slot& slot, const Context& context, const Node& node, Value* value);
  struct Request;  // what the slot and its surroundings ask of a noun phrase
  void AddPronouns(const Request& request, Choices<const Pronoun*>* choices) const;
  void ChooseKind(const Request& request, NounPhrase* phrase);
  void ChooseName(NounPhrase* phrase);
  void ChooseNoun(const Request& request, NounPhrase* phrase);
  void ChooseDeterminer(const Request& request, NounPhrase* phrase);
  bool Fits(const Determiner& determiner, const Request& request, const NounPhrase& phrase) const;
  bool FitsNegation(const Determiner& determiner, const Request& request) const;
  void ChooseAdjectives(const Request& request, NounPhrase* phrase);
  bool ChooseAdjective(bool before, bool required, int none_weight, NounPhrase* phrase);
  void ChooseModifier(const Request& request, NounPhrase* phrase);
  void FillPossessor(NounPhrase* phrase);

  const Grammar& grammar_;
  int clauses_wanted_;
  int clauses_made_ = 0;
  Chooser* chooser_;
  int next_key_ = 0;
};

inline bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void NothingFits(const std::string& what);

template <class T>
T Deriver::Choose(const Choices<T>& choices, const char* what) {
  if (choices.items.empty()) NothingFits(what);
  return choices.items[chooser_->Choose(choices.options)];
}

}  // namespace atento::lessons

#endif  // ATENTO_TEXT_LESSONS_DERIVER_H_
