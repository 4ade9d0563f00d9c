// atento train: from parallel text to a model directory.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <utility>

#include "atento/error.h"
#include "atento/trace.h"
#include "atento/trainer.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "cli/command.h"

namespace atento {
namespace {

struct TrainFlags {
  OneOrTwo train;
  OneOrTwo dev;
  std::string model;
  std::string preset = "small";
  std::string config;
  std::string guided_alignments;
  std::string init_from;
  std::string probe;
  bool resume = false;
  bool overwrite = false;
  bool strict = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("train", o.train, kAny,
          "training pairs: a source and a target file, line by line, or one TSV file; with "
          "--source-kind features a file of vectors and a TSV file of items and texts");
    visit(
        "dev", o.dev, kAny,
        "development pairs, likewise; without it 1 % of the training pairs, at most 1000, is held "
        "out");
    visit("model", o.model, kAny, "directory to write", "DIR");
    visit("preset", o.preset, kAny, "named settings to start from; listed below", "NAME");
    visit("config", o.config, kAny, "TOML file with values of flags", "FILE");
    visit(
        "guided-alignments", o.guided_alignments, kAny,
        "links i-j between the words of the training pairs, line by line, to train attention with; "
        "possible links, ipj, are left out",
        "FILE");
    visit("init-from", o.init_from, kAny, "model directory whose parameters to start from", "DIR");
    visit(
        "probe", o.probe, kAny,
        "up to 32 sentences, one per line, maybe with a tab and a translation, whose alignment is "
        "kept at every validation",
        "FILE");
    visit("resume", o.resume, kAny, "go on from the last checkpoint of --model");
    visit("overwrite", o.overwrite, kAny, "replace a model that is already in --model");
    visit("strict", o.strict, kAny, "refuse invalid UTF-8 and NUL instead of replacing them");
  }
};

static_assert(std::atomic<int>::is_always_lock_free, "needed in a signal handler");
std::atomic<int> signal_received{0};

void NoteSignal(int signal) {
  signal_received.store(signal);
  RemoveTemporariesOnSignals();
}

// The first of these signals asks for a checkpoint; a second one ends the program as usual.
void InstallSignalHandlers() {
  struct sigaction action = {};
  action.sa_handler = NoteSignal;
  action.sa_flags = SA_RESTART;
  // Of two that come at once the second one waits until the first has been noted.
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&action.sa_mask, signal);
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction old = {};
    if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
}

const char* ReasonText(StopReason reason) {
  switch (reason) {
    case StopReason::kMaxEpochs:
      return "--max-epochs reached";
    case StopReason::kMaxSteps:
      return "--max-steps reached";
    case StopReason::kMaxMinutes:
      return "--max-minutes reached";
    case StopReason::kEarlyStopping:
      return "no further improvement";
    case StopReason::kInterrupted:
      return "interrupted; go on with --resume";
  }
  return "";
}

std::string TraceWords(const Translator& translator, const Probe& probe) {
  TraceRequest request{.text = probe.source, .target = probe.target};
  request.search.beam = 1;
  request.options = {.candidates = 1, .detail = TraceDetail::kWords};
  return TraceToJson(MakeTrace(translator, request));
}

constexpr std::string_view kText = "Text";
constexpr std::string_view kModel = "Model";
constexpr std::string_view kLimits = "Validation and limits";

class TrainCommand : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "train a model on parallel text"; }
  std::vector<std::string> usage() const override {
    return {"--train SRC TGT [--dev SRC TGT] --model DIR [--preset NAME] [flags]",
            "--train FILE.tsv [--dev FILE.tsv] --model DIR [--preset NAME] [flags]",
            "--train FEATURES.safetensors FILE.tsv --model DIR --preset captions [flags]",
            "--model DIR --resume [limits]"};
  }
  std::string notes() const override;
  void Declare(FlagSet* flags) override {
    flags->Add("Data and directory", &flags_);
    flags->Add(kText, &request_.text);
    flags->Add(kModel, &request_.model);
    flags->Add("Training", &request_.training);
    flags->Add(kLimits, &request_.limits);
  }
  void Prepare(const FlagSet& flags) override;
  int Run(const FlagSet& flags) override;

 private:
  void CheckInitFrom(const FlagSet& flags) const;
  void CheckGuidance(const FlagSet& flags) const;
  void CheckResume(const FlagSet& flags) const;

  TrainFlags flags_;
  TrainRequest request_;
};

std::string TrainCommand::notes() const {
  std::string text = "Presets set flags of all groups but the first; flags that are given win.\n\n";
  for (const std::string& name : PresetNames()) {
    text += fmt::format("- `{}`: {}\n", name, FindPreset(name).summary);
  }
  text += R"(
A configuration file holds `key = value` lines; the keys are flags without their dashes. A value on
the command line wins over the file, the file over the preset, the preset over the defaults.

The tokenizer `symbols` takes what stands between spaces for a symbol, and keeps every one of them:
phones (`k ae t`), or letters mixed with tags. A lemma and the tags of the form that is asked for,
as in inflection, are one source line, the letters apart and each tag one symbol, in the order of
your choice: `w a l k V PST` becomes `w a l k e d`.

SIGHUP, SIGINT and SIGTERM write a checkpoint and end the program with status 128 + signal;
`--resume` goes on from there. It needs `--model` alone, and the data files as they were and where
they were; of the other flags it takes `--threads` and those of validation and limits, and remembers
them. `--init-from` keeps the vocabularies and the architecture of its model.

With `--source-kind features` the source is feature vectors: `--train` and `--dev` each name a
safetensors file with a tensor per item (docs/file-format.md) and a TSV file of an item's name and
a text; an item may have several. `--init-from` reads what its model reads. Without `--dev` whole
items are held out.

The sentences of `--probe` are translated greedily; one that is given with its translation has that
one read instead, so that the words stay while their alignment changes. `atento serve` shows it as
the view Learning.

The sentences of an update are dealt out in turn to `--threads` threads. Equal seed, data, threads
and precision give equal models; other threads give other last digits.

`--precision bfloat16` rounds the factors of matrix products to bfloat16; their sums, the parameters
and what is written stay float32. It needs a CPU with AVX512_BF16 instructions, which are
twice as fast as float32 on some CPUs and half as fast on others: `atento benchmark` measures it.
`--precision auto` times a few products at the start, and means bfloat16 where they gain 10 % or
more; `config.json` remembers what was chosen. A run goes on in the precision in which it began.
)";
  return text;
}

void TrainCommand::Prepare(const FlagSet& flags) {
  if (flags.Text("resume") == "true") {
    RequireValue(*this, "--model", flags.Given("model"));
    CheckResume(flags);
    request_ = ResumeRequest(flags.Text("model"));
    flags_.train.values = request_.train;
    flags_.dev.values = request_.dev;
    flags_.guided_alignments = request_.guided_alignments;
    flags_.strict = request_.strict;
    return;
  }
  if (flags.Given("init-from")) CheckInitFrom(flags);
  Preset preset = FindPreset(flags.Given("preset") ? flags.Text("preset") : flags_.preset);
  request_.text = std::move(preset.text);
  request_.model = preset.model;
  request_.training = preset.training;
  request_.limits = preset.limits;
}

// Vocabularies and architecture are those of the model that training starts from.
void TrainCommand::CheckInitFrom(const FlagSet& flags) const {
  for (const FlagGroup& group : flags.groups()) {
    for (const Flag& flag : group.flags) {
      if (flags.Given(flag.name) && (group.title == kText || group.title == kModel)) {
        throw Error(ErrorKind::kUsage, "--" + flag.name +
                                           " cannot be given with --init-from, whose "
                                           "vocabularies and architecture stay; leave it out");
      }
    }
  }
}

void TrainCommand::CheckGuidance(const FlagSet& flags) const {
  if (!flags_.guided_alignments.empty()) return;
  for (const char* name : {"guided-alignment-weight", "guided-alignment-decay"}) {
    if (!flags.Given(name)) continue;
    throw Error(ErrorKind::kUsage, std::string("--") + name +
                                       " has nothing to weigh without --guided-alignments: name "
                                       "a file of links too, or leave it out");
  }
}

// A run goes on with the limits it is given, but with its own data, architecture and learning rule.
void TrainCommand::CheckResume(const FlagSet& flags) const {
  for (const FlagGroup& group : flags.groups()) {
    for (const Flag& flag : group.flags) {
      if (!flags.Given(flag.name) || group.title == kLimits || flag.name == "model" ||
          flag.name == "threads" || flag.name == "resume" || flag.name == "config") {
        continue;
      }
      throw Error(ErrorKind::kUsage,
                  "--" + flag.name +
                      " cannot be given with --resume, which changes validation, "
                      "limits and threads only; leave it out");
    }
  }
}

int TrainCommand::Run(const FlagSet& flags) {
  RequireValue(*this, "--model", !flags_.model.empty());
  RequireValue(*this, "--train", !flags_.train.values.empty());
  request_.train = flags_.train.values;
  request_.dev = flags_.dev.values;
  request_.directory = flags_.model;
  request_.guided_alignments = flags_.guided_alignments;
  request_.init_from = flags_.init_from;
  CheckGuidance(flags);
  if (!flags_.probe.empty()) request_.probes = ReadProbes(flags_.probe, flags_.strict);
  request_.resume = flags_.resume;
  request_.overwrite = flags_.overwrite;
  request_.strict = flags_.strict;
  request_.preset = flags_.preset;
  // To Train 0 is as many as before.
  if (flags_.resume && flags.Given("threads") && request_.training.threads == 0) {
    request_.training.threads = AvailableThreads();
  }
  // A signal ends the reading of data and the learning of vocabularies at once. The first question
  // comes just before there is something to save.
  const auto interrupted = [installed = false]() mutable {
    if (installed) return signal_received.load() != 0;
    InstallSignalHandlers();
    installed = true;
    return false;
  };
  const TrainResult result = Train(request_, interrupted, TraceWords);
  const std::string model = result.best_step > 0 ? fmt::format("the model of update {} is in {}",
                                                               result.best_step, request_.directory)
                                                 : "no model yet, since there was no validation";
  LogInfo(fmt::format("stopped after {} updates and {:.0f} s: {}; {}", result.steps, result.seconds,
                      ReasonText(result.reason), model));
  return result.reason == StopReason::kInterrupted ? 128 + signal_received.load() : 0;
}

}  // namespace

std::unique_ptr<Command> MakeTrainCommand() { return std::make_unique<TrainCommand>(); }

}  // namespace atento
