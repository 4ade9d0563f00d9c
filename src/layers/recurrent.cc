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

CellCache StepRows(const Order& order, int i, const CellCache& cache) {
  return cache.Rows(order.layout.Offset(order.Step(i)), order.Alive(i));
}

// The gradients of W x + b, left in the cache.
void BackwardThroughTime(const RecurrentLayer& layer, const RecurrentGradients& gradients) {
  const Order order{layer.layout, layer.reversed};
  Arena& arena = layer.workspace.arena;
  ArenaScope scope(arena);
  const int size = gradients.h.cols, batch = layer.layout.batch();
  const bool lstm = layer.cell == Cell::kLstm;
  // Gradients of the state after the step at hand, from the step that follows it.
  const Matrix carry_h = arena.NewZeroMatrix(batch, size);
  const Matrix carry_c = arena.NewZeroMatrix(lstm ? batch : 0, size);
  const Matrix d_state = arena.NewMatrix(batch, size);
  for (int i = layer.layout.steps() - 1; i >= 0; --i) {
    const int alive = order.Alive(i), ending = order.FirstEnding(i);
    // Sequences that end here have no step that follows: only the gradient of their last state.
    auto begin_carry = [&](Matrix carry, Matrix d_last) {
      const Matrix rows = carry.Rows(ending, alive - ending);
      if (d_last.empty()) {
        Fill(rows, 0);
      } else {
        CopyMatrix(d_last.Rows(ending, alive - ending), rows);
      }
    };
    begin_carry(carry_h, gradients.final.h);
    if (lstm) begin_carry(carry_c, gradients.final.c);
    const Matrix d_h = d_state.Rows(0, alive), d_h_prev = carry_h.Rows(0, alive);
    CopyMatrix(order.Slice(gradients.h, i), d_h);
    AddTo(d_h_prev, d_h);
    CellBackward({layer.cell, layer.params, StepRows(order, i, layer.cache), layer.workspace},
                 {d_h, lstm ? carry_c.Rows(0, alive) : carry_c, d_h_prev});
  }
}

}  // namespace

void RecurrentForward(const RecurrentLayer& layer, Matrix h, const RecurrentFinal& final) {
  const Order order{layer.layout, layer.reversed};
  const CellCache& cache = layer.cache;
  const bool lstm = layer.cell == Cell::kLstm;
  layer.workspace.weights.Linear(layer.x, layer.params.W, cache.gates,
                                 {.bias = layer.params.input_bias()});
  for (int i = 0; i < layer.layout.steps(); ++i) {
    const CellCache step = StepRows(order, i, cache);
    CopyPrevious(order, i, h, step.h_prev);
    if (lstm) CopyPrevious(order, i, cache.c, step.c_prev);
    CellForward({layer.cell, layer.params, step, layer.workspace}, order.Slice(h, i));
    if (final.h.empty()) continue;
    CopyEnding(order, i, h, final.h);
    if (lstm) CopyEnding(order, i, cache.c, final.c);
  }
}

void RecurrentBackward(const RecurrentLayer& layer, const RecurrentGradients& gradients) {
  BackwardThroughTime(layer, gradients);
  const Matrix d_gates = layer.cache.gates;
  CellParameterGradients(layer.cell, layer.cache, layer.workspace, gradients.params);
  layer.workspace.AddGradient(d_gates, layer.x, gradients.params.W);
  if (!gradients.x.empty()) {
    layer.workspace.weights.LinearTransposed(d_gates, layer.params.W, gradients.x, true);
  }
}

}  // namespace atento
