// What embed_page.cmake writes from web/dist/page.html.
#ifndef ATENTO_TRACE_PAGE_DATA_H_
#define ATENTO_TRACE_PAGE_DATA_H_

#include <string_view>

namespace atento {

extern const std::string_view kPageHtml;

}  // namespace atento

#endif  // ATENTO_TRACE_PAGE_DATA_H_
