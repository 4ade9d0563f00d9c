#include "trace/xml.h"

#include "base/utf8.h"

namespace atento {

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (char32_t c : DecodeUtf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        AppendUtf8(c < 0x20 || c == 0xFFFE || c == 0xFFFF ? U'\uFFFD' : c, &escaped);
    }
  }
  return escaped;
}

}  // namespace atento
