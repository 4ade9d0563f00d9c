// What comes from the network: an HttpError, or requests, fields and sentences that lose nothing.
// The first byte says how the others are read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "atento/error.h"
#include "base/check.h"
#include "base/utf8.h"
#include "serve/form.h"
#include "serve/request_parser.h"
#include "serve/route.h"
#include "serve/sentences.h"
#include "serve/text_job.h"
#include "serve/trace_call.h"
#include "serve/translate.h"

namespace {

// More than a parser keeps of lines that do not end.
constexpr size_t kEnough = 17 * 1024;

void ParseRequests(std::string_view bytes) {
  atento::RequestParser parser(1000);
  parser.Put(bytes.substr(0, bytes.size() / 2));
  for (parser.Put(bytes.substr(bytes.size() / 2)); parser.done(); parser.Next()) {
    const atento::HttpRequest request = parser.Take();
    CHECK(request.body.size() <= 1000);
    CHECK(request.path.find('?') == std::string::npos);
    parser.keep_alive();
  }
  if (parser.has_headers()) parser.expects_continue();
  // It does not wait for ever for the end of a line.
  parser.Put(std::string(kEnough, 'a'));
  CHECK(parser.done());
}

// Without a model there is nothing that a request can name, so that every body ends in an error.
template <class Function>
void ExpectError(const Function& parse) {
  try {
    parse();
  } catch (const atento::Error&) {
    return;
  }
  CHECK(false);
}

void ParseBody(const std::string& content_type, std::string_view bytes) {
  static auto* const context = new atento::ServiceContext(atento::ServeOptions(), {});
  atento::HttpRequest request;
  request.content_type = content_type;
  request.body = bytes;
  ExpectError([&] { atento::ParseTranslateCall(*context, request); });
  ExpectError([&] { atento::ParseTraceCall(*context, request); });
  ExpectError([&] { atento::HandleLibreTranslate(*context, request, {}); });
}

void ParseForms(std::string_view bytes) {
  ParseBody("multipart/form-data; boundary=b", bytes);
  ParseBody("application/x-www-form-urlencoded", bytes);
  // A header, too, that names a boundary or none.
  const size_t line = std::min(bytes.find('\n'), bytes.size());
  ExpectError([&] { atento::ParseMultipartForm(bytes.substr(0, line), ""); });
}

// Sentences that become themselves: so does the text.
void JoinText(const std::string& text) {
  atento::ServeLimits limits;
  limits.max_text_characters = 1 << 30;
  const atento::TextJob job({text}, atento::SplitText::kSentences, limits);
  std::vector<atento::SentenceResult> results;
  for (const std::string& sentence : job.sentences()) {
    atento::TranslationHypothesis hypothesis;
    hypothesis.text = sentence;
    const int words = static_cast<int>(atento::SplitWords(sentence).size());
    for (int i = 0; i < words; ++i) hypothesis.alignment.links.emplace_back(i, i);
    results.emplace_back().translation.hypotheses.push_back(std::move(hypothesis));
  }
  const atento::TextTranslation joined = job.Join(results).at(0);
  CHECK(joined.text == text);
  if (results.empty()) return;
  const atento::Alignment& alignment = joined.hypotheses.at(0).alignment;
  const int words = static_cast<int>(atento::SplitWords(text).size());
  CHECK(alignment.source_words == words && alignment.target_words == words);
  // Rising: what is white space but not in ASCII may be a word without a sentence.
  int least = 0;
  for (const auto& [source, target] : alignment.links) {
    CHECK(source == target && source >= least && source < words);
    least = source + 1;
  }
}

void SplitText(std::string_view bytes) {
  const std::string text = atento::ReplaceInvalidUtf8(bytes);
  for (const auto& spans : {atento::SplitLines(text), atento::SplitSentences(text)}) {
    size_t done = 0;
    for (const atento::TextSpan& span : spans) {
      CHECK(done <= span.begin && span.begin < span.end && span.end <= text.size());
      const std::string piece = text.substr(span.begin, span.end - span.begin);
      CHECK(atento::FindInvalidUtf8(piece) == std::string::npos);
      done = span.end;
    }
  }
  JoinText(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        ParseRequests(bytes);
        break;
      case 1:
        ParseBody("application/json", bytes);
        break;
      case 2:
        ParseForms(bytes);
        break;
      default:
        SplitText(bytes);
    }
  } catch (const atento::Error&) {
  }
  return 0;
}
