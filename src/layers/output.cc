#include "layers/output.h"

#include "base/check.h"
#include "layers/cell.h"
#include "math/kernels.h"

namespace atento {

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
  ForEachLogitsChunk(params, t, workspace, [&](int begin, int count, Matrix logits) {
    for (int i = 0; i < count; ++i) {
      Real log_prob = 0;
      sums.loss += SoftmaxCrossEntropy(logits.RowSpan(i), y[static_cast<size_t>(begin + i)],
                                       options.label_smoothing, options.gradient_scale, &log_prob);
      sums.log_prob += log_prob;
    }
    OutputBackward(params, t.Rows(begin, count), logits, d_t.Rows(begin, count), d_params,
                   workspace);
  });
  return sums;
}

void OutputBackward(const OutputParams& params, ConstMatrix t, ConstMatrix d_logits, Matrix d_t,
                    OutputParams& d_params, const Workspace& workspace) {
  workspace.weights.LinearTransposed(d_logits, params.W_o, d_t);
  workspace.weights.AddGradient(d_logits, t, d_params.W_o);
  AddRowSums(d_logits, d_params.b);
}

LossSums OutputEvaluate(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                        Real label_smoothing, Vector log_probs, const Workspace& workspace) {
  LossSums sums{.tokens = t.rows};
  ForEachLogitsChunk(params, t, workspace, [&](int begin, int count, Matrix logits) {
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
