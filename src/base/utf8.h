// UTF-8 as bytes: decoding, encoding and repair. Normalisation forms live in text/.
#ifndef ATENTO_BASE_UTF8_H_
#define ATENTO_BASE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace atento {

// The offset of the first byte that is not valid UTF-8 (RFC 3629: no overlong forms, surrogates, or
// values above U+10FFFF) or is NUL; npos if there is none.
size_t FindInvalidUtf8(std::string_view text);
// Each maximal faulty part (as in the Unicode standard, "substitution of maximal subparts") and
// each NUL becomes U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);
// text must be valid UTF-8 (repair it first); faulty bytes decode to U+FFFD.
std::vector<char32_t> DecodeUtf8(std::string_view text);
void AppendUtf8(char32_t code_point, std::string* text);
bool IsAsciiSpace(char c);
// The pieces between runs of ASCII white space; no empty ones.
std::vector<std::string_view> SplitWords(std::string_view text);
// The number of terminal columns the text takes: wide East Asian characters two, combining marks
// none.
int DisplayWidth(std::string_view text);

}  // namespace atento

#endif  // ATENTO_BASE_UTF8_H_
