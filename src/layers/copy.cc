#include "layers/copy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "math/kernels.h"

namespace atento {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
// The least a(w) of a symbol of the source.
constexpr double kSmallestShare = 1e-9;

// ln σ(z)
double LogSigmoid(double z) { return std::min(z, 0.0) - std::log1p(std::exp(-std::abs(z))); }

// ln(e^a + e^b), where at most one is −∞.
double LogAdd(double a, double b) {
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

// The source of one row.
class RowSource {
 public:
  RowSource(const CopyingRows& rows, int row)
      : rows_(rows),
        column_(rows.column[static_cast<size_t>(row)]),
        alpha_(rows.alpha.RowSpan(row).first(static_cast<size_t>(rows.layout.length(column_)))) {
    for (Real weight : alpha_) total_ += static_cast<double>(weight);
  }

  int length() const { return static_cast<int>(alpha_.size()); }
  int SymbolAt(int j) const {
    return rows_.source[static_cast<size_t>(rows_.layout.Row(j, column_))];
  }
  // Σ_j α_j
  double total() const { return total_; }

  // a(w), or 0 if w is not at `from` or a later position.
  double ShareOf(int w, int from = 0) const {
    double weight = 0;
    bool found = false;
    for (int j = from; j < length(); ++j) {
      if (SymbolAt(j) != w) continue;
      weight += static_cast<double>(alpha_[static_cast<size_t>(j)]);
      found = true;
    }
    return found ? std::max(kSmallestShare, weight / total_) : 0;
  }

 private:
  const CopyingRows& rows_;
  int column_;
  ConstVector alpha_;
  double total_ = 0;
};

// p(y) of one row.
struct Mixture {
  double log_prob = 0;
  double generated = 0;  // p_gen P(y) / p(y)
  double copied = 0;     // a(y)
};

Mixture Mix(double z, double log_generated, double copied) {
  Mixture mixture{.copied = copied};
  // p_gen P(y) + (1 − p_gen) a(y)
  const double generate = LogSigmoid(z) + log_generated;
  const double copy = copied > 0 ? LogSigmoid(-z) + std::log(copied) : kNever;
  mixture.log_prob = LogAdd(generate, copy);
  mixture.generated = std::exp(generate - mixture.log_prob);
  return mixture;
}

Mixture MixRow(const RowSource& source, Real z, ConstVector logits, int y) {
  const bool known = static_cast<size_t>(y) < logits.size();
  const double log_generated = known ? static_cast<double>(logits[static_cast<size_t>(y)]) -
                                           static_cast<double>(LogSumExp(logits))
                                     : kNever;
  const double copied = source.ShareOf(y);
  CHECK(known || copied > 0, "a symbol that neither the vocabulary nor the source has");
  return Mix(static_cast<double>(z), log_generated, copied);
}

// −ε/V Σ_v ln P(v), and the logits become scale · the gradient of the loss:
//   (1 − ε) r (P − onehot(y)) + ε (P − 1/V) = w (P − (1 − ε') onehot(y) − ε'/V),
// r the share that was generated, w = (1 − ε) r + ε,  ε' = ε / w.
double SmoothedBackward(const Mixture& mixture, int y, Real epsilon, Real scale, Vector logits) {
  const double smoothing = static_cast<double>(epsilon);
  const double generated = (1 - smoothing) * mixture.generated, weight = generated + smoothing;
  const Real row_scale = static_cast<Real>(static_cast<double>(scale) * weight);
  if (row_scale == 0) {
    std::fill(logits.begin(), logits.end(), Real{0});
    return 0;
  }
  // With r = 0 any symbol does.
  const int target = static_cast<size_t>(y) < logits.size() ? y : 0;
  Real log_prob = 0;
  const double loss = static_cast<double>(SoftmaxCrossEntropy(
      logits, target, static_cast<Real>(smoothing / weight), row_scale, &log_prob));
  return epsilon > 0 ? weight * loss + generated * static_cast<double>(log_prob) : 0;
}

// −ε/V Σ_v ln P(v).
double Smoothing(Real epsilon, Vector logits) {
  if (epsilon == 0) return 0;
  Real log_prob = 0;
  const double loss = static_cast<double>(SoftmaxCrossEntropy(logits, 0, epsilon, 0, &log_prob));
  return loss + (1 - static_cast<double>(epsilon)) * static_cast<double>(log_prob);
}

// Of −ln p(y) by α_j:  (1 − r) (1 − [source_j = y] / a(y)) / Σ_k α_k
void AlphaBackward(const RowSource& source, const Mixture& mixture, int y, double scale,
                   Vector d_alpha) {
  std::fill(d_alpha.begin(), d_alpha.end(), Real{0});
  // At its least it does not depend on α.
  if (mixture.copied <= kSmallestShare) return;
  const double copied = scale * (1 - mixture.generated) / source.total();
  for (int j = 0; j < source.length(); ++j) {
    const bool chosen = source.SymbolAt(j) == y;
    d_alpha[static_cast<size_t>(j)] =
        static_cast<Real>(chosen ? copied - copied / mixture.copied : copied);
  }
}

}  // namespace

void CopyGateForward(const CopyParams& params, const CopyGateInputs& inputs, Vector z) {
  for (size_t n = 0; n < z.size(); ++n) {
    const int row = static_cast<int>(n);
    z[n] = Dot(params.w_c, inputs.context.RowSpan(row)) +
           Dot(params.w_s, inputs.state.RowSpan(row)) +
           Dot(params.w_x, inputs.embedding.RowSpan(row)) + params.b[0];
  }
}

Real CopyGate(Real z) { return static_cast<Real>(std::exp(LogSigmoid(static_cast<double>(z)))); }

void CopyGateInputBackward(ConstVector d_z, ConstVector w, Matrix d_x) {
  for (size_t n = 0; n < d_z.size(); ++n) AddScaled(d_z[n], w, d_x.RowSpan(static_cast<int>(n)));
}

void CopyGateParameterGradients(const CopyGateInputs& inputs, ConstVector d_z,
                                CopyParams& d_params) {
  for (size_t n = 0; n < d_z.size(); ++n) {
    const int row = static_cast<int>(n);
    AddScaled(d_z[n], inputs.context.RowSpan(row), d_params.w_c);
    AddScaled(d_z[n], inputs.state.RowSpan(row), d_params.w_s);
    AddScaled(d_z[n], inputs.embedding.RowSpan(row), d_params.w_x);
    d_params.b[0] += d_z[n];
  }
}

int ExtendedSymbols(const SequenceLayout& layout, std::span<const int> source, int column,
                    int vocabulary) {
  int symbols = 0;
  for (int j = 0; j < layout.length(column); ++j) {
    symbols =
        std::max(symbols, source[static_cast<size_t>(layout.Row(j, column))] - vocabulary + 1);
  }
  return symbols;
}

LossSums CopyLoss(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                  const CopyingRows& rows, const OutputLossOptions& options,
                  const CopyLossGradients& gradients, const Workspace& workspace) {
  const double share = 1 - static_cast<double>(options.label_smoothing);
  const double scale = share * static_cast<double>(options.gradient_scale);
  LossSums sums{.tokens = t.rows};
  ForEachLogitsChunk(params, t, workspace, [&](int begin, int count, Matrix logits) {
    for (int i = 0; i < count; ++i) {
      const int row = begin + i, target = y[static_cast<size_t>(row)];
      const Real z = rows.z[static_cast<size_t>(row)];
      const RowSource source(rows, row);
      const Mixture mixture = MixRow(source, z, logits.RowSpan(i), target);
      // Of −ln p(y) by z:  p_gen − r
      gradients.z[static_cast<size_t>(row)] =
          static_cast<Real>(scale * (static_cast<double>(CopyGate(z)) - mixture.generated));
      AlphaBackward(source, mixture, target, scale, gradients.alpha.RowSpan(row));
      const double smoothing = SmoothedBackward(mixture, target, options.label_smoothing,
                                                options.gradient_scale, logits.RowSpan(i));
      sums.loss += smoothing - share * mixture.log_prob;
      sums.log_prob += mixture.log_prob;
    }
    OutputBackward(params, t.Rows(begin, count), logits, gradients.t.Rows(begin, count),
                   gradients.params, workspace);
  });
  return sums;
}

LossSums CopyEvaluate(const OutputParams& params, ConstMatrix t, std::span<const int> y,
                      const CopyingRows& rows, Real label_smoothing, Vector log_probs,
                      const Workspace& workspace) {
  LossSums sums{.tokens = t.rows};
  ForEachLogitsChunk(params, t, workspace, [&](int begin, int count, Matrix logits) {
    for (int i = 0; i < count; ++i) {
      const auto row = static_cast<size_t>(begin + i);
      const Mixture mixture =
          MixRow(RowSource(rows, begin + i), rows.z[row], logits.RowSpan(i), y[row]);
      sums.loss += Smoothing(label_smoothing, logits.RowSpan(i)) -
                   (1 - static_cast<double>(label_smoothing)) * mixture.log_prob;
      sums.log_prob += mixture.log_prob;
      if (!log_probs.empty()) log_probs[row] = static_cast<Real>(mixture.log_prob);
    }
  });
  return sums;
}

void CopyLogits(const CopyingRows& rows, ConstMatrix logits, Matrix mixed) {
  const int V = logits.cols;
  CopyMatrix(logits, mixed.Columns(0, V));
  Fill(mixed.Columns(V, mixed.cols - V), -std::numeric_limits<Real>::infinity());
  for (int r = 0; r < logits.rows; ++r) {
    const RowSource source(rows, r);
    const double copy = static_cast<double>(LogSumExp(logits.RowSpan(r))) -
                        static_cast<double>(rows.z[static_cast<size_t>(r)]);
    for (int j = 0; j < source.length(); ++j) {
      const int w = source.SymbolAt(j);
      bool first = true;
      for (int k = 0; k < j && first; ++k) first = source.SymbolAt(k) != w;
      if (!first) continue;
      Real& logit = mixed(r, w);
      logit = static_cast<Real>(
          LogAdd(static_cast<double>(logit), copy + std::log(source.ShareOf(w, j))));
    }
  }
}

double CopyProbability(const CopyingRows& rows, int row, int w) {
  const double z = static_cast<double>(rows.z[static_cast<size_t>(row)]);
  return std::exp(LogSigmoid(-z)) * RowSource(rows, row).ShareOf(w);
}

}  // namespace atento
