#include "train/learner.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "math/kernels.h"
#include "model/seq2seq.h"

namespace atento {

Learner::Learner(Model& model, int threads, const FeatureSet* features, int product_threads)
    : model_(model),
      features_(features),
      options_(model.description.training),
      pool_(threads),
      optimizer_(options_, model.config(), model.parameters),
      gradient_(model.config()) {
  for (int i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    if (i > 0)
      workers_.back()->gradient = std::make_unique<PartGradient>(model.config(), gradient_);
  }
  pool_.Run([=](int i) { SetGemmThreads(i == 0 ? product_threads : 1); });
  model.weights.SetPrecision(PrecisionOfProducts(options_.precision));
}

std::vector<PhaseTimes*> Learner::phases() {
  std::vector<PhaseTimes*> all;
  for (const auto& worker : workers_) all.push_back(&worker->phases);
  return all;
}

std::pair<size_t, size_t> Learner::Slice(int i) const {
  // Whole cache lines, so that no two workers write to one.
  constexpr size_t kLine = 64 / sizeof(Real);
  const size_t size = model_.parameters.flat().size(), workers = workers_.size();
  const size_t lines = (size + kLine - 1) / kLine;
  auto boundary = [&](size_t worker) { return std::min(size, lines * worker / workers * kLine); };
  const size_t begin = boundary(static_cast<size_t>(i));
  return {begin, boundary(static_cast<size_t>(i) + 1) - begin};
}

void Learner::Backward(const TrainingStep& step, int64_t number) {
  const bool per_token = options_.loss_normalization == LossNormalization::kTokens;
  LossOptions loss;
  loss.output.label_smoothing = static_cast<Real>(options_.label_smoothing);
  loss.output.gradient_scale =
      static_cast<Real>(1.0 / static_cast<double>(per_token ? step.target_tokens : step.sentences));
  loss.guided_weight = static_cast<Real>(
      options_.guided_alignment_weight *
      std::pow(options_.guided_alignment_decay, static_cast<double>(step.position.epoch)));
  loss.coverage_weight = static_cast<Real>(options_.coverage_weight);
  loss.doubly_stochastic_weight = static_cast<Real>(options_.doubly_stochastic_weight);
  DropoutOptions dropout;
  dropout.embedding = static_cast<Real>(options_.dropout_embedding);
  dropout.hidden = static_cast<Real>(options_.dropout_hidden);
  dropout.annotations = static_cast<Real>(options_.dropout_annotations);
  dropout.output = static_cast<Real>(options_.dropout_output);
  pool_.Run([&](int i) {
    if (static_cast<size_t>(i) >= step.parts.size()) return;
    Worker& worker = *workers_[static_cast<size_t>(i)];
    const PhaseScope phase(&worker.phases, Phase::kOptimizer);
    ModelPass pass = model_.Pass(worker.arena, features_);
    pass.workspace.phases = &worker.phases;
    worker.deferred.Clear();
    if (step.parts.size() > 1) pass.workspace.deferred = &worker.deferred;
    pass.dropout = dropout;
    pass.dropout.key = RandomKey(static_cast<uint64_t>(options_.seed), number, i);
    Seq2SeqParams& gradient = worker.gradient ? worker.gradient->views() : gradient_.views();
    worker.loss = ForwardBackward(pass, step.parts[static_cast<size_t>(i)], loss, gradient);
  });
  if (step.parts.size() > 1) AddDeferred(step.parts.size());
}

void Learner::AddDeferred(size_t parts) {
  deferred_.clear();
  for (size_t part = 0; part < parts; ++part) deferred_.push_back(&workers_[part]->deferred);
  pool_.Run([&](int i) {
    Worker& worker = *workers_[static_cast<size_t>(i)];
    const PhaseScope phase(&worker.phases, Phase::kOptimizer);
    AddDeferredGradients(deferred_, i, pool_.threads(), model_.weights, &worker.phases);
  });
}

void Learner::ForEachSlice(
    const std::function<void(Worker& worker, size_t begin, size_t count)>& work) {
  pool_.Run([&](int i) {
    Worker& worker = *workers_[static_cast<size_t>(i)];
    const PhaseScope phase(&worker.phases, Phase::kOptimizer);
    const auto [begin, count] = Slice(i);
    work(worker, begin, count);
  });
}

void Learner::SumGradients(size_t parts) {
  ForEachSlice([&](Worker& worker, size_t begin, size_t count) {
    for (size_t part = 1; part < parts; ++part) {
      workers_[part]->gradient->MoveTo(begin, count, gradient_.flat());
    }
    worker.sum_of_squares = SumOfSquares(ConstVector(gradient_.flat().subspan(begin, count)));
  });
}

void Learner::Apply(const UpdateStep& update) {
  // Gradients are cleared while they are in cache.
  constexpr size_t kBlock = 4096;
  ForEachSlice([&](Worker&, size_t begin, size_t count) {
    for (size_t end = begin + count; begin < end; begin += kBlock) {
      const size_t size = std::min(kBlock, end - begin);
      UpdateSlice(options_, update, begin, size, gradient_.flat(), optimizer_,
                  model_.parameters.flat());
      const Vector applied = gradient_.flat().subspan(begin, size);
      std::fill(applied.begin(), applied.end(), Real{0});
    }
  });
  pool_.Run([&](int i) {
    const PhaseScope phase(&workers_[static_cast<size_t>(i)]->phases, Phase::kOptimizer);
    model_.weights.Invalidate(i, pool_.threads());
  });
}

UpdateResult Learner::Update(const TrainingStep& step, int64_t number, double learning_rate) {
  Backward(step, number);
  SumGradients(step.parts.size());
  UpdateResult result;
  double sum_of_squares = 0;
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (i < step.parts.size()) result.loss += workers_[i]->loss;
    sum_of_squares += workers_[i]->sum_of_squares;
  }
  result.gradient_norm = std::sqrt(sum_of_squares);
  if (!std::isfinite(result.gradient_norm) || !std::isfinite(result.loss.output.loss)) {
    result.skipped = true;
    ForEachSlice([&](Worker&, size_t begin, size_t count) {
      const Vector slice = gradient_.flat().subspan(begin, count);
      std::fill(slice.begin(), slice.end(), Real{0});
    });
    return result;
  }
  const double clip = options_.clip_norm;
  Apply({
      .number = number,
      .learning_rate = learning_rate,
      .gradient_scale = clip > 0 && result.gradient_norm > clip ? clip / result.gradient_norm : 1,
  });
  return result;
}

}  // namespace atento
