#include "serve/form.h"

#include <algorithm>

#include "serve/http.h"

namespace atento {
namespace {

[[noreturn]] void Malformed(const std::string& what) {
  throw HttpError(HttpFault::kInvalidRequest, "request body: " + what);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) Malformed("a % is not followed by two hexadecimal digits");
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

// The value of `; name=value` or `; name="value"` in a header; empty if there is none. Names have no
// case, and what is quoted has no parameters. A \ in quotes is itself: browsers escape by %22.
std::string_view Parameter(std::string_view header, std::string_view name) {
  size_t end = std::min(header.find(';'), header.size());
  while (end < header.size()) {
    header.remove_prefix(end + 1);
    const size_t equals = std::min(header.find_first_of("=;"), header.size());
    const std::string_view key = Trimmed(header.substr(0, equals));
    if (equals == header.size() || header[equals] == ';') {
      end = equals;
      continue;
    }
    header.remove_prefix(equals + 1);
    std::string_view value;
    if (header.starts_with('"')) {
      const size_t quote = std::min(header.find('"', 1), header.size());
      value = header.substr(1, quote - 1);
      end = std::min(header.find(';', quote), header.size());
    } else {
      end = std::min(header.find(';'), header.size());
      value = Trimmed(header.substr(0, end));
    }
    if (EqualWithoutCase(key, name)) return value;
  }
  return {};
}

// The field that the headers of a part name; empty if none.
std::string_view FieldName(std::string_view headers) {
  while (!headers.empty()) {
    const size_t end = std::min(headers.find("\r\n"), headers.size());
    const std::string_view line = headers.substr(0, end);
    const size_t colon = std::min(line.find(':'), line.size());
    if (EqualWithoutCase(line.substr(0, colon), "content-disposition")) {
      return Parameter(line, "name");
    }
    headers.remove_prefix(std::min(end + 2, headers.size()));
  }
  return {};
}

}  // namespace

Form ParseUrlEncodedForm(std::string_view body) {
  Form form;
  while (!body.empty()) {
    const size_t end = body.find('&');
    const std::string_view field = body.substr(0, end);
    const size_t equals = field.find('=');
    if (!field.empty()) {
      form.emplace_back(
          PercentDecode(field.substr(0, equals)),
          equals == std::string_view::npos ? "" : PercentDecode(field.substr(equals + 1)));
    }
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + 1);
  }
  return form;
}

Form ParseMultipartForm(std::string_view content_type, std::string_view body) {
  const std::string_view boundary = Parameter(content_type, "boundary");
  if (boundary.empty()) Malformed("the header Content-Type names no boundary");
  const std::string delimiter = "\r\n--" + std::string(boundary);
  Form form;
  // The first delimiter has no line end before it.
  if (!body.starts_with(std::string_view(delimiter).substr(2))) {
    Malformed("it does not start with its boundary");
  }
  body.remove_prefix(delimiter.size() - 2);
  while (!body.starts_with("--")) {
    const size_t headers_end = body.find("\r\n\r\n");
    const size_t value = headers_end + 4;
    const size_t end =
        headers_end == std::string_view::npos ? headers_end : body.find(delimiter, value);
    if (!body.starts_with("\r\n") || end == std::string_view::npos) {
      Malformed("a part of the form is not whole");
    }
    const std::string_view headers = body.substr(0, headers_end);
    form.emplace_back(FieldName(headers), body.substr(value, end - value));
    body.remove_prefix(end + delimiter.size());
  }
  return form;
}

const std::string* FindField(const Form& form, std::string_view name) {
  for (const auto& [field, value] : form) {
    if (field == name) return &value;
  }
  return nullptr;
}

}  // namespace atento
