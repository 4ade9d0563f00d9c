// Embedding look-up. E [V,E]: one row per symbol.
#ifndef ATENTO_LAYERS_EMBEDDING_H_
#define ATENTO_LAYERS_EMBEDDING_H_

#include <span>

#include "math/views.h"

namespace atento {

// y_i = E[ids_i]. ids [N], each in [0, V); y [N,E].
void EmbeddingForward(ConstMatrix E, std::span<const int> ids, Matrix y);

// d_E[ids_i] += d_y_i, in order of i: a symbol that occurs twice accumulates twice.
void EmbeddingBackward(std::span<const int> ids, ConstMatrix d_y, Matrix d_E);

}  // namespace atento

#endif  // ATENTO_LAYERS_EMBEDDING_H_
