// Gradients of weight matrices that wait until all threads have been through their sentences.
//
// Such a gradient is one product over all rows of a batch. Threads that take sentences of their own
// would need a matrix each, to be cleared and added up, as large as the model; put off until all are
// done, the products of all parts go to one matrix, and the threads share its rows.
#ifndef ATENTO_LAYERS_DEFERRED_GRADIENTS_H_
#define ATENTO_LAYERS_DEFERRED_GRADIENTS_H_

#include <span>
#include <vector>

#include "base/phase_times.h"
#include "math/gemm.h"
#include "math/views.h"

namespace atento {

// Of one part of a batch: what is still to be added up, and the phase whose work it is.
struct DeferredGradients {
  // d_W [out,in] += d_yᵀ [out,R] · x [R,in]
  struct Product {
    ConstMatrix d_y;
    ConstMatrix x;
    Matrix d_W;
    Phase phase;
  };
  // d_E[ids_i] += d_y_i, d_y [N,E]
  struct Embedding {
    std::span<const int> ids;
    ConstMatrix d_y;
    Matrix d_E;
    Phase phase;
  };

  std::vector<Product> products;
  std::vector<Embedding> embeddings;

  void Clear() {
    products.clear();
    embeddings.clear();
  }
};

// Share `share` of `shares` of what the parts wait for; all shares together are all of it. A sum's
// order is that of the parts. Parts that add to one matrix name the same views in the same order.
// Threads: shares may run at once; each writes to rows of its own. Cost: that of the products;
// allocates nothing.
void AddDeferredGradients(std::span<const DeferredGradients* const> parts, int share, int shares,
                          const PackedWeights& weights, PhaseTimes* phases);

}  // namespace atento

#endif  // ATENTO_LAYERS_DEFERRED_GRADIENTS_H_
