// The element-wise part of LSTM and GRU cells. Contracts: kernels.h. Equations: layers/cell.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_cells.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

void LstmForwardKernel(Matrix gates, ConstMatrix c_prev, Matrix c, Matrix h) {
  const size_t H = static_cast<size_t>(h.cols);
  for (int row = 0; row < h.rows; ++row) {
    Real *gi = gates.Row(row), *gf = gi + H, *gg = gf + H, *go = gg + H;
    const Real* c_old = c_prev.Row(row);
    Real *c_new = c.Row(row), *h_new = h.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec i = SigmoidLanes(memory.Load(gi + k));
      const Vec f = SigmoidLanes(memory.Load(gf + k));
      const Vec g = TanhLanes(memory.Load(gg + k));
      const Vec o = SigmoidLanes(memory.Load(go + k));
      const Vec state = hn::MulAdd(f, memory.Load(c_old + k), hn::Mul(i, g));
      memory.Store(i, gi + k);
      memory.Store(f, gf + k);
      memory.Store(g, gg + k);
      memory.Store(o, go + k);
      memory.Store(state, c_new + k);
      memory.Store(hn::Mul(o, TanhLanes(state)), h_new + k);
    });
  }
}

void LstmBackwardKernel(Matrix gates, ConstMatrix c_prev, ConstMatrix c, ConstMatrix d_h,
                        Matrix d_c) {
  const size_t H = static_cast<size_t>(d_h.cols);
  for (int row = 0; row < d_h.rows; ++row) {
    Real *gi = gates.Row(row), *gf = gi + H, *gg = gf + H, *go = gg + H;
    const Real *c_old = c_prev.Row(row), *c_new = c.Row(row), *d_h_row = d_h.Row(row);
    Real* d_c_row = d_c.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec i = memory.Load(gi + k), f = memory.Load(gf + k);
      const Vec g = memory.Load(gg + k), o = memory.Load(go + k);
      const Vec d_output = memory.Load(d_h_row + k);
      // h = o tanh(c)
      const Vec tanh_c = TanhLanes(memory.Load(c_new + k));
      const Vec d_o = hn::Mul(d_output, tanh_c);
      const Vec d_state =
          hn::MulAdd(hn::Mul(d_output, o), TanhSlope(tanh_c), memory.Load(d_c_row + k));
      // c = f c_prev + i g
      memory.Store(hn::Mul(hn::Mul(d_state, g), SigmoidSlope(i)), gi + k);
      memory.Store(hn::Mul(hn::Mul(d_state, memory.Load(c_old + k)), SigmoidSlope(f)), gf + k);
      memory.Store(hn::Mul(hn::Mul(d_state, i), TanhSlope(g)), gg + k);
      memory.Store(hn::Mul(d_o, SigmoidSlope(o)), go + k);
      memory.Store(hn::Mul(d_state, f), d_c_row + k);
    });
  }
}

// h = (1 − z) h_prev + z n
HWY_INLINE Vec Mix(Vec z, Vec n, Vec h_prev) { return hn::MulAdd(z, hn::Sub(n, h_prev), h_prev); }

void GruForwardKernel(Matrix gates, ConstMatrix recurrent_n, ConstMatrix h_prev, Matrix h) {
  const size_t H = static_cast<size_t>(h.cols);
  for (int row = 0; row < h.rows; ++row) {
    Real *gr = gates.Row(row), *gz = gr + H, *gn = gz + H;
    const Real *rec = recurrent_n.Row(row), *h_old = h_prev.Row(row);
    Real* h_new = h.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec r = SigmoidLanes(memory.Load(gr + k));
      const Vec z = SigmoidLanes(memory.Load(gz + k));
      const Vec n = TanhLanes(hn::MulAdd(r, memory.Load(rec + k), memory.Load(gn + k)));
      memory.Store(r, gr + k);
      memory.Store(z, gz + k);
      memory.Store(n, gn + k);
      memory.Store(Mix(z, n, memory.Load(h_old + k)), h_new + k);
    });
  }
}

void GruBackwardKernel(Matrix gates, ConstMatrix recurrent_n, ConstMatrix h_prev, ConstMatrix d_h,
                       Matrix d_recurrent_n, Matrix d_h_prev) {
  const size_t H = static_cast<size_t>(d_h.cols);
  for (int row = 0; row < d_h.rows; ++row) {
    Real *gr = gates.Row(row), *gz = gr + H, *gn = gz + H;
    const Real *rec = recurrent_n.Row(row), *h_old = h_prev.Row(row), *d_h_row = d_h.Row(row);
    Real *d_rec = d_recurrent_n.Row(row), *d_h_old = d_h_prev.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec r = memory.Load(gr + k), z = memory.Load(gz + k), n = memory.Load(gn + k);
      const Vec d = memory.Load(d_h_row + k);
      // h = (1 − z) h_prev + z n
      const Vec d_z = hn::Mul(d, hn::Sub(n, memory.Load(h_old + k)));
      const Vec d_zn = hn::Mul(d, z);
      // n = tanh(gates_n + r recurrent_n)
      const Vec d_pre_n = hn::Mul(d_zn, TanhSlope(n));
      const Vec d_r = hn::Mul(d_pre_n, memory.Load(rec + k));
      memory.Store(hn::Mul(d_r, SigmoidSlope(r)), gr + k);
      memory.Store(hn::Mul(d_z, SigmoidSlope(z)), gz + k);
      memory.Store(d_pre_n, gn + k);
      memory.Store(hn::Mul(d_pre_n, r), d_rec + k);
      memory.Store(hn::Sub(d, d_zn), d_h_old + k);
    });
  }
}

void ResetBeforeForwardGatesKernel(Matrix gates, ConstMatrix h_prev, Matrix reset_h) {
  const size_t H = static_cast<size_t>(reset_h.cols);
  for (int row = 0; row < reset_h.rows; ++row) {
    Real *gr = gates.Row(row), *gz = gr + H;
    const Real* h_old = h_prev.Row(row);
    Real* out = reset_h.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec r = SigmoidLanes(memory.Load(gr + k));
      memory.Store(r, gr + k);
      memory.Store(SigmoidLanes(memory.Load(gz + k)), gz + k);
      memory.Store(hn::Mul(r, memory.Load(h_old + k)), out + k);
    });
  }
}

void ResetBeforeForwardStateKernel(Matrix gates, ConstMatrix h_prev, Matrix h) {
  const size_t H = static_cast<size_t>(h.cols);
  for (int row = 0; row < h.rows; ++row) {
    Real *gz = gates.Row(row) + H, *gn = gz + H;
    const Real* h_old = h_prev.Row(row);
    Real* h_new = h.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec n = TanhLanes(memory.Load(gn + k));
      memory.Store(n, gn + k);
      memory.Store(Mix(memory.Load(gz + k), n, memory.Load(h_old + k)), h_new + k);
    });
  }
}

void ResetBeforeBackwardStateKernel(Matrix gates, ConstMatrix h_prev, ConstMatrix d_h,
                                    Matrix d_h_prev) {
  const size_t H = static_cast<size_t>(d_h.cols);
  for (int row = 0; row < d_h.rows; ++row) {
    Real *gz = gates.Row(row) + H, *gn = gz + H;
    const Real *h_old = h_prev.Row(row), *d_h_row = d_h.Row(row);
    Real* d_h_old = d_h_prev.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec z = memory.Load(gz + k), n = memory.Load(gn + k);
      const Vec d = memory.Load(d_h_row + k);
      const Vec d_z = hn::Mul(d, hn::Sub(n, memory.Load(h_old + k)));
      const Vec d_zn = hn::Mul(d, z);
      memory.Store(hn::Mul(d_z, SigmoidSlope(z)), gz + k);
      memory.Store(hn::Mul(d_zn, TanhSlope(n)), gn + k);
      memory.Store(hn::Sub(d, d_zn), d_h_old + k);
    });
  }
}

void ResetBeforeBackwardGatesKernel(Matrix gates, ConstMatrix h_prev, ConstMatrix d_reset_h,
                                    Matrix d_h_prev) {
  const size_t H = static_cast<size_t>(d_h_prev.cols);
  for (int row = 0; row < d_h_prev.rows; ++row) {
    Real* gr = gates.Row(row);
    const Real *h_old = h_prev.Row(row), *d_reset = d_reset_h.Row(row);
    Real* d_h_old = d_h_prev.Row(row);
    Loop(H, [=](auto memory, size_t k) ATENTO_BODY {
      const Vec r = memory.Load(gr + k), d = memory.Load(d_reset + k);
      const Vec d_r = hn::Mul(d, memory.Load(h_old + k));
      memory.Store(hn::Mul(d_r, SigmoidSlope(r)), gr + k);
      memory.Store(hn::MulAdd(r, d, memory.Load(d_h_old + k)), d_h_old + k);
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(LstmForwardKernel);
HWY_EXPORT(LstmBackwardKernel);
HWY_EXPORT(GruForwardKernel);
HWY_EXPORT(GruBackwardKernel);
HWY_EXPORT(ResetBeforeForwardGatesKernel);
HWY_EXPORT(ResetBeforeForwardStateKernel);
HWY_EXPORT(ResetBeforeBackwardStateKernel);
HWY_EXPORT(ResetBeforeBackwardGatesKernel);

namespace {
// Whether all are [rows of h, blocks · columns of h].
bool Fits(ConstMatrix h, int blocks, ConstMatrix gates) {
  return gates.rows == h.rows && gates.cols == blocks * h.cols;
}
}  // namespace

void LstmForward(Matrix gates, ConstMatrix c_prev, Matrix c, Matrix h) {
  CHECK(Fits(h, 4, gates) && Fits(h, 1, c_prev) && Fits(h, 1, c));
  HWY_DYNAMIC_DISPATCH(LstmForwardKernel)(gates, c_prev, c, h);
}

void LstmBackward(Matrix gates, ConstMatrix c_prev, ConstMatrix c, ConstMatrix d_h, Matrix d_c) {
  CHECK(Fits(d_h, 4, gates) && Fits(d_h, 1, c_prev) && Fits(d_h, 1, c) && Fits(d_h, 1, d_c));
  HWY_DYNAMIC_DISPATCH(LstmBackwardKernel)(gates, c_prev, c, d_h, d_c);
}

void GruForward(Matrix gates, ConstMatrix recurrent_n, ConstMatrix h_prev, Matrix h) {
  CHECK(Fits(h, 3, gates) && Fits(h, 1, recurrent_n) && Fits(h, 1, h_prev));
  HWY_DYNAMIC_DISPATCH(GruForwardKernel)(gates, recurrent_n, h_prev, h);
}

void GruBackward(Matrix gates, ConstMatrix recurrent_n, ConstMatrix h_prev, ConstMatrix d_h,
                 Matrix d_recurrent_n, Matrix d_h_prev) {
  CHECK(Fits(d_h, 3, gates) && Fits(d_h, 1, recurrent_n) && Fits(d_h, 1, h_prev));
  CHECK(Fits(d_h, 1, d_recurrent_n) && Fits(d_h, 1, d_h_prev));
  HWY_DYNAMIC_DISPATCH(GruBackwardKernel)(gates, recurrent_n, h_prev, d_h, d_recurrent_n, d_h_prev);
}

void GruResetBeforeForwardGates(Matrix gates, ConstMatrix h_prev, Matrix reset_h) {
  CHECK(Fits(h_prev, 3, gates) && Fits(h_prev, 1, reset_h));
  HWY_DYNAMIC_DISPATCH(ResetBeforeForwardGatesKernel)(gates, h_prev, reset_h);
}

void GruResetBeforeForwardState(Matrix gates, ConstMatrix h_prev, Matrix h) {
  CHECK(Fits(h_prev, 3, gates) && Fits(h_prev, 1, h));
  HWY_DYNAMIC_DISPATCH(ResetBeforeForwardStateKernel)(gates, h_prev, h);
}

void GruResetBeforeBackwardState(Matrix gates, ConstMatrix h_prev, ConstMatrix d_h,
                                 Matrix d_h_prev) {
  CHECK(Fits(d_h, 3, gates) && Fits(d_h, 1, h_prev) && Fits(d_h, 1, d_h_prev));
  HWY_DYNAMIC_DISPATCH(ResetBeforeBackwardStateKernel)(gates, h_prev, d_h, d_h_prev);
}

void GruResetBeforeBackwardGates(Matrix gates, ConstMatrix h_prev, ConstMatrix d_reset_h,
                                 Matrix d_h_prev) {
  CHECK(Fits(h_prev, 3, gates) && Fits(h_prev, 1, d_reset_h) && Fits(h_prev, 1, d_h_prev));
  HWY_DYNAMIC_DISPATCH(ResetBeforeBackwardGatesKernel)(gates, h_prev, d_reset_h, d_h_prev);
}

}  // namespace atento
#endif  // HWY_ONCE
