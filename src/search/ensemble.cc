#include "search/ensemble.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "layers/copy.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

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

int EnsembleStep::PlaceOf(int row, int id) const {
  if (candidates_.empty()) return id;
  const std::vector<int>& ids = candidates_[static_cast<size_t>(row)]->ids;
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  CHECK(place != ids.end() && *place == id, "not a candidate");
  return static_cast<int>(place - ids.begin());
}

int EnsembleStep::IdAt(int row, int place) const {
  if (candidates_.empty()) return place;
  return candidates_[static_cast<size_t>(row)]->ids[static_cast<size_t>(place)];
}

Vector EnsembleStep::Logits(size_t model, int row) const {
  const Vector all = logits_[model].RowSpan(row);
  if (!symbols_.empty()) return all.first(static_cast<size_t>(symbols_[static_cast<size_t>(row)]));
  return candidates_.empty() ? all : all.first(candidates_[static_cast<size_t>(row)]->ids.size());
}

void EnsembleStep::KeepCandidates(Matrix logits) const {
  if (candidates_.empty()) return;
  for (int row = 0; row < logits.rows; ++row) {
    Real* to = logits.Row(row);
    // Columns rise, and so none is overwritten before it is read.
    for (int column : candidates_[static_cast<size_t>(row)]->columns) *to++ = logits(row, column);
  }
}

double EnsembleStep::LogProbAt(int row, int place) const {
  double sum = -std::numeric_limits<double>::infinity();
  for (size_t m = 0; m < logits_.size(); ++m) {
    const double logit = double{logits_[m](row, place)};
    sum = LogAdd(sum, logit - double{log_sums_[m][static_cast<size_t>(row)]});
  }
  return sum - std::log(static_cast<double>(logits_.size()));
}

double EnsembleStep::LogProb(int row, int id) const { return LogProbAt(row, PlaceOf(row, id)); }

Vector EnsembleStep::Probabilities(int row) {
  const size_t size = Logits(0, row).size();
  const Vector sum = sum_.first(size), probabilities = probabilities_.first(size);
  std::fill(sum.begin(), sum.end(), Real{0});
  for (size_t m = 0; m < logits_.size(); ++m) {
    const Vector logits = Logits(m, row);
    std::copy(logits.begin(), logits.end(), probabilities.begin());
    Softmax(probabilities);
    AddTo(ConstVector(probabilities), sum);
  }
  return sum;
}

int EnsembleStep::Draw(int row, double u, std::span<const int> without) {
  const Vector probabilities = Probabilities(row);
  for (int id : without) probabilities[static_cast<size_t>(PlaceOf(row, id))] = 0;
  double left = u * std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  int drawn = kEndId;
  for (size_t place = 0; place < probabilities.size() && left >= 0; ++place) {
    if (!(probabilities[place] > 0)) continue;
    drawn = IdAt(row, static_cast<int>(place));
    left -= double{probabilities[place]};
  }
  return drawn;
}

void EnsembleStep::FindBest(int row, int count) {
  const Vector values = logits_.size() == 1 ? Logits(0, row) : Probabilities(row);
  best_.resize(std::min(static_cast<size_t>(count), values.size()));
  TopK(values, static_cast<int>(best_.size()), best_.data());
}

void EnsembleStep::AddAlpha(int row, std::span<float> alpha) const {
  const float share = 1 / static_cast<float>(alphas_.size());
  for (const Matrix& alphas : alphas_) {
    const Real* from = alphas.Row(row);
    for (size_t j = 0; j < alpha.size(); ++j) alpha[j] += share * from[j];
  }
}

EnsembleDecoder::EnsembleDecoder(Ensemble models, const Batch& batch,
                                 const EnsembleSources& of_batch, SearchArenas& arenas)
    : models_(models), batch_(batch), arenas_(arenas) {
  CHECK(!models.empty());
  const int vocabulary = models[0]->config().target_vocabulary;
  for (const Model* model : models) {
    CHECK(model->config().target_vocabulary == vocabulary);
    CHECK(model->config().copy == !batch.source_copies.empty());
    sources_.push_back(EncodeSources(model->Pass(arenas.sources, of_batch.features), batch.source,
                                     batch.source_ids));
    states_.push_back(sources_.back().start);
  }
  if (of_batch.shortlist) {
    candidates_ = FindCandidates(*of_batch.shortlist, batch);
    for (const Model* model : models) {
      outputs_.push_back(std::make_unique<OutputSubset>(model->parameters.views().output,
                                                        candidates_.columns, arenas.sources));
    }
  }
  output_.log_sums_.resize(models.size());
  output_.logits_.resize(models.size());
  int symbols = vocabulary;
  if (!batch.source_copies.empty()) {
    for (int column = 0; column < batch.source.batch(); ++column) {
      extended_symbols_.push_back(
          ExtendedSymbols(batch.source, batch.source_copies, column, vocabulary));
      symbols = std::max(symbols, vocabulary + extended_symbols_.back());
    }
  }
  output_.sum_ = arenas.sources.NewVector(symbols);
  output_.probabilities_ = arenas.sources.NewVector(symbols);
}

void EnsembleDecoder::AddCopies(StepInput* input) {
  const int vocabulary = models_[0]->config().target_vocabulary;
  input_ids_.assign(input->ids.begin(), input->ids.end());
  for (int& id : input_ids_) id = id < vocabulary ? id : kUnknownId;
  input->ids = input_ids_;
  input->copies = batch_.source_copies;
  output_.symbols_.clear();
  for (int column : input->columns) {
    const int extended = extended_symbols_[static_cast<size_t>(column)];
    input->extended_symbols = std::max(input->extended_symbols, extended);
    output_.symbols_.push_back(vocabulary + extended);
  }
}

EnsembleStep& EnsembleDecoder::Step(const StepInput& input) {
  Arena& arena = arenas_.steps[steps_ % 2];
  arena.Reset();
  output_.alphas_.clear();
  output_.candidates_.clear();
  for (size_t r = 0; !outputs_.empty() && r < input.columns.size(); ++r) {
    output_.candidates_.push_back(&candidates_.sentences[static_cast<size_t>(input.columns[r])]);
  }
  StepInput numbered = input;
  numbered.number = steps_++;
  if (!extended_symbols_.empty()) AddCopies(&numbered);
  for (size_t m = 0; m < models_.size(); ++m) {
    const Model& model = *models_[m];
    if (!outputs_.empty()) numbered.symbols = outputs_[m].get();
    const StepOutput step = DecodeStep(model.Pass(arena), sources_[m], states_[m], numbered);
    states_[m] = step.state;
    output_.logits_[m] = step.logits;
    output_.KeepCandidates(step.logits);
    output_.log_sums_[m].clear();
    for (int row = 0; row < step.logits.rows; ++row) {
      output_.log_sums_[m].push_back(LogSumExp(output_.Logits(m, row)));
    }
    if (HasAlpha(model.config())) output_.alphas_.push_back(step.cache.attention.alpha);
  }
  return output_;
}

}  // namespace atento
