// What a run was asked for: checked, and kept in checkpoints/request.json for --resume.
#ifndef ATENTO_TRAIN_REQUEST_H_
#define ATENTO_TRAIN_REQUEST_H_

#include <string>

#include "atento/trainer.h"

namespace atento {

// Throws Error{kUsage} for values out of range and flags that contradict each other.
void CheckRequest(const TrainRequest& request);

// Throws Error{kUsage} if alignments are to guide a model that has no attention.
void CheckGuided(const TrainRequest& request, const ModelOptions& model);

// Data and limits, for ResumeRequest (atento/trainer.h), into a model directory. Throws Error{kIo}.
void SaveRequest(const TrainRequest& request, const std::string& directory);

}  // namespace atento

#endif  // ATENTO_TRAIN_REQUEST_H_
