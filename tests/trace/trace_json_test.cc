// The JSON of a trace: its keys are those of docs/trace.md, and its numbers precise enough.
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>
#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "trace/traced_model.h"

namespace atento {
namespace {

using Keys = std::set<std::string>;

// "steps[].input.id": the paths of all members, [] for the elements of an array of objects.
void CollectKeys(const Json& json, const std::string& path, Keys* keys) {
  if (json.is_array()) {
    for (const Json& element : json.AsArray()) {
      if (element.is_object()) {
        keys->insert(path + "[]");
        CollectKeys(element, path + "[]", keys);
      }
    }
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.AsObject()) {
    const std::string inner = path.empty() ? key : path + "." + key;
    const bool objects =
        value.is_array() && !value.AsArray().empty() && value.AsArray()[0].is_object();
    if (!objects) keys->insert(inner);
    CollectKeys(value, inner, keys);
  }
}

// The code in the first column of the table of keys.
Keys DocumentedKeys() {
  Keys keys;
  std::istringstream lines(ReadFile(ATENTO_SOURCE_DIR "/docs/trace.md"));
  bool in_json = false;
  const std::regex code("`([^`]+)`");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) in_json = line == "## JSON";
    if (line.starts_with("| key |")) in_json = true;
    if (line.starts_with("| fate |")) in_json = false;
    if (!in_json || !line.starts_with("| `")) continue;
    const std::string first = line.substr(0, line.find(" |", 1));
    for (std::sregex_iterator it(first.begin(), first.end(), code), end; it != end; ++it) {
      keys.insert((*it)[1]);
    }
  }
  return keys;
}

// model.text and model.options are documented elsewhere.
void DropOptions(Keys* keys) {
  std::erase_if(*keys, [](const std::string& key) {
    return key.starts_with("model.text.") || key.starts_with("model.options.");
  });
}

TEST(TraceJsonTest, TheDocumentationNamesEveryKeyAndNoOther) {
  Keys keys;
  ForEachTracedModel([&](const ModelOptions& options, const TracedModel& model) {
    const Trace searched = model.Beam(2);
    std::vector<Trace> traces = {searched, model.Greedy({.text = kTracedText, .target = "t u"})};
    if (HasAlpha(options)) {
      const AlphaOverride alpha{0, std::vector<float>(searched.source.ids.size(), 1)};
      traces.push_back(model.Greedy({.text = kTracedText, .alpha = alpha}));
    }
    for (const Trace& trace : traces) {
      CollectKeys(Json::Parse(TraceToJson(trace), "trace"), "", &keys);
    }
  });
  const FeatureSet features = TracedFeatures();
  Trace of_grid = TraceItem(*TinyFeatureModel(), &features, "grid");
  EXPECT_EQ(TraceToJson(of_grid).find("picture"), std::string::npos);
  of_grid.source.picture = "data:image/png;base64,";
  CollectKeys(Json::Parse(TraceToJson(of_grid), "trace"), "", &keys);
  DropOptions(&keys);
  const Keys documented = DocumentedKeys();
  EXPECT_GT(documented.size(), 100u);
  for (const std::string& key : keys) EXPECT_TRUE(documented.contains(key)) << key;
  for (const std::string& key : documented) EXPECT_TRUE(keys.contains(key)) << key;
}

// The paragraph of the documentation about `detail` `words`.
Keys KeysOfWords() {
  const std::string text = ReadFile(ATENTO_SOURCE_DIR "/docs/trace.md");
  const size_t begin = text.find("With `detail` `words`"), end = text.find("\n\n", begin);
  const std::string paragraph = text.substr(begin + 21, end - begin - 21);
  Keys keys;
  const std::regex code("`([^`]+)`");
  for (std::sregex_iterator it(paragraph.begin(), paragraph.end(), code), last; it != last; ++it) {
    keys.insert((*it)[1]);
  }
  return keys;
}

TEST(TraceJsonTest, OfWordsThereIsNoMoreThanTheDocumentationSays) {
  const TracedModel model(TinyOptions());
  TraceRequest request{.text = kTracedText, .options = {.detail = TraceDetail::kWords}};
  const Trace trace = MakeTrace(model.translator(), request);
  Keys keys;
  CollectKeys(Json::Parse(TraceToJson(trace), "trace"), "", &keys);
  for (const char* object : {"source", "target", "alignment"}) keys.erase(object);
  EXPECT_EQ(keys, KeysOfWords());
  const Trace all = model.Beam(request.search.beam);
  EXPECT_EQ(trace.alignment.weights, all.alignment.weights);
  EXPECT_EQ(trace.log_prob, all.log_prob);
}

TEST(TraceJsonTest, TheExampleOfTheDocumentationIsATrace) {
  const std::string text = ReadFile(ATENTO_SOURCE_DIR "/docs/trace.md");
  const size_t begin = text.find("```json\n") + 8, end = text.find("\n```", begin);
  const Json example = Json::Parse(text.substr(begin, end - begin), "docs/trace.md");
  Keys keys;
  CollectKeys(example, "", &keys);
  DropOptions(&keys);
  EXPECT_GT(keys.size(), 80u);
  const Keys documented = DocumentedKeys();
  for (const std::string& key : keys) EXPECT_TRUE(documented.contains(key)) << key;
  const Json& options = example.At("model").At("options");
  EXPECT_EQ(OptionsToJson(OptionsFromJson(options, ModelOptions(), "docs/trace.md")).Dump(),
            options.Dump());
}

TEST(TraceJsonTest, OptionsAreThoseOfTheModel) {
  ForEachTracedModel([](const ModelOptions& options, const TracedModel& model) {
    const Json json = Json::Parse(TraceToJson(model.Greedy()), "trace");
    const Json& written = json.At("model").At("options");
    EXPECT_EQ(OptionsToJson(OptionsFromJson(written, ModelOptions(), "trace")).Dump(),
              OptionsToJson(options).Dump());
  });
}

double At(const Json& row, size_t i) { return row.AsArray().at(i).AsDouble(); }

// Whoever adds up the numbers as they are written gets the context.
TEST(TraceJsonTest, TheContextCanBeRecomputedFromTheText) {
  ForEachAttendingModel([](const ModelOptions& options, const TracedModel& model) {
    const Json json = Json::Parse(TraceToJson(model.Greedy()), "trace");
    const Json::Array& h = json.At("encoder").At("annotations").AsArray();
    for (const Json& step : json.At("steps").AsArray()) {
      const Json& attention = step.At("attention");
      const Json& c = attention.At("context");
      const size_t C = c.AsArray().size(), heads = attention.At("heads").AsArray().size();
      ASSERT_EQ(heads, static_cast<size_t>(options.attention_heads));
      const double gate = options.context_gate ? attention.At("gate").AsDouble() : 1;
      for (size_t i = 0; i < C; ++i) {
        const Json& weights = attention.At("heads").AsArray()[i * heads / C].At("weights");
        double sum = 0;
        for (size_t j = 0; j < h.size(); ++j) sum += At(weights, j) * At(h[j], i);
        EXPECT_NEAR(gate * sum, At(c, i), 1e-5);
      }
    }
  });
}

TEST(TraceJsonTest, NumbersHaveSevenDigits) {
  Trace trace;
  trace.encoder.embeddings = {
      1, 8, {1 / 3.0f, -1e-20f, 12345678.0f, 0.0f, -0.0f, 1.0f, NAN, INFINITY}};
  const std::string text = TraceToJson(trace);
  EXPECT_NE(text.find("[[0.3333333,-1e-20,12345680.0,0.0,0.0,1.0,null,null]]"), std::string::npos)
      << text;
}

// On one line, whatever the texts, and the same when it is read and written again.
TEST(TraceJsonTest, ReadsBackEqual) {
  const TracedModel model(TinyOptions());
  const std::string text = TraceToJson(model.Greedy({.text = "a \"\\\x01 \xff <b>"}));
  EXPECT_EQ(Json::Parse(text, "trace").Dump(), text);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find("\\\"\\\\\\u0001 \uFFFD <b>"), std::string::npos) << text.substr(0, 3000);
}

}  // namespace
}  // namespace atento
