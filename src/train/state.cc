#include "train/state.h"

#include <algorithm>
#include <cmath>

#include "atento/error.h"

namespace atento {
namespace {

// Names every field once, for writing and for reading.
template <class State, class Visitor>
void ForEachField(State& s, Visitor&& visit) {
  visit("step", s.step);
  visit("epoch", s.position.epoch);
  visit("step-in-epoch", s.position.step);
  visit("skipped", s.skipped);
  visit("skipped-in-a-row", s.skipped_in_a_row);
  visit("seconds", s.seconds);
  visit("learning-rate-factor", s.learning_rate_factor);
  visit("bad-validations", s.bad_validations);
  visit("best-loss", s.best_loss);
  visit("best-metric", s.best_metric);
  visit("best", s.best);
  visit("best-step", s.best_step);
  visit("validations", s.validations);
  visit("validations-since-best", s.validations_since_best);
  visit("last-validation-step", s.last_validation_step);
  visit("loss", s.loss);
  visit("guided-loss", s.attention_loss.guided);
  visit("coverage-loss", s.attention_loss.coverage);
  visit("doubly-stochastic-loss", s.attention_loss.doubly_stochastic);
  visit("loss-tokens", s.loss_tokens);
  visit("train-bytes", s.data.train_bytes);
  visit("dev-bytes", s.data.dev_bytes);
  visit("train-hash", s.data.train_hash);
  visit("dev-hash", s.data.dev_hash);
  visit("links-bytes", s.data.links_bytes);
  visit("links-hash", s.data.links_hash);
}

}  // namespace

std::string DifferenceText(const DataFingerprint& a, const DataFingerprint& b) {
  if (a.train_bytes != b.train_bytes || a.train_hash != b.train_hash) return "--train has";
  if (a.dev_bytes != b.dev_bytes || a.dev_hash != b.dev_hash) return "--dev has";
  return "--guided-alignments have";
}

Json TrainingState::ToJson() const {
  Json json{Json::Object{}};
  ForEachField(*this, [&](const char* name, const auto& field) { json.Set(name, field); });
  return json;
}

TrainingState TrainingState::FromJson(const Json& json, const std::string& where) {
  TrainingState state;
  InContext(where, [&] {
    ForEachField(state, [&](const char* name, auto& field) {
      using Field = std::remove_cvref_t<decltype(field)>;
      const Json& value = json.At(name);
      field = InContext(name, [&] {
        if constexpr (std::is_floating_point_v<Field>) {
          return value.AsDouble();
        } else if constexpr (std::is_same_v<Field, std::string>) {
          return value.AsString();
        } else {
          return static_cast<Field>(value.AsInteger());
        }
      });
    });
    if (state.step < 0 || state.position.epoch < 0 || state.position.step < 0) {
      throw Error(ErrorKind::kData, "a negative number of steps");
    }
  });
  return state;
}

double LearningRate(const TrainingOptions& options, const TrainingState& state) {
  const double step = static_cast<double>(state.step + 1), warmup = options.warmup_steps;
  double rate = options.learning_rate;
  if (step < warmup) return rate * step / warmup;
  switch (options.schedule) {
    case Schedule::kConstant:
      return rate;
    case Schedule::kHalving: {
      const double halvings =
          std::max<double>(0, static_cast<double>(state.position.epoch) + 1 - options.halve_after);
      return rate * std::pow(0.5, halvings);
    }
    case Schedule::kPlateau:
      return rate * state.learning_rate_factor;
    case Schedule::kInverseSquareRoot:
      return rate * std::sqrt(std::max(1.0, warmup) / std::max(step, warmup));
  }
  return rate;
}

void UpdatePlateau(const TrainingOptions& options, double loss, TrainingState* state) {
  if (loss < state->best_loss) {
    state->best_loss = loss;
    state->bad_validations = 0;
    return;
  }
  if (++state->bad_validations < options.decay_patience) return;
  state->bad_validations = 0;
  state->learning_rate_factor *= options.decay;
}

}  // namespace atento
