#include "model/posterior.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/check.h"
#include "math/kernels.h"

namespace atento {
namespace {

constexpr Real kMinusInfinity = -std::numeric_limits<Real>::infinity();

// Elements of one step of the target, each with a position that it may have looked at.
struct Candidates {
  std::vector<int> rows, ids, columns, positions;

  int size() const { return static_cast<int>(rows.size()); }
  void Add(int row, int id, int column, int position) {
    rows.push_back(row);
    ids.push_back(id);
    columns.push_back(column);
    positions.push_back(position);
  }
  void Clear() {
    for (std::vector<int>* of : {&rows, &ids, &columns, &positions}) of->clear();
  }
};

class Posterior {
 public:
  Posterior(const ModelPass& pass, const Batch& batch, const ForcedDecoding& forced)
      : pass_(pass), batch_(batch), forced_(forced), before_(StatesBefore()) {
    CHECK(HasAlpha(pass.config));
    const Matrix& alpha = forced.alpha;
    joint_ = pass.workspace.arena.NewMatrix(alpha.rows, alpha.cols);
    Fill(joint_, kMinusInfinity);
    if (!pass.config.copy) return;
    for (int column = 0; column < batch.source.batch(); ++column) {
      const int extended =
          ExtendedSymbols(batch.source, batch.source_copies, column, pass.config.target_vocabulary);
      extended_symbols_ = std::max(extended_symbols_, extended);
    }
  }

  Matrix Compute() {
    const int most = LogitsChunkRows(pass_.config.target_vocabulary);
    for (int t = 0; t < batch_.target.steps(); ++t) {
      for (int b = 0; b < batch_.target.alive(t); ++b) {
        AddCandidates(batch_.target.Row(t, b), batch_.target_to_source[static_cast<size_t>(b)], t,
                      most);
      }
      Try(t);
    }
    for (int row = 0; row < joint_.rows; ++row) Normalize(row);
    return joint_;
  }

 private:
  // The states that the steps started from, a row per element of the target.
  DecoderState StatesBefore() const {
    const DecoderCache& cache = forced_.decoder;
    Arena& arena = pass_.workspace.arena;
    DecoderState before;
    before.h = NewArray<Matrix>(arena, pass_.config.decoder_layers);
    before.c = NewArray<Matrix>(arena, pass_.config.decoder_layers);
    for (size_t l = 0; l < cache.cells.size(); ++l) {
      before.h[l] = cache.cells[l].h_prev;
      before.c[l] = cache.cells[l].c_prev;
    }
    before.t = cache.t_prev;
    before.coverage = cache.attention.coverage;
    return before;
  }

  void AddCandidates(int row, int column, int step, int most) {
    constexpr Real kLeastShare = Real{1} / 1000;
    const Vector alpha = forced_.alpha.RowSpan(row);
    const Real least = kLeastShare * *std::max_element(alpha.begin(), alpha.end());
    for (int j = 0; j < batch_.source.length(column); ++j) {
      if (alpha[static_cast<size_t>(j)] < least) continue;
      candidates_.Add(row, batch_.target_input[static_cast<size_t>(row)], column, j);
      if (candidates_.size() == most) Try(step);
    }
  }

  // ln(α_j p(y | c = h_j)) of the candidates, all of this step.
  void Try(int step) {
    if (candidates_.size() == 0) return;
    Arena& arena = pass_.workspace.arena;
    ArenaScope scope(arena);
    const Matrix only = arena.NewZeroMatrix(candidates_.size(), joint_.cols);
    for (int r = 0; r < only.rows; ++r) only(r, candidates_.positions[static_cast<size_t>(r)]) = 1;
    const StepOutput out = DecodeStep(pass_, forced_.sources, before_,
                                      {.ids = candidates_.ids,
                                       .parents = candidates_.rows,
                                       .columns = candidates_.columns,
                                       .number = step,
                                       .alpha = only,
                                       .copies = batch_.source_copies,
                                       .extended_symbols = extended_symbols_});
    for (int r = 0; r < only.rows; ++r) {
      const int row = candidates_.rows[static_cast<size_t>(r)];
      const int position = candidates_.positions[static_cast<size_t>(r)];
      const int y = batch_.target_output[static_cast<size_t>(row)];
      joint_(row, position) = std::log(forced_.alpha(row, position)) + out.logits(r, y) -
                              LogSumExp(out.logits.RowSpan(r));
    }
    candidates_.Clear();
  }

  // What no position can explain leaves the prior.
  void Normalize(int row) const {
    const Vector joint = joint_.RowSpan(row);
    const Real sum = LogSumExp(joint);
    if (!std::isfinite(sum)) {
      const Vector alpha = forced_.alpha.RowSpan(row);
      std::copy(alpha.begin(), alpha.end(), joint.begin());
      return;
    }
    for (Real& value : joint) value = std::exp(value - sum);
  }

  const ModelPass& pass_;
  const Batch& batch_;
  const ForcedDecoding& forced_;
  const DecoderState before_;
  Matrix joint_;  // [N,S]
  int extended_symbols_ = 0;
  Candidates candidates_;
};

}  // namespace

Matrix PosteriorAttention(const ModelPass& pass, const Batch& batch, const ForcedDecoding& forced) {
  return Posterior(pass, batch, forced).Compute();
}

}  // namespace atento
