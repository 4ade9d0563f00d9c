// Probes: what is read, what is refused, and that a run which was stopped or killed leaves the
// same traces as one that never was.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "atento/translator.h"
#include "base/json.h"
#include "expect_error.h"
#include "temporary_directory.h"
#include "train/probes.h"
#include "train/tiny_run.h"

namespace atento {
namespace {

// Everything that the model says about the sentence, to the last digit.
std::string Say(const Translator& translator, const Probe& probe) {
  const std::vector<std::string> lines = {probe.source};
  const Translation translation = translator.Translate(lines, {.beam = 1})[0];
  const std::vector<std::string> targets = {probe.target.value_or(translation.hypotheses[0].text)};
  Json json;
  json.Set("text", targets[0]).Set("log_prob", translator.Score(lines, targets)[0].log_prob);
  return json.Dump();
}

TrainRequest Watched(const std::string& directory, const std::string& model) {
  TrainRequest request = Request(directory, model);
  request.training.ema_decay = 0.9;
  request.probes = {{"a b c", {}, "probes:1"}, {"b \"a", "bb aa", "probes:2"}};
  return request;
}

// The content of each file in probes/.
std::map<std::string, std::string> ProbeFiles(const std::string& model) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(model + "/probes")) {
    files[entry.path().filename().string()] = ReadFile(entry.path().string());
  }
  return files;
}

TEST(ProbesTest, EveryValidationIsTraced) {
  TemporaryDirectory directory;
  Train(Watched(directory.path(), "model"), nullptr, Say);
  const auto files = ProbeFiles(directory.File("model"));
  std::vector<std::string> names;
  for (const auto& [name, text] : files) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"sentences.tsv", "step-0.json", "step-14.json",
                                             "step-21.json", "step-28.json", "step-35.json",
                                             "step-40.json", "step-7.json"}));
  EXPECT_EQ(files.at("sentences.tsv"), "a b c\nb \"a\tbb aa\n");
  const Json first = Json::Parse(files.at("step-0.json"), "first");
  const Json last = Json::Parse(files.at("step-40.json"), "last");
  EXPECT_EQ(last.At("step").AsInteger(), 40);
  ASSERT_EQ(last.At("traces").AsArray().size(), 2u);
  EXPECT_EQ(last.At("traces").AsArray()[1].At("text").AsString(), "bb aa");
  EXPECT_GT(last.At("traces").AsArray()[1].At("log_prob").AsDouble(),
            first.At("traces").AsArray()[1].At("log_prob").AsDouble());
}

// What is traced is the average that is validated and kept, not what training goes on from.
TEST(ProbesTest, TracesAreOfTheModelThatIsKept) {
  TemporaryDirectory directory;
  TrainRequest request = Watched(directory.path(), "model");
  request.limits.max_steps = 14;
  const TrainResult result = Train(request, nullptr, Say);
  ASSERT_EQ(result.best_step, 14);
  const Translator kept(std::span(&request.directory, 1), 1);
  const Json last =
      Json::Parse(ProbeFiles(request.directory).at("step-14.json"), "last").At("traces");
  EXPECT_EQ(last.AsArray()[1].Dump(), Say(kept, request.probes[1]));
}

TEST(ProbesTest, WatchingChangesNothing) {
  TemporaryDirectory directory;
  TrainRequest request = Watched(directory.path(), "watched");
  Train(request, nullptr, Say);
  request.probes.clear();
  request.directory = directory.File("unwatched");
  Train(request);
  EXPECT_FALSE(IsDirectory(directory.File("unwatched") + "/probes"));
  EXPECT_EQ(ReadFile(directory.File("unwatched") + "/model.safetensors"),
            ReadFile(directory.File("watched") + "/model.safetensors"));
}

TEST(ProbesTest, AStoppedRunLeavesTheSameTraces) {
  TemporaryDirectory directory;
  Train(Watched(directory.path(), "whole"), nullptr, Say);
  Train(Watched(directory.path(), "parts"), AfterSteps(17), Say);
  const std::string parts = directory.File("parts");
  const TrainRequest resumed = ResumeRequest(parts);
  ASSERT_EQ(resumed.probes.size(), 2u);
  EXPECT_EQ(resumed.probes[0].target, std::nullopt);
  EXPECT_EQ(resumed.probes[1].target, "bb aa");
  Train(resumed, AfterMoreSteps(6), Say);
  Train(ResumeRequest(parts), nullptr, Say);
  EXPECT_EQ(ProbeFiles(parts), ProbeFiles(directory.File("whole")));
}

// Killed between the traces of a validation and its checkpoint, with a file half written.
TEST(ProbesDeathTest, AKilledRunLeavesTheSameTraces) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  // The child runs this test anew, up to the statement below, in the directory of its parent.
  constexpr const char* kVariable = "ATENTO_PROBES_TEST_DIRECTORY";
  const char* inherited = getenv(kVariable);
  std::optional<TemporaryDirectory> own;
  if (inherited == nullptr) setenv(kVariable, own.emplace().path().c_str(), 1);
  const std::string directory = getenv(kVariable);
  const TrainRequest request = Watched(directory, "killed");
  auto train_until_killed = [&] {
    // Two probes at each of the steps 0, 7, 14 and 21.
    Train(request, nullptr, [n = 0](const Translator& translator, const Probe& probe) mutable {
      if (++n == 8) raise(SIGKILL);
      return Say(translator, probe);
    });
  };
  EXPECT_EXIT(train_until_killed(), testing::KilledBySignal(SIGKILL), "");
  unsetenv(kVariable);
  const std::string probes = request.directory + "/probes/";
  WriteFileAtomically(probes + "step-21.json", "{\"step\":21,\"traces\":[");
  WriteFileAtomically(probes + "step-21.json.abcdef.tmp", "{\"step\":21");
  Train(ResumeRequest(request.directory), nullptr, Say);
  Train(Watched(directory, "whole"), nullptr, Say);
  EXPECT_EQ(ProbeFiles(request.directory), ProbeFiles(directory + "/whole"));
}

TEST(ProbesTest, ANewRunDropsTheTracesOfAnOldOne) {
  TemporaryDirectory directory;
  TrainRequest request = Watched(directory.path(), "model");
  Train(request, AfterSteps(8), Say);
  request.probes.clear();
  request.overwrite = true;
  Train(request, AfterSteps(8));
  EXPECT_FALSE(IsDirectory(request.directory + "/probes"));
}

// ---- what is refused ---------------------------------------------------------------------------

void ExpectRefused(const std::string& text, const std::string& part) {
  TemporaryDirectory directory;
  WriteFileAtomically(directory.File("probes.tsv"), text);
  EXPECT_ERROR(ReadProbes(directory.File("probes.tsv")), ErrorKind::kData, "probes.tsv", part);
}

TEST(ReadProbesTest, RefusesWhatIsNoProbe) {
  ExpectRefused("", "no lines");
  ExpectRefused("a\n\nb\n", "tsv:2: has no words");
  ExpectRefused("a\n \tb\n", "tsv:2: has no words");
  ExpectRefused("a\t \n", "tsv:1: has no words");
  ExpectRefused("a\tb\tc\n", "tsv:1: more than two columns");
  ExpectRefused("a\nb\na\tc\n", "tsv:3: the sentence of");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "a" + std::to_string(i) + "\n";
  ExpectRefused(many, "more than 32 sentences");
  EXPECT_ERROR(ReadProbes("no such file"), ErrorKind::kNotFound, "no such file");
}

TEST(ReadProbesTest, RepairsUnlessStrict) {
  TemporaryDirectory directory;
  WriteFileAtomically(directory.File("p"), "a \xff\tb\r\nc");
  const std::vector<Probe> probes = ReadProbes(directory.File("p"));
  ASSERT_EQ(probes.size(), 2u);
  EXPECT_EQ(probes[0].source, "a \uFFFD");
  EXPECT_EQ(probes[0].target, "b");
  EXPECT_EQ(probes[1].where, directory.File("p") + ":2");
  EXPECT_ERROR(ReadProbes(directory.File("p"), true), ErrorKind::kData, "p:1:3");
}

TEST(ProbesTest, WhatCannotBeTracedLeavesNothingBehind) {
  TemporaryDirectory directory;
  TrainRequest request = Watched(directory.path(), "model");
  EXPECT_ERROR(Train(request), ErrorKind::kUsage, "no function");
  request.training.max_source_tokens = 2;
  EXPECT_ERROR(Train(request, nullptr, Say), ErrorKind::kData, "probes:1: 3 source tokens",
               "--max-source-tokens");
  request = Watched(directory.path(), "model");
  request.training.max_target_tokens = 1;
  EXPECT_ERROR(Train(request, nullptr, Say), ErrorKind::kData, "probes:2: 2 target tokens");
  request = Watched(directory.path(), "model");
  request.model.attention = Attention::kNone;
  request.model.attend = Attend::kAfter;
  EXPECT_ERROR(Train(request, nullptr, Say), ErrorKind::kUsage, "--probe", "--attention");
  request = Watched(directory.path(), "model");
  auto fail = [](const Translator&, const Probe&) -> std::string {
    throw Error(ErrorKind::kUsage, "nothing to see");
  };
  EXPECT_ERROR(Train(request, nullptr, fail), ErrorKind::kData, "probes:1: nothing to see");
  EXPECT_FALSE(FileExists(request.directory));
}

TEST(ProbesTest, DamagedSentencesAreAnError) {
  TemporaryDirectory directory;
  TrainRequest request = Watched(directory.path(), "model");
  Train(request, AfterSteps(3), Say);
  const std::string path = request.directory + "/probes/sentences.tsv";
  for (const char* damaged : {"", "\n", "a\tb\tc\n", "\xff\n"}) {
    WriteFileAtomically(path, damaged);
    EXPECT_ERROR(ResumeRequest(request.directory), ErrorKind::kData, "sentences.tsv");
  }
}

}  // namespace
}  // namespace atento
