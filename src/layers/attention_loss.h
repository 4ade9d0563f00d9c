// Losses on the attention weights themselves, beside that of the output layer.
//
//   guided    −Σ_i Σ_j A_ij ln α_ij        A: a given alignment, 1/n for each of the n links of
//                                          target symbol i (Chen+ 2016, arXiv:1607.01628)
//   coverage   Σ_i Σ_j min(α_ij, κ_ij)     See+ 2017 (arXiv:1704.04368), eq. 12
//   doubly stochastic   Σ_j (1 − Σ_i α_ij)²     Xu+ 2015 (arXiv:1502.03044), eq. 14
#ifndef ATENTO_LAYERS_ATTENTION_LOSS_H_
#define ATENTO_LAYERS_ATTENTION_LOSS_H_

#include <span>

#include "layers/attention.h"

namespace atento {

struct AttentionLossOptions {
  Real guided_weight = 0;
  Real coverage_weight = 0;
  Real gradient_scale = 0;  // weight of a target token in the gradient
};

// The source positions that each row of a target is linked to.
struct RowLinks {
  std::span<const int> offset;  // [N+1]: row n has positions[offset[n]] … ; empty: no links at all
  std::span<const int> positions;
};

// Without the weights.
struct AttentionLossSums {
  double guided = 0;
  double coverage = 0;
  double doubly_stochastic = 0;

  AttentionLossSums& operator+=(const AttentionLossSums& other);
};

// The sentences of a whole target.
struct AttentionSentences {
  const SequenceLayout& source;
  const SequenceLayout& target;
  std::span<const int> column;  // [target.batch()] the source column of each target column
};

// The doubly stochastic loss of α [N,S]. Adds to d_alpha [N,S] its gradient, times `scale`.
// Cost: O(N·S).  Errors: none.
double DoublyStochasticLoss(const AttentionSentences& sentences, Real scale, ConstMatrix alpha,
                            Matrix d_alpha);

// cache: of a whole target. Overwrites d_alpha [N,S] and, with a coverage loss, d_coverage [N,S].
// A link to where α is 0, outside a window, counts as one to where it is tiny, and has no gradient.
// Cost: O(N·S).  Errors: none.
AttentionLossSums AttentionLoss(const AttentionLossOptions& options, const RowLinks& links,
                                const AttentionCache& cache, Matrix d_alpha, Matrix d_coverage);

}  // namespace atento

#endif  // ATENTO_LAYERS_ATTENTION_LOSS_H_
