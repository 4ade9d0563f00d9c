#include "layers/output.h"

#include <algorithm>

#include "base/check.h"
#include "layers/cell.h"
#include "math/kernels.h"

namespace atento {
namespace {

// Rows of logits at a time: large enough for a good GEMM, small enough to stay in cache, and a
// number that products like.
constexpr int kMostLogits = 1 << 21;
int ChunkRows(int vocabulary) { return std::clamp(kMostLogits / vocabulary, 32, 1024) / 32 * 32; }

// Calls body(begin, count, logits [count,V]) for every chunk.
template <class Body>
void ForEachChunk(const OutputParams& params, ConstMatrix t, const Workspace& workspace,
                  Body&& body) {
  ArenaScope scope(workspace.arena);
  const int chunk = std::min(ChunkRows(params.W_o.rows), t.rows);
  Matrix buffer = workspace.arena.NewMatrix(chunk, params.W_o.rows);
  for (int begin = 0; begin < t.rows; begin += chunk) {
    const int count = std::min(chunk, t.rows - begin);
    Matrix logits = buffer.Rows(0, count);
    OutputForward(params, t.Rows(begin, count), logits, workspace);
    body(begin, count, logits);
  }
}

}  // namespace

LossSums& LossSums::operator+=(const LossSums& other) {
  loss += other.loss;
  log_prob += other.log_prob;
  tokens += other.tokens;
  return *this;
}

void OutputForward(const OutputParams& params, ConstMatrix t, Matrix logits,
                   const Workspace& workspace) {
  workspace.weights.Linear(t, params.W_o, logits, {.bias = params.b});
}

OutputSubset::OutputSubset(const OutputParams& params, std::span<const int> symbols, Arena& arena) {
  const int count = static_cast<int>(symbols.size());
  params_ = {arena.NewMatrix(count, params.W_o.cols), arena.NewVector(count)};
  for (int i = 0; i < count; ++i) {
    const int symbol = symbols[static_cast<size_t>(i)];
    CHECK(symbol >= 0 && symbol < params.W_o.rows);
    CopyMatrix(params.W_o.Rows(symbol, 1), params_.W_o.Rows(i, 1));
    params_.b[static_cast<size_t>(i)] = params.b[static_cast<size_t>(symbol)];
  }
}

void OutputSubset::Forward(ConstMatrix t, Matrix logits) const {
  weights_.Linear(t, params_.W_o, logits, {.bias = params_.b});
}

LossSums OutputLoss(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                    const OutputLossOptions& options, Matrix d_t, OutputParams& d_params,
                    const Workspace& workspace) {
  LossSums sums{.tokens = t.rows};
  ForEachChunk(params, t, workspace, [&](int begin, int count, Matrix logits) {
    for (int i = 0; i < count; ++i) {
      Real log_prob = 0;
      sums.loss += SoftmaxCrossEntropy(logits.RowSpan(i), y[static_cast<size_t>(begin + i)],
                                       options.label_smoothing, options.gradient_scale, &log_prob);
      sums.log_prob += log_prob;
    }
    workspace.weights.LinearTransposed(logits, params.W_o, d_t.Rows(begin, count));
    workspace.weights.AddGradient(logits, t.Rows(begin, count), d_params.W_o);
    AddRowSums(logits, d_params.b);
  });
  return sums;
}

LossSums OutputEvaluate(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                        Real label_smoothing, Vector log_probs, const Workspace& workspace) {
  LossSums sums{.tokens = t.rows};
  ForEachChunk(params, t, workspace, [&](int begin, int count, Matrix logits) {
    for (int i = 0; i < count; ++i) {
      const int target = y[static_cast<size_t>(begin + i)];
      Real log_prob = 0;
      sums.loss += SoftmaxCrossEntropy(logits.RowSpan(i), target, label_smoothing, 0, &log_prob);
      sums.log_prob += log_prob;
      if (!log_probs.empty()) log_probs[static_cast<size_t>(begin + i)] = log_prob;
    }
  });
  return sums;
}

}  // namespace atento
