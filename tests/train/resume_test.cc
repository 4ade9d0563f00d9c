// A run that was stopped, or killed, and resumed ends with the same bytes as one that never was.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "atento/trainer.h"
#include "base/file.h"
#include "base/json.h"
#include "expect_error.h"
#include "math/gemm.h"
#include "temporary_directory.h"
#include "train/checkpoint.h"
#include "train/tiny_run.h"

namespace atento {
namespace {

// The best model, and everything that the last checkpoint holds besides its times.
std::string ModelBytes(const std::string& directory, const std::string& model) {
  const std::string path = directory + "/" + model, last = path + "/checkpoints/step-40";
  std::string bytes = ReadFile(path + "/model.safetensors");
  for (const char* name : {"model", "moment-1", "moment-2", "average"}) {
    const std::string file = last + "/" + name + ".safetensors";
    if (FileExists(file)) bytes += name + ReadFile(file);
  }
  return bytes;
}

struct Variant {
  double ema_decay;
  TrainingPrecision precision;
};

// With and without a moving average, and in both precisions if the CPU has them.
class ResumeTest : public testing::TestWithParam<Variant> {
 protected:
  TrainRequest RequestOfVariant(const std::string& directory, const std::string& model) const {
    TrainRequest request = Request(directory, model);
    request.training.ema_decay = GetParam().ema_decay;
    request.training.precision = GetParam().precision;
    return request;
  }
};
std::vector<Variant> Variants() {
  std::vector<Variant> variants = {{0, TrainingPrecision::kFloat32},
                                   {0.9, TrainingPrecision::kFloat32}};
  if (HasProducts(Precision::kBfloat16)) variants.push_back({0, TrainingPrecision::kBfloat16});
  return variants;
}
std::string VariantName(const testing::TestParamInfo<Variant>& instance) {
  const Variant& variant = instance.param;
  return std::string(variant.ema_decay > 0 ? "Averaging" : "Plain") +
         (variant.precision == TrainingPrecision::kBfloat16 ? "Bfloat16" : "Float32");
}
using ResumeDeathTest = ResumeTest;
INSTANTIATE_TEST_SUITE_P(Variants, ResumeTest, testing::ValuesIn(Variants()), VariantName);
INSTANTIATE_TEST_SUITE_P(Variants, ResumeDeathTest, testing::ValuesIn(Variants()), VariantName);

TEST_P(ResumeTest, StoppedRunEndsWithTheSameBytes) {
  TemporaryDirectory directory;
  const TrainResult whole = Train(RequestOfVariant(directory.path(), "whole"));
  EXPECT_EQ(whole.steps, 40);
  const std::string last = directory.File("whole") + "/checkpoints/step-40";
  EXPECT_EQ(FileExists(last + "/average.safetensors"), GetParam().ema_decay > 0);
  // Between two validations, so that the stop itself must not validate.
  EXPECT_EQ(Train(RequestOfVariant(directory.path(), "parts"), AfterSteps(17)).reason,
            StopReason::kInterrupted);
  EXPECT_EQ(Train(ResumeRequest(directory.File("parts")), AfterMoreSteps(6)).steps, 23);
  const TrainResult parts = Train(ResumeRequest(directory.File("parts")));
  EXPECT_EQ(parts.reason, StopReason::kMaxSteps);
  EXPECT_EQ(parts.best, whole.best);
  EXPECT_EQ(ModelBytes(directory.path(), "parts"), ModelBytes(directory.path(), "whole"));
}

TEST_P(ResumeDeathTest, KilledRunEndsWithTheSameBytes) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  // The child runs this test anew, up to the statement below, in the directory of its parent.
  constexpr const char* kVariable = "ATENTO_RESUME_TEST_DIRECTORY";
  const char* inherited = getenv(kVariable);
  std::optional<TemporaryDirectory> own;
  if (inherited == nullptr) setenv(kVariable, own.emplace().path().c_str(), 1);
  const std::string directory = getenv(kVariable);
  const TrainRequest request = RequestOfVariant(directory, "killed");
  auto train_until_killed = [&] {
    Train(request, [n = -1]() mutable {
      if (n++ == 17) raise(SIGKILL);
      return false;
    });
  };
  EXPECT_EXIT(train_until_killed(), testing::KilledBySignal(SIGKILL), "");
  unsetenv(kVariable);
  Train(ResumeRequest(request.directory));
  Train(RequestOfVariant(directory, "whole"));
  EXPECT_EQ(ModelBytes(directory, "killed"), ModelBytes(directory, "whole"));
}

TEST(ResumedRunTest, GuidedAlignmentsAreRemembered) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  request.guided_alignments = directory.File("links");
  std::string links;
  for (int i = 0; i < 150; ++i) links += "0-0\n";
  WriteFileAtomically(request.guided_alignments, links);
  Train(request, AfterSteps(3));
  TrainRequest resumed = ResumeRequest(request.directory);
  EXPECT_EQ(resumed.guided_alignments, request.guided_alignments);
  resumed.limits.max_steps = 5;
  EXPECT_EQ(Train(resumed).steps, 5);
  WriteFileAtomically(request.guided_alignments, links.substr(3));
  EXPECT_ERROR(Train(resumed), ErrorKind::kData, "--guided-alignments have changed");
}

// This member of every line of metrics.jsonl.
std::vector<double> Reported(const std::string& model, const std::string& name) {
  std::vector<double> values;
  std::istringstream lines(ReadFile(model + "/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    values.push_back(Json::Parse(line, "metrics.jsonl").At(name).AsDouble());
  }
  return values;
}

TEST(ResumedRunTest, LossesOnAttentionAreReportedAsIfItHadNeverStopped) {
  TemporaryDirectory directory;
  auto guided = [&](const std::string& model) {
    TrainRequest request = Request(directory.path(), model);
    request.model.coverage = true;
    request.training.coverage_weight = 0.1;
    request.training.doubly_stochastic_weight = 0.1;
    request.training.guided_alignment_weight = 1;
    request.guided_alignments = directory.File("links");
    return request;
  };
  std::string links;
  for (int i = 0; i < 150; ++i) links += "0-0\n";
  WriteFileAtomically(directory.File("links"), links);
  Train(guided("whole"));
  Train(guided("parts"), AfterSteps(17));
  Train(ResumeRequest(directory.File("parts")));
  for (const char* name : {"guided_loss", "coverage_loss", "doubly_stochastic_loss"}) {
    const std::vector<double> losses = Reported(directory.File("whole"), name);
    EXPECT_EQ(losses, Reported(directory.File("parts"), name)) << name;
    for (double loss : losses) EXPECT_GT(loss, 0) << name;
  }
  const std::vector<double> losses = Reported(directory.File("whole"), "guided_loss");
  EXPECT_LT(losses.back(), 0.5 * losses.front());
  Train(Request(directory.path(), "plain"), AfterSteps(8));
  EXPECT_EQ(ReadFile(directory.File("plain") + "/metrics.jsonl").find("guided"), std::string::npos);
}

TEST(ResumedRunTest, OtherDataIsRefused) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(3));
  WriteFileAtomically(directory.File("train.tsv"), Pairs(3, 150));
  EXPECT_ERROR(Train(ResumeRequest(directory.File("model"))), ErrorKind::kData,
               "--train has changed");
}

TEST(ResumedRunTest, DamagedCheckpointIsAnError) {
  TemporaryDirectory directory;
  TrainRequest request = Request(directory.path(), "model");
  request.training.ema_decay = 0.5;
  Train(request, AfterSteps(3));
  const std::string checkpoint = directory.File("model") + "/checkpoints/step-3";
  for (const char* name :
       {"/model.safetensors", "/moment-1.safetensors", "/average.safetensors", "/state.json"}) {
    const std::string path = checkpoint + name, bytes = ReadFile(path);
    for (size_t keep : {size_t{0}, size_t{5}, bytes.size() / 2, bytes.size() - 3}) {
      WriteFileAtomically(path, bytes.substr(0, keep));
      EXPECT_ERROR(Train(ResumeRequest(directory.File("model"))), ErrorKind::kData, name);
    }
    WriteFileAtomically(path, bytes);
  }
  WriteFileAtomically(directory.File("model") + "/checkpoints/latest", "../../elsewhere\n");
  EXPECT_ERROR(Train(ResumeRequest(directory.File("model"))), ErrorKind::kData, "latest");
}

TEST(ResumedRunTest, MetricsAfterTheCheckpointAreDropped) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(9));
  const CheckpointDirectory model(directory.File("model"));
  Json late;
  late.Set("step", 14);
  model.AppendMetrics(late);
  const std::string whole = ReadFile(directory.File("model") + "/metrics.jsonl");
  WriteFileAtomically(directory.File("model") + "/metrics.jsonl", whole + "{\"step\": 21, \"ep");
  model.TruncateMetrics(9);
  const std::string metrics = ReadFile(directory.File("model") + "/metrics.jsonl");
  EXPECT_NE(metrics.find("\"step\":7"), std::string::npos);
  EXPECT_EQ(metrics.find("\"step\":14"), std::string::npos);
  EXPECT_EQ(metrics.find("\"step\": 21"), std::string::npos);
}

TEST(ResumedRunTest, AnAlteredStateIsRefused) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(3));
  const std::string path = directory.File("model") + "/checkpoints/step-3/state.json";
  std::string bytes = ReadFile(path);
  const size_t digit = bytes.find("\"loss-tokens\": ") + 15;
  bytes[digit] = bytes[digit] == '1' ? '2' : '1';
  WriteFileAtomically(path, bytes);
  EXPECT_ERROR(Train(ResumeRequest(directory.File("model"))), ErrorKind::kData, "altered");
}

TEST(ResumedRunTest, TensorsOfAnotherCheckpointAreRefused) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(3));
  Train(Request(directory.path(), "other"), AfterSteps(5));
  for (const char* name : {"moment-1", "model"}) {
    const std::string file = std::string("/") + name + ".safetensors";
    const std::string path = directory.File("model") + "/checkpoints/step-3" + file;
    const std::string bytes = ReadFile(path);
    WriteFileAtomically(path, ReadFile(directory.File("other") + "/checkpoints/step-5" + file));
    EXPECT_ERROR(Train(ResumeRequest(directory.File("model"))), ErrorKind::kData, path,
                 "of another checkpoint");
    WriteFileAtomically(path, bytes);
  }
  EXPECT_EQ(Train(ResumeRequest(directory.File("model")), AfterMoreSteps(1)).steps, 4);
}

TEST(ResumedRunTest, AnotherEarlyStoppingMetricStartsAnew) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(30));
  TrainRequest request = ResumeRequest(directory.File("model"));
  request.limits.early_stopping = "exact:100";
  const TrainResult result = Train(request);
  EXPECT_GT(result.best_step, 30);
}

TEST(ResumedRunTest, AnotherEarlyStoppingMetricLeavesAFinishedRunItsModel) {
  TemporaryDirectory directory;
  const TrainResult finished = Train(Request(directory.path(), "model"));
  TrainRequest request = ResumeRequest(directory.File("model"));
  request.limits.early_stopping = "exact:100";
  EXPECT_EQ(Train(request).best_step, finished.best_step);
  request = ResumeRequest(directory.File("model"));
  request.limits.max_steps = 50;
  EXPECT_GT(Train(request).best_step, 40);
}

// What a kill between a checkpoint and its name leaves: a later one that nobody has named.
TEST(ResumedRunTest, UnnamedCheckpointsAreRemoved) {
  TemporaryDirectory directory;
  Train(Request(directory.path(), "model"), AfterSteps(9));
  const std::string checkpoints = directory.File("model") + "/checkpoints";
  MakeDirectories(checkpoints + "/step-14");
  WriteFileAtomically(checkpoints + "/step-14/state.json", "{}");
  Train(ResumeRequest(directory.File("model")), AfterMoreSteps(1));
  EXPECT_TRUE(IsDirectory(checkpoints + "/step-10"));
  EXPECT_FALSE(IsDirectory(checkpoints + "/step-14"));
}

}  // namespace
}  // namespace atento
