// atento benchmark: how fast this machine trains and translates, measured by what it could do.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <sstream>

#include "base/json.h"
#include "base/worker_pool.h"
#include "cli/benchmark_machine.h"
#include "cli/benchmark_workload.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "math/gemm.h"
#include "search/translate.h"

namespace atento {
namespace {

struct BenchmarkOptions {
  std::vector<std::string> workload;
  double seconds = 10;
  bool json = false;
  int threads = 0;
  Precision precision = Precision::kFloat32;
  ThreadSplit split = ThreadSplit::kSentences;
  int batch_sentences = 0;
  std::string model;
  std::string input;
  std::string shortlist;

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
    visit(
        "split", o.split, kAny,
        "what threads share: the sentences of a batch, as train and translate do, or each product");
    visit("batch-sentences", o.batch_sentences, Range{0, 100000},
          "sentences of a training batch; 0: the workload's");
    visit("model", o.model, kAny, "translate with this model instead; its file has the precision",
          "DIR");
    visit("input", o.input, kAny, "for --model: the text to translate", "FILE");
    visit("shortlist", o.shortlist, kAny, "for --model: file of atento shortlist", "FILE");
  }
};

constexpr const char* kPhaseNames[kPhases] = {"waiting", "encoder", "attention",
                                              "decoder", "output",  "optimizer"};

TrainingPrecision TrainingPrecisionOf(Precision precision) {
  return precision == Precision::kBfloat16 ? TrainingPrecision::kBfloat16
                                           : TrainingPrecision::kFloat32;
}

double BytesOf(Precision precision) {
  return precision == Precision::kInt8 ? 1 : precision == Precision::kBfloat16 ? 2 : sizeof(float);
}

int CountWords(const std::string& line) {
  std::istringstream words(line);
  return static_cast<int>(std::distance(std::istream_iterator<std::string>(words), {}));
}

// The first of those whose number of words is nearest to 20.
std::string TypicalLine(const std::vector<std::string>& lines) {
  constexpr int kWords = 20;
  auto distance = [](const std::string& line) { return std::abs(CountWords(line) - kWords); };
  return *std::min_element(lines.begin(), lines.end(),
                           [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
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
  std::vector<std::string> usage() const override {
    return {"[--workload NAME ...] [flags]", "--model DIR --input FILE [flags]"};
  }
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
(parameters that enter a matrix product) × (tokens they are used for), three times that in training;
in translation a token is a decoder step of any hypothesis that was searched, and with a shortlist
all symbols still count.
Beyond the phases, the rest of a step's time is waiting: for the next batch, or for the other
threads. Allocs: how often a training step asks the heap for memory, which oneDNN does in each of
its products. Needs: the memory of 16 bytes for each parameter, and of what one batch must leave for
its gradient. Other programs that run meanwhile distort it all.

One sentence alone, greedily: each product takes at least the time of its arithmetic at the peak, or
that of reading its parameters, at the rate at which all threads read a block as large as the
parameters of a decoder step; least is the sum of the longer ones.

Product: the decoder's recurrent one, in float32, on all threads at once; plain: step by step with
the weights as they are; packed: with packed weights; whole: all steps at once.

With `--model` that model translates the lines of `--input`, with beams 1 and 5; one sentence alone
is the first whose words are nearest to 20.
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  void Check(const FlagSet& flags) const;
  Json Measure(WorkloadName name);
  Json MeasureModel();
  Json TrainingJson(const Workload& workload);
  Json DecodingJson(const Model& model, const DecodingWork& work);
  Json LatencyJson(const Model& model, DecodingWork work);
  Json ProductsJson(const Workload& workload);
  // The peak since the last call, and now.
  double Peak();

  BenchmarkOptions options_;
  Threads threads_;
  double last_peak_ = 0;
};

double BenchmarkCommand::Peak() {
  const double now = GemmPeak(threads_.count, TrainingPrecisionOf(options_.precision));
  return std::max(std::exchange(last_peak_, now), now);
}

Json BenchmarkCommand::TrainingJson(const Workload& workload) {
  ResetPeakMemory();
  const TrainingFigures figures = MeasureTraining(workload, threads_, options_.seconds);
  const double memory = PeakMemoryMegabytes();
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
  json.Set("peak_memory_mb", memory).Set("needed_memory_mb", figures.needed_bytes / (1 << 20));
  return json;
}

Json BenchmarkCommand::DecodingJson(const Model& model, const DecodingWork& work) {
  const DecodingFigures figures = MeasureDecoding(model, work, threads_, options_.seconds);
  const double flops = ForwardFlops(model.config(), figures.tokens);
  Json json = ShareJson({flops / figures.seconds / 1e9, Peak()});
  const auto sentences = static_cast<double>(figures.tokens.sentences);
  json.Set("sentences_per_second", sentences / figures.seconds);
  json.Set("target_tokens_per_second", figures.words / figures.seconds);
  json.Set("sentences", figures.tokens.sentences / figures.rounds);
  json.Set("decoder_steps", figures.tokens.target / figures.rounds);
  json.Set("seconds", figures.seconds / figures.rounds);
  return json;
}

Json BenchmarkCommand::LatencyJson(const Model& model, DecodingWork work) {
  work.lines = {TypicalLine(work.lines)};
  work.search.beam = 1;
  const DecodingFigures figures = MeasureDecoding(model, work, threads_, options_.seconds);
  const double bytes_per_parameter = BytesOf(model.weights.precision());
  const double step_bytes = ForwardFlops(model.config(), {.target = 1}) / 2 * bytes_per_parameter;
  const double reading = ReadBandwidth(threads_.count, static_cast<size_t>(step_bytes));
  const double peak = Peak();
  const auto per_round = [&](int64_t count) { return count / figures.rounds; };
  const TokenCounts tokens = {1, per_round(figures.tokens.source),
                              per_round(figures.tokens.target)};
  const double least =
      LeastSeconds(model.config(), tokens, {peak * 1e9, reading * 1e9, bytes_per_parameter});
  const double seconds = figures.seconds / figures.rounds;
  return Json()
      .Set("words", CountWords(work.lines[0]))
      .Set("source_tokens", tokens.source)
      .Set("target_tokens", tokens.target)
      .Set("ms", 1000 * seconds)
      .Set("least_ms", 1000 * least)
      .Set("share_of_least", least / seconds)
      .Set("parameters_of_step_mb", step_bytes / (1 << 20))
      .Set("read_gb_per_second", reading)
      .Set("gemm_peak_gflops", peak);
}

Json BenchmarkCommand::ProductsJson(const Workload& workload) {
  const int size = workload.model.decoder_size;
  const int rows = (workload.training.batch_sentences + threads_.count - 1) / threads_.count;
  const ProductShape shape = {rows, size, workload.model.gates() * size, workload.sentence_tokens};
  const ProductRates rates = MeasureProducts(threads_.count, shape);
  return Json()
      .Set("rows", shape.rows)
      .Set("in", shape.in)
      .Set("out", shape.out)
      .Set("steps", shape.steps)
      .Set("plain_gflops", rates.plain)
      .Set("packed_gflops", rates.packed)
      .Set("whole_gflops", rates.whole);
}

Json BenchmarkCommand::Measure(WorkloadName name) {
  Workload workload = StandardWorkload(name);
  workload.training.precision = TrainingPrecisionOf(options_.precision);
  if (options_.batch_sentences > 0) workload.training.batch_sentences = options_.batch_sentences;
  Json json;
  json.Set("workload", workload.name).Set("training", TrainingJson(workload));
  const std::unique_ptr<Model> model = WorkloadModel(workload);
  ForbidEnd(*model);
  model->weights.SetPrecision(options_.precision);
  json.Set("beam_1", DecodingJson(*model, RandomWork(workload, 1)));
  json.Set("beam_5", DecodingJson(*model, RandomWork(workload, 5)));
  json.Set("latency", LatencyJson(*model, RandomWork(workload, 1)));
  return json.Set("products", ProductsJson(workload));
}

Json BenchmarkCommand::MeasureModel() {
  const std::unique_ptr<Model> model = LoadModel(options_.model);
  const Model* const ensemble[] = {model.get()};
  CheckFeatures(ensemble, nullptr);
  std::optional<Shortlist> shortlist;
  if (!options_.shortlist.empty()) shortlist = LoadShortlist(options_.shortlist, *model);
  DecodingWork work;
  work.shortlist = shortlist ? &*shortlist : nullptr;
  work.lines = ReadLines(options_.input, false);
  std::erase(work.lines, "");
  if (work.lines.empty()) {
    throw Error(ErrorKind::kData, options_.input + " has no text: name one that has");
  }
  Json json;
  json.Set("workload", "model").Set("precision", EnumName(model->weights.precision()));
  for (int beam : {1, 5}) {
    work.search.beam = beam;
    json.Set("beam_" + std::to_string(beam), DecodingJson(*model, work));
  }
  return json.Set("latency", LatencyJson(*model, work));
}

std::string ShareRow(const std::string& name, const Json& figures) {
  return fmt::format("{:<18} {:>9.0f} {:>9.0f} {:>9.0f} {:>5.0f}%", name,
                     figures.At("target_tokens_per_second").AsDouble(),
                     figures.At("gflops").AsDouble(), figures.At("gemm_peak_gflops").AsDouble(),
                     100 * figures.At("share_of_peak").AsDouble());
}

std::string TrainingColumns(const Json& training) {
  return fmt::format(
      " {:>9.2f} {:>10.0f} {:>11.0f} {:>9.0f}", training.At("ms_per_step").AsDouble(),
      training.At("allocations_per_step").AsDouble(), training.At("peak_memory_mb").AsDouble(),
      training.At("needed_memory_mb").AsDouble());
}

std::string LatencyRow(const std::string& name, const Json& latency) {
  return fmt::format(
      "{:<18} {:>6} {:>6} {:>8.2f} {:>8.2f} {:>5.0f}% {:>9.1f} {:>7.1f}\n", name,
      latency.At("source_tokens").AsInteger(), latency.At("target_tokens").AsInteger(),
      latency.At("ms").AsDouble(), latency.At("least_ms").AsDouble(),
      100 * latency.At("share_of_least").AsDouble(), latency.At("parameters_of_step_mb").AsDouble(),
      latency.At("read_gb_per_second").AsDouble());
}

std::string ProductsRow(const std::string& name, const Json& products) {
  return fmt::format("{:<18} {:>6} {:>6} {:>6} {:>8.0f} {:>8.0f} {:>8.0f}\n", name,
                     products.At("rows").AsInteger(), products.At("in").AsInteger(),
                     products.At("out").AsInteger(), products.At("plain_gflops").AsDouble(),
                     products.At("packed_gflops").AsDouble(),
                     products.At("whole_gflops").AsDouble());
}

std::string Text(const Json& json) {
  std::string text = fmt::format(
      "{}, {} threads, {}; GEMM peak {:.0f} GFLOP/s, copying {:.1f} GB/s\n\n"
      "{:<18} {:>9} {:>9} {:>9} {:>6} {:>9} {:>10} {:>11} {:>9}\n",
      json.At("gemm").AsString(), json.At("threads").AsInteger(), json.At("precision").AsString(),
      json.At("gemm_peak_gflops").AsDouble(), json.At("copy_gb_per_second").AsDouble(), "workload",
      "tokens/s", "GFLOP/s", "of peak", "share", "ms/step", "allocs", "memory MB", "needs MB");
  std::string phases, latencies, products;
  for (const Json& workload : json.At("workloads").AsArray()) {
    const std::string name = workload.At("workload").AsString();
    if (const Json* training = workload.Find("training")) {
      text += ShareRow(name + " training", *training) + TrainingColumns(*training) + "\n";
      phases += fmt::format("{:<8}", name);
      for (const auto& [phase, share] : training->At("phases").AsObject()) {
        phases += fmt::format("  {} {:.1f}%", phase, 100 * share.AsDouble());
      }
      phases += "\n";
      products += ProductsRow(name, workload.At("products"));
    }
    text += ShareRow(name + " beam 1", workload.At("beam_1")) + "\n";
    text += ShareRow(name + " beam 5", workload.At("beam_5")) + "\n";
    latencies += LatencyRow(name, workload.At("latency"));
  }
  text += fmt::format("\n{:<18} {:>6} {:>6} {:>8} {:>8} {:>6} {:>9} {:>7}\n", "one sentence",
                      "source", "target", "ms", "least", "share", "step MB", "GB/s") +
          latencies;
  if (phases.empty()) return text;
  text += fmt::format("\n{:<18} {:>6} {:>6} {:>6} {:>8} {:>8} {:>8}\n", "product, GFLOP/s", "rows",
                      "in", "out", "plain", "packed", "whole");
  return text + products + "\nshare of a training step's time\n" + phases;
}

void BenchmarkCommand::Check(const FlagSet& flags) const {
  auto refuse = [&](const char* flag, const char* why) {
    if (flags.Given(flag)) throw Error(ErrorKind::kUsage, fmt::format("--{} {}", flag, why));
  };
  if (options_.model.empty()) {
    for (const char* flag : {"input", "shortlist"}) refuse(flag, "is for --model; give both");
  } else {
    RequireValue(*this, "--input", !options_.input.empty());
    for (const char* flag : {"workload", "batch-sentences", "precision"}) {
      refuse(flag, "is for the standard workloads; leave it out, or --model");
    }
  }
  if (HasProducts(options_.precision)) return;
  throw Error(ErrorKind::kUsage, fmt::format("--precision {}: this CPU has no instructions for it; "
                                             "use --precision float32",
                                             EnumName(options_.precision)));
}

int BenchmarkCommand::Run(const FlagSet& flags) {
  std::vector<WorkloadName> names;
  for (const std::string& name : options_.workload) {
    names.push_back(ParseEnum<WorkloadName>("--workload", name));
  }
  if (names.empty()) names = {WorkloadName::kLarge, WorkloadName::kMedium, WorkloadName::kSmall};
  Check(flags);
  threads_ = {options_.threads > 0 ? options_.threads : AvailableThreads(), options_.split};
  Json json;
  const double first_peak = Peak(), copy = CopyBandwidth(threads_.count);
  json.Set("gemm", GemmBackend()).Set("threads", threads_.count);
  json.Set("split", EnumName(threads_.split)).Set("precision", EnumName(options_.precision));
  json.Set("gemm_peak_gflops", first_peak).Set("copy_gb_per_second", copy);
  Json workloads{Json::Array{}};
  if (options_.model.empty()) {
    for (WorkloadName name : names) workloads.Append(Measure(name));
  } else {
    workloads.Append(MeasureModel());
  }
  json.Set("workloads", std::move(workloads));
  Output output("-");
  output.Write(options_.json ? json.Dump(2) + "\n" : Text(json));
  output.Commit();
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeBenchmarkCommand() { return std::make_unique<BenchmarkCommand>(); }

}  // namespace atento
