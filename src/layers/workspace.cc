#include "layers/workspace.h"

#include "layers/embedding.h"

namespace atento {
namespace {

Phase PhaseOf(const PhaseTimes* phases) { return phases ? phases->phase() : Phase::kDecoder; }

}  // namespace

void Workspace::AddGradient(ConstMatrix d_y, ConstMatrix x, Matrix d_W) const {
  if (deferred) {
    deferred->products.push_back({d_y, x, d_W, PhaseOf(phases)});
  } else {
    weights.AddGradient(d_y, x, d_W);
  }
}

void Workspace::AddEmbeddingGradient(std::span<const int> ids, ConstMatrix d_y, Matrix d_E) const {
  if (deferred) {
    deferred->embeddings.push_back({ids, d_y, d_E, PhaseOf(phases)});
  } else {
    EmbeddingBackward(ids, d_y, d_E);
  }
}

}  // namespace atento
