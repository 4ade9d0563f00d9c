// The standard workloads of `atento benchmark`: models of random parameters on random text.
#ifndef ATENTO_CLI_BENCHMARK_WORKLOAD_H_
#define ATENTO_CLI_BENCHMARK_WORKLOAD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/phase_times.h"
#include "model/flops.h"
#include "model/model.h"
#include "search/shortlist.h"

namespace atento {

enum class WorkloadName { kLarge, kMedium, kSmall };
template <>
struct EnumNames<WorkloadName> {
  static constexpr std::array<const char*, 3> names = {"large", "medium", "small"};
};

// How threads share the work: the sentences of a batch, each doing its products alone, which is what
// training and search do; or every product.
enum class ThreadSplit { kSentences, kProducts };
template <>
struct EnumNames<ThreadSplit> {
  static constexpr std::array<const char*, 2> names = {"sentences", "products"};
};

struct Threads {
  int count = 1;
  ThreadSplit split = ThreadSplit::kSentences;

  int parts() const { return split == ThreadSplit::kSentences ? count : 1; }
  int of_product() const { return split == ThreadSplit::kSentences ? 1 : count; }
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
  double needed_bytes = 0;  // 16 for each parameter, and what a batch must leave for its gradient
};

// Trains for about so many seconds after a few steps of warming up.
TrainingFigures MeasureTraining(const Workload& workload, const Threads& threads, double seconds);

// Lines to translate, over and over.
struct DecodingWork {
  std::vector<std::string> lines;
  SearchOptions search;
  const Shortlist* shortlist = nullptr;
};

// Random sentences, and how to make all hypotheses reach their limit with ForbidEnd.
DecodingWork RandomWork(const Workload& workload, int beam);
void ForbidEnd(Model& model);

struct DecodingFigures {
  int rounds = 0;
  double seconds = 0;  // of all rounds
  TokenCounts tokens;  // of all rounds; target: decoder steps, of all hypotheses
  double words = 0;    // tokens of the best hypotheses of all rounds, </s> counted
};

// Translates for about so many seconds, but once at least, after once to warm up.
DecodingFigures MeasureDecoding(const Model& model, const DecodingWork& work,
                                const Threads& threads, double seconds);

// How often the program has asked the C++ heap for memory.
int64_t HeapAllocations();

}  // namespace atento

#endif  // ATENTO_CLI_BENCHMARK_WORKLOAD_H_
