// Quantised rows, and what becomes of products of them.
#include "math/kernels_int8.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "math/kernels_test_util.h"

namespace atento {
namespace {

using Int8Test = KernelTest;
ATENTO_ON_EVERY_TARGET(Int8Test);

struct Quantized {
  std::vector<uint8_t> q;
  std::vector<float> scale;
};

Quantized Quantize(GuardedMatrix& x) {
  const Matrix view = x.view();
  Quantized result{std::vector<uint8_t>(view.size() + 1, 7),
                   std::vector<float>(static_cast<size_t>(view.rows))};
  QuantizeRows(view, result.q.data(), result.scale.data());
  EXPECT_EQ(result.q.back(), 7) << "wrote behind the end";
  result.q.pop_back();
  return result;
}

TEST_P(Int8Test, EveryNumberIsTheNearestMultipleOfItsRowsScale) {
  for (int cols : kLengths) {
    if (cols == 0) continue;
    for (int gap : {0, 3}) {
      GuardedMatrix x(random_, 3, cols, gap);
      for (Real& value : x.row(1)) value *= 1000;
      const Quantized result = Quantize(x);
      for (int i = 0; i < 3; ++i) {
        double largest = 0;
        for (double value : x.Doubles(i)) largest = std::max(largest, std::abs(value));
        const double scale = result.scale[static_cast<size_t>(i)];
        ExpectClose(scale / largest * 127, 1, 1e-6, "scale", i);
        for (int j = 0; j < cols; ++j) {
          const int q = result.q[static_cast<size_t>(i * cols + j)];
          EXPECT_GE(q, 1);
          EXPECT_LE(std::abs(scale * (q - kInt8Zero) - x(i, j)), 0.5001 * scale) << i << "," << j;
        }
      }
    }
  }
}

TEST_P(Int8Test, RowsOfZerosAndOfWhatIsNotFinite) {
  GuardedMatrix x(random_, 5, 20);
  for (Real& value : x.row(0)) value = 0;
  for (Real& value : x.row(1)) value = Real(1e-40);
  x(2, 19) = std::numeric_limits<Real>::quiet_NaN();
  x(3, 0) = -std::numeric_limits<Real>::infinity();
  const Quantized result = Quantize(x);
  for (size_t i = 0; i < 80; ++i) EXPECT_EQ(result.q[i], kInt8Zero) << i;
  EXPECT_EQ(result.scale[0], 0);
  EXPECT_EQ(result.scale[1], 0);
  EXPECT_TRUE(std::isnan(result.scale[2]));
  EXPECT_EQ(result.scale[3], std::numeric_limits<float>::infinity());
  EXPECT_LT(result.scale[4], 1);
}

TEST_P(Int8Test, ProductsAreScaledAndAdded) {
  for (int cols : kLengths) {
    for (int choice = 0; choice < 4; ++choice) {
      const bool accumulate = (choice & 1) != 0, with_bias = (choice & 2) != 0;
      GuardedMatrix y(random_, 3, cols), column_scale(random_, 1, cols), bias(random_, 1, cols);
      const float row_scale[3] = {0.5f, 2, 0.001f};
      std::vector<int32_t> sums, offset;
      for (int i = 0; i < 3 * cols; ++i) {
        sums.push_back(static_cast<int32_t>(random_.Below(2'000'000)) - 1'000'000);
      }
      for (int i = 0; i < cols; ++i) offset.push_back(static_cast<int32_t>(random_.Below(1000)));
      std::vector<double> expected = y.Doubles();
      for (size_t i = 0; i < expected.size(); ++i) {
        const size_t j = i % static_cast<size_t>(cols);
        if (!accumulate) expected[i] = 0;
        if (with_bias) expected[i] += bias(0, static_cast<int>(j));
        expected[i] += static_cast<double>(sums[i] - offset[j]) *
                       row_scale[i / static_cast<size_t>(cols)] *
                       column_scale(0, static_cast<int>(j));
      }
      DequantizeProduct(sums.data(), row_scale, {column_scale.row().data(), offset.data()},
                        with_bias ? ConstVector(bias.row()) : ConstVector(), accumulate, y.view());
      ExpectMatrix(y, expected, "DequantizeProduct");
    }
  }
}

}  // namespace
}  // namespace atento
