// The standard workloads of `atento benchmark`: models of random parameters on random text.
#ifndef ATENTO_CLI_BENCHMARK_WORKLOAD_H_
#define ATENTO_CLI_BENCHMARK_WORKLOAD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/phase_times.h"
#include "model/model.h"

namespace atento {

enum class WorkloadName { kLarge, kMedium, kSmall };
template <>
struct EnumNames<WorkloadName> {
  static constexpr std::array<const char*, 3> names = {"large", "medium", "small"};
};

struct Workload {
  std::string name;
  ModelConfig model;
  TrainingOptions training;
  int sentence_tokens = 0;  // on either side, </s> counted
};

// large: 2-layer bidirectional LSTM encoder (256 per direction), 2-layer LSTM-512 decoder,
// embedding 512, general attention, input feeding, vocabulary 8000. medium: 1-layer bidirectional
// GRU encoder (256 per direction), conditional GRU-256 decoder, E = A = 256, additive, tanh
// readout, vocabulary 8000. Both: 64 sentences of 20 tokens. small: as medium, vocabulary 100, 128
// sentences of 12. Adam, clipping and label smoothing; no dropout.
Workload StandardWorkload(WorkloadName name);

// A model of it, from the seed of its options.
std::unique_ptr<Model> WorkloadModel(const Workload& workload);

struct TrainingFigures {
  int64_t steps = 0;
  double seconds = 0;
  double target_tokens = 0;
  double flops = 0;
  double allocations = 0;                          // of the C++ heap
  double data_seconds = 0;                         // waited for batches
  std::array<double, kPhases> phase_seconds = {};  // mean of the threads
};

// Trains for about so many seconds after a few steps of warming up.
TrainingFigures MeasureTraining(const Workload& workload, int threads, double seconds);

struct DecodingFigures {
  int64_t sentences = 0;
  double seconds = 0;
  double tokens = 0;  // of the best hypotheses, </s> counted
  double flops = 0;   // of all hypotheses
};

struct DecodingOptions {
  int beam = 1;
  Precision precision = Precision::kFloat32;  // which this CPU has
};

// Translates random sentences, whose hypotheses all reach their limit, for about so many seconds.
DecodingFigures MeasureDecoding(const Workload& workload, int threads,
                                const DecodingOptions& decoding, double seconds);

// How often the program has asked the C++ heap for memory.
int64_t HeapAllocations();

}  // namespace atento

#endif  // ATENTO_CLI_BENCHMARK_WORKLOAD_H_
