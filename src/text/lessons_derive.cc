// From the top: frames, verbs with their tenses, adjectives, words.
#include <algorithm>

#include "base/check.h"
#include "text/lessons_deriver.h"

namespace atento::lessons {
namespace {

const Agreement& SubjectOf(const Slot& slot, const Context& context, const Node& node) {
  return slot.subject >= 0 ? node.values[static_cast<size_t>(slot.subject)].agreement
                           : context.subject;
}

const VerbGroup* HeadOfValue(const Value& value) {
  if (value.verb) return value.verb.get();
  return value.node ? HeadVerb(*value.node) : nullptr;
}

}  // namespace

void NothingFits(const std::string& what) {
  CHECK(false, "data/lessons has no " + what + " for some combination");
  __builtin_unreachable();
}

const VerbGroup* HeadVerb(const Node& node) {
  if (node.frame->head < 0) return nullptr;
  return HeadOfValue(node.values[static_cast<size_t>(node.frame->head)]);
}

std::unique_ptr<Node> DeriveSentence(const Grammar& grammar, int clauses, Chooser* chooser) {
  return Deriver(grammar, clauses, chooser).DerivePhrase("sentence", nullptr, Context());
}

std::unique_ptr<Node> Deriver::DerivePhrase(const std::string& category, const Slot* slot,
                                            const Context& context) {
  auto node = std::make_unique<Node>();
  node->frame = &ChooseFrame(category, slot, context);
  node->key = NewKey();
  node->values.resize(node->frame->slots.size());
  for (size_t i = 0; i < node->values.size(); ++i) {
    node->values[i].key = NewKey();
    FillSlot(node->frame->slots[i], context, node.get(), &node->values[i]);
  }
  return node;
}

bool Deriver::Fits(const Frame& frame, const Slot* slot, const Context& context) const {
  if (slot != nullptr) {
    if (!slot->options.empty() && !Contains(slot->options, frame.name)) return false;
    if (Contains(slot->excluded, frame.name)) return false;
  }
  if (frame.deep && context.depth > 0) return false;
  if (frame.category == "relative") {
    return (frame.slots[0].classes & context.head->agreement.classes) != 0;
  }
  if (frame.category == "predicate") {
    if ((frame.subjects & context.subject.classes) == 0) return false;
    if ((frame.modes & context.mode) == 0) return false;
    bool timeless = (context.mode & (kInfinitive | kImperative)) != 0;
    bool able = std::any_of(frame.abilities.begin(), frame.abilities.end(),
                            [&](const Frame::Ability& ability) {
                              return (ability.subjects & context.subject.classes) != 0 &&
                                     (timeless || (ability.tenses & context.tenses) != 0);
                            });
    if (!able || timeless) return able;
  }
  if ((frame.tenses & context.tenses) == 0) return false;
  return (frame.polarities & context.polarities) != 0;
}

const Frame& Deriver::ChooseFrame(const std::string& category, const Slot* slot,
                                  const Context& context) {
  Choices<const Frame*> choices;
  for (const Frame* frame : grammar_.frames_by_category.at(category)) {
    if (!Fits(*frame, slot, context)) continue;
    bool named = slot != nullptr && !slot->options.empty();
    int weight = named ? std::max(frame->weight, 5) : frame->weight;
    // A wanted number of clauses is reached through these three frames.
    if (clauses_wanted_ > 0) {
      if (category == "sentence") weight = frame->name == "joined" ? 1 : 0;
      bool more = clauses_made_ + 1 < clauses_wanted_;
      if (category == "chain") weight = (frame->name == "chain-more") == more ? 1 : 0;
    }
    if (weight > 0) choices.Add(frame->name, weight, frame);
  }
  if (category == "chain") ++clauses_made_;
  if (category == "sentence") clauses_made_ = 1;
  return *Choose(choices, category.c_str());
}

void Deriver::FillSlot(const Slot& slot, const Context& context, Node* node, Value* value) {
  switch (slot.kind) {
    case SlotKind::kSubject:
      FillSubject(slot, context, value);
      break;
    case SlotKind::kHead:
      value->agreement = context.head->agreement;
      break;
    case SlotKind::kNounPhrase:
      FillNounPhrase(slot, context, *node, value);
      break;
    case SlotKind::kVerb:
      FillVerb(slot, context, *node, value);
      break;
    case SlotKind::kPhrase:
      value->node = DerivePhrase(slot.category, &slot, PhraseContext(slot, context, *node));
      break;
    case SlotKind::kAdjective:
      FillPredicateAdjective(slot, context, value);
      break;
    case SlotKind::kWord:
      FillWord(slot, value);
      break;
  }
}

Context Deriver::PhraseContext(const Slot& slot, const Context& context, const Node& node) const {
  Context inner;
  inner.depth = context.depth + (node.frame->deep ? 1 : 0);
  inner.mode = slot.mode;
  inner.tenses = slot.tenses;
  inner.polarities = slot.polarities;
  if (slot.same >= 0) {
    const VerbGroup* other = HeadOfValue(node.values[static_cast<size_t>(slot.same)]);
    if (other != nullptr) inner.tenses &= other->tense;
  }
  if (slot.category == "time") {
    const VerbGroup* verb = HeadOfValue(node.values[static_cast<size_t>(slot.of)]);
    inner.tenses = verb->mode == kInfinitive ? kPresent : verb->tense;
  } else if (slot.category == "predicate") {
    inner.subject = SubjectOf(slot, context, node);
    if (slot.mode == kInfinitive) {
      inner.governor =
          slot.of >= 0 ? node.values[static_cast<size_t>(slot.of)].verb.get() : nullptr;
      inner.negated = inner.governor != nullptr && (inner.governor->polarity & kNegative) != 0;
      return inner;
    }
    inner.tenses &= context.tenses;
    inner.polarities &= context.polarities;
    if (slot.mode == kInverted) {
      inner.inverted = node.values[static_cast<size_t>(slot.subject)].noun_phrase.get();
    }
    if ((slot.mode & (kQuestion | kInverted)) != 0) {
      inner.polarities &= kYes;
      inner.tenses &= ~static_cast<unsigned>(kRecent);
    }
    if (slot.mode == kImperative) inner.polarities &= kYes | kNot;
  }
  return inner;
}

const Verb& Deriver::ChooseVerb(const Slot& slot, const VerbGroup& group, const Context& context,
                                unsigned tenses, const Node& node) {
  ClassSet takes = slot.takes_classes;
  if (slot.takes >= 0) takes = node.values[static_cast<size_t>(slot.takes)].agreement.classes;
  Choices<const Verb*> choices;
  for (const std::string& tag : slot.flags) {
    for (const Verb* verb : grammar_.verbs_by_tag.at(tag)) {
      if ((verb->subjects & group.subject.classes) == 0) continue;
      if (group.mode != kInfinitive && (verb->tenses & tenses) == 0) continue;
      if (takes != 0 && (verb->objects & takes) == 0) continue;
      if (group.mode == kImperative && !verb->has_imperative) continue;
      // Not "to learn to learn".
      if (context.governor != nullptr && context.governor->verb->infinitive == verb->infinitive) {
        continue;
      }
      choices.Add(verb->id, 1, verb);
    }
  }
  return *Choose(choices, "verb");
}

void Deriver::FillVerb(const Slot& slot, const Context& context, const Node& node, Value* value) {
  value->verb = std::make_unique<VerbGroup>();
  VerbGroup& group = *value->verb;
  group.key = value->key;
  // A verb of a predicate takes its mode from the context, one of a sentence from its slot.
  group.mode = slot.mode != kStatement ? slot.mode : context.mode;
  group.subject = SubjectOf(slot, context, node);
  group.inverted = context.inverted;
  if (slot.mode == kInverted) {
    group.inverted = node.values[static_cast<size_t>(slot.subject)].noun_phrase.get();
  }
  group.governor = context.governor;
  unsigned tenses = slot.tenses & context.tenses;
  unsigned polarities = slot.polarities & context.polarities;
  if ((group.mode & (kQuestion | kInverted)) != 0) {
    tenses &= ~static_cast<unsigned>(kRecent);
    polarities &= kYes;
  }
  group.verb = &ChooseVerb(slot, group, context, tenses, node);
  if (group.mode == kInfinitive) return;
  if (group.mode != kImperative) group.tense = ChooseTense(tenses & group.verb->tenses);
  if (group.tense == kRecent) polarities &= kYes;
  if (group.tense == kNear) polarities &= kYes | kNot;
  if (group.tense == kPast) polarities &= ~static_cast<unsigned>(kNoLonger);
  group.polarity = ChoosePolarity(polarities);
}

Tense Deriver::ChooseTense(unsigned tenses) {
  Choices<Tense> choices;
  if (tenses & kPresent) choices.Add("present", 44, kPresent);
  if (tenses & kPast) choices.Add("past", 26, kPast);
  if (tenses & kFuture) choices.Add("future", 20, kFuture);
  if (tenses & kNear) choices.Add("near", 11, kNear);
  if (tenses & kRecent) choices.Add("recent", 4, kRecent);
  return Choose(choices, "tense");
}

Polarity Deriver::ChoosePolarity(unsigned polarities) {
  Choices<Polarity> choices;
  if (polarities & kYes) choices.Add("yes", 74, kYes);
  if (polarities & kNot) choices.Add("not", 16, kNot);
  if (polarities & kNever) choices.Add("never", 3, kNever);
  if (polarities & kNoLonger) choices.Add("no-longer", 3, kNoLonger);
  if (polarities & kAlways) choices.Add("always", 2, kAlways);
  if (polarities & kOften) choices.Add("often", 2, kOften);
  if (choices.items.empty()) return kYes;  // a verb that is only ever affirmative
  return Choose(choices, "polarity");
}

void Deriver::FillPredicateAdjective(const Slot& slot, const Context& context, Value* value) {
  bool gradable = slot.Has("gradable") || slot.Has("comparative");
  Choices<const Adjective*> choices;
  for (const Adjective& adjective : grammar_.adjectives) {
    if ((adjective.classes & context.subject.classes) == 0) continue;
    if (gradable && !adjective.gradable) continue;
    choices.Add(adjective.id, 1, &adjective);
  }
  value->adjective = Choose(choices, "adjective");
  value->agreement = context.subject;
}

void Deriver::FillWord(const Slot& slot, Value* value) {
  Choices<const Word*> choices;
  for (const Word* word : grammar_.words_by_list.at(slot.category)) {
    choices.Add(word->id, 1, word);
  }
  value->word = Choose(choices, "word");
}

}  // namespace atento::lessons
