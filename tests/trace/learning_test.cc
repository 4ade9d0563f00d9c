// What is read of a model's training, and what is left out of it if it is damaged.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/json.h"
#include "temporary_directory.h"
#include "trace/learning.h"

namespace atento {
namespace {

const std::string kTrace =
    R"({"source":{"text":"a b","words":["a","b"]},"target":{"text":"x","words":["x"]},)"
    R"("alignment":{"weights":[[0.25,0.5]],"links":[[1,0]]}})";

std::string ProbeText(int step) {
  return "{\"step\":" + std::to_string(step) + ",\"traces\":[" + kTrace + "]}";
}

class LearningTest : public testing::Test {
 protected:
  LearningTest() {
    MakeDirectories(Path("probes"));
    for (int step : {0, 10, 9}) Write("probes/step-" + std::to_string(step) + ".json", step);
    WriteFileAtomically(Path("metrics.jsonl"), "{\"step\":9,\"loss\":2.5}\n{\"step\":10}\n");
  }
  std::string Path(const std::string& name) const { return directory_.File(name); }
  void Write(const std::string& name, int step) {
    WriteFileAtomically(Path(name), ProbeText(step) + "\n");
  }
  // {} if there is nothing to read.
  Json Read() const {
    const std::string text = LearningToJson(directory_.path());
    return text.empty() ? Json() : Json::Parse(text, "learning");
  }

  TemporaryDirectory directory_;
};

TEST_F(LearningTest, ProbesAreInTheOrderOfTheirSteps) {
  Write("probes/step-11.json.abcdef.tmp", 11);
  WriteFileAtomically(Path("probes/sentences.tsv"), "a b\n");
  EXPECT_EQ(LearningToJson(directory_.path()),
            "{\"probes\":[" + ProbeText(0) + "," + ProbeText(9) + "," + ProbeText(10) +
                R"(],"metrics":[{"step":9,"loss":2.5},{"step":10}]})");
}

TEST_F(LearningTest, WithoutProbesThereIsNothing) {
  RemoveDirectory(Path("probes"));
  EXPECT_EQ(LearningToJson(directory_.path()), "");
  MakeDirectories(Path("probes"));
  EXPECT_EQ(LearningToJson(directory_.path()), "");
}

TEST_F(LearningTest, WithoutMetricsThereAreProbes) {
  WriteFileAtomically(Path("metrics.jsonl"), "");
  EXPECT_EQ(Read().At("metrics").AsArray().size(), 0u);
  std::filesystem::remove(Path("metrics.jsonl"));
  EXPECT_EQ(Read().At("probes").AsArray().size(), 3u);
}

TEST_F(LearningTest, TruncatedFilesAreLeftOut) {
  const std::string whole = ProbeText(9);
  for (size_t keep = 0; keep < whole.size(); ++keep) {
    WriteFileAtomically(Path("probes/step-9.json"), whole.substr(0, keep));
    EXPECT_EQ(Read().At("probes").AsArray().size(), 2u) << keep;
  }
  WriteFileAtomically(Path("metrics.jsonl"), "{\"step\":9}\n{\"step\": 10, \"lo");
  EXPECT_EQ(Read().At("metrics").AsArray().size(), 1u);
}

// A letter of a word that was changed cannot be told; whatever is read has the shape that the page
// relies on.
TEST_F(LearningTest, ChangedBytesDoNoHarm) {
  const std::string whole = ProbeText(9);
  constexpr std::string_view kChanged("\0\"x[\xff", 5);
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string text = whole;
    text[at] = kChanged[at % kChanged.size()];
    if (text == whole) continue;
    WriteFileAtomically(Path("probes/step-9.json"), text);
    const Json learning = Read();
    refused += learning.At("probes").AsArray().size() == 2;
    for (const Json& probe : learning.At("probes").AsArray()) {
      probe.At("step").AsInteger();
      for (const Json& trace : probe.At("traces").AsArray()) {
        for (const Json& word : trace.At("source").At("words").AsArray()) word.AsString();
        for (const Json& row : trace.At("alignment").At("weights").AsArray()) {
          for (const Json& weight : row.AsArray()) {
            EXPECT_TRUE(weight.is_number() || weight.is_null());
          }
        }
      }
    }
  }
  EXPECT_GT(refused, whole.size() / 2);
}

}  // namespace
}  // namespace atento
