// What the program tells its user on standard error. Standard output carries results only.
#ifndef ATENTO_BASE_LOG_H_
#define ATENTO_BASE_LOG_H_

#include <string_view>

namespace atento {

enum class LogLevel { kInfo, kWarning, kError };

// One line on standard error, written whole; threads may call it at once. Info lines stand as they
// are; warnings and errors start with "warning: " and "error: ".
void Log(LogLevel level, std::string_view message);
inline void LogInfo(std::string_view message) { Log(LogLevel::kInfo, message); }
inline void LogWarning(std::string_view message) { Log(LogLevel::kWarning, message); }

}  // namespace atento

#endif  // ATENTO_BASE_LOG_H_
