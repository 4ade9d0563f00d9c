#include "layers/cell.h"

#include <algorithm>

#include "base/check.h"
#include "math/kernels.h"

namespace atento {
namespace {

// The blocks r z, and the block n, of a GRU's U or gates.
Matrix BlocksRz(Matrix gates) { return gates.Columns(0, gates.cols / 3 * 2); }
Matrix BlockN(Matrix gates) { return gates.Columns(gates.cols / 3 * 2, gates.cols / 3); }
Matrix RowsRz(Matrix U) { return U.Rows(0, U.rows / 3 * 2); }
Matrix RowsN(Matrix U) { return U.Rows(U.rows / 3 * 2, U.rows / 3); }

// Some of a cell's gates, which follow each other.
struct Gates {
  int first;
  int count;

  Matrix Rows(Matrix U) const { return U.Rows(first * U.cols, count * U.cols); }
  Matrix Blocks(Matrix m, int size) const { return m.Columns(first * size, count * size); }
  Vector Of(Vector v, int size) const {
    return v.subspan(static_cast<size_t>(first * size), static_cast<size_t>(count * size));
  }
};

void SetRows(Matrix m, ConstVector row) {
  for (int r = 0; r < m.rows; ++r) std::copy(row.begin(), row.end(), m.Row(r));
}

// gates = LN(W x) ∘ g_x + b
void NormalizeInput(const CellStep& step) {
  const CellNormCache& norm = step.cache.norm;
  CopyMatrix(step.cache.gates, norm.x_hat);
  LayerNormalize(norm.x_scale.cols, norm.x_hat, norm.x_scale);
  SetRows(step.cache.gates, step.params.b);
  AddScaledByColumn(norm.x_hat, step.params.g_x, step.cache.gates);
}

void NormalizeInputBackward(const CellStep& step) {
  const CellNormCache& norm = step.cache.norm;
  const Matrix d_gates = step.cache.gates;
  CopyMatrix(d_gates, norm.d_sum);
  LayerNormalizeBackward(norm.x_scale.cols, norm.x_hat, norm.x_scale, step.params.g_x, d_gates,
                         d_gates);
}

// y += U x of some gates, normalised if the cell is.
void AddRecurrent(const CellStep& step, Gates gates, ConstMatrix x, Matrix y) {
  const CellParams& params = step.params;
  PackedWeights& weights = step.workspace.weights;
  if (!params.normalized()) {
    weights.Linear(x, gates.Rows(params.U), y, {.accumulate = true});
    return;
  }
  const CellNormCache& norm = step.cache.norm;
  const int size = params.U.cols;
  const Matrix h_hat = gates.Blocks(norm.h_hat, size);
  weights.Linear(x, gates.Rows(params.U), h_hat);
  LayerNormalize(gates.count, h_hat, norm.h_scale.Columns(gates.first, gates.count));
  AddScaledByColumn(h_hat, gates.Of(params.g_h, size), y);
}

// recurrent = U_n h' + b_u
void SetRecurrentN(const CellStep& step) {
  const CellCache& cache = step.cache;
  const CellParams& params = step.params;
  if (params.normalized()) {
    SetRows(cache.recurrent, params.b_u);
    AddRecurrent(step, {2, 1}, cache.h_prev, cache.recurrent);
  } else {
    step.workspace.weights.Linear(cache.h_prev, RowsN(params.U), cache.recurrent,
                                  {.bias = params.b_u});
  }
}

// From d_y to d_x, which is overwritten or added to; with layer normalisation also to
// norm.d_recurrent.
void RecurrentProductBackward(const CellStep& step, Gates gates, ConstMatrix d_y, Matrix d_x,
                              bool accumulate) {
  const CellParams& params = step.params;
  PackedWeights& weights = step.workspace.weights;
  if (!params.normalized()) {
    weights.LinearTransposed(d_y, gates.Rows(params.U), d_x, accumulate);
    return;
  }
  const CellNormCache& norm = step.cache.norm;
  const int size = params.U.cols;
  const Matrix d_product = gates.Blocks(norm.d_recurrent, size);
  LayerNormalizeBackward(gates.count, gates.Blocks(norm.h_hat, size),
                         norm.h_scale.Columns(gates.first, gates.count), gates.Of(params.g_h, size),
                         d_y, d_product);
  weights.LinearTransposed(d_product, gates.Rows(params.U), d_x, accumulate);
}

void NormGainGradients(Cell cell, const CellCache& cache, CellParams& d_params) {
  const CellNormCache& norm = cache.norm;
  AddRowSumsOfProducts(norm.d_sum, norm.x_hat, d_params.g_x);
  if (cell != Cell::kGru) return AddRowSumsOfProducts(norm.d_sum, norm.h_hat, d_params.g_h);
  // The product U_n h' is not in the sum of the n block, but behind r.
  const int size = cache.h_prev.cols;
  const Gates rz{0, 2}, n{2, 1};
  AddRowSumsOfProducts(BlocksRz(norm.d_sum), BlocksRz(norm.h_hat), rz.Of(d_params.g_h, size));
  AddRowSumsOfProducts(cache.d_recurrent, BlockN(norm.h_hat), n.Of(d_params.g_h, size));
}

}  // namespace

int CellGates(Cell cell) {
  switch (cell) {
    case Cell::kTanh:
      return 1;
    case Cell::kGru:
    case Cell::kGruResetBefore:
      return 3;
    case Cell::kLstm:
      return 4;
  }
  CHECK(false, "cell");
}

CellNormCache CellNormCache::Rows(int begin, int count) const {
  auto slice = [&](Matrix m) { return m.rows == 0 ? m : m.Rows(begin, count); };
  return {slice(x_hat),   slice(h_hat), slice(x_scale),
          slice(h_scale), slice(d_sum), slice(d_recurrent)};
}

CellCache CellCache::Rows(int begin, int count) const {
  auto slice = [&](Matrix m) { return m.rows == 0 ? m : m.Rows(begin, count); };
  return {slice(gates),     slice(h_prev),      slice(c_prev),          slice(c),
          slice(recurrent), slice(d_recurrent), norm.Rows(begin, count)};
}

CellCache NewCellCache(const CellShape& shape, Arena& arena) {
  const int N = shape.rows, H = shape.size, G = CellGates(shape.cell);
  CellCache cache;
  cache.gates = arena.NewMatrix(N, G * H);
  cache.h_prev = arena.NewMatrix(N, H);
  if (shape.cell == Cell::kLstm) {
    cache.c_prev = arena.NewMatrix(N, H);
    cache.c = arena.NewMatrix(N, H);
  }
  if (G == 3) cache.recurrent = arena.NewMatrix(N, H);
  if (shape.cell == Cell::kGru && shape.with_gradient) cache.d_recurrent = arena.NewMatrix(N, H);
  if (!shape.layer_normalization) return cache;
  for (Matrix* m : {&cache.norm.x_hat, &cache.norm.h_hat}) *m = arena.NewMatrix(N, G * H);
  for (Matrix* m : {&cache.norm.x_scale, &cache.norm.h_scale}) *m = arena.NewMatrix(N, G);
  if (!shape.with_gradient) return cache;
  for (Matrix* m : {&cache.norm.d_sum, &cache.norm.d_recurrent}) *m = arena.NewMatrix(N, G * H);
  return cache;
}

void CellForward(const CellStep& step, Matrix h) {
  const CellCache& cache = step.cache;
  if (step.params.normalized()) NormalizeInput(step);
  switch (step.cell) {
    case Cell::kTanh:
      AddRecurrent(step, {0, 1}, cache.h_prev, cache.gates);
      Tanh(cache.gates);
      CopyMatrix(cache.gates, h);
      return;
    case Cell::kGru:
      AddRecurrent(step, {0, 2}, cache.h_prev, BlocksRz(cache.gates));
      SetRecurrentN(step);
      GruForward(cache.gates, cache.recurrent, cache.h_prev, h);
      return;
    case Cell::kGruResetBefore:
      AddRecurrent(step, {0, 2}, cache.h_prev, BlocksRz(cache.gates));
      GruResetBeforeForwardGates(cache.gates, cache.h_prev, cache.recurrent);
      AddRecurrent(step, {2, 1}, cache.recurrent, BlockN(cache.gates));
      GruResetBeforeForwardState(cache.gates, cache.h_prev, h);
      return;
    case Cell::kLstm:
      AddRecurrent(step, {0, 4}, cache.h_prev, cache.gates);
      LstmForward(cache.gates, cache.c_prev, cache.c, h);
      return;
  }
}

void CellBackward(const CellStep& step, const CellStateGradient& d_state) {
  const auto& [d_h, d_c, d_h_prev] = d_state;
  const CellCache& cache = step.cache;
  Arena& arena = step.workspace.arena;
  ArenaScope scope(arena);
  switch (step.cell) {
    case Cell::kTanh: {
      // The activations, which become the gradient in place, are copied out first.
      const Matrix y = arena.NewMatrix(cache.gates.rows, cache.gates.cols);
      CopyMatrix(cache.gates, y);
      CopyMatrix(d_h, cache.gates);
      TanhBackward(y, cache.gates);
      RecurrentProductBackward(step, {0, 1}, cache.gates, d_h_prev, false);
      break;
    }
    case Cell::kGru:
      GruBackward(cache.gates, cache.recurrent, cache.h_prev, d_h, cache.d_recurrent, d_h_prev);
      RecurrentProductBackward(step, {0, 2}, BlocksRz(cache.gates), d_h_prev, true);
      RecurrentProductBackward(step, {2, 1}, cache.d_recurrent, d_h_prev, true);
      break;
    case Cell::kGruResetBefore: {
      const Matrix d_reset_h = arena.NewMatrix(d_h.rows, d_h.cols);
      GruResetBeforeBackwardState(cache.gates, cache.h_prev, d_h, d_h_prev);
      RecurrentProductBackward(step, {2, 1}, BlockN(cache.gates), d_reset_h, false);
      GruResetBeforeBackwardGates(cache.gates, cache.h_prev, d_reset_h, d_h_prev);
      RecurrentProductBackward(step, {0, 2}, BlocksRz(cache.gates), d_h_prev, true);
      break;
    }
    case Cell::kLstm:
      LstmBackward(cache.gates, cache.c_prev, cache.c, d_h, d_c);
      RecurrentProductBackward(step, {0, 4}, cache.gates, d_h_prev, false);
      break;
  }
  if (step.params.normalized()) NormalizeInputBackward(step);
}

void CellParameterGradients(Cell cell, const CellCache& cache, const Workspace& workspace,
                            CellParams& d_params) {
  const bool normalized = d_params.normalized();
  const ConstMatrix d_sum = normalized ? cache.norm.d_sum : cache.gates;
  const Matrix d_product = normalized ? cache.norm.d_recurrent : cache.gates;
  AddRowSums(d_sum, d_params.b);
  if (normalized) NormGainGradients(cell, cache, d_params);
  switch (cell) {
    case Cell::kTanh:
    case Cell::kLstm:
      workspace.AddGradient(d_product, cache.h_prev, d_params.U);
      return;
    case Cell::kGru:
      workspace.AddGradient(BlocksRz(d_product), cache.h_prev, RowsRz(d_params.U));
      workspace.AddGradient(normalized ? BlockN(d_product) : cache.d_recurrent, cache.h_prev,
                            RowsN(d_params.U));
      AddRowSums(cache.d_recurrent, d_params.b_u);
      return;
    case Cell::kGruResetBefore:
      workspace.AddGradient(BlocksRz(d_product), cache.h_prev, RowsRz(d_params.U));
      workspace.AddGradient(BlockN(d_product), cache.recurrent, RowsN(d_params.U));
      return;
  }
}

}  // namespace atento
