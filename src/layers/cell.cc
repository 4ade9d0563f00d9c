#include "layers/cell.h"

#include "base/check.h"
#include "math/kernels.h"

namespace atento {
namespace {

// The blocks r z, and the block n, of a GRU's U or gates.
Matrix BlocksRz(Matrix gates) { return gates.Columns(0, gates.cols / 3 * 2); }
Matrix BlockN(Matrix gates) { return gates.Columns(gates.cols / 3 * 2, gates.cols / 3); }
Matrix RowsRz(Matrix U) { return U.Rows(0, U.rows / 3 * 2); }
Matrix RowsN(Matrix U) { return U.Rows(U.rows / 3 * 2, U.rows / 3); }

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

CellCache CellCache::Rows(int begin, int count) const {
  auto slice = [&](Matrix m) { return m.rows == 0 ? m : m.Rows(begin, count); };
  return {slice(gates), slice(h_prev),    slice(c_prev),
          slice(c),     slice(recurrent), slice(d_recurrent)};
}

CellCache NewCellCache(Cell cell, int rows, int size, bool with_gradient, Arena& arena) {
  CellCache cache;
  cache.gates = arena.NewMatrix(rows, CellGates(cell) * size);
  cache.h_prev = arena.NewMatrix(rows, size);
  if (cell == Cell::kLstm) {
    cache.c_prev = arena.NewMatrix(rows, size);
    cache.c = arena.NewMatrix(rows, size);
  }
  if (CellGates(cell) == 3) cache.recurrent = arena.NewMatrix(rows, size);
  if (cell == Cell::kGru && with_gradient) cache.d_recurrent = arena.NewMatrix(rows, size);
  return cache;
}

void CellForward(const CellStep& step, Matrix h) {
  const CellParams& params = step.params;
  const CellCache& cache = step.cache;
  PackedWeights& weights = step.workspace.weights;
  switch (step.cell) {
    case Cell::kTanh:
      weights.Linear(cache.h_prev, params.U, cache.gates, {.accumulate = true});
      Tanh(cache.gates);
      CopyMatrix(cache.gates, h);
      return;
    case Cell::kGru:
      weights.Linear(cache.h_prev, RowsRz(params.U), BlocksRz(cache.gates), {.accumulate = true});
      weights.Linear(cache.h_prev, RowsN(params.U), cache.recurrent, {.bias = params.b_u});
      GruForward(cache.gates, cache.recurrent, cache.h_prev, h);
      return;
    case Cell::kGruResetBefore:
      weights.Linear(cache.h_prev, RowsRz(params.U), BlocksRz(cache.gates), {.accumulate = true});
      GruResetBeforeForwardGates(cache.gates, cache.h_prev, cache.recurrent);
      weights.Linear(cache.recurrent, RowsN(params.U), BlockN(cache.gates), {.accumulate = true});
      GruResetBeforeForwardState(cache.gates, cache.h_prev, h);
      return;
    case Cell::kLstm:
      weights.Linear(cache.h_prev, params.U, cache.gates, {.accumulate = true});
      LstmForward(cache.gates, cache.c_prev, cache.c, h);
      return;
  }
}

void CellBackward(const CellStep& step, const CellStateGradient& d_state) {
  const auto& [d_h, d_c, d_h_prev] = d_state;
  const CellParams& params = step.params;
  const CellCache& cache = step.cache;
  Arena& arena = step.workspace.arena;
  PackedWeights& weights = step.workspace.weights;
  switch (step.cell) {
    case Cell::kTanh: {
      // The activations, which become the gradient in place, are copied out first.
      ArenaScope scope(arena);
      Matrix y = arena.NewMatrix(cache.gates.rows, cache.gates.cols);
      CopyMatrix(cache.gates, y);
      CopyMatrix(d_h, cache.gates);
      TanhBackward(y, cache.gates);
      weights.LinearTransposed(cache.gates, params.U, d_h_prev);
      return;
    }
    case Cell::kGru:
      GruBackward(cache.gates, cache.recurrent, cache.h_prev, d_h, cache.d_recurrent, d_h_prev);
      weights.LinearTransposed(BlocksRz(cache.gates), RowsRz(params.U), d_h_prev, true);
      weights.LinearTransposed(cache.d_recurrent, RowsN(params.U), d_h_prev, true);
      return;
    case Cell::kGruResetBefore: {
      ArenaScope scope(arena);
      Matrix d_reset_h = arena.NewMatrix(d_h.rows, d_h.cols);
      GruResetBeforeBackwardState(cache.gates, cache.h_prev, d_h, d_h_prev);
      weights.LinearTransposed(BlockN(cache.gates), RowsN(params.U), d_reset_h);
      GruResetBeforeBackwardGates(cache.gates, cache.h_prev, d_reset_h, d_h_prev);
      weights.LinearTransposed(BlocksRz(cache.gates), RowsRz(params.U), d_h_prev, true);
      return;
    }
    case Cell::kLstm:
      LstmBackward(cache.gates, cache.c_prev, cache.c, d_h, d_c);
      weights.LinearTransposed(cache.gates, params.U, d_h_prev);
      return;
  }
}

void CellParameterGradients(Cell cell, const CellCache& cache, CellParams& d_params) {
  AddRowSums(cache.gates, d_params.b);
  switch (cell) {
    case Cell::kTanh:
    case Cell::kLstm:
      AddWeightGradient(cache.gates, cache.h_prev, d_params.U);
      return;
    case Cell::kGru:
      AddWeightGradient(BlocksRz(cache.gates), cache.h_prev, RowsRz(d_params.U));
      AddWeightGradient(cache.d_recurrent, cache.h_prev, RowsN(d_params.U));
      AddRowSums(cache.d_recurrent, d_params.b_u);
      return;
    case Cell::kGruResetBefore:
      AddWeightGradient(BlocksRz(cache.gates), cache.h_prev, RowsRz(d_params.U));
      AddWeightGradient(BlockN(cache.gates), cache.recurrent, RowsN(d_params.U));
      return;
  }
}

void AddWeightGradient(ConstMatrix d_y, ConstMatrix x, Matrix d_W) {
  Gemm(d_y, x, d_W, {.transpose_a = true, .accumulate = true});
}

}  // namespace atento
