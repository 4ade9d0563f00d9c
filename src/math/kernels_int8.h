// Vector kernels around products of 8-bit integers, which gemm_onednn.cc does. Conventions:
// kernels.h; float32 alone.
#ifndef ATENTO_MATH_KERNELS_INT8_H_
#define ATENTO_MATH_KERNELS_INT8_H_

#include <cstdint>

#include "math/views.h"

namespace atento {

// What stands for 0 in a row of x. The instructions take factors without a sign on this side.
constexpr int kInt8Zero = 128;

// Row by row: scale_i = max_j |x_ij| / 127;  q_ij = x_ij / scale_i rounded + kInt8Zero, the rows one
// after the other. A row of zeros has the scale 0. A row with a NaN or an infinity has that as its
// scale, so that its products are NaN.
// q [R·C], scale [R].
void QuantizeRows(ConstMatrix x, uint8_t* q, float* scale);

// One per column of a product: w_kj = q_kj · scale_j, of K terms.
struct Int8Columns {
  const float* scale;
  const int32_t* offset;  // kInt8Zero · Σ_k q_kj
};
// From sums [R·C] = Σ_k q_ik q_kj, row after row, to
//   y_ij = or += (sums_ij − offset_j) · row_scale_i · scale_j + bias_j;  bias [C], or empty: none.
void DequantizeProduct(const int32_t* sums, const float* row_scale, const Int8Columns& columns,
                       ConstVector bias, bool accumulate, Matrix y);

}  // namespace atento

#endif  // ATENTO_MATH_KERNELS_INT8_H_
