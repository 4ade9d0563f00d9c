// Softmax and its relatives over one row, the output layer's loss, and top-k. Contracts: kernels.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_output.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

// Σ e^(x_i − max).
HWY_INLINE Real SumOfExps(const Real* x, size_t n, Real max) {
  return Sum(n, [=](auto memory, size_t i, Vec a) ATENTO_BODY {
    return hn::Add(a, memory.Keep(ExpNonPositive(hn::Sub(memory.Load(x + i), Set(max)))));
  });
}

// The same, and x_i becomes e^(x_i − max).
HWY_INLINE Real ReplaceByExps(Real* x, size_t n, Real max) {
  return Sum(n, [=](auto memory, size_t i, Vec a) ATENTO_BODY {
    const Vec e = ExpNonPositive(hn::Sub(memory.Load(x + i), Set(max)));
    memory.Store(e, x + i);
    return hn::Add(a, memory.Keep(e));
  });
}

double LogSumExpKernel(ConstVector x) {
  const Real max = Maximum(x.data(), x.size());
  // Nothing but −∞, or a NaN, which the maximum may have passed over.
  if (max == -kInfinity) {
    for (Real v : x) {
      if (std::isnan(v)) return v;
    }
    return max;
  }
  const Real sum = SumOfExps(x.data(), x.size(), max);
  return static_cast<double>(max) + std::log(static_cast<double>(sum));
}

void SoftmaxKernel(Vector x) {
  const Real max = Maximum(x.data(), x.size());
  const Real scale = 1 / ReplaceByExps(x.data(), x.size(), max);
  Real* p = x.data();
  Loop(x.size(), [=](auto memory, size_t i)
                     ATENTO_BODY { memory.Store(hn::Mul(memory.Load(p + i), Set(scale)), p + i); });
}

void SoftmaxBackwardKernel(ConstVector p, Vector d_x) {
  const Real mean = DotProduct(p.data(), d_x.data(), p.size());
  const Real* p_row = p.data();
  Real* d = d_x.data();
  Loop(p.size(), [=](auto memory, size_t i) ATENTO_BODY {
    const Vec centred = hn::Sub(memory.Load(d + i), Set(mean));
    memory.Store(hn::Mul(memory.Load(p_row + i), centred), d + i);
  });
}

Real SoftmaxCrossEntropyKernel(Vector logits, int target, Real epsilon, Real scale,
                               Real* log_prob) {
  Real* x = logits.data();
  const size_t n = logits.size();
  const double max = static_cast<double>(Maximum(x, n));
  const double target_below_max = max - static_cast<double>(x[target]);
  double mean_below_max = 0;
  if (epsilon > 0) {
    const Real sum = Sum(n, [=](auto memory, size_t i, Vec a) ATENTO_BODY {
      return hn::Add(a, memory.Keep(hn::Sub(Set(static_cast<Real>(max)), memory.Load(x + i))));
    });
    mean_below_max = static_cast<double>(sum) / static_cast<double>(n);
  }

  Real sum;
  if (scale != 0) {
    sum = ReplaceByExps(x, n, static_cast<Real>(max));
    // scale (p − q)
    const Vec factor = Set(scale / sum);
    const Vec smoothing = Set(scale * epsilon / static_cast<Real>(n));
    Loop(n, [=](auto memory, size_t i) ATENTO_BODY {
      memory.Store(hn::MulSub(memory.Load(x + i), factor, smoothing), x + i);
    });
    x[target] -= scale * (1 - epsilon);
  } else {
    sum = SumOfExps(x, n, static_cast<Real>(max));
  }

  const double log_sum = std::log(static_cast<double>(sum));
  if (log_prob) *log_prob = static_cast<Real>(-target_below_max - log_sum);
  const double smoothing = static_cast<double>(epsilon);
  double loss = log_sum + (1 - smoothing) * target_below_max;
  if (epsilon > 0) loss += smoothing * mean_below_max;
  return static_cast<Real>(loss);
}

// The first index in [begin, n) from which on some entry of a small block exceeds the bound; n if
// none.
size_t SkipSmaller(const Real* x, size_t begin, size_t n, Real bound) {
  const Tag d;
  const size_t N = hn::Lanes(d);
  const Vec limit = Set(bound);
  size_t i = begin;
  for (; i + 4 * N <= n; i += 4 * N) {
    const auto low =
        hn::Or(hn::Gt(hn::LoadU(d, x + i), limit), hn::Gt(hn::LoadU(d, x + i + N), limit));
    const auto high = hn::Or(hn::Gt(hn::LoadU(d, x + i + 2 * N), limit),
                             hn::Gt(hn::LoadU(d, x + i + 3 * N), limit));
    if (!hn::AllFalse(d, hn::Or(low, high))) break;
  }
  while (i < n && !(x[i] > bound)) ++i;
  return i;
}

void TopKKernel(ConstVector x, int k, int* index) {
  const auto value = [&](int i) {
    const Real v = x[static_cast<size_t>(i)];
    return std::isnan(v) ? -kInfinity : v;
  };
  const auto better = [&](int i, int j) {
    const Real a = value(i), b = value(j);
    return a != b ? a > b : i < j;
  };
  // A heap with the worst of the best on top. A later entry enters only if it is greater than that:
  // of equals the earlier stays.
  for (int i = 0; i < k; ++i) index[i] = i;
  std::make_heap(index, index + k, better);
  size_t i = static_cast<size_t>(k);
  while (true) {
    i = SkipSmaller(x.data(), i, x.size(), value(index[0]));
    if (i == x.size()) break;
    std::pop_heap(index, index + k, better);
    index[k - 1] = static_cast<int>(i++);
    std::push_heap(index, index + k, better);
  }
  std::sort_heap(index, index + k, better);
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(LogSumExpKernel);
HWY_EXPORT(SoftmaxKernel);
HWY_EXPORT(SoftmaxBackwardKernel);
HWY_EXPORT(SoftmaxCrossEntropyKernel);
HWY_EXPORT(TopKKernel);

Real LogSumExp(ConstVector x) {
  return static_cast<Real>(HWY_DYNAMIC_DISPATCH(LogSumExpKernel)(x));
}

void Softmax(Vector x) { HWY_DYNAMIC_DISPATCH(SoftmaxKernel)(x); }

void SoftmaxBackward(ConstVector p, Vector d_x) {
  CHECK(p.size() == d_x.size());
  HWY_DYNAMIC_DISPATCH(SoftmaxBackwardKernel)(p, d_x);
}

Real SoftmaxCrossEntropy(Vector logits, int target, Real epsilon, Real scale, Real* log_prob) {
  CHECK(target >= 0 && static_cast<size_t>(target) < logits.size());
  return HWY_DYNAMIC_DISPATCH(SoftmaxCrossEntropyKernel)(logits, target, epsilon, scale, log_prob);
}

void TopK(ConstVector x, int k, int* index) {
  CHECK(k >= 1 && static_cast<size_t>(k) <= x.size());
  HWY_DYNAMIC_DISPATCH(TopKKernel)(x, k, index);
}

}  // namespace atento
#endif  // HWY_ONCE
