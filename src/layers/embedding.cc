#include "layers/embedding.h"

#include <algorithm>

#include "base/check.h"
#include "math/kernels.h"

namespace atento {

void EmbeddingForward(ConstMatrix E, std::span<const int> ids, Matrix y) {
  CHECK(static_cast<int>(ids.size()) == y.rows && y.cols == E.cols);
  for (int i = 0; i < y.rows; ++i) {
    const int id = ids[static_cast<size_t>(i)];
    CHECK(id >= 0 && id < E.rows);
    std::copy(E.Row(id), E.Row(id) + E.cols, y.Row(i));
  }
}

void EmbeddingBackward(std::span<const int> ids, ConstMatrix d_y, Matrix d_E) {
  for (int i = 0; i < d_y.rows; ++i)
    AddTo(d_y.RowSpan(i), d_E.RowSpan(ids[static_cast<size_t>(i)]));
}

}  // namespace atento
