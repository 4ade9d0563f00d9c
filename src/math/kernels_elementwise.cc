// Element-wise kernels, reductions, dropout and maxout. Contracts: kernels.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_elementwise.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

#include <algorithm>

#include "base/random.h"

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

void AddToKernel(ConstMatrix x, Matrix y) {
  LoopRows(x.contiguous() && y.contiguous(), x.rows, x.cols,
           [=](auto memory, int row, size_t i) ATENTO_BODY {
             const Real* x_i = x.Row(row) + i;
             Real* y_i = y.Row(row) + i;
             memory.Store(hn::Add(memory.Load(y_i), memory.Load(x_i)), y_i);
           });
}

void AddScaledKernel(Real a, ConstVector x, Vector y) {
  AddScaledRow(a, x.data(), y.data(), x.size());
}

void ScaleKernel(Real a, Vector x) {
  Real* p = x.data();
  Loop(x.size(), [=](auto memory, size_t i)
                     ATENTO_BODY { memory.Store(hn::Mul(memory.Load(p + i), Set(a)), p + i); });
}

// x becomes function(x).
template <class Function>
HWY_INLINE void Apply(Matrix x, Function function) {
  LoopRows(x.contiguous(), x.rows, x.cols, [=](auto memory, int row, size_t i) ATENTO_BODY {
    Real* x_i = x.Row(row) + i;
    memory.Store(function(memory.Load(x_i)), x_i);
  });
}

void SigmoidKernel(Matrix x) {
  Apply(x, [](Vec v) ATENTO_BODY { return SigmoidLanes(v); });
}

void TanhKernel(Matrix x) {
  Apply(x, [](Vec v) ATENTO_BODY { return TanhLanes(v); });
}

void ExpKernel(Matrix x) {
  Apply(x, [](Vec v) ATENTO_BODY { return ExpLanes(v); });
}

void TanhBackwardKernel(ConstMatrix y, Matrix d_y) {
  LoopRows(y.contiguous() && d_y.contiguous(), y.rows, y.cols,
           [=](auto memory, int row, size_t i) ATENTO_BODY {
             const Vec y_i = memory.Load(y.Row(row) + i);
             Real* d_i = d_y.Row(row) + i;
             memory.Store(hn::Mul(memory.Load(d_i), TanhSlope(y_i)), d_i);
           });
}

Real DotKernel(ConstVector x, ConstVector y) { return DotProduct(x.data(), y.data(), x.size()); }

// v with lanes as wide as those of d.
template <class D, class V>
HWY_INLINE hn::Vec<D> Widen(D d, V v) {
  if constexpr (std::is_same_v<V, hn::Vec<D>>) {
    return v;
  } else {
    return hn::PromoteTo(d, v);
  }
}

double SumOfSquaresKernel(ConstVector x) {
  using Wide = hn::ScalableTag<double>;
  const Wide d;
  const hn::Rebind<Real, Wide> narrow;  // as many Reals as there are doubles in a vector
  const size_t N = hn::Lanes(d);
  const auto load = [&](size_t i) ATENTO_BODY { return Widen(d, hn::LoadU(narrow, x.data() + i)); };
  auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0;
  size_t i = 0;
  for (; i + 4 * N <= x.size(); i += 4 * N) {
    const auto x0 = load(i), x1 = load(i + N), x2 = load(i + 2 * N), x3 = load(i + 3 * N);
    a0 = hn::MulAdd(x0, x0, a0);
    a1 = hn::MulAdd(x1, x1, a1);
    a2 = hn::MulAdd(x2, x2, a2);
    a3 = hn::MulAdd(x3, x3, a3);
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a0, a1), hn::Add(a2, a3))));
  for (; i < x.size(); ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

void AddRowSumsKernel(ConstMatrix x, Vector out) {
  const Real ones[4] = {1, 1, 1, 1};
  int row = 0;
  for (; row + 4 <= x.rows; row += 4) {
    const Real* rows[4] = {x.Row(row), x.Row(row + 1), x.Row(row + 2), x.Row(row + 3)};
    AddScaledRows(ones, rows, out.data(), out.size());
  }
  for (; row < x.rows; ++row) AddScaledRow(1, x.Row(row), out.data(), out.size());
}

// 31 random bits for each of the columns from `column` on. Two different constants for each row:
// with one of them, added to the column, two rows would be windows into one sequence.
HWY_INLINE auto HashColumns(size_t column, uint64_t row_key) {
  const hn::Rebind<uint32_t, Tag> du;
  const auto first = hn::Set(du, static_cast<uint32_t>(row_key));
  const auto second = hn::Set(du, static_cast<uint32_t>(row_key >> 32));
  // The finaliser "lowbias32" (Wellons 2018), with the second constant in the middle.
  auto h = hn::Add(hn::Iota(du, static_cast<uint32_t>(column)), first);
  h = hn::Mul(hn::Xor(h, hn::ShiftRight<16>(h)), hn::Set(du, 0x7feb352du));
  h = hn::Xor(h, second);
  h = hn::Mul(hn::Xor(h, hn::ShiftRight<15>(h)), hn::Set(du, 0x846ca68bu));
  h = hn::Xor(h, hn::ShiftRight<16>(h));
  const hn::Rebind<int32_t, Tag> di;
  return Widen(SignedTag(), hn::BitCast(di, hn::ShiftRight<1>(h)));
}

void DropoutKernel(Matrix x, Real rate, uint64_t key) {
  const Vec scale = Set(1 / (1 - rate));
  // Kept if the hash is above this; P(dropped) = rate to 2^-31.
  const auto dropped = static_cast<int64_t>(static_cast<double>(rate) * 0x1p31) - 1;
  const auto threshold = hn::Set(SignedTag(), static_cast<hn::TFromD<SignedTag>>(dropped));
  for (int row = 0; row < x.rows; ++row) {
    const uint64_t row_key = RandomKey(key, row);
    Real* x_row = x.Row(row);
    Loop(static_cast<size_t>(x.cols), [=](auto memory, size_t i) ATENTO_BODY {
      const auto keep = hn::RebindMask(Tag(), hn::Gt(HashColumns(i, row_key), threshold));
      const Vec kept = hn::Mul(memory.Load(x_row + i), scale);
      memory.Store(hn::IfThenElseZero(keep, kept), x_row + i);
    });
  }
}

void MaxoutKernel(ConstMatrix x, Matrix y) {
  const size_t n = static_cast<size_t>(y.cols), N = hn::Lanes(Tag());
  for (int row = 0; row < y.rows; ++row) {
    const Real* x_row = x.Row(row);
    Real* y_row = y.Row(row);
    size_t i = 0;
    for (; i + N <= n; i += N) {
      Vec even, odd;
      hn::LoadInterleaved2(Tag(), x_row + 2 * i, even, odd);
      hn::StoreU(hn::IfThenElse(hn::Gt(odd, even), odd, even), Tag(), y_row + i);
    }
    for (; i < n; ++i) y_row[i] = std::max(x_row[2 * i], x_row[2 * i + 1]);
  }
}

void MaxoutBackwardKernel(ConstMatrix x, ConstMatrix d_y, Matrix d_x) {
  const size_t n = static_cast<size_t>(d_y.cols), N = hn::Lanes(Tag());
  for (int row = 0; row < d_y.rows; ++row) {
    const Real* x_row = x.Row(row);
    const Real* d_y_row = d_y.Row(row);
    Real* d_x_row = d_x.Row(row);
    size_t i = 0;
    for (; i + N <= n; i += N) {
      Vec even, odd;
      hn::LoadInterleaved2(Tag(), x_row + 2 * i, even, odd);
      const auto second = hn::Gt(odd, even);
      const Vec d = hn::LoadU(Tag(), d_y_row + i);
      hn::StoreInterleaved2(hn::IfThenZeroElse(second, d), hn::IfThenElseZero(second, d), Tag(),
                            d_x_row + 2 * i);
    }
    for (; i < n; ++i) {
      const bool second = x_row[2 * i + 1] > x_row[2 * i];
      d_x_row[2 * i] = second ? 0 : d_y_row[i];
      d_x_row[2 * i + 1] = second ? d_y_row[i] : 0;
    }
  }
}

const char* TargetKernel() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {
namespace {

bool SameShape(ConstMatrix x, ConstMatrix y) { return x.rows == y.rows && x.cols == y.cols; }
// One row that may be longer than an int can say: in pieces.
template <class Kernel>
void InPieces(Vector x, Kernel kernel) {
  constexpr size_t kPiece = size_t{1} << 30;
  for (size_t begin = 0; begin < x.size(); begin += kPiece) {
    const size_t count = std::min(kPiece, x.size() - begin);
    kernel(Matrix(x.data() + begin, 1, static_cast<int>(count)));
  }
}

}  // namespace

HWY_EXPORT(AddToKernel);
HWY_EXPORT(AddScaledKernel);
HWY_EXPORT(ScaleKernel);
HWY_EXPORT(SigmoidKernel);
HWY_EXPORT(TanhKernel);
HWY_EXPORT(ExpKernel);
HWY_EXPORT(TanhBackwardKernel);
HWY_EXPORT(DotKernel);
HWY_EXPORT(SumOfSquaresKernel);
HWY_EXPORT(AddRowSumsKernel);
HWY_EXPORT(DropoutKernel);
HWY_EXPORT(MaxoutKernel);
HWY_EXPORT(MaxoutBackwardKernel);
HWY_EXPORT(TargetKernel);

void Fill(Matrix x, Real value) {
  for (int row = 0; row < x.rows; ++row) std::fill_n(x.Row(row), x.cols, value);
}

void CopyMatrix(ConstMatrix x, Matrix y) {
  CHECK(SameShape(x, y));
  for (int row = 0; row < x.rows; ++row) std::copy_n(x.Row(row), x.cols, y.Row(row));
}

void AddTo(ConstMatrix x, Matrix y) {
  CHECK(SameShape(x, y));
  HWY_DYNAMIC_DISPATCH(AddToKernel)(x, y);
}

void AddTo(ConstVector x, Vector y) { AddScaled(1, x, y); }

void AddScaled(Real a, ConstVector x, Vector y) {
  CHECK(x.size() == y.size());
  HWY_DYNAMIC_DISPATCH(AddScaledKernel)(a, x, y);
}

void Scale(Real a, Vector x) { HWY_DYNAMIC_DISPATCH(ScaleKernel)(a, x); }

void Sigmoid(Matrix x) { HWY_DYNAMIC_DISPATCH(SigmoidKernel)(x); }
void Tanh(Matrix x) { HWY_DYNAMIC_DISPATCH(TanhKernel)(x); }
void Sigmoid(Vector x) { InPieces(x, HWY_DYNAMIC_DISPATCH(SigmoidKernel)); }
void Tanh(Vector x) { InPieces(x, HWY_DYNAMIC_DISPATCH(TanhKernel)); }
void Exp(Vector x) { InPieces(x, HWY_DYNAMIC_DISPATCH(ExpKernel)); }

void TanhBackward(ConstMatrix y, Matrix d_y) {
  CHECK(SameShape(y, d_y));
  HWY_DYNAMIC_DISPATCH(TanhBackwardKernel)(y, d_y);
}

Real Dot(ConstVector x, ConstVector y) {
  CHECK(x.size() == y.size());
  return HWY_DYNAMIC_DISPATCH(DotKernel)(x, y);
}

double SumOfSquares(ConstVector x) { return HWY_DYNAMIC_DISPATCH(SumOfSquaresKernel)(x); }

void AddRowSums(ConstMatrix x, Vector out) {
  CHECK(static_cast<size_t>(x.cols) == out.size());
  HWY_DYNAMIC_DISPATCH(AddRowSumsKernel)(x, out);
}

void Dropout(Matrix x, Real rate, uint64_t key) {
  CHECK(rate >= 0 && rate < 1);
  if (rate > 0) HWY_DYNAMIC_DISPATCH(DropoutKernel)(x, rate, key);
}

void Maxout(ConstMatrix x, Matrix y) {
  CHECK(x.rows == y.rows && x.cols == 2 * y.cols);
  HWY_DYNAMIC_DISPATCH(MaxoutKernel)(x, y);
}

void MaxoutBackward(ConstMatrix x, ConstMatrix d_y, Matrix d_x) {
  CHECK(SameShape(x, d_x) && x.rows == d_y.rows && x.cols == 2 * d_y.cols);
  HWY_DYNAMIC_DISPATCH(MaxoutBackwardKernel)(x, d_y, d_x);
}

const char* KernelTarget() { return HWY_DYNAMIC_DISPATCH(TargetKernel)(); }

}  // namespace atento
#endif  // HWY_ONCE
