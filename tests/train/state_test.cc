// Schedules and the stored state, by hand-computed cases.
#include "train/state.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "train/validation.h"

namespace atento {
namespace {

TrainingState AtStep(int64_t step, int64_t epoch = 0) {
  TrainingState state;
  state.step = step;
  state.position.epoch = epoch;
  return state;
}

TEST(ScheduleTest, WarmUpRisesInAStraightLine) {
  TrainingOptions options;
  options.learning_rate = 0.4;
  options.warmup_steps = 4;
  EXPECT_DOUBLE_EQ(LearningRate(options, AtStep(0)), 0.1);
  EXPECT_DOUBLE_EQ(LearningRate(options, AtStep(2)), 0.3);
  EXPECT_DOUBLE_EQ(LearningRate(options, AtStep(3)), 0.4);
}

TEST(ScheduleTest, HalvingStartsAfterTheNamedEpoch) {
  TrainingOptions options;
  options.learning_rate = 1;
  options.schedule = Schedule::kHalving;
  options.halve_after = 5;
  EXPECT_EQ(LearningRate(options, AtStep(100, 4)), 1);
  EXPECT_EQ(LearningRate(options, AtStep(100, 5)), 0.5);
  EXPECT_EQ(LearningRate(options, AtStep(100, 7)), 0.125);
}

TEST(ScheduleTest, InverseSquareRootMeetsTheWarmUp) {
  TrainingOptions options;
  options.learning_rate = 1;
  options.warmup_steps = 100;
  options.schedule = Schedule::kInverseSquareRoot;
  EXPECT_DOUBLE_EQ(LearningRate(options, AtStep(99)), 1);
  EXPECT_DOUBLE_EQ(LearningRate(options, AtStep(399)), 0.5);
}

TEST(ScheduleTest, PlateauWaitsForItsPatience) {
  TrainingOptions options;
  options.learning_rate = 1;
  options.decay = 0.5;
  options.decay_patience = 2;
  TrainingState state;
  for (double loss : {3.0, 2.0, 2.5}) {
    UpdatePlateau(options, loss, &state);
  }
  EXPECT_EQ(LearningRate(options, state), 1);
  UpdatePlateau(options, 2.0, &state);
  EXPECT_EQ(LearningRate(options, state), 0.5);
  UpdatePlateau(options, 1.9, &state);
  EXPECT_EQ(LearningRate(options, state), 0.5);
}

TEST(TrainingStateTest, ReadsBackEqual) {
  TrainingState state = AtStep(12, 3);
  state.seconds = 1.0 / 3;
  state.best = 1e-17;
  state.data.train_hash = 0xfedcba9876543210;
  const Json json = Json::Parse(state.ToJson().Dump(2), "test");
  EXPECT_EQ(TrainingState::FromJson(json, "test").ToJson().Dump(), state.ToJson().Dump());
  EXPECT_EQ(TrainingState::FromJson(json, "test").data, state.data);
}

TEST(TrainingStateTest, MissingAndWrongFieldsAreErrors) {
  Json json = TrainingState().ToJson();
  EXPECT_ERROR(TrainingState::FromJson(Json(Json::Object{}), "x.json"), ErrorKind::kData, "x.json");
  json.Set("step", "three");
  EXPECT_ERROR(TrainingState::FromJson(json, "x.json"), ErrorKind::kData, "x.json: step: expected");
  json.Set("step", -1);
  EXPECT_ERROR(TrainingState::FromJson(json, "x.json"), ErrorKind::kData, "negative");
}

TEST(ValidationOptionsTest, AreParsed) {
  EXPECT_EQ(ParseValidateEvery("500").steps, 500);
  EXPECT_EQ(ParseValidateEvery("2e").epochs, 2);
  EXPECT_EQ(ParseEarlyStopping("bleu:3", {"bleu"}).patience, 3);
  for (const char* text : {"", "e", "0", "-1", "1.5", "5x"}) {
    EXPECT_ERROR(ParseValidateEvery(text), ErrorKind::kUsage, "--validate-every");
  }
  for (const char* text : {"", "loss", "loss:", "loss:0", "loss:x", "bleu:3"}) {
    EXPECT_ERROR(ParseEarlyStopping(text, {}), ErrorKind::kUsage, "--early-stopping");
  }
}

}  // namespace
}  // namespace atento
