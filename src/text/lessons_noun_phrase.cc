// Subjects and noun phrases: pronoun, name or noun; number, determiner, adjectives, what follows.
#include <algorithm>

#include "text/lessons_deriver.h"
#include "text/lessons_morphology.h"

namespace atento::lessons {
namespace {

Agreement PronounAgreement(const Pronoun& pronoun, ClassSet person) {
  return {pronoun.person,   pronoun.plural,      pronoun.plural_agreement,
          pronoun.feminine, pronoun.person == 3, person};
}

// le and la look the same before a vowel, unless a participle agrees; and it agrees with the verbs
// tagged so, lest there be four rare forms of every participle.
bool DirectObjectFits(const Pronoun& pronoun, const VerbGroup& group, const std::string& host) {
  bool finite = group.mode != kInfinitive;
  if (finite && group.tense == kPast && !group.verb->past_is_imperfect) {
    return group.verb->tags.count("agreed") > 0;
  }
  bool elided = pronoun.direct == "le" || pronoun.direct == "la";
  return !(elided && FrenchStartsWithVowel(host));
}

}  // namespace

struct Deriver::Request {
  const Slot& slot;
  const Context& context;
  ClassSet classes = 0;
  bool is_subject = false;
  const VerbGroup* verb = nullptr;  // whose object it is
  std::string clitic_host = {};
  // Of a finite verb, and without a preposition.
  bool IsDirectObject() const {
    return slot.of >= 0 && verb != nullptr && verb->mode != kInfinitive &&
           verb->verb->preposition.empty();
  }
  bool IsNegated() const {
    return context.negated || (verb != nullptr && (verb->polarity & kNegative) != 0);
  }
  bool Names() const {
    for (const char* flag :
         {"plural", "generic", "indefinite", "agree", "adjective", "countable"}) {
      if (slot.Has(flag)) return false;
    }
    return true;
  }
};

void Deriver::FillSubject(const Slot& slot, const Context& context, Value* value) {
  if (!slot.category.empty()) {  // it, they, somebody: written by the frame itself
    bool plural = slot.category == "they";
    value->agreement = {3, plural, plural, false, false, grammar_.person};
    return;
  }
  Request request{slot, context};
  request.classes = slot.classes != 0 ? slot.classes : grammar_.person;
  request.is_subject = true;
  value->noun_phrase = std::make_unique<NounPhrase>();
  ChooseKind(request, value->noun_phrase.get());
  value->agreement = value->noun_phrase->agreement;
}

void Deriver::FillNounPhrase(const Slot& slot, const Context& context, const Node& node,
                             Value* value) {
  Request request{slot, context};
  request.classes = slot.classes;
  if (slot.of >= 0) {
    request.verb = node.values[static_cast<size_t>(slot.of)].verb.get();
    ClassSet objects = request.verb->verb->objects;
    request.classes = slot.classes != 0 ? slot.classes & objects : objects;
    if (request.classes == 0) request.classes = objects;
  } else {
    // A clitic without `of` belongs to the frame's verb.
    request.verb = HeadVerb(node);
  }
  if (slot.Has("like-subject")) request.classes = context.subject.classes;
  if (request.verb != nullptr) request.clitic_host = CliticHost(grammar_, *request.verb);
  value->noun_phrase = std::make_unique<NounPhrase>();
  ChooseKind(request, value->noun_phrase.get());
  value->agreement = value->noun_phrase->agreement;
}

// The pronouns that may stand here: subjects, clitics or stressed ones.
void Deriver::AddPronouns(const Request& request, Choices<const Pronoun*>* choices) const {
  const Slot& slot = request.slot;
  bool clitic = !slot.clitic.empty();
  if ((request.classes & grammar_.person) == 0) return;
  if (!request.is_subject && !clitic && !slot.Has("stressed")) return;
  if (request.is_subject && slot.Has("plain")) return;
  if (clitic && request.verb->mode == kImperative) return;
  for (const Pronoun& pronoun : grammar_.pronouns) {
    if (request.is_subject) {
      if (!slot.options.empty() && !Contains(slot.options, pronoun.id)) continue;
    } else {
      const Agreement& subject = request.context.subject;
      if (pronoun.person != 3 && pronoun.person == subject.person) continue;
      if (slot.clitic == "indirect" && pronoun.indirect == "-") continue;
      if (slot.clitic == "direct" &&
          !DirectObjectFits(pronoun, *request.verb, request.clitic_host)) {
        continue;
      }
    }
    choices->Add(pronoun.id, pronoun.weight, &pronoun);
  }
}

void Deriver::ChooseKind(const Request& request, NounPhrase* phrase) {
  const Slot& slot = request.slot;
  phrase->key = NewKey();
  bool only_pronouns = slot.Has("only") || (request.is_subject && !slot.options.empty());
  bool nouns = !only_pronouns && !slot.Has("only-names") && !slot.Has("pronouns+names");
  bool names = !only_pronouns && (request.classes & grammar_.person) != 0 && request.Names();
  enum Kind { kNounKind, kNameKind, kPronounKind };
  Choices<const Pronoun*> pronouns;
  AddPronouns(request, &pronouns);
  Choices<Kind> kinds;
  if (nouns) kinds.Add("noun", request.is_subject ? 40 : 70, kNounKind);
  if (names) kinds.Add("name", slot.Has("only-names") || request.is_subject ? 10 : 8, kNameKind);
  if (!pronouns.items.empty()) kinds.Add("pronoun", request.is_subject ? 50 : 22, kPronounKind);
  switch (Choose(kinds, "noun phrase")) {
    case kNounKind:
      ChooseNoun(request, phrase);
      break;
    case kNameKind:
      ChooseName(phrase);
      break;
    case kPronounKind:
      phrase->pronoun = Choose(pronouns, "pronoun");
      phrase->agreement = PronounAgreement(*phrase->pronoun, grammar_.person);
      if (slot.clitic == "direct") phrase->form = NounPhrase::Form::kDirect;
      if (slot.clitic == "indirect") phrase->form = NounPhrase::Form::kIndirect;
      if (slot.Has("stressed")) phrase->form = NounPhrase::Form::kStressed;
      break;
  }
}

void Deriver::ChooseName(NounPhrase* phrase) {
  Choices<const Word*> choices;
  for (const char* list : {"name-m", "name-f"}) {
    for (const Word* word : grammar_.words_by_list.at(list)) choices.Add(word->id, 1, word);
  }
  phrase->name = Choose(choices, "name");
  bool feminine = phrase->name->lists.count("name-f") > 0;
  phrase->agreement = {3, false, false, feminine, true, grammar_.person};
}

void Deriver::ChooseNoun(const Request& request, NounPhrase* phrase) {
  const Slot& slot = request.slot;
  Choices<const Noun*> nouns;
  for (const Noun& noun : grammar_.nouns) {
    if ((noun.classes & request.classes) == 0) continue;
    if (slot.Has("agree") && noun.feminine != request.context.subject.feminine) continue;
    if (noun.IsMass() && (slot.Has("countable") || slot.Has("plural"))) continue;
    bool person = (noun.classes & grammar_.person) != 0;
    nouns.Add(noun.id, request.is_subject && person ? 3 : 2, &noun);
  }
  phrase->noun = Choose(nouns, "noun");
  bool mass = phrase->noun->IsMass();
  bool plural = false;
  if (slot.Has("agree")) {
    plural = request.context.subject.plural_agreement;
  } else if (slot.Has("plural") || (slot.Has("generic") && !mass)) {
    plural = true;
  } else if (!slot.Has("singular") && !mass) {
    Choices<bool> numbers;
    numbers.Add("singular", 68, false);
    numbers.Add("plural", 32, true);
    plural = Choose(numbers, "number");
  }
  phrase->agreement = {3, plural, plural, phrase->noun->feminine, false, phrase->noun->classes};
  phrase->agreement.has_sex = (phrase->noun->classes & grammar_.person) != 0;
  phrase->is_generic = slot.Has("generic");
  phrase->is_job = slot.Has("agree");
  if (!phrase->is_job) ChooseDeterminer(request, phrase);
  if (!phrase->is_job) ChooseAdjectives(request, phrase);
  ChooseModifier(request, phrase);
}

// What is denied is "no book" or "this book", never "several books"; "un" and "du" become "de" only
// as direct objects of a finite verb.
bool Deriver::FitsNegation(const Determiner& determiner, const Request& request) const {
  if (determiner.id == "quelques" || determiner.id == "plusieurs") return false;
  if (determiner.id != "un" || request.IsDirectObject()) return true;
  return !request.context.negated && determiner.number == Determiner::Number::kSingular;
}

bool Deriver::Fits(const Determiner& determiner, const Request& request,
                   const NounPhrase& phrase) const {
  Determiner::Number number = phrase.noun->IsMass()     ? Determiner::Number::kMass
                              : phrase.agreement.plural ? Determiner::Number::kPlural
                                                        : Determiner::Number::kSingular;
  if (determiner.number != number) return false;
  if ((determiner.excluded & phrase.noun->classes) != 0) return false;
  const std::vector<std::string>& wanted = request.slot.options;
  if (request.slot.Has("generic")) return determiner.id == "le";
  if (!wanted.empty() && !request.is_subject) {
    if (!Contains(wanted, determiner.id)) return false;
  } else if (determiner.weight == 0) {
    return false;
  }
  if (!determiner.subject.empty()) {
    const Agreement& subject = request.context.subject;
    if (request.is_subject || !subject.has_sex || subject.plural) return false;
    if (subject.feminine != (determiner.subject == "3sf")) return false;
  }
  if (determiner.id == "chaque" && !request.is_subject) return false;
  // Not "du pain est sucré".
  if (request.is_subject && determiner.id == "un" && number == Determiner::Number::kMass) {
    return false;
  }
  if (request.IsNegated() && !FitsNegation(determiner, request)) return false;
  if (request.slot.Has("indefinite")) {
    bool negated = request.verb != nullptr && request.verb->polarity == kNot;
    if (determiner.id == "un") return true;
    return !negated && (determiner.id == "number" || determiner.id == "beaucoup" ||
                        determiner.id == "quelques" || determiner.id == "plusieurs");
  }
  return true;
}

void Deriver::ChooseDeterminer(const Request& request, NounPhrase* phrase) {
  if (request.slot.options.size() == 1 && request.slot.options[0] == "none") return;
  Choices<const Determiner*> choices;
  for (const Determiner& determiner : grammar_.determiners) {
    if (!Fits(determiner, request, *phrase)) continue;
    choices.Add(determiner.id, std::max(determiner.weight, 1), &determiner);
  }
  phrase->determiner = Choose(choices, "determiner");
  if (phrase->determiner->id == "number") {
    Choices<const Word*> numbers;
    for (const Word* word : grammar_.words_by_list.at("number")) numbers.Add(word->id, 1, word);
    phrase->number = Choose(numbers, "number");
  }
  if (phrase->determiner->id == "un" && request.IsNegated() && request.IsDirectObject()) {
    phrase->is_negated = true;
    if (request.verb->verb->has_y) phrase->no_key = request.verb->key + kNegationKey;
  }
}

// False if there was none, or none was chosen.
bool Deriver::ChooseAdjective(bool before, bool required, int none_weight, NounPhrase* phrase) {
  Choices<const Adjective*> choices;
  if (!required) choices.Add("none", 0, nullptr);
  for (const Adjective& adjective : grammar_.adjectives) {
    if ((adjective.classes & phrase->noun->classes) == 0) continue;
    bool is_before = adjective.position == Adjective::Position::kBefore;
    if (adjective.position == Adjective::Position::kPredicate || (is_before && !before)) continue;
    choices.Add(adjective.id, is_before ? 2 : 1, &adjective);
  }
  if (choices.items.empty()) return false;
  if (!required) {
    int total = 0;
    for (const Option& option : choices.options) total += option.weight;
    choices.options[0].weight = std::max(total * none_weight, 1);
  }
  const Adjective* adjective = Choose(choices, "adjective");
  if (adjective == nullptr) return false;
  phrase->adjectives.push_back(adjective);
  return true;
}

void Deriver::ChooseAdjectives(const Request& request, NounPhrase* phrase) {
  bool required = request.slot.Has("adjective");
  if (!ChooseAdjective(true, required, 3, phrase)) return;
  if (phrase->adjectives[0]->position == Adjective::Position::kBefore) {
    ChooseAdjective(false, false, 7, phrase);
  }
}

void Deriver::ChooseModifier(const Request& request, NounPhrase* phrase) {
  if (request.slot.Has("plain") || phrase->is_generic || phrase->is_job || phrase->is_negated ||
      phrase->determiner == nullptr || phrase->determiner->id == "what") {
    return;
  }
  enum Modifier { kNone, kPossessor, kRelativeClause };
  Choices<Modifier> choices;
  choices.Add("plain", 84, kNone);
  if ((phrase->noun->classes & grammar_.possessed) != 0 && phrase->determiner->id == "le") {
    choices.Add("possessor", 9, kPossessor);
  }
  if (request.context.depth == 0) choices.Add("relative", 11, kRelativeClause);
  switch (Choose(choices, "modifier")) {
    case kNone:
      break;
    case kPossessor:
      FillPossessor(phrase);
      break;
    case kRelativeClause: {
      Context inner;
      inner.head = phrase;
      inner.depth = request.context.depth + 1;
      phrase->relative = DerivePhrase("relative", nullptr, inner);
      break;
    }
  }
}

void Deriver::FillPossessor(NounPhrase* phrase) {
  static const Slot slot = [] {
    Slot made;
    made.flags = {"plain", "singular"};
    made.options = {"le", "mon", "ton", "notre"};
    return made;
  }();
  Context context;
  Request request{slot, context};
  request.classes = grammar_.person;
  phrase->possessor = std::make_unique<NounPhrase>();
  ChooseKind(request, phrase->possessor.get());
}

}  // namespace atento::lessons
