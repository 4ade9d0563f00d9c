// What the kernels share: loops over vectors with tails, and exp, tanh and the logistic function on
// vectors. Compiled once per instruction set, as Highway's foreach_target.h does; hence the guard.
#if defined(ATENTO_MATH_KERNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATENTO_MATH_KERNELS_INL_H_
#undef ATENTO_MATH_KERNELS_INL_H_
#else
#define ATENTO_MATH_KERNELS_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "math/kernels.h"

// Loop bodies are lambdas: they must be compiled for the target and vanish into the loop.
#undef ATENTO_BODY
#define ATENTO_BODY HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<Real>;
using Vec = hn::Vec<Tag>;
using BitsTag = hn::RebindToUnsigned<Tag>;
using SignedTag = hn::RebindToSigned<Tag>;

constexpr bool kIsFloat = sizeof(Real) == 4;
constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

HWY_INLINE Vec Set(Real x) { return hn::Set(Tag(), x); }

// ---- memory ------------------------------------------------------------------------------------

// A whole vector.
struct Whole {
  HWY_INLINE Vec Load(const Real* p) const { return hn::LoadU(Tag(), p); }
  HWY_INLINE Vec LoadOr(const Real* p, Real) const { return hn::LoadU(Tag(), p); }
  HWY_INLINE void Store(Vec v, Real* p) const { hn::StoreU(v, Tag(), p); }
  HWY_INLINE Vec Keep(Vec v) const { return v; }
};

// The first `count` lanes of one; memory behind them is not touched. The other lanes load as zero.
struct Tail {
  size_t count;

  HWY_INLINE Vec Load(const Real* p) const {
    const Tag d;
#if HWY_MEM_OPS_MIGHT_FAULT
    HWY_ALIGN Real lanes[hn::MaxLanes(d)] = {};
    std::memcpy(lanes, p, count * sizeof(Real));
    return hn::Load(d, lanes);
#else
    return hn::MaskedLoad(hn::FirstN(d, count), d, p);
#endif
  }
  HWY_INLINE Vec LoadOr(const Real* p, Real other) const {
    return hn::IfThenElse(hn::FirstN(Tag(), count), Load(p), Set(other));
  }
  HWY_INLINE void Store(Vec v, Real* p) const {
    const Tag d;
#if HWY_MEM_OPS_MIGHT_FAULT
    HWY_ALIGN Real lanes[hn::MaxLanes(d)];
    hn::Store(v, d, lanes);
    std::memcpy(p, lanes, count * sizeof(Real));
#else
    hn::BlendedStore(v, hn::FirstN(d, count), d, p);
#endif
  }
  HWY_INLINE Vec Keep(Vec v) const { return hn::IfThenElseZero(hn::FirstN(Tag(), count), v); }
};

// ---- loops -------------------------------------------------------------------------------------

// body(memory, i) for i = 0, N, 2N, … < n, where memory is Whole or, at the end, Tail.
template <class Body>
HWY_INLINE void Loop(size_t n, Body body) {
  const size_t N = hn::Lanes(Tag());
  size_t i = 0;
  for (; i + N <= n; i += N) body(Whole{}, i);
  if (i < n) body(Tail{n - i}, i);
}

// The same over the rows of matrices: body(memory, row, i). Matrices without gaps are one long row.
template <class Body>
HWY_INLINE void LoopRows(bool contiguous, int rows, int cols, Body body) {
  if (contiguous) {
    Loop(static_cast<size_t>(rows) * static_cast<size_t>(cols),
         [&](auto memory, size_t i) ATENTO_BODY { body(memory, 0, i); });
    return;
  }
  for (int row = 0; row < rows; ++row) {
    Loop(static_cast<size_t>(cols),
         [&](auto memory, size_t i) ATENTO_BODY { body(memory, row, i); });
  }
}

// Folds body(memory, i, accumulator) -> accumulator over four accumulators, so that the latency of
// one addition does not bound the speed, and these by join. The order depends on n alone.
template <class Body, class Join>
HWY_INLINE Vec Fold(size_t n, Vec start, Body body, Join join) {
  const size_t N = hn::Lanes(Tag());
  Vec a0 = start, a1 = start, a2 = start, a3 = start;
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
    a0 = body(Whole{}, i, a0);
    a1 = body(Whole{}, i + N, a1);
    a2 = body(Whole{}, i + 2 * N, a2);
    a3 = body(Whole{}, i + 3 * N, a3);
  }
  for (; i + N <= n; i += N) a0 = body(Whole{}, i, a0);
  if (i < n) a1 = body(Tail{n - i}, i, a1);
  return join(join(a0, a1), join(a2, a3));
}

// body adds to its accumulator; a tail must add zeros in the lanes that are not there.
template <class Body>
HWY_INLINE Real Sum(size_t n, Body body) {
  const Vec sum =
      Fold(n, hn::Zero(Tag()), body, [](Vec a, Vec b) ATENTO_BODY { return hn::Add(a, b); });
  return hn::GetLane(hn::SumOfLanes(Tag(), sum));
}

HWY_INLINE Real Maximum(const Real* x, size_t n) {
  const Vec max = Fold(
      n, Set(-kInfinity),
      [=](auto memory, size_t i, Vec a)
          ATENTO_BODY { return hn::Max(a, memory.LoadOr(x + i, -kInfinity)); },
      [](Vec a, Vec b) ATENTO_BODY { return hn::Max(a, b); });
  return hn::GetLane(hn::MaxOfLanes(Tag(), max));
}

HWY_INLINE Real DotProduct(const Real* x, const Real* y, size_t n) {
  return Sum(n, [=](auto memory, size_t i, Vec a)
                    ATENTO_BODY { return hn::MulAdd(memory.Load(x + i), memory.Load(y + i), a); });
}

// ---- functions ---------------------------------------------------------------------------------

// e^x = 2^n (1 + p) with |x − n ln 2| <= ln 2 / 2. Valid where n fits in the low bits of `shifted`,
// whose last bits are those of n: adding 1.5·2^23 (2^52) rounds to an integer.
struct ReducedExp {
  Vec p;
  Vec shifted;
};
constexpr int kMantissaBits = kIsFloat ? 23 : 52;
constexpr int kExponentBias = kIsFloat ? 127 : 1023;
constexpr Real kRounder = kIsFloat ? Real(0x1.8p23) : Real(0x1.8p52);

// e^r − 1 for |r| <= ln 2 / 2. float: interpolated at Chebyshev nodes, 0.2 ulp. double: Taylor.
HWY_INLINE Vec Expm1Polynomial(Vec r) {
  Vec q;
  if constexpr (kIsFloat) {
    q = Set(Real(0.00139262504));
    q = hn::MulAdd(q, r, Set(Real(0.00836323295)));
    q = hn::MulAdd(q, r, Set(Real(0.0416665524)));
    q = hn::MulAdd(q, r, Set(Real(0.166665763)));
    q = hn::MulAdd(q, r, Set(Real(0.5)));
  } else {
    constexpr double kInverseFactorials[] = {
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
        1.0 / 5040,       1.0 / 720,       1.0 / 120,      1.0 / 24,      1.0 / 6,      1.0 / 2};
    q = hn::Zero(Tag());
    for (double c : kInverseFactorials) q = hn::MulAdd(q, r, Set(static_cast<Real>(c)));
  }
  return hn::MulAdd(q, hn::Mul(r, r), r);
}

HWY_INLINE ReducedExp Reduce(Vec x) {
  constexpr Real kLog2E = Real(1.442695040888963407359924681);
  // ln 2 in two parts; n times the first is exact.
  constexpr Real kLn2High = kIsFloat ? Real(0.693145751953125) : Real(0.6931471805596629565116018);
  constexpr Real kLn2Low =
      kIsFloat ? Real(1.428606820309417232e-6) : Real(0.28235290563031577122588448175e-12);
  const Vec shifted = hn::MulAdd(x, Set(kLog2E), Set(kRounder));
  const Vec n = hn::Sub(shifted, Set(kRounder));
  const Vec r = hn::NegMulAdd(n, Set(kLn2Low), hn::NegMulAdd(n, Set(kLn2High), x));
  return {Expm1Polynomial(r), shifted};
}

// 2^(n + offset), which must be a normal number. The upper bits of `shifted` are shifted out.
HWY_INLINE Vec PowerOfTwo(Vec shifted, int offset) {
  const BitsTag du;
  using Bits = hn::TFromD<BitsTag>;
  const auto n =
      hn::Add(hn::BitCast(du, shifted), hn::Set(du, static_cast<Bits>(kExponentBias + offset)));
  return hn::BitCast(Tag(), hn::ShiftLeft<kMantissaBits>(n));
}

// Min and Max that keep a NaN in x. x86 returns the second operand if one is a NaN, and Arm the
// NaN; the targets without vectors drop it.
constexpr bool kMinMaxDropNan = HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128;
HWY_INLINE Vec AtLeast(Real low, Vec x) {
  if constexpr (kMinMaxDropNan) return hn::IfThenElse(hn::Lt(x, Set(low)), Set(low), x);
  return hn::Max(Set(low), x);
}
HWY_INLINE Vec AtMost(Real high, Vec x) {
  if constexpr (kMinMaxDropNan) return hn::IfThenElse(hn::Gt(x, Set(high)), Set(high), x);
  return hn::Min(Set(high), x);
}

// Below this e^x rounds to 0, above the other to infinity.
constexpr Real kExpLowest = kIsFloat ? Real(-104) : Real(-746);
constexpr Real kExpHighest = kIsFloat ? Real(89) : Real(710);

// e^x for x <= 0, −∞ included.
HWY_INLINE Vec ExpNonPositive(Vec x) {
  const ReducedExp e = Reduce(AtLeast(kExpLowest, x));
  // 2^n may be subnormal, and then its bits are not simply n.
  const Vec scaled = hn::Mul(hn::Add(e.p, Set(1)), PowerOfTwo(e.shifted, 64));
  return hn::Mul(scaled, Set(Real(0x1p-64)));
}

HWY_INLINE Vec ExpLanes(Vec x) {
  const SignedTag di;
  const Vec clamped = AtMost(kExpHighest, AtLeast(kExpLowest, x));
  const ReducedExp e = Reduce(clamped);
  // 2^n is out of range at both ends: two factors.
  const auto n = hn::Sub(hn::BitCast(di, e.shifted), hn::BitCast(di, Set(kRounder)));
  const auto half = hn::ShiftRight<1>(n);
  const auto power = [&](auto k) ATENTO_BODY {
    const auto biased = hn::Add(k, hn::Set(di, kExponentBias));
    return hn::BitCast(Tag(), hn::ShiftLeft<kMantissaBits>(biased));
  };
  return hn::Mul(hn::Mul(hn::Add(e.p, Set(1)), power(half)), power(hn::Sub(n, half)));
}

// 1 / (1 + e^−x), relative precision everywhere.
HWY_INLINE Vec SigmoidLanes(Vec x) {
  const Vec e = ExpNonPositive(hn::Neg(hn::Abs(x)));
  const Vec one = Set(1);
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(Tag())), e, one), hn::Add(one, e));
}

// tanh |x| = −t / (2 + t) with t = e^−2|x| − 1, which 2^n p + (2^n − 1) gives without cancellation.
HWY_INLINE Vec TanhLanes(Vec x) {
  constexpr Real kSaturated = kIsFloat ? Real(10) : Real(20);
  const Vec magnitude = AtMost(kSaturated, hn::Abs(x));
  const ReducedExp e = Reduce(hn::Mul(magnitude, Set(-2)));
  const Vec power = PowerOfTwo(e.shifted, 0);
  const Vec t = hn::MulAdd(e.p, power, hn::Sub(power, Set(1)));
  return hn::CopySign(hn::Div(t, hn::Add(t, Set(2))), x);
}

// y = σ(x): y (1 − y).  y = tanh(x): 1 − y².
HWY_INLINE Vec SigmoidSlope(Vec y) { return hn::NegMulAdd(y, y, y); }
HWY_INLINE Vec TanhSlope(Vec y) { return hn::NegMulAdd(y, y, Set(1)); }

// ---- rows --------------------------------------------------------------------------------------

// y += a x.
HWY_INLINE void AddScaledRow(Real a, const Real* x, Real* y, size_t n) {
  const Vec scale = Set(a);
  Loop(n, [=](auto memory, size_t i) ATENTO_BODY {
    memory.Store(hn::MulAdd(scale, memory.Load(x + i), memory.Load(y + i)), y + i);
  });
}

// y += a0 x0 + a1 x1 + a2 x2 + a3 x3: y is read and written once instead of four times.
HWY_INLINE void AddScaledRows(const Real* a, const Real* const* x, Real* y, size_t n) {
  const Vec a0 = Set(a[0]), a1 = Set(a[1]), a2 = Set(a[2]), a3 = Set(a[3]);
  const Real *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
  Loop(n, [=](auto memory, size_t i) ATENTO_BODY {
    Vec sum = hn::MulAdd(a0, memory.Load(x0 + i), memory.Load(y + i));
    sum = hn::MulAdd(a1, memory.Load(x1 + i), sum);
    sum = hn::MulAdd(a2, memory.Load(x2 + i), sum);
    sum = hn::MulAdd(a3, memory.Load(x3 + i), sum);
    memory.Store(sum, y + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#endif  // ATENTO_MATH_KERNELS_INL_H_
