// What a layer needs besides its operands: scratch memory and the packed weights.
#ifndef ATENTO_LAYERS_WORKSPACE_H_
#define ATENTO_LAYERS_WORKSPACE_H_

#include <memory>
#include <span>

#include "base/phase_times.h"
#include "layers/deferred_gradients.h"
#include "math/arena.h"
#include "math/gemm.h"
#include "math/views.h"

namespace atento {

// One per worker thread. The arena belongs to the worker; the packed weights are shared.
struct Workspace {
  Arena& arena;
  PackedWeights& weights;
  PhaseTimes* phases = nullptr;  // the worker's, if its time is measured
  // Where the gradients of weight matrices wait; null: they are added up at once.
  DeferredGradients* deferred = nullptr;

  // d_W [out,in] += d_yᵀ [out,R] · x [R,in]: the gradient of W in y = x Wᵀ. Now or later: d_y and x
  // must keep their numbers until the arena is reset.
  void AddGradient(ConstMatrix d_y, ConstMatrix x, Matrix d_W) const;
  // d_E[ids_i] += d_y_i: of an embedding. Likewise, and ids.
  void AddEmbeddingGradient(std::span<const int> ids, ConstMatrix d_y, Matrix d_E) const;
};

// An array of default-constructed T in the arena, for the lists of views inside the layers' caches.
template <class T>
std::span<T> NewArray(Arena& arena, int count) {
  std::span<T> items = arena.Allocate<T>(static_cast<size_t>(count));
  std::uninitialized_default_construct(items.begin(), items.end());
  return items;
}

}  // namespace atento

#endif  // ATENTO_LAYERS_WORKSPACE_H_
