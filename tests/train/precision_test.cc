#include "train/precision.h"

#include <gtest/gtest.h>

#include "atento/error.h"
#include "math/gemm.h"

namespace atento {
namespace {

TrainingPrecision Chosen(TrainingPrecision precision) {
  TrainingOptions training;
  training.precision = precision;
  ChoosePrecision(&training);
  return training.precision;
}

TEST(FasterPrecision, Bfloat16MustBeClearlyFaster) {
  EXPECT_EQ(FasterPrecision(0.6), TrainingPrecision::kFloat32);
  EXPECT_EQ(FasterPrecision(1.05), TrainingPrecision::kFloat32);
  EXPECT_EQ(FasterPrecision(1.2), TrainingPrecision::kBfloat16);
}

TEST(ChoosePrecision, AutoIsReplacedByWhatTheCpuCanDo) {
  const TrainingPrecision chosen = Chosen(TrainingPrecision::kAuto);
  EXPECT_NE(chosen, TrainingPrecision::kAuto);
  EXPECT_TRUE(HasProducts(PrecisionOfProducts(chosen)));
}

TEST(ChoosePrecision, WhatWasAskedForStays) {
  EXPECT_EQ(Chosen(TrainingPrecision::kFloat32), TrainingPrecision::kFloat32);
  if (HasProducts(Precision::kBfloat16)) {
    EXPECT_EQ(Chosen(TrainingPrecision::kBfloat16), TrainingPrecision::kBfloat16);
  } else {
    EXPECT_THROW(Chosen(TrainingPrecision::kBfloat16), Error);
  }
}

}  // namespace
}  // namespace atento
