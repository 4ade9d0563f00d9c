// Training a model: the public C++ API of what `atento train` does.
#ifndef ATENTO_TRAINER_H_
#define ATENTO_TRAINER_H_

#include <functional>
#include <string>
#include <vector>

#include "atento/error.h"
#include "atento/options.h"

namespace atento {

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

struct TrainRequest {
  // One TSV file, or a source and a target file.
  std::vector<std::string> train;
  // The same; empty: 1 % of the training pairs, at most 1000, are held out.
  std::vector<std::string> dev;
  std::string directory;
  // Word alignments of the training pairs, i-j, line by line; empty: none.
  std::string guided_alignments;
  std::string init_from;  // a model directory to start from; empty: none
  bool resume = false;
  bool overwrite = false;
  bool strict = false;  // refuse invalid UTF-8 instead of replacing it
  std::string preset;
  TextOptions text;
  ModelOptions model;
  TrainingOptions training;
  TrainingLimits limits;
};

// What a run in this directory was last asked for: data and limits, with resume set. Change limits
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
// with a checkpoint. Throws Error.
TrainResult Train(const TrainRequest& request, const std::function<bool()>& interrupted = nullptr);

}  // namespace atento

#endif  // ATENTO_TRAINER_H_
