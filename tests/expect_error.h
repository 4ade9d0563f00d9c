// EXPECT_ERROR(statement, kind, part...): the statement throws Error of that kind, and its message
// has every one of the parts and is a single line.
#ifndef ATENTO_TESTS_EXPECT_ERROR_H_
#define ATENTO_TESTS_EXPECT_ERROR_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "atento/error.h"

namespace atento {

template <class Function>
void ExpectError(Function function, ErrorKind kind, const std::vector<std::string>& parts) {
  try {
    function();
    ADD_FAILURE() << "no error was thrown";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.kind(), kind) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (const std::string& part : parts) {
      EXPECT_NE(message.find(part), std::string::npos) << "no \"" << part << "\" in: " << message;
    }
  }
}

}  // namespace atento

#define EXPECT_ERROR(statement, kind, ...)                          \
  do {                                                              \
    SCOPED_TRACE(#statement);                                       \
    ::atento::ExpectError([&] { statement; }, kind, {__VA_ARGS__}); \
  } while (false)

#endif  // ATENTO_TESTS_EXPECT_ERROR_H_
