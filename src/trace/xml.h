// Text inside SVG.
#ifndef ATENTO_TRACE_XML_H_
#define ATENTO_TRACE_XML_H_

#include <string>
#include <string_view>

namespace atento {

// For element content and attribute values in double quotes. What XML 1.0 has no way to write,
// control characters, U+FFFE and U+FFFF, becomes U+FFFD.
std::string EscapeXml(std::string_view text);

}  // namespace atento

#endif  // ATENTO_TRACE_XML_H_
