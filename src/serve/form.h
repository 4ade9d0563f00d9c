// The two formats in which browsers and curl send forms.
#ifndef ATENTO_SERVE_FORM_H_
#define ATENTO_SERVE_FORM_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atento {

// Names and values in their order, as bytes: nothing is said about their UTF-8.
using Form = std::vector<std::pair<std::string, std::string>>;

// application/x-www-form-urlencoded. Throws HttpError for a % without two hexadecimal digits.
Form ParseUrlEncodedForm(std::string_view body);

// multipart/form-data (RFC 7578) with the boundary that the Content-Type names. Throws HttpError if
// there is none, or the body is not made of such parts.
Form ParseMultipartForm(std::string_view content_type, std::string_view body);

// The value of the first field of that name; nullptr if there is none.
const std::string* FindField(const Form& form, std::string_view name);

}  // namespace atento

#endif  // ATENTO_SERVE_FORM_H_
