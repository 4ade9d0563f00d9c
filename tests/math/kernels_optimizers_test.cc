// Optimizers against their formulas, over several steps.
#include "math/kernels_test_util.h"

namespace atento {
namespace {

class OptimizersTest : public KernelTest {};
ATENTO_ON_EVERY_TARGET(OptimizersTest);

TEST_P(OptimizersTest, Sgd) {
  for (int n : kLengths) {
    GuardedMatrix g(random_, 1, n), w(random_, 1, n);
    auto expected = w.Doubles();
    for (size_t i = 0; i < expected.size(); ++i) expected[i] -= 0.1 * 0.5 * g.Doubles()[i];
    SgdUpdate(Real(0.1), Real(0.5), g.row(), w.row());
    ExpectMatrix(w, expected, "w");
  }
}

TEST_P(OptimizersTest, Adam) {
  const double rate = 0.01, beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, scale = 0.7;
  for (double decay : {0.0, 0.05}) {
    for (int n : kLengths) {
      GuardedMatrix m(1, n), v(1, n), w(random_, 1, n);
      std::vector<double> m_exact(static_cast<size_t>(n)), v_exact = m_exact, w_exact = w.Doubles();
      for (int t = 1; t <= 5; ++t) {
        GuardedMatrix gradient(random_, 1, n);
        const auto g_all = gradient.Doubles();
        const double c1 = 1 - std::pow(beta1, t), c2 = 1 - std::pow(beta2, t);
        for (size_t i = 0; i < g_all.size(); ++i) {
          const double g = scale * g_all[i];
          m_exact[i] = beta1 * m_exact[i] + (1 - beta1) * g;
          v_exact[i] = beta2 * v_exact[i] + (1 - beta2) * g * g;
          const double direction = (m_exact[i] / c1) / (std::sqrt(v_exact[i] / c2) + epsilon);
          w_exact[i] -= rate * (direction + decay * w_exact[i]);
        }
        const AdamStep step = {static_cast<Real>(rate),  static_cast<Real>(beta1),
                               static_cast<Real>(beta2), static_cast<Real>(epsilon),
                               static_cast<Real>(c1),    static_cast<Real>(c2),
                               static_cast<Real>(decay), static_cast<Real>(scale)};
        AdamUpdate(step, gradient.row(), m.row(), v.row(), w.row());
        ExpectMatrix(m, m_exact, "m");
        ExpectMatrix(v, v_exact, "v");
        ExpectMatrix(w, w_exact, "w");
      }
    }
  }
}

TEST_P(OptimizersTest, AdamOfZeroGradientsDoesNotMove) {
  std::vector<Real> zero(20), m(20), v(20), w(20, Real(1.5));
  AdamUpdate({Real(0.1), Real(0.9), Real(0.99), Real(1e-8), Real(0.1), Real(0.01), 0, 1}, zero, m,
             v, w);
  for (Real value : w) EXPECT_EQ(value, Real(1.5));
}

TEST_P(OptimizersTest, Adadelta) {
  const double rate = 1.0, rho = 0.95, epsilon = 1e-6, scale = 0.7;
  for (int n : kLengths) {
    GuardedMatrix g2(1, n), u2(1, n), w(random_, 1, n);
    std::vector<double> g2_exact(static_cast<size_t>(n)), u2_exact = g2_exact,
                                                          w_exact = w.Doubles();
    for (int t = 0; t < 5; ++t) {
      GuardedMatrix gradient(random_, 1, n);
      const auto g_all = gradient.Doubles();
      for (size_t i = 0; i < g_all.size(); ++i) {
        const double g = scale * g_all[i];
        g2_exact[i] = rho * g2_exact[i] + (1 - rho) * g * g;
        const double u = std::sqrt((u2_exact[i] + epsilon) / (g2_exact[i] + epsilon)) * g;
        u2_exact[i] = rho * u2_exact[i] + (1 - rho) * u * u;
        w_exact[i] -= rate * u;
      }
      AdadeltaUpdate(static_cast<Real>(rate), static_cast<Real>(rho), static_cast<Real>(epsilon),
                     static_cast<Real>(scale), gradient.row(), g2.row(), u2.row(), w.row());
      ExpectMatrix(g2, g2_exact, "g2");
      ExpectMatrix(u2, u2_exact, "u2");
      ExpectMatrix(w, w_exact, "w");
    }
  }
}

TEST_P(OptimizersTest, Average) {
  for (int n : kLengths) {
    GuardedMatrix average(random_, 1, n);
    auto exact = average.Doubles();
    for (double share : {0.9, 0.25, 0.001}) {
      GuardedMatrix w(random_, 1, n);
      const auto target = w.Doubles();
      for (size_t i = 0; i < exact.size(); ++i) exact[i] += share * (target[i] - exact[i]);
      AverageUpdate(static_cast<Real>(share), w.row(), average.row());
      ExpectMatrix(average, exact, "average");
    }
  }
}

}  // namespace
}  // namespace atento
