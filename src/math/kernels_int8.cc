// Quantising rows, and what follows products of integers. Contracts: kernels_int8.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_int8.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

#include "math/kernels_int8.h"

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

using ByteTag = hn::Rebind<uint8_t, Tag>;
using IntTag = hn::Rebind<int32_t, Tag>;

HWY_INLINE void StoreBytes(Whole, hn::Vec<ByteTag> v, uint8_t* p) { hn::StoreU(v, ByteTag(), p); }
HWY_INLINE void StoreBytes(Tail tail, hn::Vec<ByteTag> v, uint8_t* p) {
  HWY_ALIGN uint8_t lanes[hn::MaxLanes(ByteTag())];
  hn::Store(v, ByteTag(), lanes);
  std::memcpy(p, lanes, tail.count);
}

HWY_INLINE hn::Vec<IntTag> LoadInts(Whole, const int32_t* p) { return hn::LoadU(IntTag(), p); }
HWY_INLINE hn::Vec<IntTag> LoadInts(Tail tail, const int32_t* p) {
  HWY_ALIGN int32_t lanes[hn::MaxLanes(IntTag())] = {};
  std::memcpy(lanes, p, tail.count * sizeof(int32_t));
  return hn::Load(IntTag(), lanes);
}

// NaN if there is one: what Max does with it depends on the order of its arguments.
HWY_INLINE float LargestMagnitude(const float* x, size_t n) {
  // Magnitudes compare as their bits do, and NaN above all.
  const Vec largest = Fold(
      n, hn::Zero(Tag()),
      [=](auto memory, size_t i, Vec a) ATENTO_BODY {
        const IntTag d;
        const auto bits = hn::BitCast(d, hn::Abs(memory.Load(x + i)));
        return hn::BitCast(Tag(), hn::Max(hn::BitCast(d, a), bits));
      },
      [](Vec a, Vec b) ATENTO_BODY {
        const IntTag d;
        return hn::BitCast(Tag(), hn::Max(hn::BitCast(d, a), hn::BitCast(d, b)));
      });
  const IntTag d;
  return hn::GetLane(hn::BitCast(Tag(), hn::MaxOfLanes(d, hn::BitCast(d, largest))));
}

void QuantizeKernel(ConstMatrix x, uint8_t* q, float* scale) {
  const size_t cols = static_cast<size_t>(x.cols);
  for (int row = 0; row < x.rows; ++row, q += cols) {
    const float* x_row = x.Row(row);
    const float largest = LargestMagnitude(x_row, cols);
    scale[row] = largest / 127;
    // Below this the inverse overflows.
    const bool usable = largest >= 1e-30f && largest <= std::numeric_limits<float>::max();
    if (!usable) {
      if (largest < 1e-30f) scale[row] = 0;
      std::memset(q, kInt8Zero, cols);
      continue;
    }
    const Vec inverse = Set(127 / largest);
    const auto zero = hn::Set(IntTag(), kInt8Zero);
    Loop(cols, [=](auto memory, size_t i) ATENTO_BODY {
      const auto rounded = hn::NearestInt(hn::Mul(memory.Load(x_row + i), inverse));
      StoreBytes(memory, hn::DemoteTo(ByteTag(), hn::Add(rounded, zero)), q + i);
    });
  }
}

// start: what the products are added to, at (row, i).
template <class Start>
HWY_INLINE void Dequantize(const int32_t* sums, const float* row_scale, const Int8Columns& columns,
                           Matrix y, Start start) {
  const float* column_scale = columns.scale;
  const int32_t* offset = columns.offset;
  for (int row = 0; row < y.rows; ++row) {
    const int32_t* row_sums = sums + static_cast<size_t>(row) * static_cast<size_t>(y.cols);
    const Vec scale = Set(row_scale[row]);
    float* y_row = y.Row(row);
    Loop(static_cast<size_t>(y.cols), [=](auto memory, size_t i) ATENTO_BODY {
      const auto terms = hn::Sub(LoadInts(memory, row_sums + i), LoadInts(memory, offset + i));
      const Vec factor = hn::Mul(scale, memory.Load(column_scale + i));
      const Vec sum = start(memory, y_row, i);
      memory.Store(hn::MulAdd(hn::ConvertTo(Tag(), terms), factor, sum), y_row + i);
    });
  }
}

void DequantizeKernel(const int32_t* sums, const float* row_scale, const Int8Columns& columns,
                      ConstVector bias, bool accumulate, Matrix y) {
  const float* b = bias.data();
  if (accumulate && !bias.empty()) {
    Dequantize(sums, row_scale, columns, y,
               [=](auto memory, const float* y_row, size_t i)
                   ATENTO_BODY { return hn::Add(memory.Load(y_row + i), memory.Load(b + i)); });
  } else if (accumulate) {
    Dequantize(sums, row_scale, columns, y,
               [](auto memory, const float* y_row, size_t i)
                   ATENTO_BODY { return memory.Load(y_row + i); });
  } else if (!bias.empty()) {
    Dequantize(sums, row_scale, columns, y,
               [=](auto memory, const float*, size_t i) ATENTO_BODY { return memory.Load(b + i); });
  } else {
    Dequantize(sums, row_scale, columns, y,
               [](auto, const float*, size_t) ATENTO_BODY { return hn::Zero(Tag()); });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(QuantizeKernel);
HWY_EXPORT(DequantizeKernel);

void QuantizeRows(ConstMatrix x, uint8_t* q, float* scale) {
  HWY_DYNAMIC_DISPATCH(QuantizeKernel)(x, q, scale);
}

void DequantizeProduct(const int32_t* sums, const float* row_scale, const Int8Columns& columns,
                       ConstVector bias, bool accumulate, Matrix y) {
  CHECK(bias.empty() || bias.size() == static_cast<size_t>(y.cols));
  HWY_DYNAMIC_DISPATCH(DequantizeKernel)(sums, row_scale, columns, bias, accumulate, y);
}

}  // namespace atento
#endif  // HWY_ONCE
