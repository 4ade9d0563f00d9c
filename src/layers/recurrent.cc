#include "layers/recurrent.h"

#include <algorithm>

#include "math/kernels.h"

namespace atento {
namespace {

// The order of steps, and which rows of a step continue a sequence that the step before it ran.
struct Order {
  const SequenceLayout& layout;
  bool reversed;

  int Step(int i) const { return reversed ? layout.steps() - 1 - i : i; }
  // Of step t, the first rows that have a predecessor.
  int Continued(int i) const { return i == 0 ? 0 : std::min(Alive(i), Alive(i - 1)); }
  int Alive(int i) const { return layout.alive(Step(i)); }
  Matrix Slice(Matrix m, int i) const {
    return m.rows == 0 ? m : m.Rows(layout.Offset(Step(i)), Alive(i));
  }
  ConstMatrix Slice(ConstMatrix m, int i) const { return m.Rows(layout.Offset(Step(i)), Alive(i)); }
  // Rows of step i, counted from the first, that end their sequence: [begin, alive).
  int FirstEnding(int i) const {
    if (i + 1 == layout.steps()) return 0;
    return std::min(Alive(i), Alive(i + 1));
  }
};

// to = the state that step i - 1 left in `states`, and zeros for the sequences that start at step
// i.
void CopyPrevious(const Order& order, int i, Matrix states, Matrix to) {
  int continued = order.Continued(i);
  if (continued > 0) {
    CopyMatrix(order.Slice(states, i - 1).Rows(0, continued), to.Rows(0, continued));
  }
  Fill(to.Rows(continued, to.rows - continued), 0);
}

void CopyEnding(const Order& order, int i, Matrix states, Matrix final) {
  int begin = order.FirstEnding(i), count = order.Alive(i) - begin;
  CopyMatrix(order.Slice(states, i).Rows(begin, count), final.Rows(begin, count));
}

}  // namespace

void RecurrentForward(Cell cell, bool reversed, const CellParams& params,
                      const SequenceLayout& layout, ConstMatrix x, const CellCache& cache, Matrix h,
                      const RecurrentFinal& final, Workspace& workspace) {
  const Order order{layout, reversed};
  workspace.weights.Linear(x, params.W, cache.gates, {.bias = params.b});
  for (int i = 0; i < layout.steps(); ++i) {
    CellCache step = cache.Rows(layout.Offset(order.Step(i)), order.Alive(i));
    CopyPrevious(order, i, h, step.h_prev);
    if (cell == Cell::kLstm) CopyPrevious(order, i, cache.c, step.c_prev);
    CellForward(cell, params, step, order.Slice(h, i), workspace);
    if (final.h.empty()) continue;
    CopyEnding(order, i, h, final.h);
    if (cell == Cell::kLstm) CopyEnding(order, i, cache.c, final.c);
  }
}

void RecurrentBackward(Cell cell, bool reversed, const CellParams& params,
                       const SequenceLayout& layout, ConstMatrix x, const CellCache& cache,
                       ConstMatrix d_h, const RecurrentFinal& d_final, CellParams& d_params,
                       Matrix d_x, Workspace& workspace) {
  const Order order{layout, reversed};
  {
    ArenaScope scope(workspace.arena);
    const int size = d_h.cols, batch = layout.batch();
    const bool lstm = cell == Cell::kLstm;
    // Gradients of the state after the step at hand, from the step that follows it.
    Matrix carry_h = workspace.arena.NewZeroMatrix(batch, size);
    Matrix carry_c = workspace.arena.NewZeroMatrix(lstm ? batch : 0, size);
    Matrix d_state = workspace.arena.NewMatrix(batch, size);
    for (int i = layout.steps() - 1; i >= 0; --i) {
      const int alive = order.Alive(i), ending = order.FirstEnding(i);
      // Sequences that end here have no step that follows: only the gradient of their last state.
      auto begin_carry = [&](Matrix carry, Matrix d_last) {
        Matrix rows = carry.Rows(ending, alive - ending);
        if (d_last.empty()) {
          Fill(rows, 0);
        } else {
          CopyMatrix(d_last.Rows(ending, alive - ending), rows);
        }
      };
      begin_carry(carry_h, d_final.h);
      if (lstm) begin_carry(carry_c, d_final.c);
      Matrix d_step = d_state.Rows(0, alive);
      CopyMatrix(order.Slice(d_h, i), d_step);
      AddTo(carry_h.Rows(0, alive), d_step);
      CellCache step = cache.Rows(layout.Offset(order.Step(i)), alive);
      CellBackward(cell, params, step, d_step, lstm ? carry_c.Rows(0, alive) : carry_c,
                   carry_h.Rows(0, alive), workspace);
    }
  }
  CellParameterGradients(cell, cache, d_params);
  AddWeightGradient(cache.gates, x, d_params.W);
  if (!d_x.empty()) workspace.weights.LinearTransposed(cache.gates, params.W, d_x, true);
}

}  // namespace atento
