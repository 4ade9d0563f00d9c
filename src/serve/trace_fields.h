// The fields of POST /v1/trace that have one value: the parser and /openapi.json read this list.
// `text`, `target`, `target_prefix` and `alpha` are read by hand.
#ifndef ATENTO_SERVE_TRACE_FIELDS_H_
#define ATENTO_SERVE_TRACE_FIELDS_H_

#include <string>
#include <string_view>

#include "atento/options.h"
#include "serve/search_fields.h"

namespace atento {

struct TraceFields {
  std::string model;
  SearchOptions search;
  TraceOptions options;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "name of a model; without it the server's first");
    // Replacing changes no more than the text that is shown.
    ForEachSearchField(
        o.search, [&](std::string_view name, auto& field, const Range& range, const char* help) {
          if (name != "replace_unknown") visit(name.data(), field, range, help);
        });
    TraceOptions::ForEach(o.options, visit);
  }
};

}  // namespace atento

#endif  // ATENTO_SERVE_TRACE_FIELDS_H_
