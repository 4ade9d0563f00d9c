#include "trace/learning.h"

#include <cstdint>
#include <filesystem>
#include <map>

#include "atento/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text_file.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

// A page that has to load more than this is of no use.
constexpr size_t kMostBytes = 64 << 20;

void WarnOfDamage(const Error& error) {
  LogWarning(std::string(error.what()) + ": damaged, and not shown");
}

void Require(bool condition) {
  if (!condition) throw Error(ErrorKind::kData, "weights that do not fit the words");
}

// The number of words of a side.
size_t CountWords(const Json& side) {
  side.At("text").AsString();
  for (const Json& word : side.At("words").AsArray()) word.AsString();
  return side.At("words").AsArray().size();
}

// Throws Error{kData} unless the page can draw it.
void CheckTraces(const Json& probe) {
  for (const Json& trace : probe.At("traces").AsArray()) {
    const size_t columns = CountWords(trace.At("source")), rows = CountWords(trace.At("target"));
    const Json::Array& weights = trace.At("alignment").At("weights").AsArray();
    Require(weights.size() == rows);
    for (const Json& row : weights) {
      Require(row.AsArray().size() == columns);
      // Null: training has diverged.
      for (const Json& weight : row.AsArray()) Require(weight.is_number() || weight.is_null());
    }
  }
}

// By step.
std::map<int64_t, Json> ReadTraces(const std::string& directory) {
  std::map<int64_t, Json> probes;
  size_t bytes = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string path = entry.path().string();
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("step-") || !name.ends_with(".json")) continue;
    try {
      const std::string text = ReadTextFile(path);
      Json probe = Json::Parse(text, path);
      const int64_t step = InContext(path, [&] {
        CheckTraces(probe);
        return probe.At("step").AsInteger();
      });
      bytes += text.size();
      probes.emplace(step, std::move(probe));
    } catch (const Error& error) {
      WarnOfDamage(error);
    }
  }
  if (bytes > kMostBytes) {
    LogWarning(directory + ": more than " + std::to_string(kMostBytes >> 20) +
               " MB of traces, not shown; remove some of its files");
    probes.clear();
  }
  return probes;
}

Json ReadMetrics(const std::string& path) {
  Json metrics{Json::Array{}};
  if (!FileExists(path)) return metrics;
  std::string line;
  for (LineReader reader(path); reader.Next(&line);) {
    const std::string where = path + ":" + std::to_string(reader.line_number());
    try {
      Json parsed = Json::Parse(line, where);
      InContext(where, [&] { return parsed.At("step").AsInteger(); });
      metrics.Append(std::move(parsed));
    } catch (const Error& error) {
      WarnOfDamage(error);
    }
  }
  return metrics;
}

}  // namespace

std::string LearningToJson(const std::string& directory) {
  if (!IsDirectory(directory + "/probes")) return "";
  std::string text;
  for (const auto& [step, probe] : ReadTraces(directory + "/probes")) {
    text += (text.empty() ? "{\"probes\":[" : ",") + probe.Dump();
  }
  if (text.empty()) return "";
  return text + "],\"metrics\":" + ReadMetrics(directory + "/metrics.jsonl").Dump() + "}";
}

}  // namespace atento
