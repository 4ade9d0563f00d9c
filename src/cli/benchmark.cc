// atento benchmark: how fast this machine trains and translates, measured by what it could do.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/worker_pool.h"
#include "cli/benchmark_machine.h"
#include "cli/benchmark_workload.h"
#include "cli/command.h"
#include "cli/output.h"
#include "math/gemm.h"

namespace atento {
namespace {

struct BenchmarkOptions {
  std::vector<std::string> workload;
  double seconds = 10;
  bool json = false;
  int threads = 0;
  Precision precision = Precision::kFloat32;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("workload", o.workload, kAny, "large, medium or small; may be repeated; all if none",
          "NAME");
    visit("seconds", o.seconds, Range{0.01, 3600},
          "how long to measure each training and each search");
    visit("json", o.json, kAny, "print JSON");
    visit("threads", o.threads, Range{0, 1024}, "compute threads; 0: one per core");
    visit("precision", o.precision, kAny,
          "of the numbers that enter matrix products; int8: in translation alone");
  }
};

constexpr const char* kPhaseNames[kPhases] = {"waiting", "encoder", "attention",
                                              "decoder", "output",  "optimizer"};

TrainingPrecision TrainingPrecisionOf(Precision precision) {
  return precision == Precision::kBfloat16 ? TrainingPrecision::kBfloat16
                                           : TrainingPrecision::kFloat32;
}

// One measurement, with the peak of just before and after it.
struct Share {
  double gflops;
  double peak;
};

Json ShareJson(const Share& share) {
  return Json()
      .Set("gflops", share.gflops)
      .Set("gemm_peak_gflops", share.peak)
      .Set("share_of_peak", share.gflops / share.peak);
}

class BenchmarkCommand : public Command {
 public:
  std::string name() const override { return "benchmark"; }
  std::string summary() const override {
    return "measure training and translation on this machine";
  }
  std::vector<std::string> usage() const override { return {"[--workload NAME ...] [flags]"}; }
  std::string notes() const override {
    return R"(Models of random parameters learn from and translate random text; nothing is read or written.

- `large`: 2-layer bidirectional LSTM encoder (256 per direction), 2-layer LSTM-512 decoder,
  embedding 512, general attention, input feeding, vocabulary 8000; batches of 64 sentences of 20
  tokens.
- `medium`: bidirectional GRU encoder (256 per direction), conditional GRU-256 decoder, embedding
  256, additive attention, vocabulary 8000; the same batches.
- `small`: as medium, vocabulary 100; batches of 128 sentences of 12 tokens.

The peak is one product of 2048 × 2048 matrices with packed weights on all threads, in the precision
of training, measured before and after each workload; the better one counts. Arithmetic is 2 ×
(parameters that enter a matrix product) × (tokens they are used for), three times that in training.
Beyond the phases, the rest of a step's time is waiting: for the next batch, or for the other
threads. Allocs: how often a training step asks the heap for memory, which oneDNN does in each of
its products. Other programs that run meanwhile distort it all.
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  Json Measure(WorkloadName name);
  Json TrainingJson(const Workload& workload, const TrainingFigures& figures);
  Json DecodingJson(const Workload& workload, int beam);
  // The peak since the last call, and now.
  double Peak();

  BenchmarkOptions options_;
  int threads_ = 1;
  double last_peak_ = 0;
};

double BenchmarkCommand::Peak() {
  const double now = GemmPeak(threads_, TrainingPrecisionOf(options_.precision));
  return std::max(std::exchange(last_peak_, now), now);
}

Json BenchmarkCommand::TrainingJson(const Workload& workload, const TrainingFigures& figures) {
  const auto steps = static_cast<double>(figures.steps);
  Json phases;
  double busy = 0;
  for (int phase = 1; phase < kPhases; ++phase) {
    const double seconds = figures.phase_seconds[static_cast<size_t>(phase)];
    phases.Set(kPhaseNames[phase], seconds / figures.seconds);
    busy += seconds;
  }
  phases.Set("data", figures.data_seconds / figures.seconds);
  phases.Set(kPhaseNames[0], 1 - (busy + figures.data_seconds) / figures.seconds);
  Json json = ShareJson({figures.flops / figures.seconds / 1e9, Peak()});
  json.Set("batch_sentences", workload.training.batch_sentences);
  json.Set("steps", figures.steps).Set("ms_per_step", 1000 * figures.seconds / steps);
  json.Set("target_tokens_per_second", figures.target_tokens / figures.seconds);
  json.Set("allocations_per_step", figures.allocations / steps);
  json.Set("phases", std::move(phases));
  return json;
}

Json BenchmarkCommand::DecodingJson(const Workload& workload, int beam) {
  const DecodingFigures figures =
      MeasureDecoding(workload, threads_, {beam, options_.precision}, options_.seconds);
  Json json = ShareJson({figures.flops / figures.seconds / 1e9, Peak()});
  json.Set("sentences_per_second", static_cast<double>(figures.sentences) / figures.seconds);
  json.Set("target_tokens_per_second", figures.tokens / figures.seconds);
  return json;
}

Json BenchmarkCommand::Measure(WorkloadName name) {
  ResetPeakMemory();
  Workload workload = StandardWorkload(name);
  workload.training.precision = TrainingPrecisionOf(options_.precision);
  Json json;
  json.Set("workload", workload.name);
  const TrainingFigures training = MeasureTraining(workload, threads_, options_.seconds);
  const double memory = PeakMemoryMegabytes();
  json.Set("training", TrainingJson(workload, training).Set("peak_memory_mb", memory));
  json.Set("beam_1", DecodingJson(workload, 1)).Set("beam_5", DecodingJson(workload, 5));
  return json;
}

std::string Text(const Json& json) {
  std::string text = fmt::format(
      "{}, {} threads, {}; GEMM peak {:.0f} GFLOP/s, copying {:.1f} GB/s\n\n"
      "{:<18} {:>9} {:>9} {:>9} {:>6} {:>9} {:>10} {:>11}\n",
      json.At("gemm").AsString(), json.At("threads").AsInteger(), json.At("precision").AsString(),
      json.At("gemm_peak_gflops").AsDouble(), json.At("copy_gb_per_second").AsDouble(), "workload",
      "tokens/s", "GFLOP/s", "of peak", "share", "ms/step", "allocs", "memory MB");
  std::string phases = "\nshare of a training step's time\n";
  for (const Json& workload : json.At("workloads").AsArray()) {
    const std::string name = workload.At("workload").AsString();
    const Json& training = workload.At("training");
    text += fmt::format(
        "{:<18} {:>9.0f} {:>9.0f} {:>9.0f} {:>5.0f}% {:>9.2f} {:>10.0f} {:>11.0f}\n",
        name + " training", training.At("target_tokens_per_second").AsDouble(),
        training.At("gflops").AsDouble(), training.At("gemm_peak_gflops").AsDouble(),
        100 * training.At("share_of_peak").AsDouble(), training.At("ms_per_step").AsDouble(),
        training.At("allocations_per_step").AsDouble(), training.At("peak_memory_mb").AsDouble());
    for (const char* beam : {"beam_1", "beam_5"}) {
      const Json& decoding = workload.At(beam);
      text +=
          fmt::format("{:<18} {:>9.0f} {:>9.0f} {:>9.0f} {:>5.0f}%\n",
                      name + " beam " + std::string(1, beam[5]),
                      decoding.At("target_tokens_per_second").AsDouble(),
                      decoding.At("gflops").AsDouble(), decoding.At("gemm_peak_gflops").AsDouble(),
                      100 * decoding.At("share_of_peak").AsDouble());
    }
    phases += fmt::format("{:<8}", name);
    for (const auto& [phase, share] : training.At("phases").AsObject()) {
      phases += fmt::format("  {} {:.1f}%", phase, 100 * share.AsDouble());
    }
    phases += "\n";
  }
  return text + phases;
}

int BenchmarkCommand::Run(const FlagSet&) {
  std::vector<WorkloadName> names;
  for (const std::string& name : options_.workload) {
    names.push_back(ParseEnum<WorkloadName>("--workload", name));
  }
  if (names.empty()) names = {WorkloadName::kLarge, WorkloadName::kMedium, WorkloadName::kSmall};
  threads_ = options_.threads > 0 ? options_.threads : AvailableThreads();
  if (!HasProducts(options_.precision)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("--precision {}: this CPU has no instructions for it; "
                            "use --precision float32",
                            EnumName(options_.precision)));
  }
  Json json;
  const double first_peak = Peak(), copy = CopyBandwidth(threads_);
  json.Set("gemm", GemmBackend()).Set("threads", threads_);
  json.Set("precision", EnumName(options_.precision));
  json.Set("gemm_peak_gflops", first_peak).Set("copy_gb_per_second", copy);
  Json workloads{Json::Array{}};
  for (WorkloadName name : names) workloads.Append(Measure(name));
  json.Set("workloads", std::move(workloads));
  Output output("-");
  output.Write(options_.json ? json.Dump(2) + "\n" : Text(json));
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeBenchmarkCommand() { return std::make_unique<BenchmarkCommand>(); }

}  // namespace atento
