// Regular inflection of French and English, elision and contraction. Irregular forms are data.
#ifndef ATENTO_TEXT_LESSONS_MORPHOLOGY_H_
#define ATENTO_TEXT_LESSONS_MORPHOLOGY_H_

#include <array>
#include <string>
#include <string_view>

namespace atento::lessons {

std::string FrenchPlural(const std::string& singular);
std::string FrenchFeminine(const std::string& masculine);
// Participles and the like: vu, vue, vus, vues.
std::string FrenchAgreement(const std::string& masculine, bool feminine, bool plural);
// Verbs of the groups "er", "ir" and "re".
std::array<std::string, 6> FrenchPresent(const std::string& infinitive, std::string_view group);
std::string FrenchParticiple(const std::string& infinitive, std::string_view group);
std::array<std::string, 6> FrenchFuture(const std::string& stem);
std::array<std::string, 6> FrenchImperfect(const std::string& stem);
// By spelling alone: a vowel, or an h, which is taken for mute.
bool FrenchStartsWithVowel(std::string_view word);
// je, ne, que ... before a vowel; empty for a word that is not elided.
std::string FrenchElided(std::string_view word);

std::string EnglishPlural(const std::string& singular);
std::string EnglishThirdPerson(const std::string& base);
std::string EnglishPast(const std::string& base);
bool EnglishStartsWithVowel(std::string_view word);

}  // namespace atento::lessons

#endif  // ATENTO_TEXT_LESSONS_MORPHOLOGY_H_
