#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <string>

namespace atento {
namespace {

std::atomic<bool> quiet{false};

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
  if (level == LogLevel::kInfo && quiet.load(std::memory_order_relaxed)) return;
  std::string line;
  if (level == LogLevel::kWarning) line = "warning: ";
  if (level == LogLevel::kError) line = "error: ";
  line += message;
  Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void SetQuiet(bool value) { quiet.store(value, std::memory_order_relaxed); }

}  // namespace atento
