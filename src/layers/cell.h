// Recurrent cells: one time step for the rows that are still alive.
//
//   x  input of the step [R,I]     h', c'  state before it [R,H]     h, c  state after it [R,H]
//
// tanh   h = tanh(W x + U h' + b)
//
// GRU    r = σ(W_r x + U_r h' + b_r)
//        z = σ(W_z x + U_z h' + b_z)
//        n = tanh(W_n x + b_n + r ∘ (U_n h' + b_u))      kGru: reset after the matrix
//        n = tanh(W_n x + b_n + U_n (r ∘ h'))            kGruResetBefore: Bahdanau+ 2014, A.1.1
//        h = (1 − z) ∘ h' + z ∘ n                        z admits the new state, in both
//
// LSTM   i, f, o = σ(W_{i,f,o} x + U_{i,f,o} h' + b_{i,f,o});  g = tanh(W_g x + U_g h' + b_g)
//        c = f ∘ c' + i ∘ g;   h = o ∘ tanh(c)
//
// With layer normalisation (Ba+ 2016, arXiv:1607.06450) every product W x and U h' is replaced by
// LN(W x) ∘ g_x and LN(U h') ∘ g_h, where LN(a) = (a − mean a) / √(var a + ε), gate by gate.
//
// The blocks of W, U and b stand in the order r z n, and i f g o, as in PyTorch. (PyTorch's z is
// our 1 − z: to take over its weights, negate the z blocks.)
#ifndef ATENTO_LAYERS_CELL_H_
#define ATENTO_LAYERS_CELL_H_

#include "atento/options.h"
#include "layers/workspace.h"
#include "math/views.h"

namespace atento {

// G: blocks of a cell's matrices. 1, 3 or 4.
int CellGates(Cell cell);

// A cell's parameters, or their gradients.
struct CellParams {
  Matrix W;    // [G·H, I]
  Matrix U;    // [G·H, H]
  Vector b;    // [G·H]
  Vector b_u;  // [H]: kGru only, else empty
  Vector g_x;  // [G·H]: with layer normalisation, else empty
  Vector g_h;  // [G·H]: likewise

  bool normalized() const { return !g_x.empty(); }
  // What the caller adds to W x: b, unless W x is normalised first.
  Vector input_bias() const { return normalized() ? Vector() : b; }
};

// What layer normalisation keeps of a step. One row per element, as CellCache.
struct CellNormCache {
  Matrix x_hat;    // [N,G·H] LN(W x)
  Matrix h_hat;    // [N,G·H] LN(U h')
  Matrix x_scale;  // [N,G] 1/√(var + ε) of W x
  Matrix h_scale;  // [N,G] of U h'
  // Set by Backward.
  Matrix d_sum;        // [N,G·H] of the pre-activations
  Matrix d_recurrent;  // [N,G·H] of U h'

  CellNormCache Rows(int begin, int count) const;
};

// What a step leaves for its gradient. A sequence runner allocates one row per element of the batch
// and hands each step its rows.
struct CellCache {
  // [N,G·H]  W x + input_bias() in; activations out; after Backward the gradient of W x
  Matrix gates;
  Matrix h_prev;     // [N,H]    h', filled by the caller
  Matrix c_prev;     // [N,H]    c', filled by the caller; LSTM only
  Matrix c;          // [N,H]    LSTM only
  Matrix recurrent;  // [N,H]    kGru: U_n h' + b_u;  kGruResetBefore: r ∘ h'
  // Of the n block before its product with U, set by Backward; kGru only.
  Matrix d_recurrent;  // [N,H]
  CellNormCache norm;  // with layer normalisation, else empty

  CellCache Rows(int begin, int count) const;
};

struct CellShape {
  Cell cell;
  bool layer_normalization;
  int rows;            // N
  int size;            // H
  bool with_gradient;  // also what Backward needs
};

// With undefined contents.  Cost: arena space.
CellCache NewCellCache(const CellShape& shape, Arena& arena);

// What both directions of a step work with.
struct CellStep {
  Cell cell;
  const CellParams& params;
  const CellCache& cache;  // the step's rows
  const Workspace& workspace;
};

// cache.gates holds W x + input_bias(), cache.h_prev and cache.c_prev the state before the step.
// Writes h [R,H], which may be strided, and the rest of the cache.
// Cost: one GEMM [R,H]·[H,G·H] (kGruResetBefore: two that add up to it); allocates nothing.
// Errors: none.  Threads: safe when the outputs are distinct.
void CellForward(const CellStep& step, Matrix h);

// The gradients of a step's states.
struct CellStateGradient {
  ConstMatrix h;  // [R,H] in: of h
  Matrix c;       // [R,H] LSTM only; in: of c; out: of c'
  Matrix h_prev;  // [R,H] out: of h', overwritten
};

// Besides those, cache.gates becomes the gradient of W x.
// Cost: one GEMM of Forward's size; scratch from the arena, given back.
// Errors: none.  Threads: as Forward.
void CellBackward(const CellStep& step, const CellStateGradient& d_state);

// After Backward of every step of a sequence: accumulates the gradients of U, b, b_u, g_x and g_h,
// each in one product over all rows. The gradient of W is Workspace::AddGradient's, by the
// caller, who knows its inputs.
// Cost: one GEMM [G·H,N]·[N,H].
void CellParameterGradients(Cell cell, const CellCache& cache, const Workspace& workspace,
                            CellParams& d_params);

}  // namespace atento

#endif  // ATENTO_LAYERS_CELL_H_
