#include "serve/form.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace atento {
namespace {

TEST(UrlEncodedForm, DecodesNamesAndValues) {
  const Form form = ParseUrlEncodedForm("q=Hello%21+%C3%A9&source=en&empty=&&flag&q=second");
  ASSERT_EQ(form.size(), 5u);
  EXPECT_EQ(*FindField(form, "q"), "Hello! é");
  EXPECT_EQ(*FindField(form, "source"), "en");
  EXPECT_EQ(*FindField(form, "empty"), "");
  EXPECT_EQ(*FindField(form, "flag"), "");
  EXPECT_EQ(FindField(form, "target"), nullptr);
}

TEST(UrlEncodedForm, RefusesHalfAnEscape) {
  for (const char* body : {"q=%", "q=%4", "q=%4g", "q=a%", "%zz=1"}) {
    EXPECT_ERROR(ParseUrlEncodedForm(body), ErrorKind::kData, "hexadecimal");
  }
}

constexpr const char* kType = "multipart/form-data; boundary=\"b-1\"";

TEST(MultipartForm, ReadsParts) {
  const Form form = ParseMultipartForm(kType,
                                       "--b-1\r\n"
                                       "Content-Disposition: form-data; name=\"q\"\r\n"
                                       "Content-Type: text/plain\r\n"
                                       "\r\n"
                                       "two\r\nlines\r\n"
                                       "--b-1\r\n"
                                       "content-disposition: form-data; name=source\r\n"
                                       "\r\n"
                                       "\r\n"
                                       "--b-1--\r\n");
  ASSERT_EQ(form.size(), 2u);
  EXPECT_EQ(*FindField(form, "q"), "two\r\nlines");
  EXPECT_EQ(*FindField(form, "source"), "");
}

TEST(MultipartForm, NamesAreThoseOfTheContentDisposition) {
  const Form form = ParseMultipartForm(
      "multipart/form-data ; charset=\"; boundary=no\" ; Boundary=b",
      "--b\r\nX-Other: a; name=\"source\"\r\n"
      "CONTENT-DISPOSITION: form-data; filename=\"; name=target\"; flag; NAME=\"q\"\r\n\r\n1\r\n"
      "--b\r\nX-Other: a; name=\"source\"\r\n\r\n2\r\n--b--");
  ASSERT_EQ(form.size(), 2u);
  EXPECT_EQ(form[0].first, "q");
  EXPECT_EQ(form[1].first, "");
}

TEST(MultipartForm, RefusesWhatIsNotWhole) {
  const std::string whole =
      "--b-1\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\ntext\r\n--b-1--";
  EXPECT_EQ(ParseMultipartForm(kType, whole).size(), 1u);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_ERROR(ParseMultipartForm(kType, whole.substr(0, length)), ErrorKind::kData,
                 "request body");
  }
  EXPECT_ERROR(ParseMultipartForm("multipart/form-data", whole), ErrorKind::kData, "boundary");
}

}  // namespace
}  // namespace atento
