#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "math/kernels.h"

namespace atento {
namespace {

void Optimize(const TrainingOptions& options, const UpdateStep& step, size_t begin, size_t count,
              ConstVector gradient, OptimizerState& state, Vector parameters) {
  auto slice = [&](auto block) { return block.subspan(begin, count); };
  auto moment = [&](size_t i) { return slice(state.moments()[i]->flat()); };
  const Real rate = static_cast<Real>(step.learning_rate);
  const Real scale = static_cast<Real>(step.gradient_scale);
  switch (options.optimizer) {
    case Optimizer::kAdam: {
      const double t = static_cast<double>(step.number);
      const AdamStep adam = {
          .learning_rate = rate,
          .beta1 = static_cast<Real>(options.adam_beta1),
          .beta2 = static_cast<Real>(options.adam_beta2),
          .epsilon = static_cast<Real>(options.epsilon),
          .correction1 = static_cast<Real>(1 - std::pow(options.adam_beta1, t)),
          .correction2 = static_cast<Real>(1 - std::pow(options.adam_beta2, t)),
          .weight_decay = static_cast<Real>(options.weight_decay),
          .gradient_scale = scale,
      };
      return AdamUpdate(adam, slice(gradient), moment(0), moment(1), slice(parameters));
    }
    case Optimizer::kSgd:
      return SgdUpdate(rate, scale, slice(gradient), slice(parameters));
    case Optimizer::kAdadelta:
      return AdadeltaUpdate(rate, static_cast<Real>(options.adadelta_rho),
                            static_cast<Real>(options.epsilon), scale, slice(gradient), moment(0),
                            moment(1), slice(parameters));
  }
}

}  // namespace

OptimizerState::OptimizerState(const TrainingOptions& options, const ModelConfig& config,
                               const Parameters& parameters) {
  const int moments = options.optimizer == Optimizer::kSgd ? 0 : 2;
  for (int i = 0; i < moments; ++i) moments_.push_back(std::make_unique<Parameters>(config));
  if (options.ema_decay == 0) return;
  average_ = std::make_unique<Parameters>(config);
  std::copy(parameters.flat().begin(), parameters.flat().end(), average_->flat().begin());
}

void UpdateSlice(const TrainingOptions& options, const UpdateStep& step, size_t begin, size_t count,
                 ConstVector gradient, OptimizerState& state, Vector parameters) {
  Optimize(options, step, begin, count, gradient, state, parameters);
  if (!state.average()) return;
  const double t = static_cast<double>(step.number);
  // Without this the start, which is random, would weigh long: after n steps still X^n.
  const double decay = std::min(options.ema_decay, (1 + t) / (10 + t));
  AverageUpdate(static_cast<Real>(1 - decay), parameters.subspan(begin, count),
                state.average()->flat().subspan(begin, count));
}

}  // namespace atento
