// Training a model: the public C++ API of what `atento train` does.
#ifndef ATENTO_TRAINER_H_
#define ATENTO_TRAINER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "atento/error.h"
#include "atento/options.h"

namespace atento {

class Translator;  // atento/translator.h

// What the named preset sets. Throws Error{kUsage} that lists the names.
struct Preset {
  std::string name;
  std::string summary;  // one line, for --help
  TextOptions text;
  ModelOptions model;
  TrainingOptions training;
  TrainingLimits limits;
};
Preset FindPreset(const std::string& name);
std::vector<std::string> PresetNames();

// A sentence that is traced before the first update and at every validation.
struct Probe {
  std::string source;
  std::optional<std::string> target;  // the translation to read; none: the model's own
  std::string where;                  // "file:line", for messages
};

// One probe a line: a sentence, or a sentence, a tab and its translation. strict: refuse invalid
// UTF-8 instead of replacing it. Throws Error{kNotFound, kIo}, and Error{kData} if there are no
// lines or more than 32, if a line has nothing on a side or a second tab, and if a sentence comes
// twice.
std::vector<Probe> ReadProbes(const std::string& path, bool strict = false);

// The trace of a probe as JSON on one line: TraceToJson of MakeTrace (atento/trace.h).
using TraceProbe = std::function<std::string(const Translator& translator, const Probe& probe)>;

struct TrainRequest {
  // One TSV file, or a source and a target file.
  std::vector<std::string> train;
  // The same; empty: 1 % of the training pairs, at most 1000, are held out.
  std::vector<std::string> dev;
  std::string directory;
  // Word alignments of the training pairs, i-j, line by line; empty: none.
  std::string guided_alignments;
  std::string init_from;  // a model directory to start from; empty: none
  std::vector<Probe> probes;
  bool resume = false;
  bool overwrite = false;
  bool strict = false;  // refuse invalid UTF-8 instead of replacing it
  std::string preset;
  TextOptions text;
  ModelOptions model;
  TrainingOptions training;
  TrainingLimits limits;
};

// What a run in this directory was last asked for: data, probes and limits, with resume set. Change limits
// or training.threads (0: as before) and hand it to Train. Throws Error{kNotFound} if there is
// nothing to resume, Error{kData} if the file is damaged.
TrainRequest ResumeRequest(const std::string& directory);

enum class StopReason { kMaxEpochs, kMaxSteps, kMaxMinutes, kEarlyStopping, kInterrupted };

struct TrainResult {
  StopReason reason = StopReason::kMaxSteps;
  int64_t steps = 0;
  double best = 0;  // of the metric that early stopping names
  int64_t best_step = 0;
  int64_t skipped_steps = 0;  // NaN or infinite gradients
  double seconds = 0;         // of training and validation, over all runs
};

// Reads the data, learns vocabularies, trains, and leaves a model directory. Progress goes to
// standard error. `interrupted` is asked before a new directory is written, before every update
// and at the end; when it answers true, the function returns, first with nothing written, later
// with a checkpoint. trace_probe is needed if there are probes; its answers are kept in the
// directory's probes/ (docs/file-format.md). Throws Error.
TrainResult Train(TrainRequest request, const std::function<bool()>& interrupted = nullptr,
                  const TraceProbe& trace_probe = nullptr);

}  // namespace atento

#endif  // ATENTO_TRAINER_H_
