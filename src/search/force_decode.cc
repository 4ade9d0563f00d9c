#include "search/force_decode.h"

#include <cmath>
#include <cstddef>
#include <limits>

#include "model/posterior.h"

namespace atento {
namespace {

// alpha [T][S] of the target in this column += share · what the model said.
void AddAlpha(const Batch& batch, const Matrix& from, int column, float share,
              std::vector<float>* alpha) {
  const int steps = batch.target.length(column);
  const int source_length =
      batch.source.length(batch.target_to_source[static_cast<size_t>(column)]);
  alpha->resize(static_cast<size_t>(steps) * static_cast<size_t>(source_length));
  float* to = alpha->data();
  for (int t = 0; t < steps; ++t) {
    const Real* row = from.Row(batch.target.Row(t, column));
    for (int j = 0; j < source_length; ++j) *to++ += share * row[j];
  }
}

}  // namespace

std::vector<ForcedPair> ForceDecodePairs(Ensemble models, std::span<const TokenPair> pairs,
                                         SearchArenas& arenas, const ForceDecodeOptions& options) {
  const Batch batch = MakeBatch(pairs, options.features ? SourceEnd::kNone : SourceEnd::kAdded);
  std::vector<ForcedPair> results(pairs.size());
  auto result_of = [&](int column) -> ForcedPair& {
    return results[static_cast<size_t>(batch.target_order[static_cast<size_t>(column)])];
  };
  // ln Σ p over the models, of each target symbol.
  std::vector<double> log_sums(static_cast<size_t>(batch.target.rows()),
                               -std::numeric_limits<double>::infinity());
  for (const Model* model : models) {
    const ModelPass pass = model->Pass(arenas.sources, options.features);
    const ForcedDecoding forced = ForceDecode(pass, batch, 0);
    for (size_t i = 0; i < log_sums.size(); ++i) {
      log_sums[i] = LogAdd(log_sums[i], forced.log_probs[i]);
    }
    if (!HasAlpha(model->config())) continue;
    const Matrix alpha = options.posterior ? PosteriorAttention(pass, batch, forced) : forced.alpha;
    const float share = 1 / static_cast<float>(CountAlphas(models));
    for (int column = 0; column < batch.target.batch(); ++column) {
      AddAlpha(batch, alpha, column, share, &result_of(column).alpha);
    }
  }
  const double log_models = std::log(static_cast<double>(models.size()));
  for (int column = 0; column < batch.target.batch(); ++column) {
    for (int t = 0; t < batch.target.length(column); ++t) {
      const auto row = static_cast<size_t>(batch.target.Row(t, column));
      result_of(column).log_prob += log_sums[row] - log_models;
    }
  }
  return results;
}

}  // namespace atento
