// Texts of a request, cut into sentences for the batcher, and put together again.
#ifndef ATENTO_SERVE_TEXT_JOB_H_
#define ATENTO_SERVE_TEXT_JOB_H_

#include <array>
#include <span>
#include <string>
#include <vector>

#include "atento/options.h"
#include "atento/translator.h"
#include "serve/batcher.h"
#include "serve/sentences.h"
#include "serve/serve_options.h"

namespace atento {

// What of a text is translated at a time.
enum class SplitText { kSentences, kLines };
template <>
struct EnumNames<SplitText> {
  static constexpr std::array<const char*, 2> names = {"sentences", "lines"};
};

struct TruncatedSentence {
  int sentence = 0;  // of its text, from 0
  int tokens = 0;
  int translated_tokens = 0;
};

struct TextTranslation {
  std::string text;  // that of the best hypothesis
  // Hypothesis i has the i-th best one of every sentence, and the white space between them; as many
  // as the sentence with the fewest has. log_prob and score are sums over the sentences. Links
  // count the words of the whole texts; weights are there for a text of one sentence alone.
  std::vector<TranslationHypothesis> hypotheses;
  std::vector<TruncatedSentence> truncated;
};

// Throws HttpError if texts are too many or too long, or not valid UTF-8 without NUL.
void CheckTexts(const std::vector<std::string>& texts, const ServeLimits& limits);

class TextJob {
 public:
  // Throws as CheckTexts. Cost: linear in the texts.
  TextJob(std::vector<std::string> texts, SplitText split, const ServeLimits& limits);

  // Of all texts in their order; may be none.
  const std::vector<std::string>& sentences() const { return sentences_; }
  // The most that one text has.
  size_t most_sentences() const;

  // results: of the sentences (checked).
  std::vector<TextTranslation> Join(std::span<const SentenceResult> results) const;

 private:
  struct Text {
    std::string text;
    std::vector<TextSpan> spans;
  };

  std::vector<Text> texts_;
  std::vector<std::string> sentences_;
};

}  // namespace atento

#endif  // ATENTO_SERVE_TEXT_JOB_H_
