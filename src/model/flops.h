// How much arithmetic and memory a model needs: the yardsticks of `atento benchmark`.
#ifndef ATENTO_MODEL_FLOPS_H_
#define ATENTO_MODEL_FLOPS_H_

#include <cstdint>

#include "model/config.h"

namespace atento {

struct TokenCounts {
  int64_t sentences = 0;
  int64_t source = 0;  // </s> counted
  int64_t target = 0;  // </s> counted; in search: steps of hypotheses
};

// Multiplications and additions of the forward pass: 2 × (parameters that enter a matrix product) ×
// (tokens they are used for). A training step has three times as many: forward, and backward to
// the inputs and to the parameters. What is not a product of parameters, such as scores times
// annotations, is not counted.
double ForwardFlops(const ModelConfig& config, const TokenCounts& tokens);

// What a machine can do at most.
struct MachineLimits {
  double flops_per_second;
  double bytes_per_second;  // read from where the parameters are
  double bytes_per_parameter;
};

// What one sentence alone takes at least, in greedy search: each product that time which is longer,
// that of its arithmetic or that of reading its parameters, which happens once for a whole source
// where that is one product, else once per step. tokens.sentences: 1.
double LeastSeconds(const ModelConfig& config, const TokenCounts& tokens,
                    const MachineLimits& limits);

// The numbers that a forward pass must leave for the gradient: embeddings, gates and states of
// every cell, keys, queries, α, contexts and readouts; not the logits, whose gradient can be
// computed at once. Without layer normalisation, dropout and copying; one head.
double ActivationNumbers(const ModelConfig& config, const TokenCounts& tokens, int longest_source);

}  // namespace atento

#endif  // ATENTO_MODEL_FLOPS_H_
