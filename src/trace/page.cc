#include "trace/page.h"

#include "base/check.h"
#include "base/json.h"
#include "trace/page_data.h"

namespace atento {
namespace {

constexpr std::string_view kPlace = R"(id="embedded-trace">)";
constexpr std::string_view kPolicy = R"(http-equiv="Content-Security-Policy" content=")";

// Where what follows `mark` begins.
size_t After(std::string_view mark) {
  const size_t at = PageHtml().find(mark);
  CHECK(at != std::string_view::npos);
  return at + mark.size();
}

// In JSON a < can only be inside of a text: nothing there can end the script, or begin a comment.
void AppendEscaped(std::string_view json, std::string* html) {
  for (char c : json) {
    if (c == '<') {
      *html += "\\u003c";
    } else {
      *html += c;
    }
  }
}

}  // namespace

std::string_view PageHtml() { return kPageHtml; }

std::string_view PagePolicy() {
  const std::string_view rest = PageHtml().substr(After(kPolicy));
  return rest.substr(0, rest.find('"'));
}

std::string PageWithTraces(std::span<const NamedTrace> traces) {
  CHECK(!traces.empty());
  const size_t place = After(kPlace);
  std::string html(PageHtml().substr(0, place));
  if (traces.size() == 1) {
    AppendEscaped(TraceToJson(traces.front().trace), &html);
  } else {
    for (const NamedTrace& named : traces) {
      html += &named == traces.data() ? '[' : ',';
      AppendEscaped("{\"name\":" + Json(named.model).Dump() + ",\"trace\":", &html);
      AppendEscaped(TraceToJson(named.trace), &html);
      html += '}';
    }
    html += ']';
  }
  return html += PageHtml().substr(place);
}

}  // namespace atento
