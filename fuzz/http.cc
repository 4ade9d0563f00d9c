// What comes from the network: an HttpError, or requests, fields and sentences that lose nothing.
// The first byte says how the others are read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "atento/error.h"
#include "base/check.h"
#include "base/utf8.h"
#include "serve/form.h"
#include "serve/request_parser.h"
#include "serve/sentences.h"
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

// Without a model there is nothing that it can name, so that every body ends in an error.
void ParseBody(std::string_view bytes) {
  static auto* const context = new atento::ServiceContext(atento::ServeOptions(), {});
  atento::HttpRequest request;
  request.content_type = "application/json";
  request.body = bytes;
  try {
    atento::ParseTranslateCall(*context, request);
    CHECK(false);
  } catch (const atento::Error&) {
  }
  atento::ParseTraceCall(*context, request);
  CHECK(false);
}

void ParseForms(std::string_view bytes) {
  atento::ParseMultipartForm("multipart/form-data; boundary=b", bytes);
  atento::ParseUrlEncodedForm(bytes);
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
        ParseBody(bytes);
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
