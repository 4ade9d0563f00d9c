// Gradients by central differences, and how far the analytic ones are from them (papers.md section
// 5).
#ifndef ATENTO_TESTS_GRADCHECK_GRADIENT_CHECK_H_
#define ATENTO_TESTS_GRADCHECK_GRADIENT_CHECK_H_

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "math/views.h"

namespace atento {

// Steps of the differences: for smooth losses, and for those with kinks (maxout) near by.
inline constexpr double kSmoothStep = 1e-2;
inline constexpr double kKinkedStep = 1e-3;

// Parameters and inputs of a check: never a preset's own initialisation, which may hide a gradient.
inline void FillForCheck(Random& random, Vector values) {
  for (Real& v : values) v = static_cast<Real>(random.Uniform(-0.5, 0.5));
}

// d loss / d values, numerically: seven points, error O(step⁶). Rounding contributes about 1e-16 /
// step, so that the step is as large as the smoothness of the loss allows.
inline std::vector<double> NumericGradient(Vector values, double step,
                                           const std::function<double()>& loss) {
  std::vector<double> gradient;
  for (Real& v : values) {
    const Real saved = v;
    auto at = [&](double steps) {
      v = static_cast<Real>(saved + steps * step);
      return loss();
    };
    gradient.push_back((45 * (at(1) - at(-1)) - 9 * (at(2) - at(-2)) + (at(3) - at(-3))) /
                       (60 * step));
    v = saved;
  }
  return gradient;
}

// ‖a − n‖ / (‖a‖ + ‖n‖) < 1e-7, and the numeric gradient is not just zero.
inline void ExpectGradient(const std::string& name, ConstVector analytic, Vector values,
                           const std::function<double()>& loss, double step = kSmoothStep) {
  const std::vector<double> numeric = NumericGradient(values, step, loss);
  double difference = 0, norm_a = 0, norm_n = 0;
  for (size_t i = 0; i < numeric.size(); ++i) {
    const double a = static_cast<double>(analytic[i]);
    difference += (a - numeric[i]) * (a - numeric[i]);
    norm_a += a * a;
    norm_n += numeric[i] * numeric[i];
  }
  EXPECT_GT(std::sqrt(norm_n), 1e-6) << name << ": the check would pass on zeros";
  EXPECT_LT(std::sqrt(difference) / (std::sqrt(norm_a) + std::sqrt(norm_n)), 1e-7) << name;
}

}  // namespace atento

#endif  // ATENTO_TESTS_GRADCHECK_GRADIENT_CHECK_H_
