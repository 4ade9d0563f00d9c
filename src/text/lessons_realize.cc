// From a filled tree to the words of both languages.
#include <utility>

#include "text/lessons_morphology.h"
#include "text/lessons_tree.h"

namespace atento::lessons {
namespace {

using Tokens = std::vector<Token>;

void AddKeys(const std::vector<Label>& labels, int key, Token* token) {
  for (const Label& label : labels) token->keys.push_back({key + label.name, label.sure});
}

void AppendTemplate(const Template& items, int key, bool articles, Tokens* tokens) {
  for (const Item& item : items) {
    Token token;
    token.text = item.text;
    token.before_vowel = item.before_vowel;
    AddKeys(item.labels, key, &token);
    token.is_article = articles && (item.text == "le" || item.text == "les");
    tokens->push_back(token);
  }
}

void Append(Tokens* tokens, std::string text, std::string before_vowel,
            std::vector<Token::Key> keys) {
  tokens->push_back({std::move(text), std::move(before_vowel), std::move(keys)});
}

class Writer {
 public:
  Writer(const Grammar& grammar, bool french) : grammar_(grammar), french_(french) {}

  void WriteNode(const Node& node, Tokens* tokens) const {
    for (const Item& item : french_ ? node.frame->french : node.frame->english) {
      size_t first = tokens->size();
      if (item.slot < 0) {
        Append(tokens, item.text, item.before_vowel, {});
        tokens->back().is_article = french_ && item.text == "le" && item.labels.empty();
      } else {
        WriteSlot(node, static_cast<size_t>(item.slot), item, tokens);
      }
      if (item.part == "comparative") continue;  // has used the labels itself
      for (size_t i = first; i < tokens->size(); ++i) AddKeys(item.labels, node.key, &(*tokens)[i]);
    }
  }

 private:
  void WriteSlot(const Node& node, size_t index, const Item& item, Tokens* tokens) const {
    const Value& value = node.values[index];
    const Slot& slot = node.frame->slots[index];
    if (value.noun_phrase) {
      french_ ? WriteFrenchNounPhrase(*value.noun_phrase, tokens)
              : WriteEnglishNounPhrase(*value.noun_phrase, slot.kind == SlotKind::kSubject, tokens);
    } else if (value.verb) {
      WriteVerb(node, slot, *value.verb, item.part, tokens);
    } else if (value.node && item.part == "aux") {
      WriteHeadAuxiliary(*value.node, tokens);
    } else if (value.node) {
      WriteNode(*value.node, tokens);
    } else if (value.adjective != nullptr) {
      WritePredicateAdjective(value, item, node.key, tokens);
    } else if (value.word != nullptr) {
      AppendTemplate(french_ ? value.word->french : value.word->english, value.key, false, tokens);
    }
  }

  void WriteVerb(const Node& node, const Slot& slot, const VerbGroup& group,
                 const std::string& part, Tokens* tokens) const {
    if (!french_) {
      AppendEnglishVerb(node, slot, group, part, tokens);
    } else if (part == "prep") {
      bool counterpart = !group.verb->english_preposition.empty();
      int key = counterpart ? group.key + kPrepositionKey : group.key + kMainKey;
      Append(tokens, group.verb->preposition, FrenchElided(group.verb->preposition),
             {{key, counterpart}});
    } else {
      AppendFrenchVerb(grammar_, node, slot, group, tokens);
    }
  }

  void WriteHeadAuxiliary(const Node& node, Tokens* tokens) const {
    size_t head = static_cast<size_t>(node.frame->head);
    const Value& value = node.values[head];
    if (value.verb) {
      AppendEnglishVerb(node, node.frame->slots[head], *value.verb, "aux", tokens);
    } else {
      WriteHeadAuxiliary(*value.node, tokens);
    }
  }

  void WritePredicateAdjective(const Value& value, const Item& item, int frame_key,
                               Tokens* tokens) const {
    const Adjective& adjective = *value.adjective;
    Token::Key key = {value.key + kMainKey, true};
    if (french_) {
      const Agreement& with = value.agreement;
      Append(tokens, adjective.forms[(with.feminine ? 1u : 0u) + (with.plural_agreement ? 2u : 0u)],
             "", {key});
      return;
    }
    if (item.part != "comparative") {
      Append(tokens, adjective.english, "", {key});
      return;
    }
    std::vector<Label> plus = item.labels;
    if (adjective.comparative.empty()) {
      Append(tokens, "more", "", {});
      AddKeys(plus, frame_key, &tokens->back());
      Append(tokens, adjective.english, "", {key});
    } else {
      Append(tokens, adjective.comparative, "", {key});
      for (Label& label : plus) label.sure = false;
      AddKeys(plus, frame_key, &tokens->back());
    }
  }

  void WriteFrenchNounPhrase(const NounPhrase& phrase, Tokens* tokens) const {
    Token::Key main = {phrase.key + kMainKey, true};
    if (phrase.IsClitic()) return;  // stands in the verb group
    if (phrase.pronoun != nullptr) {
      bool stressed = phrase.form == NounPhrase::Form::kStressed;
      const std::string& text = stressed ? phrase.pronoun->stressed : phrase.pronoun->subject;
      Append(tokens, text, stressed ? "" : FrenchElided(text), {main});
      return;
    }
    if (phrase.name != nullptr) {
      AppendTemplate(phrase.name->french, phrase.key, false, tokens);
      return;
    }
    WriteFrenchDeterminer(phrase, tokens);
    for (size_t i = 0; i < phrase.adjectives.size(); ++i) {
      WriteFrenchAdjective(phrase, i, true, tokens);
    }
    Append(tokens, phrase.agreement.plural ? phrase.noun->plural : phrase.noun->id, "", {main});
    for (size_t i = 0; i < phrase.adjectives.size(); ++i) {
      WriteFrenchAdjective(phrase, i, false, tokens);
    }
    if (phrase.possessor) {
      Append(tokens, "de", "d'", {{phrase.key + kPossessiveKey, true}});
      WriteFrenchNounPhrase(*phrase.possessor, tokens);
    }
    if (phrase.relative) WriteNode(*phrase.relative, tokens);
  }

  void WriteFrenchDeterminer(const NounPhrase& phrase, Tokens* tokens) const {
    if (phrase.determiner == nullptr) return;
    if (phrase.number != nullptr) {
      AppendTemplate(phrase.number->french, phrase.key, false, tokens);
      return;
    }
    bool adjective_first = !phrase.adjectives.empty() &&
                           phrase.adjectives[0]->position == Adjective::Position::kBefore;
    bool some_plural = phrase.determiner->id == "un" && phrase.agreement.plural;
    size_t first = tokens->size();
    if (phrase.is_negated || (some_plural && adjective_first)) {  // pas de pain, de beaux chats
      Append(tokens, "de", "d'", {{phrase.key + 'a', true}});
      return;
    }
    AppendTemplate(
        phrase.agreement.feminine ? phrase.determiner->feminine : phrase.determiner->masculine,
        phrase.key, true, tokens);
    if (!phrase.is_generic) return;
    for (size_t i = first; i < tokens->size(); ++i) {
      (*tokens)[i].keys = {{phrase.key + kMainKey, false}};
    }
  }

  void WriteFrenchAdjective(const NounPhrase& phrase, size_t index, bool before,
                            Tokens* tokens) const {
    const Adjective& adjective = *phrase.adjectives[index];
    if ((adjective.position == Adjective::Position::kBefore) != before) return;
    const Agreement& with = phrase.agreement;
    size_t form = (with.feminine ? 1u : 0u) + (with.plural ? 2u : 0u);
    Append(tokens, adjective.forms[form], before && form == 0 ? adjective.before_vowel : "",
           {{phrase.key + kAdjectiveKey + static_cast<int>(index), true}});
  }

  void WriteEnglishNounPhrase(const NounPhrase& phrase, bool subject, Tokens* tokens) const {
    Token::Key main = {phrase.key + kMainKey, true};
    if (phrase.pronoun != nullptr) {
      Append(tokens, subject ? phrase.pronoun->english : phrase.pronoun->english_object, "",
             {main});
      return;
    }
    if (phrase.name != nullptr) {
      AppendTemplate(phrase.name->english, phrase.key, false, tokens);
      return;
    }
    if (phrase.possessor) {
      WriteEnglishNounPhrase(*phrase.possessor, false, tokens);
      Append(tokens, "'s", "", {{phrase.key + kPossessiveKey, true}});
    } else {
      WriteEnglishDeterminer(phrase, tokens);
    }
    for (size_t i = 0; i < phrase.adjectives.size(); ++i) {
      Append(tokens, phrase.adjectives[i]->english, "",
             {{phrase.key + kAdjectiveKey + static_cast<int>(i), true}});
    }
    bool plural = phrase.agreement.plural;
    Append(tokens, plural ? phrase.noun->english_plural : phrase.noun->english, "", {main});
    if (phrase.relative) WriteNode(*phrase.relative, tokens);
  }

  void WriteEnglishDeterminer(const NounPhrase& phrase, Tokens* tokens) const {
    if (phrase.is_job && !phrase.agreement.plural) {
      Append(tokens, "a", "", {{phrase.key + kMainKey, false}});
    }
    if (phrase.determiner == nullptr || phrase.is_generic) return;
    if (phrase.number != nullptr) {
      AppendTemplate(phrase.number->english, phrase.key, false, tokens);
    } else if (phrase.no_key >= 0) {
      Append(tokens, "no", "", {{phrase.key + 'a', true}, {phrase.no_key, false}});
    } else if (phrase.is_negated) {
      bool count = !phrase.agreement.plural && !phrase.noun->IsMass();
      Append(tokens, count ? "a" : "any", "", {{phrase.key + 'a', true}});
    } else {
      AppendTemplate(phrase.determiner->english, phrase.key, false, tokens);
    }
  }

  const Grammar& grammar_;
  bool french_;
};

// je ai -> j' ai, ce homme -> cet homme, si il -> s' il.
void Elide(const Grammar& grammar, Tokens* tokens) {
  for (size_t i = 0; i + 1 < tokens->size(); ++i) {
    Token& token = (*tokens)[i];
    const std::string& next = (*tokens)[i + 1].text;
    if (token.text == "si" && (next == "il" || next == "ils")) token.text = "s'";
    if (token.before_vowel.empty() || !FrenchStartsWithVowel(next)) continue;
    if (grammar.french_consonantal.count(next) == 0) {
      token.text = token.before_vowel;
      token.is_article = false;
    }
  }
}

// à le -> au, à les -> aux, de le -> du, de les -> des; the one word has the links of both.
void Contract(Tokens* tokens) {
  Tokens result;
  for (Token& token : *tokens) {
    Token* last = result.empty() ? nullptr : &result.back();
    bool contracts =
        token.is_article && last != nullptr && (last->text == "à" || last->text == "de");
    if (!contracts) {
      result.push_back(std::move(token));
      continue;
    }
    bool plural = token.text == "les";
    last->text = last->text == "à" ? (plural ? "aux" : "au") : (plural ? "des" : "du");
    last->keys.insert(last->keys.end(), token.keys.begin(), token.keys.end());
  }
  *tokens = std::move(result);
}

}  // namespace

std::vector<Token> WriteFrench(const Grammar& grammar, const Node& node) {
  Tokens tokens;
  Writer(grammar, true).WriteNode(node, &tokens);
  Elide(grammar, &tokens);
  Contract(&tokens);
  return tokens;
}

std::vector<Token> WriteEnglish(const Grammar& grammar, const Node& node) {
  Tokens tokens;
  Writer(grammar, false).WriteNode(node, &tokens);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    const std::string& next = tokens[i + 1].text;
    if (tokens[i].text == "a" && EnglishStartsWithVowel(next) &&
        grammar.english_consonantal.count(next) == 0) {
      tokens[i].text = "an";
    }
  }
  return tokens;
}

}  // namespace atento::lessons
