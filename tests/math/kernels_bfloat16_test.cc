// Rounding to bfloat16 against the two candidates on either side of a number.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "math/kernels_test_util.h"

namespace atento {
namespace {

using Bfloat16Test = KernelTest;
ATENTO_ON_EVERY_TARGET(Bfloat16Test);

double ValueOf(uint32_t upper_half) {
  return static_cast<double>(std::bit_cast<float>(upper_half << 16));
}

// The nearer one of the numbers below and above in magnitude; the even one if neither is.
uint16_t Nearest(float x) {
  const uint32_t below = std::bit_cast<uint32_t>(x) >> 16, above = below + 1;
  const double magnitude = std::abs(static_cast<double>(x));
  const double low = std::abs(ValueOf(below));
  // What follows the largest number, as far as rounding goes.
  const double high = std::isinf(ValueOf(above)) ? 0x1p128 : std::abs(ValueOf(above));
  const double to_low = magnitude - low, to_high = high - magnitude;
  const bool up = to_low == to_high ? (below & 1) != 0 : to_high < to_low;
  return static_cast<uint16_t>(up ? above : below);
}

std::vector<uint16_t> Rounded(GuardedMatrix& x) {
  std::vector<uint16_t> y(x.view().size() + 1, 0xabcd);
  RoundToBfloat16(x.view(), y.data());
  EXPECT_EQ(y.back(), 0xabcd) << "wrote behind the end";
  y.pop_back();
  return y;
}

TEST_P(Bfloat16Test, RoundsToNearestAndTiesToEven) {
  std::vector<float> numbers;
  for (uint32_t sign : {0u, 0x80000000u}) {
    for (uint32_t exponent = 0; exponent < 255; ++exponent) {
      for (uint32_t upper : {0u, 1u, 2u, 0x3fu, 0x7eu, 0x7fu}) {
        for (uint32_t lower : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
          numbers.push_back(std::bit_cast<float>(sign | exponent << 23 | upper << 16 | lower));
        }
      }
    }
  }
  GuardedMatrix x(1, static_cast<int>(numbers.size()));
  for (size_t i = 0; i < numbers.size(); ++i) x(0, static_cast<int>(i)) = numbers[i];
  const std::vector<uint16_t> y = Rounded(x);
  for (size_t i = 0; i < numbers.size(); ++i) {
    ASSERT_EQ(y[i], Nearest(numbers[i])) << numbers[i];
  }
}

TEST_P(Bfloat16Test, InfinitiesAndNansStayWhatTheyAre) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float low_payload = std::bit_cast<float>(0x7f800001u);
  const float all_ones = std::bit_cast<float>(0xffffffffu);
  const std::vector<float> numbers = {kInfinity, -kInfinity, low_payload, all_ones, NAN, -NAN};
  GuardedMatrix x(1, static_cast<int>(numbers.size()));
  for (size_t i = 0; i < numbers.size(); ++i) x(0, static_cast<int>(i)) = numbers[i];
  const std::vector<uint16_t> y = Rounded(x);
  EXPECT_EQ(y[0], 0x7f80);
  EXPECT_EQ(y[1], 0xff80);
  for (size_t i = 2; i < y.size(); ++i) EXPECT_TRUE(std::isnan(ValueOf(y[i]))) << i;
}

TEST_P(Bfloat16Test, EveryLengthWithAndWithoutGaps) {
  for (int cols : kLengths) {
    for (int gap : {0, 3}) {
      GuardedMatrix x(random_, 3, cols, gap);
      const std::vector<uint16_t> y = Rounded(x);
      const std::vector<double> numbers = x.Doubles();
      for (size_t i = 0; i < y.size(); ++i) {
        ASSERT_EQ(y[i], Nearest(static_cast<float>(numbers[i]))) << i << " of " << cols;
      }
    }
  }
}

TEST_P(Bfloat16Test, WideningIsExact) {
  for (int length : kLengths) {
    std::vector<uint16_t> x;
    for (int i = 0; i < length; ++i) {
      x.push_back(static_cast<uint16_t>(random_.Below(0x7f80) | random_.Below(2) << 15));
    }
    GuardedMatrix y(1, length);
    FromBfloat16(x, y.row());
    for (int i = 0; i < length; ++i) {
      ASSERT_EQ(static_cast<double>(y(0, i)), ValueOf(x[static_cast<size_t>(i)])) << i;
    }
    EXPECT_TRUE(y.GapsUntouched());
  }
}

}  // namespace
}  // namespace atento
