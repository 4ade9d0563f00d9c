// Training from the first update: what it leaves in its directory, and what it does not touch.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "atento/trainer.h"
#include "base/file.h"
#include "expect_error.h"
#include "temporary_directory.h"
#include "train/checkpoint.h"
#include "train/tiny_run.h"

namespace atento {
namespace {

TEST(TrainTest, ModelDirectoriesAreNotOverwrittenUnasked) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(1));
  EXPECT_ERROR(Train(Request(directory.path(), "model")), ErrorKind::kUsage, "--resume",
               "--overwrite");
  WriteFileAtomically(directory.File("other") + ".txt", "");
  MakeDirectories(directory.File("other"));
  WriteFileAtomically(directory.File("other") + "/thesis.tex", "years of work");
  TrainRequest request = Request(directory.path(), "other");
  request.overwrite = true;
  EXPECT_ERROR(Train(request), ErrorKind::kUsage, "not a model directory");
  EXPECT_TRUE(FileExists(directory.File("other") + "/thesis.tex"));
}

// A signal that came while the first checkpoint was written left a directory without one.
TEST(TrainTest, AnEarlyInterruptionLeavesNothingBehind) {
  TemporaryDirectory directory;
  const TrainRequest request = Request(directory.path(), "model");
  // The two of data.
  auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(directory.path()), {});
  };
  const TrainResult result = Train(request, [&] {
    EXPECT_EQ(files(), 2);
    return true;
  });
  EXPECT_EQ(result.reason, StopReason::kInterrupted);
  EXPECT_EQ(files(), 2);
}

TEST(TrainTest, BadDataLeavesNothingBehind) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  request.train = {directory.File("missing.tsv")};
  EXPECT_ERROR(Train(request), ErrorKind::kNotFound, "missing.tsv");
  EXPECT_FALSE(FileExists(directory.File("model")));
}

TEST(TrainTest, CheckpointsKeepTheBestAndTheNewest) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  request.limits.keep_checkpoints = 2;
  const TrainResult result = Train(request);
  int checkpoints = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory.File("model") + "/checkpoints")) {
    checkpoints += entry.is_directory();
  }
  EXPECT_EQ(checkpoints, 2);
  EXPECT_TRUE(IsDirectory(directory.File("model") + "/checkpoints/step-40"));
  const std::string best = ReadFile(directory.File("model") + "/checkpoints/best");
  EXPECT_EQ(best, "step-" + std::to_string(result.best_step) + "\n");
  EXPECT_TRUE(IsDirectory(directory.File("model") + "/checkpoints/step-" +
                          std::to_string(result.best_step)));
}

// Also: what was validated is what the directory has, moving average or not.
TEST(TrainTest, FineTuningStartsFromTheOtherModel) {
  TemporaryDirectory directory;
  for (double decay : {0.0, 0.9}) {
    TrainRequest request = Request(directory.path(), "model");
    request.overwrite = true;
    request.training.ema_decay = decay;
    const TrainResult first = Train(request);
    request.directory = directory.File("tuned");
    request.init_from = directory.File("model");
    request.training.learning_rate = 0;
    request.limits.max_steps = 1;
    const TrainResult tuned = Train(request);
    EXPECT_EQ(tuned.best, first.best);
  }
}

TEST(TrainTest, TheMovingAverageIsValidatedAndKept) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  request.training.ema_decay = 0.9;
  request.limits.max_steps = 7;
  EXPECT_EQ(Train(request).best_step, 7);
  const std::string model = ReadFile(request.directory + "/model.safetensors");
  const std::string checkpoint = request.directory + "/checkpoints/step-7";
  EXPECT_EQ(model, ReadFile(checkpoint + "/average.safetensors"));
  EXPECT_NE(model, ReadFile(checkpoint + "/model.safetensors"));
}

// The parameters change places with their average at every validation.
TEST(TrainTest, TheMovingAverageDoesNotChangeTraining) {
  TemporaryDirectory directory;
  std::vector<std::string> parameters;
  for (double decay : {0.0, 0.9}) {
    TrainRequest request = Request(directory.path(), decay > 0 ? "averaged" : "plain");
    // The plateau schedule would follow the average's loss.
    request.training.schedule = Schedule::kConstant;
    request.training.ema_decay = decay;
    Train(request);
    parameters.push_back(ReadFile(request.directory + "/checkpoints/step-40/model.safetensors"));
  }
  EXPECT_EQ(parameters[0], parameters[1]);
}

TEST(CheckpointTest, TheLastParametersAreNamedInOrder) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  request.limits.keep_checkpoints = 20;
  request.limits.max_steps = 14;
  Train(request);
  const CheckpointDirectory model(request.directory);
  auto path = [&](const char* step) {
    return request.directory + "/checkpoints/" + step + "/model.safetensors";
  };
  EXPECT_EQ(model.LastParameters(1), std::vector<std::string>{path("step-14")});
  EXPECT_EQ(model.LastParameters(2), (std::vector<std::string>{path("step-7"), path("step-14")}));
  // step-0, from before the first update, is none of them.
  EXPECT_ERROR(model.LastParameters(3), ErrorKind::kUsage, "fewer than 3 checkpoints, 2",
               "--keep-checkpoints");
  EXPECT_ERROR(CheckpointDirectory(directory.path()).LastParameters(1), ErrorKind::kUsage,
               "fewer than 1");
}

TEST(TrainTest, ANaNStepIsSkippedAndCounted) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  // Parameters grow by a factor of a million at every update, and overflow after a few.
  request.training.learning_rate = 1;
  request.training.weight_decay = 1e6;
  request.limits.validate_every = "1";
  request.limits.early_stopping = "loss:1000";
  request.limits.max_steps = 20;
  testing::internal::CaptureStderr();
  EXPECT_GT(Train(request).skipped_steps, 10);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("had no finite gradient: training has"),
            std::string::npos);
  request.directory = directory.File("infinite");
  request.training.optimizer = Optimizer::kSgd;
  request.training.clip_norm = 0;
  request.training.learning_rate = 1e300;
  request.limits.validate_every = "1000";
  EXPECT_ERROR(Train(request), ErrorKind::kData, "no validation had a finite loss");
  // The state can be read, and NaN was not called the best.
  EXPECT_EQ(CheckpointDirectory(request.directory).LoadState().best_step, 0);
  request.directory = directory.File("hopeless");
  request.limits.max_steps = 0;
  EXPECT_ERROR(Train(request), ErrorKind::kData, "diverged", "--learning-rate");
}

TEST(TrainTest, AnotherProgramsDirectoryIsNotOverwritten) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "other");
  request.overwrite = true;
  MakeDirectories(request.directory);
  WriteFileAtomically(request.directory + "/config.json", "{\"model_type\": \"bert\"}");
  EXPECT_ERROR(Train(request), ErrorKind::kUsage, "not a model directory");
  EXPECT_TRUE(FileExists(request.directory + "/config.json"));
}

}  // namespace
}  // namespace atento
