// What the two halves of the grammar's parser share: lines with their numbers, and templates.
#ifndef ATENTO_TEXT_LESSONS_PARSE_H_
#define ATENTO_TEXT_LESSONS_PARSE_H_

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "text/lessons_grammar.h"

namespace atento::lessons {

// A line of a data file that is neither empty nor a comment.
struct Line {
  const std::string* file = nullptr;
  int number = 0;
  bool indented = false;
  std::string_view text;  // trimmed
};

// Throws Error{kData} "FILE:LINE: what".
[[noreturn]] void FailAt(const Line& line, const std::string& what);

std::vector<Line> ReadLines(const DataFile& file);
std::vector<std::string> SplitOn(std::string_view text, char separator);  // parts are trimmed
std::vector<std::string> SplitSpace(std::string_view text);

// Words, "word/a/b?", "word~before-a-vowel", "$slot.part". With `slots` null there are no slots.
// A word that begins with "*" loses it and is put into `consonantal`.
Template ParseTemplate(std::string_view text, const std::vector<Slot>* slots, const Line& line,
                       std::unordered_set<std::string>* consonantal);
// Gives the words of two templates without labels the labels a, b, ... in order.
void LabelInOrder(Template* french, Template* english, const Line& line);
// Every label of the English must occur in the French: a misspelt one would lose a link in silence.
void CheckLabels(const Template& french, const Template& english, const Line& line);

// "person,animal" or "person" or a group.
ClassSet ParseClasses(const Grammar& grammar, std::string_view text, const Line& line);
bool IsClass(const Grammar& grammar, const std::string& name);
unsigned ParseTenses(std::string_view text, const Line& line);

void ParseFrames(const DataFile& file, Grammar* grammar);

}  // namespace atento::lessons

#endif  // ATENTO_TEXT_LESSONS_PARSE_H_
