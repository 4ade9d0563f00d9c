#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace atento {
namespace {

spdlog::logger& Logger() {
  // Never destroyed: destructors of static objects may still have something to say.
  static spdlog::logger* const logger = [] {
    auto* created = new spdlog::logger("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%v");
    return created;
  }();
  return *logger;
}

}  // namespace

void Log(LogLevel level, std::string_view message) {
  std::string line;
  if (level == LogLevel::kWarning) line = "warning: ";
  if (level == LogLevel::kError) line = "error: ";
  line += message;
  Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace atento
