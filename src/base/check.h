// CHECK: programmer's faults only. Input from a user, a file or the network never reaches one.
#ifndef ATENTO_BASE_CHECK_H_
#define ATENTO_BASE_CHECK_H_

#include <string>

namespace atento::internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& detail);
}  // namespace atento::internal

// Aborts with the condition and, if given, a detail such as the shapes that disagree.
// The detail is evaluated only on failure.
#define CHECK(condition, ...)                                                  \
  do {                                                                         \
    if (!(condition)) [[unlikely]] {                                           \
      ::atento::internal::CheckFailed(__FILE__, __LINE__, #condition,          \
                                      ::std::string(__VA_OPT__(__VA_ARGS__))); \
    }                                                                          \
  } while (false)

#endif  // ATENTO_BASE_CHECK_H_
