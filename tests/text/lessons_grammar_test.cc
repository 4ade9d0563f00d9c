// The parser of data/lessons: inflection by rule, and faults in the files.
#include "text/lessons_grammar.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>
#include <vector>

#include "atento/error.h"
#include "text/lessons_morphology.h"

namespace atento::lessons {
namespace {

// The embedded files with `from` replaced by `to` in one of them.
std::vector<DataFile> WithChange(const std::string& name, const std::string& from,
                                 const std::string& to) {
  std::vector<DataFile> files = EmbeddedFiles();
  for (DataFile& file : files) {
    if (file.name != name) continue;
    size_t at = file.content.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    file.content.replace(at, from.size(), to);
  }
  return files;
}

std::string FaultOf(const std::vector<DataFile>& files) {
  Grammar grammar;
  try {
    ParseGrammar(files, &grammar);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
  return "";
}

TEST(LessonsGrammar, RegularForms) {
  EXPECT_EQ(FrenchPlural("chat"), "chats");
  EXPECT_EQ(FrenchPlural("gâteau"), "gâteaux");
  EXPECT_EQ(FrenchPlural("hôpital"), "hôpitaux");
  EXPECT_EQ(FrenchFeminine("sérieux"), "sérieuse");
  EXPECT_EQ(FrenchFeminine("italien"), "italienne");
  EXPECT_EQ(FrenchFeminine("rouge"), "rouge");
  EXPECT_EQ(FrenchAgreement("pris", true, true), "prises");
  EXPECT_EQ(FrenchAgreement("pris", false, true), "pris");
  EXPECT_EQ(FrenchPresent("manger", "er")[3], "mangeons");
  EXPECT_EQ(FrenchPresent("commencer", "er")[3], "commençons");
  EXPECT_EQ(FrenchPresent("finir", "ir")[5], "finissent");
  EXPECT_EQ(FrenchPresent("vendre", "re")[2], "vend");
  EXPECT_EQ(EnglishPlural("city"), "cities");
  EXPECT_EQ(EnglishPlural("toy"), "toys");
  EXPECT_EQ(EnglishPlural("fox"), "foxes");
  EXPECT_EQ(EnglishThirdPerson("go"), "goes");
  EXPECT_EQ(EnglishThirdPerson("watch"), "watches");
  EXPECT_EQ(EnglishPast("try"), "tried");
  EXPECT_EQ(EnglishPast("like"), "liked");
}

TEST(LessonsGrammar, NoEntryIsListedTwice) {
  // Within a category one French form with two translations would make sentences ambiguous.
  const Grammar& grammar = EmbeddedGrammar();
  std::set<std::string> nouns, adjectives;
  for (const Noun& noun : grammar.nouns) {
    EXPECT_TRUE(nouns.insert(noun.id).second) << noun.id;
    if (noun.IsMass()) continue;
    EXPECT_TRUE(nouns.insert(noun.plural).second) << noun.plural;
  }
  for (const Adjective& adjective : grammar.adjectives) {
    std::set<std::string> forms(adjective.forms.begin(), adjective.forms.end());
    if (!adjective.before_vowel.empty()) forms.insert(adjective.before_vowel);
    for (const std::string& form : forms) EXPECT_TRUE(adjectives.insert(form).second) << form;
  }
  for (const auto& [list, words] : grammar.words_by_list) {
    std::set<std::string> ids;
    for (const Word* word : words) EXPECT_TRUE(ids.insert(word->id).second) << list << word->id;
  }
}

TEST(LessonsGrammar, FaultsNameFileAndLine) {
  struct Case {
    const char *file, *from, *to, *expected;
  };
  const Case cases[] = {
      {"classes.txt", "group counted:", "group person:", "\"person\" is declared twice"},
      {"classes.txt", "class job", "class person", "\"person\" is declared twice"},
      {"determiners.txt", "8 not=unowned", "8 nor=unowned", "not="},
      {"nouns.txt", "chat          m  animal  cat", "chat m animal", "nouns.txt:"},
      {"nouns.txt", "m  animal  cat", "x  animal  cat", "expected m or f"},
      {"nouns.txt", "m  animal  cat", "m  anomal  cat", "\"anomal\""},
      {"nouns.txt", "chien         m  animal  dog", "chat m animal dog", "twice"},
      {"nouns.txt", "lapin         m", "souris m", "number"},
      {"adjectives.txt", "big/bigger         before", "big/bigger inside", "position"},
      {"verbs.txt", "vois vois voit voyons voyez voient", "vois vois voit", "six forms"},
      {"verbs.txt", "| transitive what agreed on=seen", "| transitive on=unseen", "unseen"},
      {"verbs.txt", "être      |", "etre      |", "être, avoir, aller"},
      {"pronouns.txt", "je     1s", "je     4s", "person"},
      {"determiners.txt", "| the            | 34", "| the | many", "number"},
      {"determiners.txt", "beaucoup/a de/b | beaucoup/a de/b", "beaucoup/abc de | x", "one letter"},
      {"words.txt", "city | Paris | Paris", "city | Paris", "3 fields"},
      {"words.txt", "city | Paris | Paris", "city | la Ville | Paris", "label"},
      {"frames.txt", "frame statement sentence", "frame statement", "frame NAME"},
      {"frames.txt", "fr $c .", "fr $d .", "no slot \"d\""},
      {"frames.txt", "c phrase clause", "c phrase clauses", "clauses"},
      {"frames.txt", "c phrase clause", "c sentence clause", "kind of slot"},
      {"frames.txt", "k word conjunction", "k word conjunctions", "no list"},
      {"frames.txt", "mode=question subject=s", "mode=quest subject=s", "quest"},
      {"frames.txt", "mode=question subject=s", "mode=question subject=z", "no slot \"z\""},
      {"frames.txt", "v verb be subject=s mode", "v verb bee subject=s mode", "tag bee"},
      {"frames.txt", "$p.aux/a $s", "$p.ox/a $s", "no part \"ox\""},
      {"frames.txt", "  h head person\n", "", "no slot \"h\""},
      {"frames.txt", "t phrase time of=p", "t phrase time", "of="},
      {"frames.txt", "pronouns=tu,il,elle,nous,vous,vous.s,ils,elles", "all", "inversion"}};
  for (const Case& c : cases) {
    std::string fault = FaultOf(WithChange(c.file, c.from, c.to));
    EXPECT_NE(fault.find("data/lessons/"), std::string::npos) << c.file << ": " << c.to;
    EXPECT_NE(fault.find(c.expected), std::string::npos) << c.to << " gave: " << fault;
  }
}

TEST(LessonsGrammar, AClassAfterAGroupHasABitOfItsOwn) {
  Grammar grammar;
  ParseGrammar(WithChange("classes.txt", "group counted:", "class late\ngroup counted:"), &grammar);
  ClassSet late = grammar.classes.at("late");
  EXPECT_EQ(std::popcount(late), 1);
  EXPECT_EQ(late & grammar.classes.at("all"), 0u);
  EXPECT_EQ(late & grammar.classes.at("drivable"), 0u);
}

TEST(LessonsGrammar, AMissingFileIsNamed) {
  std::vector<DataFile> files = EmbeddedFiles();
  std::erase_if(files, [](const DataFile& file) { return file.name == "words.txt"; });
  EXPECT_NE(FaultOf(files).find("words.txt"), std::string::npos);
}

TEST(LessonsGrammar, TruncatedAndDamagedFilesDoNotCrash) {
  int faults = 0;
  for (size_t f = 0; f < EmbeddedFiles().size(); ++f) {
    size_t size = EmbeddedFiles()[f].content.size();
    for (int part = 0; part < 12; ++part) {
      std::vector<DataFile> truncated = EmbeddedFiles(), damaged = EmbeddedFiles();
      size_t at = size * static_cast<size_t>(part) / 12 + static_cast<size_t>(part);
      truncated[f].content.resize(at);
      damaged[f].content[at] ^= 0x15;
      faults += FaultOf(truncated).empty() ? 0 : 1;
      faults += FaultOf(damaged).empty() ? 0 : 1;
    }
  }
  EXPECT_GT(faults, 20);
}

}  // namespace
}  // namespace atento::lessons
