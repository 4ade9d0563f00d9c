// Layer normalisation, and gains that are the same for every row. Contracts: kernels.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_normalization.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

// x −= a. Returns Σ function(x) of what is left, where function(0) must be 0.
template <class Function>
HWY_INLINE Real SubtractAndSum(Real a, Real* x, size_t n, Function function) {
  const Vec subtrahend = Set(a);
  return Sum(n, [=](auto memory, size_t i, Vec sum) ATENTO_BODY {
    const Vec left = memory.Keep(hn::Sub(memory.Load(x + i), subtrahend));
    memory.Store(left, x + i);
    return hn::Add(sum, function(left));
  });
}

// One block of one row. Returns ρ.
HWY_INLINE Real NormalizeBlock(Real* x, size_t n) {
  const auto itself = [](Vec v) ATENTO_BODY { return v; };
  const auto square = [](Vec v) ATENTO_BODY { return hn::Mul(v, v); };
  const Real count = static_cast<Real>(n);
  const Real mean = Sum(n, [=](auto memory, size_t i, Vec sum)
                               ATENTO_BODY { return hn::Add(sum, memory.Load(x + i)); }) /
                    count;
  // A large mean is rounded by more than the deviations can bear; the mean of what is left is not.
  const Real rest = SubtractAndSum(mean, x, n, itself) / count;
  const Real variance = SubtractAndSum(rest, x, n, square) / count;
  const Real inverse_deviation = 1 / std::sqrt(variance + kLayerNormEpsilon);
  const Vec scale = Set(inverse_deviation);
  Loop(n, [=](auto memory, size_t i)
              ATENTO_BODY { memory.Store(hn::Mul(memory.Load(x + i), scale), x + i); });
  return inverse_deviation;
}

void LayerNormalizeKernel(int blocks, Matrix x, Matrix inverse_deviation) {
  const int width = x.cols / blocks;
  for (int row = 0; row < x.rows; ++row) {
    for (int block = 0; block < blocks; ++block) {
      inverse_deviation(row, block) =
          NormalizeBlock(x.Row(row) + block * width, static_cast<size_t>(width));
    }
  }
}

// One block of one row: the gradient of y on entry in d_y, of x on return in d_x.
HWY_INLINE void NormalizeBlockBackward(const Real* x_hat, Real inverse_deviation, const Real* gain,
                                       const Real* d_y, Real* d_x, size_t n) {
  const Real count = static_cast<Real>(n);
  // d = gain∘d_y, for the moment in d_x.
  const Real mean = Sum(n,
                        [=](auto memory, size_t i, Vec sum) ATENTO_BODY {
                          const Vec d = hn::Mul(memory.Load(gain + i), memory.Load(d_y + i));
                          memory.Store(d, d_x + i);
                          return hn::Add(sum, d);
                        }) /
                    count;
  const Vec mean_d = Set(mean), mean_product = Set(DotProduct(d_x, x_hat, n) / count);
  const Vec scale = Set(inverse_deviation);
  Loop(n, [=](auto memory, size_t i) ATENTO_BODY {
    const Vec centred = hn::Sub(memory.Load(d_x + i), mean_d);
    const Vec left = hn::NegMulAdd(memory.Load(x_hat + i), mean_product, centred);
    memory.Store(hn::Mul(scale, left), d_x + i);
  });
}

void LayerNormalizeBackwardKernel(int blocks, ConstMatrix x_hat, ConstMatrix inverse_deviation,
                                  ConstVector gain, ConstMatrix d_y, Matrix d_x) {
  const int width = x_hat.cols / blocks;
  for (int row = 0; row < x_hat.rows; ++row) {
    for (int block = 0; block < blocks; ++block) {
      const int begin = block * width;
      NormalizeBlockBackward(x_hat.Row(row) + begin, inverse_deviation(row, block),
                             gain.data() + begin, d_y.Row(row) + begin, d_x.Row(row) + begin,
                             static_cast<size_t>(width));
    }
  }
}

void AddScaledByColumnKernel(ConstMatrix x, ConstVector gain, Matrix y) {
  const Real* g = gain.data();
  for (int row = 0; row < x.rows; ++row) {
    const Real* x_row = x.Row(row);
    Real* y_row = y.Row(row);
    Loop(gain.size(), [=](auto memory, size_t i) ATENTO_BODY {
      const Vec product_and_sum =
          hn::MulAdd(memory.Load(g + i), memory.Load(x_row + i), memory.Load(y_row + i));
      memory.Store(product_and_sum, y_row + i);
    });
  }
}

// `kRows` rows at once: the sums are read and written once for all of them.
template <int kRows>
HWY_INLINE void AddProductsOfRows(ConstMatrix a, ConstMatrix b, int first, Vector sums) {
  Real* s = sums.data();
  Loop(sums.size(), [=](auto memory, size_t i) ATENTO_BODY {
    Vec sum = memory.Load(s + i);
    for (int row = first; row < first + kRows; ++row) {
      sum = hn::MulAdd(memory.Load(a.Row(row) + i), memory.Load(b.Row(row) + i), sum);
    }
    memory.Store(sum, s + i);
  });
}

void AddRowSumsOfProductsKernel(ConstMatrix a, ConstMatrix b, Vector sums) {
  int row = 0;
  for (; row + 4 <= a.rows; row += 4) AddProductsOfRows<4>(a, b, row, sums);
  for (; row < a.rows; ++row) AddProductsOfRows<1>(a, b, row, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(LayerNormalizeKernel);
HWY_EXPORT(LayerNormalizeBackwardKernel);
HWY_EXPORT(AddScaledByColumnKernel);
HWY_EXPORT(AddRowSumsOfProductsKernel);

namespace {
bool SameShape(ConstMatrix x, ConstMatrix y) { return x.rows == y.rows && x.cols == y.cols; }
// Whether the rows of x are whole blocks, and there is one deviation for each.
bool IsBlocks(int blocks, ConstMatrix x, ConstMatrix inverse_deviation) {
  return blocks >= 1 && x.cols >= blocks && x.cols % blocks == 0 &&
         inverse_deviation.rows == x.rows && inverse_deviation.cols == blocks;
}
}  // namespace

void LayerNormalize(int blocks, Matrix x, Matrix inverse_deviation) {
  CHECK(IsBlocks(blocks, x, inverse_deviation));
  HWY_DYNAMIC_DISPATCH(LayerNormalizeKernel)(blocks, x, inverse_deviation);
}

void LayerNormalizeBackward(int blocks, ConstMatrix x_hat, ConstMatrix inverse_deviation,
                            ConstVector gain, ConstMatrix d_y, Matrix d_x) {
  CHECK(IsBlocks(blocks, x_hat, inverse_deviation) && SameShape(x_hat, d_y));
  CHECK(SameShape(x_hat, d_x) && gain.size() == static_cast<size_t>(x_hat.cols));
  HWY_DYNAMIC_DISPATCH(LayerNormalizeBackwardKernel)
  (blocks, x_hat, inverse_deviation, gain, d_y, d_x);
}

void AddScaledByColumn(ConstMatrix x, ConstVector gain, Matrix y) {
  CHECK(SameShape(x, y) && gain.size() == static_cast<size_t>(x.cols));
  HWY_DYNAMIC_DISPATCH(AddScaledByColumnKernel)(x, gain, y);
}

void AddRowSumsOfProducts(ConstMatrix a, ConstMatrix b, Vector sums) {
  CHECK(SameShape(a, b) && sums.size() == static_cast<size_t>(a.cols));
  HWY_DYNAMIC_DISPATCH(AddRowSumsOfProductsKernel)(a, b, sums);
}

}  // namespace atento
#endif  // HWY_ONCE
