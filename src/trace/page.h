// The page that shows traces: web/dist/page.html, compiled in. web/README.md says what it expects.
#ifndef ATENTO_TRACE_PAGE_H_
#define ATENTO_TRACE_PAGE_H_

#include <span>
#include <string>
#include <string_view>

#include "atento/trace.h"

namespace atento {

// Without a trace inside: it asks the server that it came from.
std::string_view PageHtml();
// The Content-Security-Policy in it.
std::string_view PagePolicy();

// A trace, and what to call its model.
struct NamedTrace {
  std::string model;
  Trace trace;
};

// With traces of one sentence inside, at least one (checked): a file that needs no server.
std::string PageWithTraces(std::span<const NamedTrace> traces);

}  // namespace atento

#endif  // ATENTO_TRACE_PAGE_H_
