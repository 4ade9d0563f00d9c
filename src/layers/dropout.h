// Dropout, keyed: which numbers are dropped follows from (key, place, step) alone, so that the
// backward pass makes the same call on the gradient, and nothing is stored.
#ifndef ATENTO_LAYERS_DROPOUT_H_
#define ATENTO_LAYERS_DROPOUT_H_

#include <cstdint>

#include "base/random.h"
#include "math/kernels.h"
#include "math/views.h"

namespace atento {

// The places of a model where numbers are dropped, all of them non-recurrent (Zaremba+ 2014).
enum class DropoutPlace {
  kSourceEmbedding,
  kEncoderLayer,  // between encoder layers
  kAnnotations,   // the top encoder layer
  kTargetEmbedding,
  kDecoderLayer,  // between decoder layers
  kReadout,       // the vector that the output layer reads
};

struct DropoutOptions {
  Real embedding = 0;    // kSourceEmbedding, kTargetEmbedding
  Real hidden = 0;       // kEncoderLayer, kDecoderLayer
  Real annotations = 0;  // kAnnotations
  Real output = 0;       // kReadout
  uint64_t key = 0;      // of the update and the worker

  Real RateAt(DropoutPlace place) const {
    switch (place) {
      case DropoutPlace::kSourceEmbedding:
      case DropoutPlace::kTargetEmbedding:
        return embedding;
      case DropoutPlace::kEncoderLayer:
      case DropoutPlace::kDecoderLayer:
        return hidden;
      case DropoutPlace::kAnnotations:
        return annotations;
      case DropoutPlace::kReadout:
        return output;
    }
    return 0;
  }
};

// x becomes x / (1 − rate) or 0, by the rate of the place. Used on values and on gradients alike.
// index: tells apart the layers or the steps of one place.
inline void ApplyDropout(const DropoutOptions& options, DropoutPlace place, int index, Matrix x) {
  const Real rate = options.RateAt(place);
  if (rate > 0) Dropout(x, rate, RandomKey(options.key, static_cast<int>(place), index));
}

}  // namespace atento

#endif  // ATENTO_LAYERS_DROPOUT_H_
