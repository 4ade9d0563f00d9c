// Exp, Tanh and Sigmoid: error in ulp over the whole range, saturation, NaN.
#include <bit>
#include <limits>

#include "math/kernels_test_util.h"

namespace atento {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();
constexpr int kMantissaBits = std::numeric_limits<Real>::digits;
constexpr int kMinExponent = std::numeric_limits<Real>::min_exponent;

struct Function {
  const char* name;
  void (*kernel)(Vector);
  long double (*exact)(long double);
  double max_ulp;
};

const Function kFunctions[] = {
    {"Exp", Exp, [](long double x) { return std::exp(x); }, 1.5},
    {"Tanh", Tanh, [](long double x) { return std::tanh(x); }, 3},
    {"Sigmoid", Sigmoid,
     [](long double x) {
       const long double e = std::exp(-std::abs(x));
       return x < 0 ? e / (1 + e) : 1 / (1 + e);
     },
     3},
};

// The distance in units of the last place of a Real of the size of `exact`.
double UlpError(Real actual, long double exact) {
  int exponent = kMinExponent;
  if (exact != 0) std::frexp(exact, &exponent);
  exponent = std::max(exponent, kMinExponent);
  const long double ulp = std::ldexp(1.0L, exponent - kMantissaBits);
  if (std::isinf(
          actual)) {  // right if the next number after the largest is nearer than the largest
    const long double beyond = std::ldexp(1.0L, std::numeric_limits<Real>::max_exponent);
    return static_cast<double>(std::max(0.0L, (beyond - exact) / ulp));
  }
  return static_cast<double>(std::abs(static_cast<long double>(actual) - exact) / ulp);
}

// Every sign, exponent and many mantissas, and densely where the functions are not constant.
std::vector<Real> Arguments(Random& random) {
  std::vector<Real> x;
  using Bits = std::conditional_t<kIsFloat, uint32_t, uint64_t>;
  for (int i = 0; i < 300000; ++i) {
    const Real v = std::bit_cast<Real>(static_cast<Bits>(random.Next()));
    if (!std::isnan(v)) x.push_back(v);
  }
  const double range = kIsFloat ? 110 : 750;
  for (int i = 0; i < 200000; ++i) x.push_back(static_cast<Real>(random.Uniform(-range, range)));
  for (int i = 0; i < 200000; ++i) x.push_back(static_cast<Real>(random.Uniform(-12, 12)));
  for (int i = 0; i < 100000; ++i) x.push_back(static_cast<Real>(random.Uniform(-1, 1)));
  return x;
}

class FunctionsTest : public KernelTest {};
ATENTO_ON_EVERY_TARGET(FunctionsTest);

TEST_P(FunctionsTest, UlpErrorOverTheWholeRange) {
  const std::vector<Real> x = Arguments(random_);
  for (const Function& function : kFunctions) {
    std::vector<Real> y = x;
    function.kernel(y);
    double worst = 0;
    Real worst_x = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = UlpError(y[i], function.exact(static_cast<long double>(x[i])));
      if (!(error <= worst)) {
        worst = error;
        worst_x = x[i];
      }
    }
    RecordProperty(function.name, std::to_string(worst));
    EXPECT_LE(worst, function.max_ulp) << function.name << " at " << worst_x;
  }
}

TEST_P(FunctionsTest, Saturation) {
  const Real large = std::numeric_limits<Real>::max();
  struct Case {
    void (*kernel)(Vector);
    Real x, y;
  };
  const Case cases[] = {{Exp, -kInfinity, 0},    {Exp, -large, 0},     {Exp, kInfinity, kInfinity},
                        {Exp, large, kInfinity}, {Exp, 0, 1},          {Exp, -0.0, 1},
                        {Tanh, -kInfinity, -1},  {Tanh, kInfinity, 1}, {Tanh, 30, 1},
                        {Tanh, -large, -1},      {Tanh, 0, 0},         {Sigmoid, -kInfinity, 0},
                        {Sigmoid, kInfinity, 1}, {Sigmoid, large, 1},  {Sigmoid, -large, 0},
                        {Sigmoid, 0, Real(0.5)}};
  for (const Case& c : cases) {
    Real x[1] = {c.x};
    c.kernel(Vector(x));
    EXPECT_EQ(x[0], c.y) << "of " << c.x;
  }
}

TEST_P(FunctionsTest, TanhKeepsTheSignOfZeroAndSmallNumbers) {
  const Real tiny = std::numeric_limits<Real>::denorm_min();
  Real x[] = {Real(-0.0), tiny, -tiny, Real(1e-20), Real(-1e-20)};
  Tanh(Vector(x));
  EXPECT_TRUE(std::signbit(x[0]) && x[0] == 0);
  EXPECT_EQ(x[1], tiny);
  EXPECT_EQ(x[2], -tiny);
  EXPECT_EQ(x[3], Real(1e-20));
  EXPECT_EQ(x[4], Real(-1e-20));
}

TEST_P(FunctionsTest, NanStaysInItsLane) {
  for (const Function& function : kFunctions) {
    for (size_t at = 0; at < 21; ++at) {
      std::vector<Real> x(21, Real(0.5));
      x[at] = kNan;
      function.kernel(x);
      for (size_t i = 0; i < x.size(); ++i) {
        EXPECT_EQ(std::isnan(x[i]), i == at) << function.name << " " << at << " " << i;
      }
    }
  }
}

TEST_P(FunctionsTest, ALaneDoesNotDependOnItsPlace) {
  for (const Function& function : kFunctions) {
    Real one[1] = {Real(-1.2345)};
    function.kernel(Vector(one));
    for (int n : kLengths) {
      std::vector<Real> x(static_cast<size_t>(n), Real(-1.2345));
      function.kernel(x);
      for (Real v : x) EXPECT_EQ(v, one[0]) << function.name << " " << n;
    }
  }
}

}  // namespace
}  // namespace atento
