#include "serve/text_job.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "serve/http.h"

namespace atento {
namespace {

size_t CountCharacters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// A text that grows, and its words, as SplitWords finds them.
struct WordCounter {
  std::string text;
  int words = 0;

  bool in_word() const { return !text.empty() && !IsAsciiSpace(text.back()); }
  void Append(std::string_view more) {
    for (char c : more) {
      if (!IsAsciiSpace(c) && !in_word()) ++words;
      text += c;
    }
  }
  // The index of the word that text appended now begins with.
  int next_word() const { return words - (in_word() ? 1 : 0); }
};

void AppendLinks(const Alignment& alignment, int source_base, int target_base, Alignment* whole) {
  auto& links = whole->links;
  for (const auto& [source, target] : alignment.links) {
    const std::pair link(source + source_base, target + target_base);
    // Sentences without white space between them share a word, and so maybe a link.
    bool there = false;
    for (auto it = links.rbegin(); it != links.rend() && it->second == link.second; ++it) {
      there = there || *it == link;
    }
    if (!there) links.push_back(link);
  }
}

// The whole text from hypothesis `rank` of each sentence.
TranslationHypothesis JoinHypotheses(std::string_view text, std::span<const TextSpan> spans,
                                     std::span<const SentenceResult> results, size_t rank) {
  TranslationHypothesis whole;
  WordCounter source, target;
  size_t done = 0;
  auto copy = [&](size_t end) {
    source.Append(text.substr(done, end - done));
    target.Append(text.substr(done, end - done));
    done = end;
  };
  for (size_t s = 0; s < spans.size(); ++s) {
    copy(spans[s].begin);
    // The tokenizer found nothing in it.
    const auto& hypotheses = results[s].translation.hypotheses;
    if (hypotheses.empty()) continue;
    const TranslationHypothesis& part = hypotheses[rank];
    AppendLinks(part.alignment, source.next_word(), target.next_word(), &whole.alignment);
    whole.log_prob += part.log_prob;
    whole.score += part.score;
    source.Append(text.substr(spans[s].begin, spans[s].end - spans[s].begin));
    target.Append(part.text);
    done = spans[s].end;
    if (spans.size() == 1) whole.alignment.weights = part.alignment.weights;
  }
  copy(text.size());
  whole.alignment.source_words = source.words;
  whole.alignment.target_words = target.words;
  whole.text = std::move(target.text);
  return whole;
}

}  // namespace

void CheckTexts(const std::vector<std::string>& texts, const ServeLimits& limits) {
  if (texts.size() > static_cast<size_t>(limits.max_texts)) {
    throw HttpError(HttpFault::kTextTooLong, "there are " + std::to_string(texts.size()) +
                                                 " texts: send at most " +
                                                 std::to_string(limits.max_texts) + " at a time");
  }
  size_t characters = 0;
  for (const std::string& text : texts) {
    characters += CountCharacters(text);
    if (const size_t byte = FindInvalidUtf8(text); byte != std::string_view::npos) {
      throw HttpError(HttpFault::kInvalidRequest,
                      "text: byte " + std::to_string(byte + 1) +
                          " is NUL or not valid UTF-8: send UTF-8 without NUL");
    }
  }
  if (characters > static_cast<size_t>(limits.max_text_characters)) {
    throw HttpError(HttpFault::kTextTooLong,
                    "there are " + std::to_string(characters) + " characters: send at most " +
                        std::to_string(limits.max_text_characters) + " at a time");
  }
}

TextJob::TextJob(std::vector<std::string> texts, SplitText split, const ServeLimits& limits) {
  CheckTexts(texts, limits);
  for (std::string& text : texts) {
    std::vector<TextSpan> spans =
        split == SplitText::kSentences ? SplitSentences(text) : SplitLines(text);
    for (const TextSpan& span : spans) {
      sentences_.push_back(text.substr(span.begin, span.end - span.begin));
    }
    texts_.push_back({std::move(text), std::move(spans)});
  }
}

size_t TextJob::most_sentences() const {
  size_t most = 0;
  for (const Text& text : texts_) most = std::max(most, text.spans.size());
  return most;
}

std::vector<TextTranslation> TextJob::Join(std::span<const SentenceResult> results) const {
  CHECK(results.size() == sentences_.size());
  std::vector<TextTranslation> joined;
  for (const Text& text : texts_) {
    const auto own = results.first(text.spans.size());
    results = results.subspan(text.spans.size());
    TextTranslation& result = joined.emplace_back();
    size_t ranks = 0;
    for (size_t s = 0; s < own.size(); ++s) {
      const size_t found = own[s].translation.hypotheses.size();
      if (found > 0) ranks = ranks == 0 ? found : std::min(ranks, found);
      if (own[s].read_tokens == own[s].tokens) continue;
      result.truncated.push_back({static_cast<int>(s), own[s].tokens, own[s].read_tokens});
    }
    for (size_t rank = 0; rank < ranks; ++rank) {
      result.hypotheses.push_back(JoinHypotheses(text.text, text.spans, own, rank));
    }
    result.text = ranks == 0 ? text.text : result.hypotheses.front().text;
  }
  return joined;
}

}  // namespace atento
