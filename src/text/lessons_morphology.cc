#include "text/lessons_morphology.h"

#include <initializer_list>

namespace atento::lessons {
namespace {

std::string WithoutLast(const std::string& word, size_t bytes) {
  return word.substr(0, word.size() - bytes);
}

std::array<std::string, 6> WithEndings(const std::string& stem,
                                       std::initializer_list<const char*> endings) {
  std::array<std::string, 6> forms;
  size_t i = 0;
  for (const char* ending : endings) forms[i++] = stem + ending;
  return forms;
}

bool IsEnglishVowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

bool EndsInConsonantAndY(const std::string& word) {
  return word.size() > 1 && word.back() == 'y' && !IsEnglishVowel(word[word.size() - 2]);
}

bool EndsInHiss(const std::string& word) {
  return word.ends_with("s") || word.ends_with("x") || word.ends_with("ch") ||
         word.ends_with("sh") || word.ends_with("z");
}

}  // namespace

std::string FrenchPlural(const std::string& singular) {
  if (singular.ends_with("s") || singular.ends_with("x") || singular.ends_with("z")) {
    return singular;
  }
  if (singular.ends_with("eau")) return singular + "x";
  if (singular.ends_with("al")) return WithoutLast(singular, 1) + "ux";
  return singular + "s";
}

std::string FrenchFeminine(const std::string& masculine) {
  if (masculine.ends_with("e")) return masculine;
  if (masculine.ends_with("eux")) return WithoutLast(masculine, 1) + "se";
  if (masculine.ends_with("ien") || masculine.ends_with("el")) {
    return masculine + masculine.back() + "e";
  }
  return masculine + "e";
}

std::string FrenchAgreement(const std::string& masculine, bool feminine, bool plural) {
  std::string form = feminine ? masculine + "e" : masculine;
  return plural && !form.ends_with("s") ? form + "s" : form;
}

std::array<std::string, 6> FrenchPresent(const std::string& infinitive, std::string_view group) {
  std::string stem = WithoutLast(infinitive, 2);
  if (group == "er") {
    std::array<std::string, 6> forms = WithEndings(stem, {"e", "es", "e", "ons", "ez", "ent"});
    if (stem.ends_with("g")) forms[3] = stem + "eons";
    if (stem.ends_with("c")) forms[3] = WithoutLast(stem, 1) + "çons";
    return forms;
  }
  if (group == "ir") return WithEndings(stem, {"is", "is", "it", "issons", "issez", "issent"});
  return WithEndings(stem, {"s", "s", "", "ons", "ez", "ent"});
}

std::string FrenchParticiple(const std::string& infinitive, std::string_view group) {
  return WithoutLast(infinitive, 2) + (group == "er" ? "é" : group == "ir" ? "i" : "u");
}

std::array<std::string, 6> FrenchFuture(const std::string& stem) {
  return WithEndings(stem, {"ai", "as", "a", "ons", "ez", "ont"});
}

std::array<std::string, 6> FrenchImperfect(const std::string& stem) {
  return WithEndings(stem, {"ais", "ais", "ait", "ions", "iez", "aient"});
}

bool FrenchStartsWithVowel(std::string_view word) {
  if (word.empty()) return false;
  switch (word[0] | 0x20) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
    case 'h':
      return true;
    default:
      break;
  }
  for (std::string_view vowel : {"à", "â", "é", "è", "ê", "î", "ô", "œ", "É", "Œ"}) {
    if (word.starts_with(vowel)) return true;
  }
  return word == "y";
}

std::string FrenchElided(std::string_view word) {
  if (word == "la") return "l'";
  for (std::string_view elided : {"je", "me", "te", "se", "le", "ne", "de", "que"}) {
    if (word == elided) return std::string(word.substr(0, word.size() - 1)) + "'";
  }
  return "";
}

std::string EnglishPlural(const std::string& singular) {
  if (EndsInConsonantAndY(singular)) return WithoutLast(singular, 1) + "ies";
  return singular + (EndsInHiss(singular) ? "es" : "s");
}

std::string EnglishThirdPerson(const std::string& base) {
  if (EndsInConsonantAndY(base)) return WithoutLast(base, 1) + "ies";
  return base + (EndsInHiss(base) || base.ends_with("o") ? "es" : "s");
}

std::string EnglishPast(const std::string& base) {
  if (EndsInConsonantAndY(base)) return WithoutLast(base, 1) + "ied";
  return base + (base.ends_with("e") ? "d" : "ed");
}

bool EnglishStartsWithVowel(std::string_view word) {
  return !word.empty() && IsEnglishVowel(static_cast<char>(word[0] | 0x20));
}

}  // namespace atento::lessons
