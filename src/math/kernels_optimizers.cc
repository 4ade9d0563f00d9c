// One fused pass per optimizer over a slice of the parameters. Contracts: kernels.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/kernels_optimizers.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "math/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace atento {
namespace HWY_NAMESPACE {

void AdamKernel(const AdamStep& step, ConstVector gradient, Vector first, Vector second,
                Vector weights) {
  const Real* g_in = gradient.data();
  Real *m_out = first.data(), *v_out = second.data(), *w_out = weights.data();
  const Vec scale = Set(step.gradient_scale), epsilon = Set(step.epsilon);
  const Vec beta1 = Set(step.beta1), rest1 = Set(1 - step.beta1);
  const Vec beta2 = Set(step.beta2), rest2 = Set(1 - step.beta2);
  const Vec rate = Set(step.learning_rate / step.correction1);
  const Vec inverse_correction2 = Set(1 / step.correction2);
  const Vec decay = Set(step.learning_rate * step.weight_decay);
  Loop(gradient.size(), [=](auto memory, size_t i) ATENTO_BODY {
    const Vec g = hn::Mul(memory.Load(g_in + i), scale);
    const Vec m = hn::MulAdd(beta1, memory.Load(m_out + i), hn::Mul(rest1, g));
    const Vec v = hn::MulAdd(beta2, memory.Load(v_out + i), hn::Mul(rest2, hn::Mul(g, g)));
    const Vec w = memory.Load(w_out + i);
    const Vec norm = hn::Add(hn::Sqrt(hn::Mul(v, inverse_correction2)), epsilon);
    const Vec change = hn::MulAdd(decay, w, hn::Div(hn::Mul(rate, m), norm));
    memory.Store(m, m_out + i);
    memory.Store(v, v_out + i);
    memory.Store(hn::Sub(w, change), w_out + i);
  });
}

void AdadeltaKernel(Real learning_rate, Real rho, Real epsilon, Real gradient_scale,
                    ConstVector gradient, Vector squares, Vector updates, Vector weights) {
  const Real* g_in = gradient.data();
  Real *g2_out = squares.data(), *u2_out = updates.data(), *w_out = weights.data();
  const Vec keep = Set(rho), rest = Set(1 - rho), eps = Set(epsilon);
  const Vec scale = Set(gradient_scale), rate = Set(learning_rate);
  Loop(gradient.size(), [=](auto memory, size_t i) ATENTO_BODY {
    const Vec g = hn::Mul(memory.Load(g_in + i), scale);
    const Vec g2 = hn::MulAdd(keep, memory.Load(g2_out + i), hn::Mul(rest, hn::Mul(g, g)));
    const Vec u2 = memory.Load(u2_out + i);
    const Vec ratio = hn::Div(hn::Add(u2, eps), hn::Add(g2, eps));
    const Vec u = hn::Mul(hn::Sqrt(ratio), g);
    memory.Store(g2, g2_out + i);
    memory.Store(hn::MulAdd(keep, u2, hn::Mul(rest, hn::Mul(u, u))), u2_out + i);
    memory.Store(hn::NegMulAdd(rate, u, memory.Load(w_out + i)), w_out + i);
  });
}

void AverageKernel(Real share, ConstVector weights, Vector average) {
  const Real* w_in = weights.data();
  Real* a_out = average.data();
  const Vec step = Set(share);
  Loop(weights.size(), [=](auto memory, size_t i) ATENTO_BODY {
    const Vec a = memory.Load(a_out + i);
    memory.Store(hn::MulAdd(step, hn::Sub(memory.Load(w_in + i), a), a), a_out + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace atento
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace atento {

HWY_EXPORT(AdamKernel);
HWY_EXPORT(AdadeltaKernel);
HWY_EXPORT(AverageKernel);

void AdamUpdate(const AdamStep& step, ConstVector gradient, Vector m, Vector v, Vector w) {
  CHECK(m.size() == gradient.size() && v.size() == m.size() && w.size() == m.size());
  HWY_DYNAMIC_DISPATCH(AdamKernel)(step, gradient, m, v, w);
}

void SgdUpdate(Real learning_rate, Real gradient_scale, ConstVector gradient, Vector w) {
  AddScaled(-learning_rate * gradient_scale, gradient, w);
}

void AdadeltaUpdate(Real learning_rate, Real rho, Real epsilon, Real gradient_scale,
                    ConstVector gradient, Vector g2, Vector u2, Vector w) {
  CHECK(g2.size() == gradient.size() && u2.size() == g2.size() && w.size() == g2.size());
  HWY_DYNAMIC_DISPATCH(AdadeltaKernel)
  (learning_rate, rho, epsilon, gradient_scale, gradient, g2, u2, w);
}

void AverageUpdate(Real share, ConstVector w, Vector average) {
  CHECK(average.size() == w.size());
  HWY_DYNAMIC_DISPATCH(AverageKernel)(share, w, average);
}

}  // namespace atento
#endif  // HWY_ONCE
