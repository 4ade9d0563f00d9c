// LSTM and GRU cells: forward against the equations, backward against central differences of them.
#include "math/kernels_test_util.h"

namespace atento {
namespace {

const int kSizes[] = {1, 2, 7, 16, 19, 33};
constexpr int kRows = 3;

using Doubles = std::vector<double>;

Doubles Slice(const Doubles& x, size_t begin, size_t count) {
  const auto first = x.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

Doubles Concatenate(std::initializer_list<Doubles> parts) {
  Doubles all;
  for (const Doubles& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

double InnerProduct(const Doubles& x, const Doubles& y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

void ExpectRow(GuardedMatrix& actual, int row, const Doubles& expected, const char* what,
               double tolerance = kTolerance) {
  for (size_t i = 0; i < expected.size(); ++i) {
    ExpectClose(actual(row, static_cast<int>(i)), expected[i], tolerance, what, row,
                static_cast<int>(i));
  }
  EXPECT_TRUE(actual.GapsUntouched()) << what;
}

class CellsTest : public KernelTest {};
ATENTO_ON_EVERY_TARGET(CellsTest);

// ---- LSTM --------------------------------------------------------------------------------------

struct LstmState {
  Doubles gates, c, h;  // gates: activations
};

LstmState LstmOf(const Doubles& pre, const Doubles& c_prev) {
  const size_t H = c_prev.size();
  LstmState s{pre, Doubles(H), Doubles(H)};
  for (size_t k = 0; k < H; ++k) {
    const double i = SigmoidOf(pre[k]), f = SigmoidOf(pre[H + k]);
    const double g = std::tanh(pre[2 * H + k]), o = SigmoidOf(pre[3 * H + k]);
    s.gates[k] = i, s.gates[H + k] = f, s.gates[2 * H + k] = g, s.gates[3 * H + k] = o;
    s.c[k] = f * c_prev[k] + i * g;
    s.h[k] = o * std::tanh(s.c[k]);
  }
  return s;
}

TEST_P(CellsTest, Lstm) {
  for (int H : kSizes) {
    const size_t size = static_cast<size_t>(H);
    GuardedMatrix gates(random_, kRows, 4 * H, 3, 2), c_prev(random_, kRows, H), c(kRows, H),
        h(kRows, H), d_h(random_, kRows, H), d_c(random_, kRows, H);
    GuardedMatrix pre = gates, d_c_in = d_c;
    LstmForward(gates.view(), c_prev.view(), c.view(), h.view());
    for (int row = 0; row < kRows; ++row) {
      const LstmState s = LstmOf(pre.Doubles(row), c_prev.Doubles(row));
      ExpectRow(gates, row, s.gates, "gates");
      ExpectRow(c, row, s.c, "c");
      ExpectRow(h, row, s.h, "h");
    }
    LstmBackward(gates.view(), c_prev.view(), c.view(), d_h.view(), d_c.view());
    for (int row = 0; row < kRows; ++row) {
      const auto expected = CentralDifferences(
          [&](const Doubles& x) {
            const LstmState s = LstmOf(Slice(x, 0, 4 * size), Slice(x, 4 * size, size));
            return InnerProduct(s.h, d_h.Doubles(row)) + InnerProduct(s.c, d_c_in.Doubles(row));
          },
          Concatenate({pre.Doubles(row), c_prev.Doubles(row)}));
      ExpectRow(gates, row, Slice(expected, 0, 4 * size), "d_gates", kGradientTolerance);
      ExpectRow(d_c, row, Slice(expected, 4 * size, size), "d_c_prev", kGradientTolerance);
    }
  }
}

TEST_P(CellsTest, LstmStateMayBeReplacedInPlace) {
  GuardedMatrix gates(random_, kRows, 4 * 19), c(random_, kRows, 19), h(kRows, 19),
      apart(kRows, 19);
  GuardedMatrix gates_apart = gates, h_apart = h;
  LstmForward(gates_apart.view(), c.view(), apart.view(), h_apart.view());
  LstmForward(gates.view(), c.view(), c.view(), h.view());
  EXPECT_EQ(c.Doubles(), apart.Doubles());
  EXPECT_EQ(h.Doubles(), h_apart.Doubles());
}

TEST_P(CellsTest, LstmSaturates) {
  GuardedMatrix gates(1, 4), c_prev(1, 1), c(1, 1), h(1, 1);
  for (int k = 0; k < 4; ++k) gates(0, k) = 1000;
  c_prev(0, 0) = 2;
  LstmForward(gates.view(), c_prev.view(), c.view(), h.view());
  EXPECT_EQ(c(0, 0), 3);
  EXPECT_NEAR(h(0, 0), std::tanh(3.0), 1e-6);
}

// ---- GRU, reset after --------------------------------------------------------------------------

struct GruState {
  Doubles gates, h, reset_h;
};

// pre: r z n; with recurrent the reset gate multiplies that, as after the matrix.
GruState GruOf(const Doubles& pre, const Doubles& recurrent, const Doubles& h_prev) {
  const size_t H = h_prev.size();
  GruState s{pre, Doubles(H), Doubles(H)};
  for (size_t k = 0; k < H; ++k) {
    const double r = SigmoidOf(pre[k]), z = SigmoidOf(pre[H + k]);
    const double n = std::tanh(pre[2 * H + k] + r * recurrent[k]);
    s.gates[k] = r, s.gates[H + k] = z, s.gates[2 * H + k] = n;
    s.h[k] = (1 - z) * h_prev[k] + z * n;
    s.reset_h[k] = r * h_prev[k];
  }
  return s;
}

TEST_P(CellsTest, Gru) {
  for (int H : kSizes) {
    const size_t size = static_cast<size_t>(H);
    GuardedMatrix gates(random_, kRows, 3 * H, 3, 2), recurrent(random_, kRows, H),
        h_prev(random_, kRows, H), h(kRows, H), d_h(random_, kRows, H), d_recurrent(kRows, H),
        d_h_prev(kRows, H);
    GuardedMatrix pre = gates;
    d_recurrent.Fill(99);  // both are overwritten
    d_h_prev.Fill(99);
    GruForward(gates.view(), recurrent.view(), h_prev.view(), h.view());
    for (int row = 0; row < kRows; ++row) {
      const GruState s = GruOf(pre.Doubles(row), recurrent.Doubles(row), h_prev.Doubles(row));
      ExpectRow(gates, row, s.gates, "gates");
      ExpectRow(h, row, s.h, "h");
    }
    GruBackward(gates.view(), recurrent.view(), h_prev.view(), d_h.view(), d_recurrent.view(),
                d_h_prev.view());
    for (int row = 0; row < kRows; ++row) {
      const auto expected = CentralDifferences(
          [&](const Doubles& x) {
            const GruState s =
                GruOf(Slice(x, 0, 3 * size), Slice(x, 3 * size, size), Slice(x, 4 * size, size));
            return InnerProduct(s.h, d_h.Doubles(row));
          },
          Concatenate({pre.Doubles(row), recurrent.Doubles(row), h_prev.Doubles(row)}));
      ExpectRow(gates, row, Slice(expected, 0, 3 * size), "d_gates", kGradientTolerance);
      ExpectRow(d_recurrent, row, Slice(expected, 3 * size, size), "d_recurrent_n",
                kGradientTolerance);
      ExpectRow(d_h_prev, row, Slice(expected, 4 * size, size), "d_h_prev", kGradientTolerance);
    }
  }
}

// ---- GRU, reset before -------------------------------------------------------------------------

// Here the product U_n (r∘h_prev) is a multiplication by 0.5, and its transposed as well.
TEST_P(CellsTest, GruResetBefore) {
  for (int H : kSizes) {
    const size_t size = static_cast<size_t>(H);
    GuardedMatrix gates(random_, kRows, 3 * H, 3, 2), h_prev(random_, kRows, H), h(kRows, H),
        reset_h(kRows, H), d_h(random_, kRows, H), d_h_prev(kRows, H), d_reset_h(kRows, H);
    GuardedMatrix pre = gates;
    d_h_prev.Fill(99);  // overwritten
    auto forward = [&](const Doubles& x, const Doubles& state) {
      Doubles half = state;
      for (double& v : half) v *= 0.5;
      return GruOf(x, half, state);
    };

    GruResetBeforeForwardGates(gates.view(), h_prev.view(), reset_h.view());
    for (int row = 0; row < kRows; ++row) {
      AddScaled(Real(0.5), reset_h.row(row), gates.view().Columns(2 * H, H).RowSpan(row));
    }
    GruResetBeforeForwardState(gates.view(), h_prev.view(), h.view());
    for (int row = 0; row < kRows; ++row) {
      const GruState s = forward(pre.Doubles(row), h_prev.Doubles(row));
      ExpectRow(gates, row, s.gates, "gates");
      ExpectRow(reset_h, row, s.reset_h, "reset_h");
      ExpectRow(h, row, s.h, "h");
    }

    GruResetBeforeBackwardState(gates.view(), h_prev.view(), d_h.view(), d_h_prev.view());
    for (int row = 0; row < kRows; ++row) {
      AddScaled(Real(0.5), gates.view().Columns(2 * H, H).RowSpan(row), d_reset_h.row(row));
    }
    GruResetBeforeBackwardGates(gates.view(), h_prev.view(), d_reset_h.view(), d_h_prev.view());
    for (int row = 0; row < kRows; ++row) {
      const auto expected = CentralDifferences(
          [&](const Doubles& x) {
            const GruState s = forward(Slice(x, 0, 3 * size), Slice(x, 3 * size, size));
            return InnerProduct(s.h, d_h.Doubles(row));
          },
          Concatenate({pre.Doubles(row), h_prev.Doubles(row)}));
      ExpectRow(gates, row, Slice(expected, 0, 3 * size), "d_gates", kGradientTolerance);
      ExpectRow(d_h_prev, row, Slice(expected, 3 * size, size), "d_h_prev", kGradientTolerance);
    }
  }
}

}  // namespace
}  // namespace atento
