// Rounding to bfloat16 and back. Contracts: kernels.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_bfloat16.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

// As many lanes as a vector of Reals has.
using FloatTag = hn::Rebind<float, Tag>;
using WordTag = hn::Rebind<uint32_t, Tag>;
using HalfTag = hn::Rebind<uint16_t, Tag>;

// Templates, because a branch that is not taken must not be compiled.
template <class V>
HWY_INLINE hn::Vec<FloatTag> ToFloat(V v) {
  if constexpr (std::is_same_v<V, hn::Vec<FloatTag>>) {
    return v;
  } else {
    return hn::DemoteTo(FloatTag(), v);
  }
}

template <class V>
HWY_INLINE Vec FromFloat(V v) {
  if constexpr (std::is_same_v<V, Vec>) {
    return v;
  } else {
    return hn::PromoteTo(Tag(), v);
  }
}

HWY_INLINE hn::Vec<HalfTag> RoundLanes(Vec x) {
  const WordTag d;
  const auto bits = hn::BitCast(d, ToFloat(x));
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1u));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fffu)));
  // A NaN whose payload lies below would become infinity, and the largest would overflow.
  const auto quiet = hn::Or(bits, hn::Set(d, 0x400000u));
  const auto is_nan = hn::Gt(hn::And(bits, hn::Set(d, 0x7fffffffu)), hn::Set(d, 0x7f800000u));
  return hn::TruncateTo(HalfTag(), hn::ShiftRight<16>(hn::IfThenElse(is_nan, quiet, rounded)));
}

HWY_INLINE void StoreHalves(Whole, hn::Vec<HalfTag> v, uint16_t* p) { hn::StoreU(v, HalfTag(), p); }
HWY_INLINE void StoreHalves(Tail tail, hn::Vec<HalfTag> v, uint16_t* p) {
  HWY_ALIGN uint16_t lanes[hn::MaxLanes(HalfTag())];
  hn::Store(v, HalfTag(), lanes);
  std::memcpy(p, lanes, tail.count * sizeof(uint16_t));
}

HWY_INLINE hn::Vec<HalfTag> LoadHalves(Whole, const uint16_t* p) { return hn::LoadU(HalfTag(), p); }
HWY_INLINE hn::Vec<HalfTag> LoadHalves(Tail tail, const uint16_t* p) {
  HWY_ALIGN uint16_t lanes[hn::MaxLanes(HalfTag())] = {};
  std::memcpy(lanes, p, tail.count * sizeof(uint16_t));
  return hn::Load(HalfTag(), lanes);
}

void RoundKernel(ConstMatrix x, uint16_t* y) {
  LoopRows(x.contiguous(), x.rows, x.cols, [=](auto memory, int row, size_t i) ATENTO_BODY {
    uint16_t* to = y + static_cast<size_t>(row) * static_cast<size_t>(x.cols) + i;
    StoreHalves(memory, RoundLanes(memory.Load(x.Row(row) + i)), to);
  });
}

void WidenKernel(std::span<const uint16_t> x, Vector y) {
  const uint16_t* from = x.data();
  Real* to = y.data();
  Loop(x.size(), [=](auto memory, size_t i) ATENTO_BODY {
    const auto bits = hn::PromoteTo(WordTag(), LoadHalves(memory, from + i));
    memory.Store(FromFloat(hn::BitCast(FloatTag(), hn::ShiftLeft<16>(bits))), to + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(RoundKernel);
HWY_EXPORT(WidenKernel);

void RoundToBfloat16(ConstMatrix x, uint16_t* y) { HWY_DYNAMIC_DISPATCH(RoundKernel)(x, y); }

void FromBfloat16(std::span<const uint16_t> x, Vector y) {
  CHECK(x.size() == y.size());
  HWY_DYNAMIC_DISPATCH(WidenKernel)(x, y);
}

}  // namespace atento
#endif  // HWY_ONCE
