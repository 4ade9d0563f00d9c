#include "metrics/golden_corpus.h"

#include <stdexcept>

#include "base/file.h"

namespace atento {
namespace {

std::string Path(const std::string& file) {
  return std::string(ATENTO_SOURCE_DIR "/tests/golden/metrics/") + file;
}

std::vector<std::string> ReadLines(const std::string& file) {
  std::vector<std::string> lines;
  LineReader reader(Path(file));
  std::string line;
  while (reader.Next(&line)) lines.push_back(line);
  return lines;
}

}  // namespace

const std::vector<std::string>& GoldenNames() {
  static const auto& names = *new std::vector<std::string>{"mixed",          "short",     "empty",
                                                           "nothing_shared", "identical", "random"};
  return names;
}

Json ReadGoldenJson(const std::string& name) {
  return Json::Parse(ReadFile(Path(name + ".json")), name + ".json");
}

GoldenCorpus ReadGoldenCorpus(const std::string& name) {
  return {ReadLines(name + ".hyp"),
          {ReadLines(name + ".ref"), ReadLines(name + ".ref2")},
          ReadGoldenJson(name).At("results")};
}

MetricResult Evaluate(const std::string& metric, const std::vector<std::string>& hypotheses,
                      const std::vector<ReferenceSet>& references, const MetricOptions& options) {
  return EvaluateCorpus(std::vector{metric}, {hypotheses, references, references[0]}, options)
      .at(0);
}

double Detail(const MetricResult& result, std::string_view name) {
  for (const auto& [key, value] : result.details) {
    if (key == name) return value;
  }
  throw std::out_of_range(result.name + " has no detail " + std::string(name));
}

}  // namespace atento
