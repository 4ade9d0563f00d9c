#include "layers/deferred_gradients.h"

#include <algorithm>
#include <cstdint>

#include "math/kernels.h"

namespace atento {
namespace {

// [begin, end) of so many rows.
struct RowRange {
  int begin;
  int end;
};

RowRange ShareOfRows(int rows, int share, int shares) {
  // Products like whole blocks of rows.
  constexpr int kBlock = 16;
  auto boundary = [&](int i) {
    const int64_t row = int64_t{rows} * i / shares;
    return i == shares ? rows : static_cast<int>((row + kBlock / 2) / kBlock * kBlock);
  };
  return {std::min(boundary(share), rows), std::min(boundary(share + 1), rows)};
}

void AddEmbedding(const DeferredGradients::Embedding& embedding, int share, int shares) {
  const auto& [ids, d_y, d_E, phase] = embedding;
  for (int i = 0; i < d_y.rows; ++i) {
    const int id = ids[static_cast<size_t>(i)];
    if (id % shares == share) AddTo(d_y.RowSpan(i), d_E.RowSpan(id));
  }
}

}  // namespace

void AddDeferredGradients(std::span<const DeferredGradients* const> parts, int share, int shares,
                          const PackedWeights& weights, PhaseTimes* phases) {
  for (size_t i = 0; i < parts[0]->products.size(); ++i) {
    const PhaseScope phase(phases, parts[0]->products[i].phase);
    // In turn, so that matrices of a few rows do not all fall to one share.
    const int turn = (share + static_cast<int>(i)) % shares;
    for (const DeferredGradients* part : parts) {
      const auto& [d_y, x, d_W, ignored] = part->products[i];
      const auto [begin, end] = ShareOfRows(d_W.rows, turn, shares);
      weights.AddGradient(d_y.Columns(begin, end - begin), x, d_W.Rows(begin, end - begin));
    }
  }
  for (size_t i = 0; i < parts[0]->embeddings.size(); ++i) {
    const PhaseScope phase(phases, parts[0]->embeddings[i].phase);
    for (const DeferredGradients* part : parts) AddEmbedding(part->embeddings[i], share, shares);
  }
}

}  // namespace atento
