// The training loop: updates, validations, checkpoints, and when to stop.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "atento/trainer.h"
#include "base/file.h"
#include "base/log.h"
#include "base/options.h"
#include "metrics/metrics.h"
#include "model/model_draft.h"
#include "train/checkpoint.h"
#include "train/learner.h"
#include "train/precision.h"
#include "train/prepare.h"
#include "train/probes.h"
#include "train/progress.h"
#include "train/request.h"
#include "train/validation.h"

namespace atento {
namespace {

using Clock = std::chrono::steady_clock;

// After so many updates in a row without a finite gradient, more of the same will not help.
constexpr int64_t kMostSkippedInARow = 100;
constexpr double kSecondsBetweenCheckpoints = 600;

TrainingBatchOptions BatchOptions(const TrainingOptions& options, bool features) {
  TrainingBatchOptions batch;
  batch.batch_tokens = options.batch_tokens;
  batch.batch_sentences = options.batch_tokens > 0 ? 0 : options.batch_sentences;
  batch.window_batches = options.window_batches;
  batch.shuffle_batches = options.shuffle_batches;
  batch.workers = options.threads;
  batch.max_source_tokens = options.max_source_tokens;
  batch.max_target_tokens = options.max_target_tokens;
  batch.seed = static_cast<uint64_t>(options.seed);
  batch.source_end = features ? SourceEnd::kNone : SourceEnd::kAdded;
  return batch;
}

std::string SidesText(const ModelConfig& config) {
  if (config.has_features()) {
    return fmt::format("vectors of {} numbers, vocabulary {}", config.feature_size,
                       config.target_vocabulary);
  }
  return fmt::format("vocabularies {} and {}", config.source_vocabulary, config.target_vocabulary);
}

// While it lives, the model has these parameters, and they have the model's; nullptr: no exchange.
class ExchangedParameters {
 public:
  ExchangedParameters(Model& model, Parameters* parameters)
      : model_(model), parameters_(parameters) {
    Exchange();
  }
  ~ExchangedParameters() { Exchange(); }
  ExchangedParameters(const ExchangedParameters&) = delete;
  ExchangedParameters& operator=(const ExchangedParameters&) = delete;

 private:
  void Exchange() {
    if (!parameters_) return;
    const Vector mine = model_.parameters.flat(), theirs = parameters_->flat();
    std::swap_ranges(mine.begin(), mine.end(), theirs.begin());
    model_.weights.Invalidate();
  }

  Model& model_;
  Parameters* const parameters_;
};

class Run {
 public:
  Run(Model& model, const TrainingData& data, const TrainingLimits& limits,
      CheckpointDirectory directory)
      : model_(model),
        options_(model.description.training),
        limits_(limits),
        directory_(std::move(directory)),
        interval_(ParseValidateEvery(limits.validate_every)),
        early_stopping_(
            ParseEarlyStopping(limits.early_stopping, ParseMetricList(limits.validation_metrics))),
        features_(data.train_features),
        pairs_(Tokenize(model, data.train, data.alignments ? &*data.alignments : nullptr,
                        features_.get())),
        batches_(pairs_, BatchOptions(options_, features_ != nullptr)),
        validator_(model, {data.dev, data.dev_features}, ParseMetricList(limits.validation_metrics),
                   limits.validation_sentences),
        learner_(model, options_.threads, features_.get()),
        search_threads_(options_.threads),
        progress_(limits, isatty(STDERR_FILENO) != 0) {
    state_.data = data.fingerprint;
    state_.best_metric = early_stopping_.metric;
    progress_.Line(
        fmt::format("{} pairs ({} too long), {}, {:.2f} million parameters, {}, {} threads",
                    batches_.pairs_used(), batches_.pairs_too_long(), SidesText(model.config()),
                    static_cast<double>(model.parameters.count()) / 1e6,
                    EnumName(options_.precision), options_.threads));
  }

  // To be called before anything else.
  void Watch(const std::vector<Probe>& probes, const TraceProbe& trace) {
    if (!probes.empty()) prober_.emplace(model_, probes, trace, features_);
  }

  void Resume() {
    const DataFingerprint data = state_.data;
    state_ = directory_.Load(model_, learner_.optimizer());
    if (state_.data != data) {
      throw Error(ErrorKind::kData,
                  fmt::format("{}: {} changed since this run began; restore what was there, or "
                              "train with --overwrite",
                              directory_.path(), DifferenceText(state_.data, data)));
    }
    if (state_.best_metric != early_stopping_.metric) {
      // The best so far was of another metric: whatever comes next is better.
      state_.best_metric = early_stopping_.metric;
      state_.best = LargerIsBest() ? std::numeric_limits<double>::lowest()
                                   : std::numeric_limits<double>::max();
      state_.validations_since_best = 0;
    }
    directory_.TruncateMetrics(state_.last_validation_step);
    RemoveProbeTraces(directory_.path(), state_.last_validation_step);
    batches_.Seek(state_.position);
    progress_.Line(fmt::format("resuming after step {}", state_.step));
  }

  // The state before the first update, from which a run that is killed early can go on.
  void SaveStart(const std::string& directory) {
    if (prober_) prober_->SaveStart(directory);
    CheckpointDirectory(directory).Save(model_, learner_.optimizer(), state_,
                                        limits_.keep_checkpoints);
  }

  TrainResult Go(const std::function<bool()>& interrupted) {
    last_time_ = last_checkpoint_ = Clock::now();
    StopReason reason = StopReason::kInterrupted;
    while (!Finished(&reason)) {
      if (interrupted && interrupted()) {
        SaveCheckpoint();
        WarnOfDivergence();
        return Result(StopReason::kInterrupted);
      }
      Step();
    }
    if (state_.last_validation_step != state_.step) Validate();
    if (state_.best_step == 0) {
      throw Error(ErrorKind::kData,
                  "no validation had a finite loss: training has diverged; lower --learning-rate");
    }
    WarnOfDivergence();
    return Result(interrupted && interrupted() ? StopReason::kInterrupted : reason);
  }

 private:
  // Adds the time since the last call.
  void CountTime() {
    const Clock::time_point now = Clock::now();
    state_.seconds += std::chrono::duration<double>(now - last_time_).count();
    last_time_ = now;
  }

  bool Finished(StopReason* reason) const {
    auto stop = [&](bool condition, StopReason why) {
      if (condition) *reason = why;
      return condition;
    };
    return stop(state_.validations_since_best >= early_stopping_.patience,
                StopReason::kEarlyStopping) ||
           stop(limits_.max_steps > 0 && state_.step >= limits_.max_steps, StopReason::kMaxSteps) ||
           stop(limits_.max_epochs > 0 && state_.position.epoch >= limits_.max_epochs,
                StopReason::kMaxEpochs) ||
           stop(limits_.max_minutes > 0 && state_.seconds >= 60 * limits_.max_minutes,
                StopReason::kMaxMinutes);
  }

  void Step() {
    const TrainingStep& step = batches_.Next();
    state_.position = step.position;
    const double rate = LearningRate(options_, state_);
    const UpdateResult update = learner_.Update(step, state_.step + 1, rate);
    ++state_.step;
    state_.position = step.next;
    if (update.skipped) {
      CountSkipped();
    } else {
      state_.skipped_in_a_row = 0;
      state_.loss -= update.loss.output.log_prob;
      state_.attention_loss += update.loss.attention;
      state_.loss_tokens += update.loss.output.tokens;
    }
    CountTime();
    progress_.Step(state_,
                   {-update.loss.output.log_prob / static_cast<double>(update.loss.output.tokens),
                    step.target_tokens, step.steps_in_epoch, rate});
    const bool due = interval_.steps > 0
                         ? state_.step % interval_.steps == 0
                         : step.next.step == 0 && step.next.epoch % interval_.epochs == 0;
    if (due) {
      Validate();
    } else if (std::chrono::duration<double>(Clock::now() - last_checkpoint_).count() >
               kSecondsBetweenCheckpoints) {
      SaveCheckpoint();
    }
  }

  void CountSkipped() {
    ++state_.skipped;
    if (++state_.skipped_in_a_row < kMostSkippedInARow) return;
    throw Error(ErrorKind::kData,
                fmt::format("the last {} updates had no finite gradient: training has diverged; "
                            "lower --learning-rate or --clip-norm",
                            kMostSkippedInARow));
  }

  void SaveCheckpoint() {
    directory_.Save(model_, learner_.optimizer(), state_, limits_.keep_checkpoints);
    last_checkpoint_ = Clock::now();
  }

  // A best model of long ago hides it.
  void WarnOfDivergence() const {
    const bool mostly_skipped = 2 * state_.skipped > state_.step;
    // Every symbol as likely as any other.
    const double guessing = std::log(model_.config().target_vocabulary);
    if (!mostly_skipped && last_dev_loss_ < 2 * guessing) return;
    LogWarning(fmt::format(
        "{}: training has diverged; train anew with a lower --learning-rate or "
        "--clip-norm",
        mostly_skipped
            ? fmt::format("{} of {} updates had no finite gradient", state_.skipped, state_.step)
            : fmt::format("the last development loss is {:.4g}, that of guessing {:.4g}",
                          last_dev_loss_, guessing)));
  }

  bool LargerIsBest() const {
    return early_stopping_.metric != "loss" && LargerIsBetter(early_stopping_.metric);
  }

  ValidationResult Evaluate() {
    const ExchangedParameters exchanged(model_, learner_.optimizer().average());
    if (prober_) prober_->SaveTraces(directory_.path(), state_.step);
    return validator_.Run(model_, search_threads_);
  }

  void Validate() {
    const double tokens_per_s = progress_.TakeRate();
    const double rate = LearningRate(options_, state_);
    const ValidationResult result = Evaluate();
    last_dev_loss_ = result.loss;
    const double value = result.Value(early_stopping_.metric);
    const bool first = state_.best_step == 0;
    const bool better = std::isfinite(value) &&
                        (first || (LargerIsBest() ? value > state_.best : value < state_.best));
    UpdatePlateau(options_, result.loss, &state_);
    ++state_.validations;
    ++state_.validations_since_best;
    state_.last_validation_step = state_.step;
    if (better) {
      state_.best = value;
      state_.best_step = state_.step;
      state_.validations_since_best = 0;
    }
    CountTime();
    Report(result, better, rate, tokens_per_s);
    state_.loss = 0;
    state_.attention_loss = {};
    state_.loss_tokens = 0;
    if (better) {
      const Parameters* average = learner_.optimizer().average();
      directory_.SaveBest(model_.config(), average ? *average : model_.parameters, state_);
    }
    SaveCheckpoint();
    CountTime();
    progress_.TakeRate();
  }

  // Of those that this training has, without their weights.
  std::vector<std::pair<const char*, double>> AttentionLosses() const {
    const AttentionLossSums& sums = state_.attention_loss;
    std::vector<std::pair<const char*, double>> losses;
    if (state_.data.links_bytes > 0) losses.emplace_back("guided_loss", sums.guided);
    if (options_.coverage_weight > 0) losses.emplace_back("coverage_loss", sums.coverage);
    if (options_.doubly_stochastic_weight > 0) {
      losses.emplace_back("doubly_stochastic_loss", sums.doubly_stochastic);
    }
    return losses;
  }

  void Report(const ValidationResult& result, bool better, double rate, double tokens_per_s) {
    const double tokens = std::max(1.0, static_cast<double>(state_.loss_tokens));
    const double loss = state_.loss / tokens;
    Json line;
    line.Set("step", state_.step);
    line.Set("epoch", state_.position.epoch);
    line.Set("loss", loss);
    line.Set("dev_loss", result.loss);
    std::string text = fmt::format("epoch {} step {}  loss {:.3f}  dev loss {:.4f}",
                                   state_.position.epoch + (state_.position.step > 0), state_.step,
                                   loss, result.loss);
    for (const auto& [name, sum] : AttentionLosses()) line.Set(name, sum / tokens);
    for (const auto& [name, value] : result.metrics) {
      line.Set(name, value);
      text += fmt::format("  {} {:.2f}", name, value);
    }
    line.Set("learning_rate", rate);
    line.Set("tokens_per_s", tokens_per_s);
    line.Set("elapsed_s", state_.seconds);
    line.Set("skipped", state_.skipped);
    directory_.AppendMetrics(line);
    text += fmt::format("  {:.0f} tokens/s  after {}{}", tokens_per_s, DurationText(state_.seconds),
                        better ? "  best" : "");
    if (state_.skipped > 0) text += fmt::format("  {} updates skipped", state_.skipped);
    progress_.Line(text);
  }

  TrainResult Result(StopReason reason) const {
    TrainResult result;
    result.reason = reason;
    result.steps = state_.step;
    result.best = state_.best;
    result.best_step = state_.best_step;
    result.skipped_steps = state_.skipped;
    result.seconds = state_.seconds;
    return result;
  }

  Model& model_;
  const TrainingOptions& options_;
  const TrainingLimits limits_;
  const CheckpointDirectory directory_;
  const ValidationInterval interval_;
  const EarlyStopping early_stopping_;
  const std::shared_ptr<const FeatureSet> features_;  // of the training pairs; may be none
  const std::vector<TokenPair> pairs_;
  TrainingBatches batches_;
  const Validator validator_;
  Learner learner_;
  SearchThreads search_threads_;
  std::optional<Prober> prober_;
  Progress progress_;
  TrainingState state_;
  double last_dev_loss_ = 0;  // 0: not validated yet
  Clock::time_point last_time_, last_checkpoint_;
};

TrainResult ResumeTraining(TrainRequest request, const std::function<bool()>& interrupted,
                           const TraceProbe& trace_probe) {
  std::optional<DirectoryLock> lock;
  if (IsDirectory(request.directory)) lock.emplace(request.directory);
  const CheckpointDirectory directory(request.directory);
  const std::unique_ptr<Model> model = LoadModelDescription(request.directory);
  TrainingOptions& training = model->description.training;
  const int threads_before = training.threads;
  if (request.training.threads > 0) training.threads = request.training.threads;
  if (training.threads == 0) training.threads = AvailableThreads();
  ChoosePrecision(&training);
  request.training = training;
  request.model = model->config();
  const bool other_threads = training.threads != threads_before;
  if (other_threads) {
    LogWarning(fmt::format("{} threads instead of {}: the result will differ in its last digits",
                           training.threads, threads_before));
  }
  if (OptionsToJson(request.limits).Dump() !=
      OptionsToJson(ResumeRequest(request.directory).limits).Dump()) {
    LogWarning("other limits than before: the result may differ from that of a run not stopped");
  }
  const TrainingData data = ReadTrainingData(request);
  Run run(*model, data, request.limits, directory);
  run.Watch(request.probes, trace_probe);
  run.Resume();
  if (other_threads) SaveModelDescription(*model, request.directory);
  SaveRequest(request, request.directory);
  return run.Go(interrupted);
}

}  // namespace

TrainResult Train(TrainRequest request, const std::function<bool()>& interrupted,
                  const TraceProbe& trace_probe) {
  CheckRequest(request);
  if (request.resume) return ResumeTraining(std::move(request), interrupted, trace_probe);
  ChoosePrecision(&request.training);
  ModelDraft draft({.directory = request.directory,
                    .flag = "--model",
                    .remedy = "go on with --resume, or replace it with --overwrite",
                    .overwrite = request.overwrite});
  const TrainingData data = ReadTrainingData(request);
  const std::unique_ptr<Model> model = MakeModel(request, data);
  int& threads = model->description.training.threads;
  if (threads == 0) threads = AvailableThreads();
  Run run(*model, data, request.limits, CheckpointDirectory(request.directory));
  run.Watch(request.probes, trace_probe);
  if (interrupted && interrupted()) return TrainResult{.reason = StopReason::kInterrupted};
  // An old model is removed only when all that may fail is written.
  draft.Make();
  SaveModelDescription(*model, draft.path());
  SaveRequest(request, draft.path());
  run.SaveStart(draft.path());
  draft.Commit();
  return run.Go(interrupted);
}

}  // namespace atento
