// Reads frames.txt, and the syntax that the other data files share.
#include <algorithm>
#include <map>

#include "atento/error.h"
#include "text/lessons_grammar.h"
#include "text/lessons_morphology.h"
#include "text/lessons_parse.h"

namespace atento::lessons {
namespace {

std::string_view Trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

unsigned LookUp(const std::map<std::string, unsigned>& names, const std::string& name,
                const Line& line) {
  auto found = names.find(name);
  if (found == names.end()) FailAt(line, "unknown name \"" + name + "\"");
  return found->second;
}

unsigned ParsePolarities(std::string_view text, const Line& line) {
  static const std::map<std::string, unsigned> names = {
      {"yes", kYes},       {"not", kNot},    {"never", kNever}, {"no-longer", kNoLonger},
      {"always", kAlways}, {"often", kOften}};
  unsigned set = 0;
  for (const std::string& name : SplitOn(text, ',')) set |= LookUp(names, name, line);
  return set;
}

const std::map<std::string, unsigned>& ModeNames() {
  static const std::map<std::string, unsigned> names = {
      {"statement", kStatement},   {"question", kQuestion},     {"inverted", kInverted},
      {"infinitive", kInfinitive}, {"imperative", kImperative}, {"relative", kRelative}};
  return names;
}

// "name=value" in two; a flag has an empty value.
std::pair<std::string, std::string> SplitAttribute(const std::string& text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, ""};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Frame ParseFrameLine(const Line& line, const Grammar& grammar) {
  std::vector<std::string> fields = SplitSpace(line.text);
  if (fields.size() < 3 || fields[0] != "frame" || fields[2].find('=') != std::string::npos) {
    FailAt(line, "expected \"frame NAME CATEGORY\"");
  }
  Frame frame;
  frame.name = fields[1];
  frame.category = fields[2];
  for (size_t i = 3; i < fields.size(); ++i) {
    auto [name, value] = SplitAttribute(fields[i]);
    if (name == "weight" && value.find_first_not_of("0123456789") == std::string::npos &&
        !value.empty() && value.size() < 5) {
      frame.weight = std::stoi(value);
    } else if (name == "by") {
      frame.subjects = ParseClasses(grammar, value, line);
    } else if (name == "not") {
      for (const std::string& mode : SplitOn(value, ',')) {
        frame.modes &= ~LookUp(ModeNames(), mode, line);
      }
    } else if (name == "tenses") {
      frame.tenses = ParseTenses(value, line);
    } else if (name == "deep" && value.empty()) {
      frame.deep = true;
    } else {
      FailAt(line, "unknown attribute \"" + fields[i] + "\"");
    }
  }
  return frame;
}

// References to other slots may point forward, so they are kept as names until the frame is read.
struct Reference {
  size_t slot;
  std::string attribute, target;
  Line line;
};

bool ParseSlotSet(const std::string& name, const std::string& value, const Grammar& grammar,
                  const Line& line, Slot* slot) {
  if (name == "tenses") {
    slot->tenses = ParseTenses(value, line);
  } else if (name == "polarity") {
    slot->polarities = ParsePolarities(value, line);
  } else if (name == "mode") {
    slot->mode = LookUp(ModeNames(), value, line);
  } else if (name == "det" || name == "pronouns" || name == "frames") {
    slot->options = SplitOn(value, ',');
  } else if (name == "not") {
    slot->excluded = SplitOn(value, ',');
  } else if (name == "clitic") {
    slot->clitic = value;
  } else if (name == "takes" && IsClass(grammar, value)) {
    slot->takes_classes = ParseClasses(grammar, value, line);
  } else {
    return false;
  }
  return true;
}

void ParseSlotAttribute(const std::string& text, const Grammar& grammar, const Line& line,
                        size_t index, Slot* slot, std::vector<Reference>* references) {
  static const std::set<std::string> flags = {
      "plain",      "singular", "plural",     "countable",    "stressed",
      "only",       "generic",  "adjective",  "comparative",  "gradable",
      "indefinite", "agree",    "only-names", "like-subject", "pronouns+names"};
  auto [name, value] = SplitAttribute(text);
  if (!value.empty()) {
    if (!ParseSlotSet(name, value, grammar, line, slot)) {
      references->push_back({index, name, value, line});
    }
  } else if (slot->kind == SlotKind::kVerb) {
    if (grammar.verbs_by_tag.count(name) == 0) FailAt(line, "no verb has the tag " + name);
    slot->flags.insert(name);
  } else if (flags.count(name) > 0) {
    slot->flags.insert(name);
  } else {
    slot->classes |= ParseClasses(grammar, name, line);
  }
}

Slot ParseSlotLine(const Line& line, const Grammar& grammar, size_t index,
                   std::vector<Reference>* references) {
  static const std::map<std::string, SlotKind> kinds = {
      {"subject", SlotKind::kSubject}, {"head", SlotKind::kHead},
      {"np", SlotKind::kNounPhrase},   {"verb", SlotKind::kVerb},
      {"phrase", SlotKind::kPhrase},   {"adjective", SlotKind::kAdjective},
      {"word", SlotKind::kWord}};
  std::vector<std::string> fields = SplitSpace(line.text);
  Slot slot;
  slot.name = fields[0];
  if (fields.size() < 2) FailAt(line, "the slot \"" + slot.name + "\" has no kind");
  size_t next = 2;
  if (fields[1] == "it" || fields[1] == "they" || fields[1] == "somebody") {
    slot.kind = SlotKind::kSubject;
    slot.category = fields[1];
  } else if (auto kind = kinds.find(fields[1]); kind != kinds.end()) {
    slot.kind = kind->second;
  } else {
    FailAt(line, "unknown kind of slot \"" + fields[1] + "\"");
  }
  if (slot.kind == SlotKind::kPhrase || slot.kind == SlotKind::kWord) {
    if (fields.size() < 3) FailAt(line, "expected a category or a list after " + fields[1]);
    slot.category = fields[next++];
    if (slot.kind == SlotKind::kWord && grammar.words_by_list.count(slot.category) == 0) {
      FailAt(line, "there is no list \"" + slot.category + "\" in words.txt");
    }
  }
  for (; next < fields.size(); ++next) {
    ParseSlotAttribute(fields[next], grammar, line, index, &slot, references);
  }
  return slot;
}

void Resolve(const std::vector<Reference>& references, Frame* frame) {
  for (const Reference& reference : references) {
    Slot& slot = frame->slots[reference.slot];
    std::map<std::string, int*> fields = {{"of", &slot.of},         {"subject", &slot.subject},
                                          {"object", &slot.object}, {"gap", &slot.gap},
                                          {"agree", &slot.agree},   {"same", &slot.same},
                                          {"takes", &slot.takes}};
    auto field = fields.find(reference.attribute);
    if (field == fields.end()) {
      FailAt(reference.line, "unknown attribute \"" + reference.attribute + "\"");
    }
    for (size_t i = 0; i < frame->slots.size(); ++i) {
      if (frame->slots[i].name == reference.target) *field->second = static_cast<int>(i);
    }
    if (*field->second < 0) FailAt(reference.line, "no slot \"" + reference.target + "\"");
  }
}

// What the frame's verb can do, so that a frame is never chosen in vain.
void FindHead(const Grammar& grammar, Frame* frame) {
  for (size_t i = 0; i < frame->slots.size() && frame->head < 0; ++i) {
    const Slot& slot = frame->slots[i];
    if (slot.kind == SlotKind::kVerb) {
      unsigned tenses = 0;
      for (const std::string& tag : slot.flags) {
        for (const Verb* verb : grammar.verbs_by_tag.at(tag)) {
          tenses |= verb->tenses;
          Frame::Ability ability = {verb->subjects, verb->tenses & slot.tenses};
          if (std::find(frame->abilities.begin(), frame->abilities.end(), ability) ==
              frame->abilities.end()) {
            frame->abilities.push_back(ability);
          }
        }
      }
      frame->tenses &= tenses & slot.tenses;
      frame->polarities &= slot.polarities;
      frame->head = static_cast<int>(i);
    } else if (slot.kind == SlotKind::kPhrase &&
               (slot.category == "predicate" || slot.category == "clause")) {
      bool finite = slot.mode != kInfinitive;
      frame->tenses &= finite ? slot.tenses : kPresent;
      frame->polarities &= finite ? slot.polarities : kYes;
      frame->head = static_cast<int>(i);
    }
  }
  if (frame->head < 0 && frame->category == "clause") {
    frame->tenses &= kPresent;
    frame->polarities &= kYes;
  }
}

// What the deriver and the realizer take for granted. `line` is the frame's last.
void CheckFrame(const Frame& frame, const Line& line) {
  for (size_t i = 0; i < frame.slots.size(); ++i) {
    const Slot& slot = frame.slots[i];
    for (int earlier : {slot.of, slot.subject, slot.same, slot.takes}) {
      if (earlier >= static_cast<int>(i)) {
        FailAt(line, "slot \"" + slot.name + "\" needs a slot that is decided after it");
      }
    }
    if ((slot.kind == SlotKind::kHead || i == 0) &&
        (slot.kind == SlotKind::kHead) != (frame.category == "relative")) {
      FailAt(line, "a relative clause, and nothing else, starts with its head");
    }
    if (slot.kind == SlotKind::kPhrase && slot.category == "time" && slot.of < 0) {
      FailAt(line, "a time needs the slot of a verb: of=");
    }
    if (slot.mode == kInverted &&
        (slot.subject < 0 || frame.slots[static_cast<size_t>(slot.subject)].options.empty())) {
      FailAt(line, "inversion needs a subject that is a pronoun: subject=, pronouns=");
    }
  }
  for (const Template* side : {&frame.french, &frame.english}) {
    for (const Item& item : *side) {
      if (item.slot < 0 || item.part.empty()) continue;
      const Slot& slot = frame.slots[static_cast<size_t>(item.slot)];
      bool verb = slot.kind == SlotKind::kVerb;
      bool phrase = slot.kind == SlotKind::kPhrase && slot.category == "predicate";
      bool adjective = slot.kind == SlotKind::kAdjective;
      if ((item.part == "aux" && (verb || phrase)) || (item.part == "prep" && verb) ||
          (item.part == "there" && verb) || (item.part == "comparative" && adjective)) {
        continue;
      }
      FailAt(line, "the slot \"" + slot.name + "\" has no part \"" + item.part + "\"");
    }
  }
}

void CheckFrames(const Grammar& grammar, const Line& last) {
  for (const Frame& frame : grammar.frames) {
    if (frame.category == "predicate" && frame.abilities.empty()) {
      FailAt(last, "frame " + frame.name + ": a predicate needs a verb");
    }
    for (const Slot& slot : frame.slots) {
      if (slot.kind != SlotKind::kPhrase) continue;
      auto category = grammar.frames_by_category.find(slot.category);
      if (category == grammar.frames_by_category.end()) {
        FailAt(last, "frame " + frame.name + ": no frame writes a \"" + slot.category + "\"");
      }
      for (const std::string& name : slot.options) {
        if (std::none_of(category->second.begin(), category->second.end(),
                         [&](const Frame* other) { return other->name == name; })) {
          FailAt(last, "frame " + frame.name + ": there is no frame \"" + name + "\"");
        }
      }
    }
  }
}

}  // namespace

void FailAt(const Line& line, const std::string& what) {
  throw Error(ErrorKind::kData,
              "data/lessons/" + *line.file + ":" + std::to_string(line.number) + ": " + what);
}

std::vector<Line> ReadLines(const DataFile& file) {
  std::vector<Line> lines;
  std::string_view rest = file.content;
  for (int number = 1; !rest.empty(); ++number) {
    size_t end = rest.find('\n');
    std::string_view raw = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    std::string_view text = Trim(raw);
    if (text.empty() || text[0] == '#') continue;
    lines.push_back({&file.name, number, raw[0] == ' ', text});
  }
  return lines;
}

std::vector<std::string> SplitOn(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    size_t end = text.find(separator);
    parts.emplace_back(Trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text = text.substr(end + 1);
  }
}

std::vector<std::string> SplitSpace(std::string_view text) {
  std::vector<std::string> parts;
  for (text = Trim(text); !text.empty(); text = Trim(text)) {
    size_t end = text.find_first_of(" \t");
    parts.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  return parts;
}

Template ParseTemplate(std::string_view text, const std::vector<Slot>* slots, const Line& line,
                       std::unordered_set<std::string>* consonantal) {
  Template result;
  for (const std::string& word : SplitSpace(text)) {
    std::vector<std::string> parts = SplitOn(word, '/');
    Item item;
    for (size_t i = 1; i < parts.size(); ++i) {
      bool sure = !parts[i].ends_with("?");
      if (parts[i].size() != (sure ? 1u : 2u)) FailAt(line, "a label is one letter: " + word);
      item.labels.push_back({parts[i][0], sure});
    }
    if (slots != nullptr && word.starts_with("$")) {
      std::vector<std::string> reference = SplitOn(parts[0].substr(1), '.');
      for (size_t i = 0; i < slots->size(); ++i) {
        if ((*slots)[i].name == reference[0]) item.slot = static_cast<int>(i);
      }
      if (item.slot < 0) FailAt(line, "no slot \"" + reference[0] + "\"");
      if (reference.size() > 1) item.part = reference[1];
    } else {
      std::vector<std::string> forms = SplitOn(parts[0], '~');
      item.text = forms[0];
      if (item.text.starts_with("*")) {
        item.text = item.text.substr(1);
        consonantal->insert(item.text);
      }
      if (item.text.empty()) FailAt(line, "an empty word in \"" + std::string(text) + "\"");
      item.before_vowel = forms.size() > 1 ? forms[1] : FrenchElided(item.text);
      if (item.labels.empty() &&
          (item.text == "." || item.text == "," || item.text == "?" || item.text == "!")) {
        item.labels.push_back({item.text[0], true});
      }
    }
    result.push_back(item);
  }
  return result;
}

void LabelInOrder(Template* french, Template* english, const Line& line) {
  auto labelled = [](const Item& item) { return !item.labels.empty(); };
  bool any = std::any_of(french->begin(), french->end(), labelled) ||
             std::any_of(english->begin(), english->end(), labelled);
  if (any) {
    CheckLabels(*french, *english, line);
    return;
  }
  if (french->size() != english->size()) {
    FailAt(line, "the sides differ in length: label their words, as in word/a");
  }
  for (size_t i = 0; i < french->size(); ++i) {
    char name = static_cast<char>('a' + i);
    (*french)[i].labels.push_back({name, true});
    (*english)[i].labels.push_back({name, true});
  }
}

void CheckLabels(const Template& french, const Template& english, const Line& line) {
  for (const Item& item : english) {
    for (const Label& label : item.labels) {
      bool found = std::any_of(french.begin(), french.end(), [&](const Item& other) {
        return std::any_of(other.labels.begin(), other.labels.end(),
                           [&](const Label& l) { return l.name == label.name; });
      });
      if (!found) FailAt(line, std::string("no French word has the label \"") + label.name + "\"");
    }
  }
}

bool IsClass(const Grammar& grammar, const std::string& name) {
  return grammar.classes.count(name) > 0;
}

ClassSet ParseClasses(const Grammar& grammar, std::string_view text, const Line& line) {
  ClassSet set = 0;
  for (const std::string& name : SplitOn(text, ',')) {
    auto found = grammar.classes.find(name);
    if (found == grammar.classes.end()) FailAt(line, "unknown class or flag \"" + name + "\"");
    set |= found->second;
  }
  return set;
}

unsigned ParseTenses(std::string_view text, const Line& line) {
  static const std::map<std::string, unsigned> names = {{"present", kPresent},
                                                        {"past", kPast},
                                                        {"future", kFuture},
                                                        {"near", kNear},
                                                        {"recent", kRecent}};
  unsigned set = 0;
  for (const std::string& name : SplitOn(text, ',')) set |= LookUp(names, name, line);
  return set;
}

void ParseFrames(const DataFile& file, Grammar* grammar) {
  std::vector<Reference> references;
  Line last;
  for (const Line& line : ReadLines(file)) {
    last = line;
    if (!line.indented) {
      if (!grammar->frames.empty() && grammar->frames.back().english.empty()) {
        FailAt(line, "frame " + grammar->frames.back().name + " has no English");
      }
      grammar->frames.push_back(ParseFrameLine(line, *grammar));
      references.clear();
      continue;
    }
    if (grammar->frames.empty()) FailAt(line, "expected \"frame NAME CATEGORY\"");
    Frame& frame = grammar->frames.back();
    if (line.text.starts_with("fr ")) {
      Resolve(references, &frame);
      FindHead(*grammar, &frame);
      frame.french =
          ParseTemplate(line.text.substr(3), &frame.slots, line, &grammar->french_consonantal);
    } else if (line.text.starts_with("en ")) {
      frame.english =
          ParseTemplate(line.text.substr(3), &frame.slots, line, &grammar->english_consonantal);
      CheckFrame(frame, line);
      CheckLabels(frame.french, frame.english, line);
    } else {
      frame.slots.push_back(ParseSlotLine(line, *grammar, frame.slots.size(), &references));
    }
  }
  if (grammar->frames.empty() || grammar->frames.back().english.empty()) {
    last.file = &file.name;
    FailAt(last, "the last frame has no English");
  }
  for (const Frame& frame : grammar->frames) {
    grammar->frames_by_category[frame.category].push_back(&frame);
  }
  CheckFrames(*grammar, last);
}

}  // namespace atento::lessons
