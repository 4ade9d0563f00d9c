// Reads the lexicon: classes, nouns, adjectives, verbs, pronouns, determiners, words.
#include "text/lessons_grammar.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "atento/error.h"
#include "text/lessons_morphology.h"
#include "text/lessons_parse.h"

namespace atento::lessons {
namespace {

std::string Unmarked(const std::string& word, std::unordered_set<std::string>* consonantal) {
  if (!word.starts_with("*")) return word;
  consonantal->insert(word.substr(1));
  return word.substr(1);
}

int ParseNumber(const std::string& text, const Line& line) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    FailAt(line, "expected a number, found \"" + text + "\"");
  }
  return value;
}

bool ParseFlag(const std::string& text, const char* no, const char* yes, const Line& line) {
  if (text != no && text != yes) {
    FailAt(line, "expected " + std::string(no) + " or " + yes + ", found \"" + text + "\"");
  }
  return text == yes;
}

std::vector<std::string> Fields(const Line& line, char separator, size_t least, size_t most) {
  std::vector<std::string> fields =
      separator == ' ' ? SplitSpace(line.text) : SplitOn(line.text, separator);
  if (fields.size() < least || fields.size() > most) {
    FailAt(line,
           "expected " + std::to_string(least) + " fields, found " + std::to_string(fields.size()));
  }
  return fields;
}

void ParseClassLine(const Line& line, Grammar* grammar) {
  if (line.text.starts_with("class ")) {
    std::string name(line.text.substr(6));
    ClassSet used = 0;  // always the lowest bits
    for (const auto& [other, set] : grammar->classes) used |= set;
    ClassSet bit = used + 1;
    if (bit == 0 || !grammar->classes.emplace(name, bit).second) {
      FailAt(line, "class \"" + name + "\" is declared twice, or is one too many");
    }
    return;
  }
  std::vector<std::string> parts = SplitOn(line.text, ':');
  if (!line.text.starts_with("group ") || parts.size() != 2) {
    FailAt(line, "expected \"class NAME\" or \"group NAME: CLASS ...\"");
  }
  ClassSet set = 0;
  for (const std::string& name : SplitSpace(parts[1])) set |= ParseClasses(*grammar, name, line);
  std::string name = parts[0].substr(6);
  if (!grammar->classes.emplace(name, set).second) {
    FailAt(line, "\"" + name + "\" is declared twice");
  }
}

void ParseNounLine(const Line& line, Grammar* grammar) {
  std::vector<std::string> fields = Fields(line, ' ', 4, 4);
  Noun noun;
  std::vector<std::string> french = SplitOn(fields[0], '/');
  noun.id = Unmarked(french[0], &grammar->french_consonantal);
  noun.plural = french.size() > 1 ? french[1] : FrenchPlural(noun.id);
  if (french[0] != noun.id) grammar->french_consonantal.insert(noun.plural);
  noun.feminine = ParseFlag(fields[1], "m", "f", line);
  noun.classes = ParseClasses(*grammar, fields[2], line);
  std::vector<std::string> english = SplitOn(fields[3], '/');
  noun.english = Unmarked(english[0], &grammar->english_consonantal);
  noun.english_plural = english.size() > 1 ? english[1] : EnglishPlural(noun.english);
  if (english[0] != noun.english) grammar->english_consonantal.insert(noun.english_plural);
  if (noun.plural == "-") noun.plural.clear();
  if (noun.plural == noun.id) FailAt(line, "a noun must show its number");
  for (const Noun& other : grammar->nouns) {
    if (other.id == noun.id) FailAt(line, "\"" + noun.id + "\" is listed twice");
  }
  grammar->nouns.push_back(noun);
}

void ParseAdjectiveLine(const Line& line, Grammar* grammar) {
  std::vector<std::string> fields = Fields(line, ' ', 4, 4);
  Adjective adjective;
  std::vector<std::string> french = SplitOn(fields[0], '/');
  std::string masculine = adjective.id = french[0];
  std::string feminine = french.size() > 1 ? french[1] : FrenchFeminine(masculine);
  bool plurals = french.size() > 3;
  adjective.forms = {masculine, feminine, plurals ? french[2] : FrenchPlural(masculine),
                     plurals ? french[3] : FrenchPlural(feminine)};
  if (french.size() > 4) adjective.before_vowel = french[4];
  std::vector<std::string> english = SplitOn(fields[1], '/');
  adjective.english = Unmarked(english[0], &grammar->english_consonantal);
  adjective.gradable = english.size() < 2 || english[1] != "!";
  if (english.size() > 1 && adjective.gradable) adjective.comparative = english[1];
  if (fields[2] == "before") {
    adjective.position = Adjective::Position::kBefore;
  } else if (fields[2] == "predicate") {
    adjective.position = Adjective::Position::kPredicate;
  } else if (fields[2] != "after") {
    FailAt(line, "the position is before, after or predicate, not \"" + fields[2] + "\"");
  }
  adjective.classes = ParseClasses(*grammar, fields[3], line);
  for (const Adjective& other : grammar->adjectives) {
    if (other.id == adjective.id) FailAt(line, "\"" + adjective.id + "\" is listed twice");
  }
  grammar->adjectives.push_back(adjective);
}

void ParseFrenchVerb(const std::string& field, const Line& line, Verb* verb) {
  std::vector<std::string> parts = SplitOn(field, ';');
  std::string group = parts[0] == "er" || parts[0] == "ir" || parts[0] == "re" ? parts[0] : "";
  size_t at = group.empty() ? 0 : 1;
  std::string future = verb->infinitive.ends_with("re")
                           ? verb->infinitive.substr(0, verb->infinitive.size() - 1)
                           : verb->infinitive;
  if (!group.empty()) {
    verb->present = FrenchPresent(verb->infinitive, group);
    verb->participle = FrenchParticiple(verb->infinitive, group);
  }
  if (at < parts.size()) {
    std::vector<std::string> forms = SplitSpace(parts[at++]);
    if (forms.size() != 6) FailAt(line, "a present has six forms");
    for (size_t i = 0; i < 6; ++i) verb->present[i] = forms[i];
    if (group.empty() && at < parts.size()) verb->participle = parts[at++];
    if (at < parts.size()) future = parts[at++];
  }
  if (verb->participle.empty()) FailAt(line, "\"" + verb->id + "\" has no participle");
  std::string we = verb->present[3];
  std::string imperfect = we.ends_with("ons") ? we.substr(0, we.size() - 3) : we;
  if (at < parts.size()) imperfect = parts[at++];
  if (at != parts.size()) FailAt(line, "too many parts in \"" + field + "\"");
  verb->future = FrenchFuture(future);
  verb->imperfect = FrenchImperfect(imperfect);
}

void ParseEnglishVerb(const std::string& field, const Line& line, Verb* verb) {
  std::vector<std::string> words = SplitSpace(field);
  if (words.empty()) FailAt(line, "\"" + verb->id + "\" has no English");
  std::vector<std::string> forms = SplitOn(words[0], '/');
  verb->english = forms[0];
  verb->english_past = forms.size() > 1 ? forms[1] : EnglishPast(forms[0]);
  verb->english_third = forms.size() > 2 ? forms[2] : EnglishThirdPerson(forms[0]);
  verb->particles.assign(words.begin() + 1, words.end());
  verb->is_be = verb->english == "be";
}

void ParseVerbAttribute(const std::string& attribute, const Grammar& grammar, const Line& line,
                        Verb* verb) {
  size_t equals = attribute.find('=');
  std::string name = attribute.substr(0, equals);
  std::string value = equals == std::string::npos ? "" : attribute.substr(equals + 1);
  if (name == "on") {
    verb->objects = ParseClasses(grammar, value, line);
  } else if (name == "by") {
    verb->subjects = ParseClasses(grammar, value, line);
  } else if (name == "prep") {
    std::vector<std::string> two = SplitOn(value, '>');
    if (two.size() != 2) FailAt(line, "expected prep=FRENCH>ENGLISH");
    verb->preposition = two[0];
    verb->english_preposition = two[1];
  } else if (name == "tenses") {
    verb->tenses = ParseTenses(value, line);
  } else if (name == "être") {
    verb->with_etre = true;
  } else if (name == "imperfect") {
    verb->past_is_imperfect = true;
  } else if (name == "future") {
    verb->tenses |= kFuture;
  } else if (name == "y") {
    verb->has_y = true;
  } else if (name == "auxiliary") {
    verb->is_auxiliary = true;
  } else if (name == "no-imperative") {
    verb->has_imperative = false;
  } else if (equals == std::string::npos) {
    verb->tags.insert(name);
  } else {
    FailAt(line, "unknown attribute \"" + name + "\"");
  }
}

void ParseVerbLine(const Line& line, Grammar* grammar) {
  std::vector<std::string> fields = Fields(line, '|', 4, 4);
  Verb verb;
  verb.id = fields[0];
  std::replace(verb.id.begin(), verb.id.end(), ' ', '_');
  verb.infinitive = fields[0].substr(0, fields[0].find('.'));
  verb.reflexive = verb.infinitive.starts_with("se ");
  if (verb.reflexive) verb.infinitive = verb.infinitive.substr(3);
  verb.with_etre = verb.reflexive;
  verb.subjects = grammar->person;
  verb.tenses = kPresent | kPast | kNear | kRecent;
  ParseFrenchVerb(fields[1], line, &verb);
  ParseEnglishVerb(fields[2], line, &verb);
  for (const std::string& attribute : SplitSpace(fields[3])) {
    ParseVerbAttribute(attribute, *grammar, line, &verb);
  }
  for (const Verb& other : grammar->verbs) {
    if (other.id == verb.id) FailAt(line, "\"" + verb.id + "\" is listed twice");
  }
  grammar->verbs.push_back(verb);
}

void ParsePronounLine(const Line& line, Grammar* grammar) {
  std::vector<std::string> fields = Fields(line, ' ', 10, 10);
  Pronoun pronoun;
  pronoun.id = fields[0];
  if (fields[1].size() != 2 || fields[1][0] < '1' || fields[1][0] > '3') {
    FailAt(line, "the person is 1s to 3p, not \"" + fields[1] + "\"");
  }
  pronoun.person = fields[1][0] - '0';
  pronoun.plural = ParseFlag(fields[1].substr(1), "s", "p", line);
  pronoun.plural_agreement = pronoun.plural && !pronoun.id.ends_with(".s");
  pronoun.feminine = ParseFlag(fields[2], "m", "f", line);
  pronoun.weight = ParseNumber(fields[3], line);
  pronoun.subject = fields[4];
  pronoun.direct = fields[5];
  pronoun.indirect = fields[6];
  pronoun.stressed = fields[7];
  pronoun.english = fields[8];
  pronoun.english_object = fields[9];
  grammar->pronouns.push_back(pronoun);
}

void ParseDeterminerLine(const Line& line, Grammar* grammar) {
  std::vector<std::string> fields = Fields(line, '|', 6, 6);
  Determiner determiner;
  determiner.id = fields[0];
  if (fields[1] == "plural") {
    determiner.number = Determiner::Number::kPlural;
  } else if (fields[1] == "mass") {
    determiner.number = Determiner::Number::kMass;
  } else if (fields[1] != "singular") {
    FailAt(line, "the number is singular, plural or mass, not \"" + fields[1] + "\"");
  }
  determiner.masculine = ParseTemplate(fields[2], nullptr, line, &grammar->french_consonantal);
  determiner.feminine = ParseTemplate(fields[3], nullptr, line, &grammar->french_consonantal);
  determiner.english = ParseTemplate(fields[4], nullptr, line, &grammar->english_consonantal);
  Template copy = determiner.english;
  LabelInOrder(&determiner.masculine, &copy, line);
  LabelInOrder(&determiner.feminine, &determiner.english, line);
  std::vector<std::string> last = SplitSpace(fields[5]);
  if (last.empty()) FailAt(line, "the weight is missing");
  determiner.weight = ParseNumber(last[0], line);
  for (size_t i = 1; i < last.size(); ++i) {
    if (last[i].starts_with("subject=")) {
      determiner.subject = last[i].substr(8);
    } else if (last[i].starts_with("not=")) {
      determiner.excluded = ParseClasses(*grammar, last[i].substr(4), line);
    } else {
      FailAt(line, "expected subject= or not=, found " + last[i]);
    }
  }
  grammar->determiners.push_back(determiner);
}

void ParseWordLine(const Line& line, Grammar* grammar) {
  std::vector<std::string> fields = Fields(line, '|', 3, 3);
  Word word;
  for (const std::string& list : SplitOn(fields[0], ',')) word.lists.insert(list);
  word.french = ParseTemplate(fields[1], nullptr, line, &grammar->french_consonantal);
  word.english = ParseTemplate(fields[2], nullptr, line, &grammar->english_consonantal);
  for (const Item& item : word.french) {
    word.id += (word.id.empty() ? "" : "_") + item.text;
  }
  LabelInOrder(&word.french, &word.english, line);
  grammar->words.push_back(word);
}

void IndexLexicon(Grammar* grammar, const Line& last) {
  for (const Verb& verb : grammar->verbs) {
    for (const std::string& tag : verb.tags) grammar->verbs_by_tag[tag].push_back(&verb);
    if (verb.id == "être") grammar->etre = &verb;
    if (verb.id == "avoir") grammar->avoir = &verb;
    if (verb.id == "aller") grammar->aller = &verb;
    if (verb.id == "venir") grammar->venir = &verb;
  }
  for (const Word& word : grammar->words) {
    for (const std::string& list : word.lists) grammar->words_by_list[list].push_back(&word);
  }
  if (!grammar->etre || !grammar->avoir || !grammar->aller || !grammar->venir) {
    FailAt(last, "être, avoir, aller and venir are needed to form the tenses");
  }
  for (const char* list : {"name-m", "name-f", "number"}) {
    if (grammar->words_by_list[list].empty()) {
      FailAt(last, "the list \"" + std::string(list) + "\" is empty");
    }
  }
}

const DataFile& FindFile(const std::vector<DataFile>& files, const std::string& name) {
  for (const DataFile& file : files) {
    if (file.name == name) return file;
  }
  throw Error(ErrorKind::kData, "lessons: the file " + name + " is missing");
}

}  // namespace

void ParseGrammar(const std::vector<DataFile>& files, Grammar* grammar) {
  using Parser = std::function<void(const Line&, Grammar*)>;
  Line last;
  auto parse = [&](const char* name, const Parser& parser) {
    const DataFile& file = FindFile(files, name);
    for (const Line& line : ReadLines(file)) parser(last = line, grammar);
    last.file = &file.name;
  };
  parse("classes.txt", ParseClassLine);
  grammar->person = ParseClasses(*grammar, "person", last);
  grammar->possessed = ParseClasses(*grammar, "possessed", last);
  parse("nouns.txt", ParseNounLine);
  parse("adjectives.txt", ParseAdjectiveLine);
  parse("pronouns.txt", ParsePronounLine);
  parse("determiners.txt", ParseDeterminerLine);
  parse("words.txt", ParseWordLine);
  parse("verbs.txt", ParseVerbLine);
  IndexLexicon(grammar, last);
  ParseFrames(FindFile(files, "frames.txt"), grammar);
}

int64_t Grammar::LexicalEntries() const {
  return static_cast<int64_t>(nouns.size() + adjectives.size() + verbs.size() + words.size());
}

const Grammar& EmbeddedGrammar() {
  static const Grammar& grammar = []() -> const Grammar& {
    auto* parsed = new Grammar;  // lives as long as the program
    ParseGrammar(EmbeddedFiles(), parsed);
    return *parsed;
  }();
  return grammar;
}

}  // namespace atento::lessons
