#include "train/probes.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "search/translator_impl.h"
#include "text/corpus.h"
#include "train/checkpoint.h"

namespace atento {
namespace {

namespace fs = std::filesystem;

// A probe is there to be looked at: more of them would only make training slower.
constexpr size_t kMostProbes = 32;
constexpr std::string_view kTraces = ".json";

std::string ProbesPath(const std::string& directory) { return directory + "/probes"; }
std::string SentencesPath(const std::string& directory) {
  return ProbesPath(directory) + "/sentences.tsv";
}

Probe ParseProbe(const std::string& line, const std::string& where) {
  Probe probe;
  const size_t tab = line.find('\t');
  probe.source = line.substr(0, tab);
  probe.where = where;
  if (tab != std::string::npos) probe.target = line.substr(tab + 1);
  if (probe.target && probe.target->find('\t') != std::string::npos) {
    throw Error(ErrorKind::kData,
                where + ": more than two columns; give a sentence, or it and its translation");
  }
  if (SplitWords(probe.source).empty() || (probe.target && SplitWords(*probe.target).empty())) {
    throw Error(ErrorKind::kData, where + ": has no words on a side; remove the line");
  }
  return probe;
}

void CheckLength(const Probe& probe, const char* side, size_t tokens, int most) {
  if (tokens <= static_cast<size_t>(most)) return;
  throw Error(ErrorKind::kData,
              fmt::format("{}: {} {} tokens, more than the {} of --max-{}-tokens: shorten the line",
                          probe.where, tokens, side, most, side));
}

}  // namespace

std::vector<Probe> ReadProbes(const std::string& path, bool strict) {
  std::vector<Probe> probes;
  TextReader reader(path, strict);
  for (std::string line; reader.Next(&line);) {
    if (reader.repaired_byte() > 0) {
      LogWarning(fmt::format("{}:{}: invalid UTF-8 or NUL replaced by U+FFFD", reader.Where(),
                             reader.repaired_byte()));
    }
    if (probes.size() == kMostProbes) {
      throw Error(ErrorKind::kData, fmt::format("{}: more than {} sentences; choose some of them",
                                                reader.name(), kMostProbes));
    }
    Probe probe = ParseProbe(line, reader.Where());
    for (const Probe& other : probes) {
      if (other.source != probe.source) continue;
      throw Error(ErrorKind::kData,
                  probe.where + ": the sentence of " + other.where + " once more; remove one");
    }
    probes.push_back(std::move(probe));
  }
  if (probes.empty()) {
    throw Error(ErrorKind::kData, reader.name() + ": no lines; give sentences to trace");
  }
  return probes;
}

Prober::Prober(const Model& model, const std::vector<Probe>& probes, const TraceProbe& trace,
               std::shared_ptr<const FeatureSet> features)
    : translator_(BorrowModel(model, 1)), probes_(probes), trace_(trace) {
  if (!trace_) {
    throw Error(ErrorKind::kUsage, "there are probes and no function that traces them; give one");
  }
  if (!translator_.has_attention()) {
    throw Error(ErrorKind::kUsage,
                "--probe: the model has no weights of attention to watch; leave it out, or train "
                "with another --attention than none or fixed");
  }
  if (features) translator_.SetFeatures(features);
  const TrainingOptions& training = model.description.training;
  for (const Probe& probe : probes_) {
    const size_t source = features
                              ? static_cast<size_t>(InContext(
                                    probe.where, [&] { return features->Find(probe.source).rows; }))
                              : model.source_tokenizer.Encode(probe.source).ids.size();
    CheckLength(probe, "source", source, training.max_source_tokens);
    if (!probe.target) continue;
    CheckLength(probe, "target", model.target_tokenizer.Encode(*probe.target).ids.size(),
                training.max_target_tokens);
  }
}

void Prober::SaveStart(const std::string& directory) const {
  std::string sentences;
  for (const Probe& probe : probes_) {
    sentences += probe.source + (probe.target ? "\t" + *probe.target : "") + "\n";
  }
  MakeDirectories(ProbesPath(directory));
  WriteFileAtomically(SentencesPath(directory), sentences);
  SaveTraces(directory, 0);
}

void Prober::SaveTraces(const std::string& directory, int64_t step) const {
  std::string traces;
  for (const Probe& probe : probes_) {
    traces += (traces.empty() ? "" : ",") +
              InContext(probe.where, [&] { return trace_(translator_, probe); });
  }
  WriteFileAtomically(fmt::format("{}/step-{}{}", ProbesPath(directory), step, kTraces),
                      fmt::format("{{\"step\":{},\"traces\":[{}]}}\n", step, traces));
}

std::vector<Probe> SavedProbes(const std::string& directory) {
  const std::string path = SentencesPath(directory);
  return FileExists(path) ? ReadProbes(path, true) : std::vector<Probe>{};
}

void RemoveProbeTraces(const std::string& directory, int64_t step) {
  const std::string path = ProbesPath(directory);
  if (!IsDirectory(path)) return;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const fs::path& file = entry.path();
    const auto of = file.extension() == kTraces ? StepOf(file.stem().string()) : std::nullopt;
    if (file.extension() == ".tmp" || (of && *of > step)) files.push_back(file);
  }
  for (const fs::path& file : files) fs::remove(file);
}

}  // namespace atento
