// Attention over the rows of one sentence. Contracts: kernels.h. Equations: layers/attention.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_attention.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

// The row of a sentence's position j.
template <class T>
HWY_INLINE T* RowOf(MatrixView<T> matrix, const MemoryRows& rows, int j) {
  return matrix.Row(rows.offset[j] + rows.column);
}

void DotScoresKernel(ConstVector q, ConstMatrix keys, MemoryRows rows, Real* e) {
  for (int j = 0; j < rows.count; ++j) {
    e[j] = DotProduct(q.data(), RowOf(keys, rows, j), q.size());
  }
}

void DotScoresBackwardKernel(ConstVector query, ConstMatrix keys, MemoryRows rows, const Real* d_e,
                             Vector d_query, Matrix d_keys) {
  const Real* q = query.data();
  Real* d_q = d_query.data();
  for (int j = 0; j < rows.count; ++j) {
    const Real* k = RowOf(keys, rows, j);
    Real* d_k = RowOf(d_keys, rows, j);
    const Vec d_e_j = Set(d_e[j]);
    Loop(query.size(), [=](auto memory, size_t i) ATENTO_BODY {
      memory.Store(hn::MulAdd(d_e_j, memory.Load(k + i), memory.Load(d_q + i)), d_q + i);
      memory.Store(hn::MulAdd(d_e_j, memory.Load(q + i), memory.Load(d_k + i)), d_k + i);
    });
  }
}

// tanh(q + k_j), or with coverage tanh(q + k_j + κ_j w_c), from i on.
template <bool kCoverage, class Memory>
HWY_INLINE Vec AdditiveTau(Memory memory, size_t i, const Real* q, const Real* k, Vec kappa_j,
                           const Real* w_c) {
  Vec argument = hn::Add(memory.Load(q + i), memory.Load(k + i));
  if constexpr (kCoverage) argument = hn::MulAdd(kappa_j, memory.Load(w_c + i), argument);
  return TanhLanes(argument);
}

// Position j's κ_j; without coverage nobody looks at it.
template <bool kCoverage>
HWY_INLINE Vec KappaOf(const AdditiveCoverage& coverage, int j) {
  return kCoverage ? Set(coverage.kappa[j]) : hn::Zero(Tag());
}

template <bool kCoverage>
HWY_INLINE void AdditiveForward(ConstVector query, ConstMatrix keys, ConstVector weights,
                                const AdditiveCoverage& coverage, MemoryRows rows, Real* e) {
  const Real *q = query.data(), *v = weights.data(), *w_c = coverage.w_c.data();
  for (int j = 0; j < rows.count; ++j) {
    const Real* k = RowOf(keys, rows, j);
    const Vec kappa_j = KappaOf<kCoverage>(coverage, j);
    e[j] = Sum(query.size(), [=](auto memory, size_t i, Vec a) ATENTO_BODY {
      const Vec tau = AdditiveTau<kCoverage>(memory, i, q, k, kappa_j, w_c);
      return hn::MulAdd(memory.Load(v + i), tau, a);
    });
  }
}

template <bool kCoverage>
HWY_INLINE void AdditiveBackward(ConstVector query, ConstMatrix keys, ConstVector weights,
                                 const AdditiveCoverage& coverage, MemoryRows rows, const Real* d_e,
                                 Vector d_query, Matrix d_keys, Vector d_weights,
                                 const AdditiveCoverageGradient& d_coverage) {
  const Real *q = query.data(), *v = weights.data(), *w_c = coverage.w_c.data();
  Real *d_q = d_query.data(), *d_v = d_weights.data(), *d_w_c = d_coverage.d_w_c.data();
  for (int j = 0; j < rows.count; ++j) {
    const Real* k = RowOf(keys, rows, j);
    Real* d_k = RowOf(d_keys, rows, j);
    const Vec d_e_j = Set(d_e[j]), kappa_j = KappaOf<kCoverage>(coverage, j);
    // Returns δ, the gradient of the argument of tanh.
    const auto add_gradients = [=](auto memory, size_t i) ATENTO_BODY {
      const Vec tau = AdditiveTau<kCoverage>(memory, i, q, k, kappa_j, w_c);
      const Vec delta = hn::Mul(hn::Mul(d_e_j, memory.Load(v + i)), TanhSlope(tau));
      memory.Store(hn::MulAdd(d_e_j, tau, memory.Load(d_v + i)), d_v + i);
      memory.Store(hn::Add(memory.Load(d_q + i), delta), d_q + i);
      memory.Store(hn::Add(memory.Load(d_k + i), delta), d_k + i);
      return delta;
    };
    if constexpr (kCoverage) {
      d_coverage.d_kappa[j] += Sum(query.size(), [=](auto memory, size_t i, Vec a) ATENTO_BODY {
        const Vec delta = add_gradients(memory, i);
        memory.Store(hn::MulAdd(kappa_j, delta, memory.Load(d_w_c + i)), d_w_c + i);
        return hn::MulAdd(memory.Load(w_c + i), delta, a);
      });
    } else {
      Loop(query.size(), add_gradients);
    }
  }
}

void AdditiveScoresKernel(ConstVector q, ConstMatrix keys, ConstVector v, MemoryRows rows,
                          Real* e) {
  AdditiveForward<false>(q, keys, v, {}, rows, e);
}

void AdditiveScoresBackwardKernel(ConstVector q, ConstMatrix keys, ConstVector v, MemoryRows rows,
                                  const Real* d_e, Vector d_q, Matrix d_keys, Vector d_v) {
  AdditiveBackward<false>(q, keys, v, {}, rows, d_e, d_q, d_keys, d_v, {});
}

void AdditiveCoverageScoresKernel(ConstVector q, ConstMatrix keys, ConstVector v,
                                  const AdditiveCoverage& coverage, MemoryRows rows, Real* e) {
  AdditiveForward<true>(q, keys, v, coverage, rows, e);
}

void AdditiveCoverageScoresBackwardKernel(ConstVector q, ConstMatrix keys, ConstVector v,
                                          const AdditiveCoverage& coverage, MemoryRows rows,
                                          const Real* d_e, Vector d_q, Matrix d_keys, Vector d_v,
                                          const AdditiveCoverageGradient& d_coverage) {
  AdditiveBackward<true>(q, keys, v, coverage, rows, d_e, d_q, d_keys, d_v, d_coverage);
}

void WeightedSumKernel(const Real* alpha, ConstMatrix h, MemoryRows rows, Vector c) {
  Real* sum = c.data();
  Loop(c.size(),
       [=](auto memory, size_t i) ATENTO_BODY { memory.Store(hn::Zero(Tag()), sum + i); });
  int j = 0;
  for (; j + 4 <= rows.count; j += 4) {
    const Real* four[4] = {RowOf(h, rows, j), RowOf(h, rows, j + 1), RowOf(h, rows, j + 2),
                           RowOf(h, rows, j + 3)};
    AddScaledRows(alpha + j, four, sum, c.size());
  }
  for (; j < rows.count; ++j) AddScaledRow(alpha[j], RowOf(h, rows, j), sum, c.size());
}

void WeightedSumBackwardKernel(const Real* alpha, ConstMatrix h, MemoryRows rows,
                               ConstVector d_context, Real* d_alpha, Matrix d_h) {
  const Real* d_c = d_context.data();
  for (int j = 0; j < rows.count; ++j) {
    const Real* h_j = RowOf(h, rows, j);
    Real* d_h_j = RowOf(d_h, rows, j);
    const Vec alpha_j = Set(alpha[j]);
    d_alpha[j] = Sum(d_context.size(), [=](auto memory, size_t i, Vec a) ATENTO_BODY {
      const Vec d = memory.Load(d_c + i);
      memory.Store(hn::MulAdd(alpha_j, d, memory.Load(d_h_j + i)), d_h_j + i);
      return hn::MulAdd(d, memory.Load(h_j + i), a);
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(DotScoresKernel);
HWY_EXPORT(DotScoresBackwardKernel);
HWY_EXPORT(AdditiveScoresKernel);
HWY_EXPORT(AdditiveScoresBackwardKernel);
HWY_EXPORT(AdditiveCoverageScoresKernel);
HWY_EXPORT(AdditiveCoverageScoresBackwardKernel);
HWY_EXPORT(WeightedSumKernel);
HWY_EXPORT(WeightedSumBackwardKernel);

namespace {
// Whether the rows are in the matrix and as wide as the vector.
bool Fits(const MemoryRows& rows, ConstMatrix matrix, ConstVector vector) {
  return static_cast<size_t>(matrix.cols) == vector.size() &&
         (rows.count == 0 || rows.offset[rows.count - 1] + rows.column < matrix.rows);
}
}  // namespace

void DotScores(ConstVector q, ConstMatrix keys, MemoryRows rows, Real* e) {
  CHECK(Fits(rows, keys, q));
  HWY_DYNAMIC_DISPATCH(DotScoresKernel)(q, keys, rows, e);
}

void DotScoresBackward(ConstVector q, ConstMatrix keys, MemoryRows rows, const Real* d_e,
                       Vector d_q, Matrix d_keys) {
  CHECK(Fits(rows, keys, q) && Fits(rows, d_keys, d_q) && d_q.size() == q.size());
  HWY_DYNAMIC_DISPATCH(DotScoresBackwardKernel)(q, keys, rows, d_e, d_q, d_keys);
}

void AdditiveScores(ConstVector q, ConstMatrix keys, ConstVector v, MemoryRows rows, Real* e) {
  CHECK(Fits(rows, keys, q) && v.size() == q.size());
  HWY_DYNAMIC_DISPATCH(AdditiveScoresKernel)(q, keys, v, rows, e);
}

void AdditiveScoresBackward(ConstVector q, ConstMatrix keys, ConstVector v, MemoryRows rows,
                            const Real* d_e, Vector d_q, Matrix d_keys, Vector d_v) {
  CHECK(Fits(rows, keys, q) && Fits(rows, d_keys, d_q) && d_q.size() == q.size());
  CHECK(v.size() == q.size() && d_v.size() == q.size());
  HWY_DYNAMIC_DISPATCH(AdditiveScoresBackwardKernel)(q, keys, v, rows, d_e, d_q, d_keys, d_v);
}

void AdditiveCoverageScores(ConstVector q, ConstMatrix keys, ConstVector v,
                            const AdditiveCoverage& coverage, MemoryRows rows, Real* e) {
  CHECK(Fits(rows, keys, q) && v.size() == q.size() && coverage.w_c.size() == q.size());
  HWY_DYNAMIC_DISPATCH(AdditiveCoverageScoresKernel)(q, keys, v, coverage, rows, e);
}

void AdditiveCoverageScoresBackward(ConstVector q, ConstMatrix keys, ConstVector v,
                                    const AdditiveCoverage& coverage, MemoryRows rows,
                                    const Real* d_e, Vector d_q, Matrix d_keys, Vector d_v,
                                    const AdditiveCoverageGradient& d_coverage) {
  CHECK(Fits(rows, keys, q) && Fits(rows, d_keys, d_q) && d_q.size() == q.size());
  CHECK(v.size() == q.size() && d_v.size() == q.size());
  CHECK(coverage.w_c.size() == q.size() && d_coverage.d_w_c.size() == q.size());
  HWY_DYNAMIC_DISPATCH(AdditiveCoverageScoresBackwardKernel)
  (q, keys, v, coverage, rows, d_e, d_q, d_keys, d_v, d_coverage);
}

void WeightedSum(const Real* alpha, ConstMatrix h, MemoryRows rows, Vector c) {
  CHECK(Fits(rows, h, c));
  HWY_DYNAMIC_DISPATCH(WeightedSumKernel)(alpha, h, rows, c);
}

void WeightedSumBackward(const Real* alpha, ConstMatrix h, MemoryRows rows, ConstVector d_c,
                         Real* d_alpha, Matrix d_h) {
  CHECK(Fits(rows, h, d_c) && Fits(rows, d_h, d_c));
  HWY_DYNAMIC_DISPATCH(WeightedSumBackwardKernel)(alpha, h, rows, d_c, d_alpha, d_h);
}

}  // namespace atento
#endif  // HWY_ONCE
