// How much arithmetic a model is: the yardstick of `atento benchmark`.
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

}  // namespace atento

#endif  // ATENTO_MODEL_FLOPS_H_
