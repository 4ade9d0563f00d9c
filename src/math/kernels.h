// Vector kernels: everything that is not a matrix product. Highway picks the instruction set at run
// time. Kernels take rows or whole matrices, never single numbers, and allocate nothing; unless
// said otherwise outputs may not overlap inputs, and any length, 0 included, and any alignment is
// fine.
//
// Accuracy (tested on every target): Exp 1.5 ulp, Tanh 3 ulp, Sigmoid 3 ulp over the whole range
// (measured: 1.02, 2.49, 2.31); results saturate, and are NaN exactly where an input is. Sums are
// taken in an order that depends on the length alone, so that equal inputs give equal results on
// one machine.
#ifndef ATENTO_MATH_KERNELS_H_
#define ATENTO_MATH_KERNELS_H_

#include <cstdint>

#include "math/views.h"

namespace atento {

// ---- element-wise ------------------------------------------------------------------------------
void Fill(Matrix x, Real value);
void CopyMatrix(ConstMatrix x, Matrix y);         // y = x
void AddTo(ConstMatrix x, Matrix y);              // y += x
void AddTo(ConstVector x, Vector y);              // y += x
void AddScaled(Real a, ConstVector x, Vector y);  // y += a·x
void Scale(Real a, Vector x);                     // x *= a
void Sigmoid(Vector x);                           // in place
void Tanh(Vector x);
void Exp(Vector x);
void Sigmoid(Matrix x);
void Tanh(Matrix x);
// d_y becomes d_y ∘ (1 − y²): the gradient with respect to the argument of y = tanh(·).
void TanhBackward(ConstMatrix y, Matrix d_y);

// ---- reductions --------------------------------------------------------------------------------
Real Dot(ConstVector x, ConstVector y);
double SumOfSquares(ConstVector x);  // accumulated in double
// out [cols] += the sum over the rows of x: bias gradients.
void AddRowSums(ConstMatrix x, Vector out);
Real LogSumExp(ConstVector x);
void Softmax(Vector x);  // in place; −∞ entries become 0; not all may be −∞
// d_x becomes p ∘ (d_x − Σ p·d_x): in place, from d_p to the gradient of softmax's argument.
void SoftmaxBackward(ConstVector p, Vector d_x);
// The indices of the k largest entries, largest first, ties to the smaller index; NaN counts as −∞.
// 1 <= k <= x.size(). index [k].
void TopK(ConstVector x, int k, int* index);

// ---- the output layer: softmax and label-smoothed cross-entropy in one pass --------------------
// For one row of logits [V] with the true class `target`, q = (1−ε)·onehot(target) + ε/V and
// p = softmax(logits). Returns −Σ_v q_v log p_v (nats). If log_prob is not null it receives
// log p_target. If scale is not 0 the logits are overwritten by scale·(p − q), the gradient.
Real SoftmaxCrossEntropy(Vector logits, int target, Real epsilon, Real scale, Real* log_prob);

// ---- dropout -----------------------------------------------------------------------------------
// x_i becomes x_i / (1 − rate) or 0. Which, depends on (key, row, column) alone, never on the
// view's stride, so that the same call with the same key, on the gradient, is the backward pass.
// Requires: 0 <= rate < 1.
void Dropout(Matrix x, Real rate, uint64_t key);

// ---- layer normalisation, Ba+ 2016 (arXiv:1607.06450), eq. 4 ------------------------------------
// Each row of a matrix consists of `blocks` blocks of equal width H >= 1, one per gate, which are
// normalised apart from each other. μ and σ² are the mean and variance (1/H) of one block of one
// row, and ρ = 1/√(σ² + ε).
constexpr Real kLayerNormEpsilon = Real(1e-5);
// x becomes x̂ = ρ (x − μ) in place; inverse_deviation [R,blocks] receives ρ. Whatever the mean,
// x̂ is within 4 ulp of max(1, |x̂|) and ρ within 4 ulp (measured: 3.2 and 1.8) up to H = 1000, and
// within 16 (measured: 11.5 and 7.4) without vector instructions: fewer lanes, longer sums.
void LayerNormalize(int blocks, Matrix x, Matrix inverse_deviation);
// The gradient of x through y = gain∘x̂ overwrites d_x, which may be d_y itself. gain [blocks·H].
// With d = gain∘d_y and means over a block:  d_x = ρ (d − mean(d) − x̂ mean(d∘x̂)), within 4 ulp of
// ρ max|d| max(1, |x̂|) (measured: 2.8).
void LayerNormalizeBackward(int blocks, ConstMatrix x_hat, ConstMatrix inverse_deviation,
                            ConstVector gain, ConstMatrix d_y, Matrix d_x);
// y += gain∘x, the same gain for every row.
void AddScaledByColumn(ConstMatrix x, ConstVector gain, Matrix y);
// sums_c += Σ_r a_rc b_rc: the gradient of such a gain, from x̂ and d_y.
void AddRowSumsOfProducts(ConstMatrix a, ConstMatrix b, Vector sums);

// ---- recurrent cells, after their matrix products. Equations: layers/cell.h --------------------
// All matrices have the same number of rows R (one per living sequence).
//
// LSTM. gates [R,4H], blocks i f g o: pre-activations in, activations out. c may be c_prev itself.
void LstmForward(Matrix gates, ConstMatrix c_prev, Matrix c, Matrix h);
// From the activations: gates becomes the gradient of the pre-activations (in place). d_h [R,H]:
// the gradient of h. d_c [R,H]: the gradient of c on entry, of c_prev on return.
void LstmBackward(Matrix gates, ConstMatrix c_prev, ConstMatrix c, ConstMatrix d_h, Matrix d_c);

// GRU, reset after the matrix. gates [R,3H], blocks r z n: x-part and, for r z, U h, added up;
// recurrent_n [R,H] = U_n h_prev + b_r. Activations out; recurrent_n is kept for the backward pass.
//   n = tanh(gates_n + r∘recurrent_n);  h = (1 − z)∘h_prev + z∘n
void GruForward(Matrix gates, ConstMatrix recurrent_n, ConstMatrix h_prev, Matrix h);
// gates becomes its pre-activation gradient; d_recurrent_n [R,H] is overwritten; d_h_prev [R,H] is
// overwritten with the direct path (1 − z)∘d_h, the rest being the caller's matrix products.
void GruBackward(Matrix gates, ConstMatrix recurrent_n, ConstMatrix h_prev, ConstMatrix d_h,
                 Matrix d_recurrent_n, Matrix d_h_prev);

// GRU, reset before the matrix, in two halves around the product U_n (r∘h_prev).
// First half: sigmoid of the blocks r z of gates [R,3H] in place; reset_h [R,H] = r∘h_prev.
void GruResetBeforeForwardGates(Matrix gates, ConstMatrix h_prev, Matrix reset_h);
// Second half: n = tanh(gates_n) in place, h = (1 − z)∘h_prev + z∘n.
void GruResetBeforeForwardState(Matrix gates, ConstMatrix h_prev, Matrix h);
// First half of the gradient: block n and block z of gates become their pre-activation gradients;
// block r still holds r. d_h_prev is overwritten with (1 − z)∘d_h.
void GruResetBeforeBackwardState(Matrix gates, ConstMatrix h_prev, ConstMatrix d_h,
                                 Matrix d_h_prev);
// Second half: d_reset_h [R,H] is the gradient of r∘h_prev. Block r becomes its pre-activation
// gradient; d_h_prev += r∘d_reset_h.
void GruResetBeforeBackwardGates(Matrix gates, ConstMatrix h_prev, ConstMatrix d_reset_h,
                                 Matrix d_h_prev);

// ---- attention over the rows of one sentence. Equations: layers/attention.h --------------------
// The memory of sentence b lies in rows offset[j] + b of a matrix, j = 0 … count−1
// (SequenceLayout). A window of `count` positions from `begin` on is {offsets + begin, b, count};
// arrays over positions (e, alpha, kappa) then begin with the window. The matrices may be some of
// the columns of larger ones (heads).
struct MemoryRows {
  const int* offset;  // SequenceLayout::offsets().data()
  int column;         // b
  int count;          // length of sentence b
};
// e_j = q·k_j
void DotScores(ConstVector q, ConstMatrix keys, MemoryRows rows, Real* e);
// d_q += Σ_j d_e_j k_j;  d_keys_j += d_e_j q
void DotScoresBackward(ConstVector q, ConstMatrix keys, MemoryRows rows, const Real* d_e,
                       Vector d_q, Matrix d_keys);
// e_j = v·tanh(q + k_j)
void AdditiveScores(ConstVector q, ConstMatrix keys, ConstVector v, MemoryRows rows, Real* e);
// With τ_j = tanh(q + k_j), computed again:  d_v += Σ_j d_e_j τ_j;  and with
// δ_j = d_e_j v∘(1 − τ_j²):  d_q += Σ_j δ_j,  d_keys_j += δ_j
void AdditiveScoresBackward(ConstVector q, ConstMatrix keys, ConstVector v, MemoryRows rows,
                            const Real* d_e, Vector d_q, Matrix d_keys, Vector d_v);
// Coverage: what attention position j has had so far, kappa_j, has a part in its score. Tu+ 2016
// (arXiv:1601.04811); See+ 2017 (arXiv:1704.04368), eq. 11.
struct AdditiveCoverage {
  ConstVector w_c;              // [A], as wide as q
  const Real* kappa = nullptr;  // one per position
};
struct AdditiveCoverageGradient {
  Vector d_w_c;
  Real* d_kappa = nullptr;
};
// e_j = v·tanh(q + k_j + kappa_j w_c)
void AdditiveCoverageScores(ConstVector q, ConstMatrix keys, ConstVector v,
                            const AdditiveCoverage& coverage, MemoryRows rows, Real* e);
// As without coverage, and  d_w_c += Σ_j kappa_j δ_j,  d_kappa_j += w_c·δ_j
void AdditiveCoverageScoresBackward(ConstVector q, ConstMatrix keys, ConstVector v,
                                    const AdditiveCoverage& coverage, MemoryRows rows,
                                    const Real* d_e, Vector d_q, Matrix d_keys, Vector d_v,
                                    const AdditiveCoverageGradient& d_coverage);
// c = Σ_j alpha_j h_j
void WeightedSum(const Real* alpha, ConstMatrix h, MemoryRows rows, Vector c);
// d_alpha_j = d_c·h_j;  d_h_j += alpha_j d_c
void WeightedSumBackward(const Real* alpha, ConstMatrix h, MemoryRows rows, ConstVector d_c,
                         Real* d_alpha, Matrix d_h);

// ---- maxout ------------------------------------------------------------------------------------
// y [R,l]: y_i = max(x_2i, x_2i+1), x [R,2l].
void Maxout(ConstMatrix x, Matrix y);
// d_x is overwritten: the gradient goes to the larger of each pair, on a tie to the first.
void MaxoutBackward(ConstMatrix x, ConstMatrix d_y, Matrix d_x);

// ---- bfloat16: the upper half of a float32 ------------------------------------------------------
// y [R·C] = the rows of x one after the other, rounded to nearest, ties to even. What is beyond the
// largest becomes infinity; NaN stays NaN. In the f64 build x is rounded to float32 first.
void RoundToBfloat16(ConstMatrix x, uint16_t* y);
// y = x, exactly.
void FromBfloat16(std::span<const uint16_t> x, Vector y);

// ---- optimizers: one fused pass over a slice of the flat parameter arena -----------------------
// gradient_scale multiplies every gradient first (clipping).
struct AdamStep {
  Real learning_rate, beta1, beta2, epsilon;
  Real correction1, correction2;  // 1 − beta1^t, 1 − beta2^t
  Real weight_decay;              // decoupled; 0: none
  Real gradient_scale;
};
// m, v: first and second moment. w −= lr·( (m/c1) / (√(v/c2) + ε) + weight_decay·w )
void AdamUpdate(const AdamStep& step, ConstVector gradient, Vector m, Vector v, Vector w);
// w −= lr·scale·gradient
void SgdUpdate(Real learning_rate, Real gradient_scale, ConstVector gradient, Vector w);
// Zeiler 2012: g2 = ρ g2 + (1−ρ) g²; u = √((u2+ε)/(g2+ε)) g; u2 = ρ u2 + (1−ρ) u²; w −= lr·u
void AdadeltaUpdate(Real learning_rate, Real rho, Real epsilon, Real gradient_scale,
                    ConstVector gradient, Vector g2, Vector u2, Vector w);

// average += share·(w − average)
void AverageUpdate(Real share, ConstVector w, Vector average);

// "AVX3_ZEN4", …: the instruction set in use.
const char* KernelTarget();

}  // namespace atento

#endif  // ATENTO_MATH_KERNELS_H_
