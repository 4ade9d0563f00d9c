// Attention's second factor: which positions a step looks at.
#include <algorithm>
#include <cmath>

#include "layers/attention.h"
#include "math/kernels.h"

namespace atento {
namespace {

int SourceLength(const AttentionPass& pass, const AttentionStep& step, int row) {
  return pass.memory.layout->length(step.column[row]);
}

// exp(−(j − p)² / 2σ²), σ = D/2, at the positions j of a window.
class Gaussian {
 public:
  Gaussian(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at)
      : first_distance_(static_cast<Real>(at.window.begin) - step.cache.center(at.row, 0)),
        variance_(static_cast<Real>(pass.options.window_radius) *
                  static_cast<Real>(pass.options.window_radius) / 4) {}
  Real At(size_t k) const { return std::exp(-Distance(k) * Distance(k) / (2 * variance_)); }
  // Of its logarithm, by p.
  Real Slope(size_t k) const { return Distance(k) / variance_; }

 private:
  Real Distance(size_t k) const { return first_distance_ + static_cast<Real>(k); }
  Real first_distance_, variance_;
};

}  // namespace

void PlaceWindows(const AttentionPass& pass, const AttentionStep& step) {
  const AttentionCache& cache = step.cache;
  switch (pass.options.attention_window) {
    case AttentionWindow::kGlobal:
      return;
    // p = min(i, S − 1)
    case AttentionWindow::kLocalM:
      for (int r = 0; r < step.s.rows; ++r) {
        cache.center(r, 0) =
            static_cast<Real>(std::min(step.number, SourceLength(pass, step, r) - 1));
      }
      return;
    // p = S σ(v_p · tanh(W_p s))
    case AttentionWindow::kLocalP:
      pass.workspace.weights.Linear(step.s, pass.params.W_p, cache.center_hidden);
      Tanh(cache.center_hidden);
      for (int r = 0; r < step.s.rows; ++r) {
        const Real x = Dot(pass.params.v_p, cache.center_hidden.RowSpan(r));
        cache.center(r, 0) = static_cast<Real>(SourceLength(pass, step, r)) / (1 + std::exp(-x));
      }
      return;
  }
}

AttentionSpan WindowOfRow(const AttentionPass& pass, const AttentionStep& step, int row) {
  const int length = SourceLength(pass, step, row);
  if (pass.options.attention_window == AttentionWindow::kGlobal) return {0, length};
  const Real p = step.cache.center(row, 0), D = static_cast<Real>(pass.options.window_radius);
  // A NaN gives the whole sentence: what a damaged model says must not lead outside of it.
  const int first = p - D > 0 ? static_cast<int>(std::ceil(p - D)) : 0;
  const int last =
      p + D < static_cast<Real>(length - 1) ? static_cast<int>(std::floor(p + D)) : length - 1;
  return {first, last - first + 1};
}

void ApplyGaussian(const AttentionPass& pass, const AttentionStep& step, const AttentionHead& at,
                   Vector alpha) {
  const Gaussian gaussian(pass, step, at);
  for (size_t k = 0; k < alpha.size(); ++k) alpha[k] *= gaussian.At(k);
}

Real ApplyGaussianBackward(const AttentionPass& pass, const AttentionStep& step,
                           const AttentionHead& at, Vector alpha, Vector d_alpha) {
  const Gaussian gaussian(pass, step, at);
  Real d_center = 0;
  for (size_t k = 0; k < alpha.size(); ++k) {
    d_center += d_alpha[k] * alpha[k] * gaussian.Slope(k);
    const Real value = gaussian.At(k);  // at least e^−2 in the window
    alpha[k] /= value;
    d_alpha[k] *= value;
  }
  return d_center;
}

void PlaceWindowBackward(const AttentionPass& pass, const AttentionStep& step, int row,
                         Real d_center, const AttentionGradients& gradients) {
  // p = S σ(x);  x = v_p · tanh(W_p s)
  const AttentionCache& cache = step.cache;
  const Real S = static_cast<Real>(SourceLength(pass, step, row)),
             sigmoid = cache.center(row, 0) / S;
  const Real d_x = d_center * S * sigmoid * (1 - sigmoid);
  const Vector hidden = cache.center_hidden.RowSpan(row);
  const Vector d_hidden = cache.d_center_hidden.RowSpan(row);
  AddScaled(d_x, hidden, gradients.params.v_p);
  for (size_t i = 0; i < hidden.size(); ++i) {
    d_hidden[i] = d_x * pass.params.v_p[i] * (1 - hidden[i] * hidden[i]);
  }
}

}  // namespace atento
