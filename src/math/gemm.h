// Matrix products. oneDNN does them (in gemm_onednn.cc alone); the f64 and tsan builds use plain
// loops (gemm_reference.cc) behind the same header.
#ifndef ATENTO_MATH_GEMM_H_
#define ATENTO_MATH_GEMM_H_

#include <memory>

#include "atento/options.h"
#include "math/views.h"

namespace atento {

struct GemmOptions {
  bool transpose_a = false;  // use Aᵀ
  bool transpose_b = false;  // use Bᵀ
  bool accumulate = false;   // add to C instead of overwriting it
};

// C [M,N] = or += op(A) [M,K] · op(B) [K,N]. Views may be strided. Nothing happens if M or N is 0;
// K = 0 gives zeros (or leaves C, if accumulating). Use this when both operands change at every
// call: weight gradients. Cost: 2·M·N·K flops; allocates only when a shape is seen for the first
// time. Requires: shapes agree; C overlaps neither A nor B. Threads: safe when outputs are
// distinct.
void Gemm(ConstMatrix a, ConstMatrix b, Matrix c, const GemmOptions& options = {});

// Whether this CPU has the instructions for products of such numbers. The reference multiplies
// numbers that are rounded to bfloat16, which is no faster, and has no int8.
bool HasProducts(Precision precision);

// precision: not kAuto, which training replaces before its first product.
inline Precision PrecisionOfProducts(TrainingPrecision precision) {
  return precision == TrainingPrecision::kBfloat16 ? Precision::kBfloat16 : Precision::kFloat32;
}

struct LinearOptions {
  bool accumulate = false;  // add to y instead of overwriting it
  ConstVector bias = {};    // [out], added to every row of y; empty: none
};

// Multiplies by weights in the layout that the machine likes best. A weight matrix W [out,in] is
// packed when it is first used, one copy for each of the two directions in which it is used, and
// again after Invalidate(). W is recognised by its address, shape and stride: it must stay where it
// is, and a column block of a larger matrix is a weight of its own.
//
// It also knows the precision of products. bfloat16: both factors are rounded to bfloat16, to
// nearest and ties to even; sums and results are float32. W itself stays as it is: training adds
// its small steps to float32. int8: integers with a scale for each row of x, found at every product,
// and for each row of W (LinearTransposed: column), found when it is packed; their sums are exact.
// For translation alone: neither AddGradient nor Invalidate.
//
// Threads: the products may be called at once from several threads; SetPrecision, Invalidate and
// Clear may not run beside products.
class PackedWeights {
 public:
  PackedWeights();
  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  // float32 until set. Forgets every weight. Requires: HasProducts(precision).
  void SetPrecision(Precision precision);
  Precision precision() const;

  // y [R,out] = or += x [R,in] · Wᵀ + bias.
  void Linear(ConstMatrix x, ConstMatrix W, Matrix y, const LinearOptions& options = {});
  // y [R,in] = or += x [R,out] · W: gradients with respect to the input of Linear.
  void LinearTransposed(ConstMatrix x, ConstMatrix W, Matrix y, bool accumulate = false);

  // d_W [out,in] += d_yᵀ [out,R] · x [R,in]: the gradient of W in Linear, in the precision of all
  // products; d_W may be strided.
  void AddGradient(ConstMatrix d_y, ConstMatrix x, Matrix d_W) const;

  // The numbers in the weights have changed, as after an optimizer's step: everything known is
  // packed again, into the memory it has. Several threads may share the work: each of `parts`
  // calls, once for each part in [0, parts), packs its own share.
  void Invalidate(int part = 0, int parts = 1);
  // Forgets every weight and frees the copies.
  void Clear();
  size_t packed_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The number of threads that one product, called from this thread, may use. Per calling thread;
// 1 until set. The reference implementation ignores it.
void SetGemmThreads(int threads);

// "oneDNN 2.6.3 (avx512_core_bf16)" or "reference": for `atento --version` and benchmarks.
const char* GemmBackend();

}  // namespace atento

#endif  // ATENTO_MATH_GEMM_H_
