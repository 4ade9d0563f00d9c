// Verb groups: tense, negation, clitic pronouns, inversion; in English the auxiliaries.
#include <utility>

#include "base/check.h"
#include "text/lessons_morphology.h"
#include "text/lessons_tree.h"

namespace atento::lessons {
namespace {

using Tokens = std::vector<Token>;

void Append(Tokens* tokens, std::string text, std::vector<Token::Key> keys) {
  std::string elided = FrenchElided(text);
  tokens->push_back({std::move(text), std::move(elided), std::move(keys)});
}

bool IsCompoundPast(const VerbGroup& group) {
  return group.tense == kPast && !group.verb->past_is_imperfect;
}

// The first verb of a finite group.
std::string FiniteForm(const Grammar& grammar, const VerbGroup& group) {
  size_t form = FormIndex(group.subject);
  const Verb& verb = *group.verb;
  switch (group.tense) {
    case kPast:
      if (verb.past_is_imperfect) return verb.imperfect[form];
      return (verb.with_etre ? grammar.etre : grammar.avoir)->present[form];
    case kFuture:
      return verb.future[form];
    case kNear:
      return grammar.aller->present[form];
    case kRecent:
      return grammar.venir->present[form];
    default:
      return verb.present[form];
  }
}

std::string ImperativeForm(const VerbGroup& group) {
  std::string form = group.verb->present[FormIndex(group.subject)];
  bool second = group.subject.person == 2 && !group.subject.plural;
  if (second && (form.ends_with("es") || form.ends_with("as"))) form.pop_back();
  return form;
}

const NounPhrase* Clitic(const Node& node, const Slot& slot) {
  if (slot.object < 0) return nullptr;
  const NounPhrase* object = node.values[static_cast<size_t>(slot.object)].noun_phrase.get();
  return object != nullptr && object->IsClitic() ? object : nullptr;
}

void AppendClitics(const Node& node, const Slot& slot, const VerbGroup& group, Tokens* tokens) {
  if (group.verb->reflexive) {
    static const char* const kReflexive[] = {"me", "te", "se", "nous", "vous", "se"};
    Append(tokens, kReflexive[FormIndex(group.subject)], {{group.key + kMainKey, false}});
  }
  if (const NounPhrase* clitic = Clitic(node, slot)) {
    bool direct = clitic->form == NounPhrase::Form::kDirect;
    Append(tokens, direct ? clitic->pronoun->direct : clitic->pronoun->indirect,
           {{clitic->key + kMainKey, true}, {group.key + kPrepositionKey, false}});
  }
  if (group.verb->has_y) Append(tokens, "y", {{group.key + kThereKey, true}});
}

// With être it agrees with the subject, with avoir with an object before it.
std::string Participle(const Node& node, const Slot& slot, const VerbGroup& group) {
  const Agreement* agreement = nullptr;
  if (group.verb->with_etre) {
    agreement = &group.subject;
  } else if (const NounPhrase* clitic = Clitic(node, slot)) {
    if (clitic->form == NounPhrase::Form::kDirect) agreement = &clitic->agreement;
  } else if (slot.gap >= 0) {
    agreement = &node.values[static_cast<size_t>(slot.gap)].agreement;
  }
  if (agreement == nullptr) return group.verb->participle;
  return FrenchAgreement(group.verb->participle, agreement->feminine, agreement->plural_agreement);
}

void AppendFrenchInfinitive(const Node& node, const Slot& slot, const VerbGroup& group,
                            Tokens* tokens) {
  if (group.governor != nullptr && !group.governor->verb->preposition.empty()) {
    Append(tokens, group.governor->verb->preposition,
           {{group.governor->key + kPrepositionKey, true}});
  }
  AppendClitics(node, slot, group, tokens);
  Append(tokens, group.verb->infinitive, {{group.key + kMainKey, true}});
}

void AppendFrenchAdverb(const VerbGroup& group, Tokens* tokens) {
  const char* adverb = "";
  switch (group.polarity) {
    case kYes:
      return;
    case kNot:
      adverb = "pas";
      break;
    case kNever:
      adverb = "jamais";
      break;
    case kNoLonger:
      adverb = "plus";
      break;
    case kAlways:
      adverb = "toujours";
      break;
    case kOften:
      adverb = "souvent";
      break;
  }
  Append(tokens, adverb, {{group.key + kNegationKey, true}});
}

void AppendInvertedSubject(const VerbGroup& group, const std::string& finite, Tokens* tokens) {
  if (group.inverted == nullptr) return;
  std::string subject = group.inverted->pronoun->subject;
  bool euphonic = FrenchStartsWithVowel(subject) && !group.subject.plural &&
                  !finite.ends_with("t") && !finite.ends_with("d");
  Append(tokens, (euphonic ? "-t-" : "-") + subject, {{group.inverted->key + kMainKey, true}});
}

struct EnglishParts {
  Tokens auxiliary, adverb, rest;
};

std::string BeForm(const Agreement& subject, bool past) {
  bool singular = !subject.plural && subject.person != 2;
  if (past) return singular ? "was" : "were";
  if (!singular) return "are";
  return subject.person == 1 ? "am" : "is";
}

void AppendEnglishMain(const VerbGroup& group, const std::string& form, Tokens* tokens) {
  tokens->push_back({form, "", {{group.key + kMainKey, true}}});
  for (const std::string& particle : group.verb->particles) {
    tokens->push_back({particle, "", {{group.key + kMainKey, true}}});
  }
}

void AppendTo(const VerbGroup& group, Tokens* tokens) {
  std::vector<Token::Key> keys = {{group.key + kMainKey, false}};
  if (group.governor != nullptr) {
    if (group.governor->verb->is_auxiliary) return;
    if (!group.governor->verb->preposition.empty()) {
      keys.push_back({group.governor->key + kPrepositionKey, true});
    }
  }
  tokens->push_back({"to", "", keys});
}

Tokens EnglishAdverb(const VerbGroup& group) {
  Token::Key key = {group.key + kNegationKey, true};
  switch (group.polarity) {
    case kNot:
      if (group.verb->has_y) return {};  // "there is no"
      return {{"not", "", {key}}};
    case kNever:
      return {{"never", "", {key}}};
    case kNoLonger:
      return {{"no", "", {key}}, {"longer", "", {key}}};
    case kAlways:
      return {{"always", "", {key}}};
    case kOften:
      return {{"often", "", {key}}};
    default:
      return {};
  }
}

// Present and past.
void AddSimpleTense(const VerbGroup& group, const Agreement& subject, EnglishParts* parts) {
  const Verb& verb = *group.verb;
  bool past = group.tense == kPast;
  bool third = subject.person == 3 && !subject.plural;
  if (verb.is_be) {
    AppendEnglishMain(group, BeForm(subject, past), &parts->auxiliary);
  } else if (verb.is_auxiliary) {
    AppendEnglishMain(group, past ? verb.english_past : verb.english, &parts->auxiliary);
    if (group.polarity == kNot && parts->auxiliary[0].text == "can") {
      parts->auxiliary[0].text = "cannot";
      parts->auxiliary[0].keys.push_back({group.key + kNegationKey, false});
      parts->adverb.clear();
    }
  } else if ((group.mode & (kQuestion | kInverted)) != 0 || group.polarity == kNot) {
    std::string auxiliary = past ? "did" : third ? "does" : "do";
    parts->auxiliary.push_back(
        {auxiliary, "", {{group.key + kAuxiliaryKey, false}, {group.key + kNeKey, false}}});
    AppendEnglishMain(group, verb.english, &parts->rest);
  } else {
    AppendEnglishMain(group,
                      past    ? verb.english_past
                      : third ? verb.english_third
                              : verb.english,
                      &parts->rest);
  }
}

EnglishParts MakeEnglishParts(const VerbGroup& group, const Agreement& subject) {
  EnglishParts parts;
  parts.adverb = EnglishAdverb(group);
  Token::Key near = {group.key + kPeriphrasisKey, true};
  if (group.mode == kInfinitive) {
    AppendTo(group, &parts.rest);
    AppendEnglishMain(group, group.verb->english, &parts.rest);
  } else if (group.mode == kImperative) {
    if (group.polarity == kNot) {
      parts.auxiliary.push_back({"do", "", {{group.key + kNeKey, false}}});
    }
    AppendEnglishMain(group, group.verb->english, &parts.rest);
  } else if (group.tense == kFuture) {
    parts.auxiliary.push_back({"will", "", {{group.key + kAuxiliaryKey, false}}});
    AppendEnglishMain(group, group.verb->english, &parts.rest);
  } else if (group.tense == kNear) {
    parts.auxiliary.push_back({BeForm(subject, false), "", {near}});
    parts.rest.push_back({"going", "", {near}});
    AppendTo(group, &parts.rest);
    AppendEnglishMain(group, group.verb->english, &parts.rest);
  } else if (group.tense == kRecent) {
    parts.rest.push_back({"just", "", {near}});
    AppendEnglishMain(group, group.verb->english_past, &parts.rest);
  } else {
    AddSimpleTense(group, subject, &parts);
  }
  return parts;
}

}  // namespace

std::string CliticHost(const Grammar& grammar, const VerbGroup& group) {
  if (group.mode == kInfinitive || group.tense == kNear || group.tense == kRecent) {
    return group.verb->infinitive;
  }
  return FiniteForm(grammar, group);
}

void AppendFrenchVerb(const Grammar& grammar, const Node& node, const Slot& slot,
                      const VerbGroup& group, Tokens* tokens) {
  int key = group.key;
  if (group.mode == kInfinitive) {
    AppendFrenchInfinitive(node, slot, group, tokens);
    return;
  }
  if ((group.polarity & kNegative) != 0) {
    Append(tokens, "ne", {{key + kNegationKey, false}, {key + kNeKey, true}});
  }
  if (group.mode == kImperative) {
    Append(tokens, ImperativeForm(group), {{key + kMainKey, true}, {key + kNeKey, false}});
    AppendFrenchAdverb(group, tokens);
    return;
  }
  std::string finite = FiniteForm(grammar, group);
  bool periphrasis = group.tense == kNear || group.tense == kRecent;
  if (!periphrasis) AppendClitics(node, slot, group, tokens);
  std::vector<Token::Key> keys = {{key + kAuxiliaryKey, true}};
  if (periphrasis) {
    keys.push_back({key + kPeriphrasisKey, true});
  } else {
    keys.push_back({key + kMainKey, !IsCompoundPast(group)});
  }
  Append(tokens, finite, keys);
  AppendInvertedSubject(group, finite, tokens);
  AppendFrenchAdverb(group, tokens);
  if (periphrasis) {
    if (group.tense == kRecent) Append(tokens, "de", {{key + kPeriphrasisKey, false}});
    AppendClitics(node, slot, group, tokens);
    Append(tokens, group.verb->infinitive, {{key + kMainKey, true}});
  } else if (IsCompoundPast(group)) {
    Append(tokens, Participle(node, slot, group), {{key + kMainKey, true}});
  }
}

void AppendEnglishVerb(const Node& node, const Slot& slot, const VerbGroup& group,
                       std::string_view part, Tokens* tokens) {
  if (part == "there") {
    tokens->push_back({"there", "", {{group.key + kThereKey, true}}});
    return;
  }
  if (part == "prep") {
    if (!group.verb->english_preposition.empty()) {
      tokens->push_back(
          {group.verb->english_preposition, "", {{group.key + kPrepositionKey, true}}});
    }
    return;
  }
  CHECK(part.empty() || part == "aux", "unknown part of a verb: " + std::string(part));
  const Agreement& subject =
      slot.agree >= 0 ? node.values[static_cast<size_t>(slot.agree)].agreement : group.subject;
  EnglishParts parts = MakeEnglishParts(group, subject);
  bool split = (group.mode & (kQuestion | kInverted)) != 0;
  auto append = [tokens](const Tokens& more) {
    tokens->insert(tokens->end(), more.begin(), more.end());
  };
  if (part == "aux" || !split) append(parts.auxiliary);
  if (part == "aux") return;
  append(parts.adverb);
  append(parts.rest);
}

}  // namespace atento::lessons
