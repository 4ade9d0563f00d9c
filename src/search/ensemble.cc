#include "search/ensemble.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/check.h"
#include "math/kernels.h"

namespace atento {

int CountAlphas(Ensemble models) {
  return static_cast<int>(std::count_if(
      models.begin(), models.end(), [](const Model* model) { return HasAlpha(model->config()); }));
}

double LogAdd(double a, double b) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const bool no_a = !(a > kNever), no_b = !(b > kNever);
  if (no_a || no_b) return no_a && no_b ? kNever : no_a ? b : a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

double EnsembleStep::LogProb(int row, int id) const {
  double sum = -std::numeric_limits<double>::infinity();
  for (size_t m = 0; m < logits_.size(); ++m) {
    sum = LogAdd(sum, double{logits_[m](row, id)} - double{log_sums_[m][static_cast<size_t>(row)]});
  }
  return sum - std::log(static_cast<double>(logits_.size()));
}

void EnsembleStep::FindBest(int row, int count) {
  best_.resize(static_cast<size_t>(std::min(count, logits_[0].cols)));
  Vector values = logits_[0].RowSpan(row);
  if (logits_.size() > 1) {
    values = mean_;
    std::fill(mean_.begin(), mean_.end(), Real{0});
    for (const Matrix& logits : logits_) {
      std::copy_n(logits.Row(row), logits.cols, probabilities_.begin());
      Softmax(probabilities_);
      AddTo(ConstVector(probabilities_), mean_);
    }
  }
  TopK(values, static_cast<int>(best_.size()), best_.data());
}

void EnsembleStep::AddAlpha(int row, std::span<float> alpha) const {
  const float share = 1 / static_cast<float>(alphas_.size());
  for (const Matrix& alphas : alphas_) {
    const Real* from = alphas.Row(row);
    for (size_t j = 0; j < alpha.size(); ++j) alpha[j] += share * from[j];
  }
}

EnsembleDecoder::EnsembleDecoder(Ensemble models, const Batch& batch, SearchArenas& arenas)
    : models_(models), arenas_(arenas) {
  CHECK(!models.empty());
  const int vocabulary = models[0]->config().target_vocabulary;
  for (const Model* model : models) {
    CHECK(model->config().target_vocabulary == vocabulary);
    sources_.push_back(EncodeSources(model->Pass(arenas.sources), batch.source, batch.source_ids));
    states_.push_back(sources_.back().start);
  }
  output_.log_sums_.resize(models.size());
  output_.logits_.resize(models.size());
  if (models.size() > 1) {
    output_.mean_ = arenas.sources.NewVector(vocabulary);
    output_.probabilities_ = arenas.sources.NewVector(vocabulary);
  }
}

EnsembleStep& EnsembleDecoder::Step(const StepInput& input) {
  Arena& arena = arenas_.steps[steps_ % 2];
  arena.Reset();
  output_.alphas_.clear();
  StepInput numbered = input;
  numbered.number = steps_++;
  for (size_t m = 0; m < models_.size(); ++m) {
    const Model& model = *models_[m];
    const StepOutput step = DecodeStep(model.Pass(arena), sources_[m], states_[m], numbered);
    states_[m] = step.state;
    output_.logits_[m] = step.logits;
    output_.log_sums_[m].clear();
    for (int row = 0; row < step.logits.rows; ++row) {
      output_.log_sums_[m].push_back(LogSumExp(step.logits.RowSpan(row)));
    }
    if (HasAlpha(model.config())) output_.alphas_.push_back(step.cache.attention.alpha);
  }
  return output_;
}

}  // namespace atento
