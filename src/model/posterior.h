// Posterior attention: which position of the source a target symbol came from, now that the symbol
// is known.
//
// Let a_i be the one position that step i looks at. Attention, which does not know y_i yet, is its
// prior, and Bayes' rule says
//
//   p(a_i = j | x, y_1 … y_i) ∝ α_ij p(y_i | x, y_1 … y_{i−1}, c_i = h_j)
//
// Shankar and Sarawagi 2019, Posterior attention models for sequence to sequence learning (ICLR);
// here of a model that was trained with the mixture c_i = Σ_j α_ij h_j.
#ifndef ATENTO_MODEL_POSTERIOR_H_
#define ATENTO_MODEL_POSTERIOR_H_

#include "model/seq2seq.h"

namespace atento {

// forced: of this batch, its arena as it was left. Returns [N,S] like forced.alpha, in the arena; a
// row sums to 1. With several heads all look at the same position, and the prior is their mean.
// Positions with less than a thousandth of their row's largest weight get 0.
// Requires: HasAlpha (checked).
// Cost: a DecodeStep for each element of the target and position of its source.
// Errors: none.  Threads: as ForceDecode.
Matrix PosteriorAttention(const ModelPass& pass, const Batch& batch, const ForcedDecoding& forced);

}  // namespace atento

#endif  // ATENTO_MODEL_POSTERIOR_H_
