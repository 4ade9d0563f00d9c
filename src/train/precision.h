// The precision of a training's matrix products.
#ifndef ATENTO_TRAIN_PRECISION_H_
#define ATENTO_TRAIN_PRECISION_H_

#include "atento/options.h"

namespace atento {

// gain: how many times as fast products of bfloat16 are. They must gain 10 %, because they cost
// digits.
TrainingPrecision FasterPrecision(double gain);

// Replaces kAuto by the FasterPrecision on this CPU. To have the instructions is not enough: Zen 4
// does twice as much with them, an Intel core whose AMX is switched off half as much. So a few
// products are timed, in about 10 ms. Throws Error{kUsage} if the CPU cannot train in the precision
// asked for.
void ChoosePrecision(TrainingOptions* training);

}  // namespace atento

#endif  // ATENTO_TRAIN_PRECISION_H_
