// atento info: what is in a model directory.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "metrics/metrics.h"
#include "model/model.h"

namespace atento {
namespace {

struct InfoOptions {
  std::string directory;
  bool json = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("json", o.json, kAny, "print JSON");
  }
};

// The numbers in the tensors whose names share their first part, in the order of the tensors.
Json ParameterCounts(Model& model) {
  std::vector<std::pair<std::string, int64_t>> parts;
  ForEachTensor(model.config(), model.parameters.views(), [&](const Tensor& tensor) {
    const std::string part = tensor.name.substr(0, tensor.name.find('.'));
    auto found = std::find_if(parts.begin(), parts.end(),
                              [&](const auto& entry) { return entry.first == part; });
    if (found == parts.end()) found = parts.insert(parts.end(), {part, 0});
    found->second += static_cast<int64_t>(tensor.size());
  });
  Json json{Json::Object{}};
  for (const auto& [part, count] : parts) json.Set(part, count);
  json.Set("total", static_cast<int64_t>(model.parameters.count()));
  return json;
}

// The best value of the loss and of each metric over the lines of metrics.jsonl, with its step;
// null if there is no such file. Lines that cannot be read are reported and left out.
Json BestMetrics(const std::string& directory) {
  Json best;
  const std::string path = directory + "/metrics.jsonl";
  if (!FileExists(path)) return best;
  std::vector<std::string> names = MetricNames();
  names.insert(names.begin(), "dev_loss");
  LineReader reader(path);
  LineWarnings damaged("is damaged, and left out");
  for (std::string line; reader.Next(&line);) {
    const std::string where = path + ":" + std::to_string(reader.line_number());
    Json entry;
    int64_t step = 0;
    try {
      entry = Json::Parse(line, where);
      step = entry.At("step").AsInteger();
    } catch (const Error&) {
      damaged.Add(where);
      continue;
    }
    for (const std::string& name : names) {
      const Json* value = entry.Find(name);
      if (value == nullptr || !value->is_number()) continue;
      const Json* known = best.is_null() ? nullptr : best.Find(name);
      const bool larger = name != "dev_loss" && LargerIsBetter(name);
      if (known != nullptr) {
        const double so_far = known->At("value").AsDouble();
        if (larger ? value->AsDouble() <= so_far : value->AsDouble() >= so_far) continue;
      }
      best.Set(name, Json().Set("value", *value).Set("step", step));
    }
  }
  damaged.Finish();
  return best;
}

Json Describe(const std::string& directory) {
  const std::unique_ptr<Model> model = LoadModel(directory);
  const ModelDescription& description = model->description;
  Json json;
  json.Set("directory", directory).Set("preset", description.preset);
  json.Set("weights", EnumName(description.weights));
  json.Set("parameters", ParameterCounts(*model));
  json.Set("source_vocabulary", model->source_tokenizer.vocabulary_size());
  json.Set("target_vocabulary", model->target_tokenizer.vocabulary_size());
  json.Set("best", BestMetrics(directory));
  json.Set("text", OptionsToJson(description.text));
  json.Set("model", OptionsToJson<ModelOptions>(description.model));
  json.Set("training", OptionsToJson(description.training));
  return json;
}

// A control character would do something to the terminal, and a line end make up a line: \u001b.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (char32_t c : DecodeUtf8(ReplaceInvalidUtf8(text))) {
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      escaped += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    } else {
      AppendUtf8(c, &escaped);
    }
  }
  return escaped;
}

std::string ValueText(const Json& value) {
  return value.is_string() ? Escaped(value.AsString()) : value.Dump();
}

void AppendSection(const std::string& title, const Json& members, std::string* text) {
  if (!members.is_object()) return;
  *text += "\n" + title + "\n";
  for (const auto& [name, value] : members.AsObject()) {
    if (value.is_object()) {
      *text += fmt::format("  {:<24}{:.4f} (update {})\n", name, value.At("value").AsDouble(),
                           value.At("step").AsInteger());
    } else {
      *text += fmt::format("  {:<24}{}\n", name, ValueText(value));
    }
  }
}

std::string Text(const Json& json) {
  const std::string& preset = json.At("preset").AsString();
  std::string text = json.At("directory").AsString() + "\n";
  if (!preset.empty()) text += "  preset                  " + Escaped(preset) + "\n";
  text +=
      fmt::format("  {:<24}{}\n  {:<24}{}\n  {:<24}{}\n", "weights", json.At("weights").AsString(),
                  "source vocabulary", json.At("source_vocabulary").AsInteger(),
                  "target vocabulary", json.At("target_vocabulary").AsInteger());
  AppendSection("Parameters", json.At("parameters"), &text);
  AppendSection("Best on development data", json.At("best"), &text);
  AppendSection("Text", json.At("text"), &text);
  AppendSection("Model", json.At("model"), &text);
  AppendSection("Training", json.At("training"), &text);
  return text;
}

class InfoCommand : public Command {
 public:
  std::string name() const override { return "info"; }
  std::string summary() const override { return "describe a model"; }
  std::vector<std::string> usage() const override { return {"DIR [--json]"}; }
  void Declare(FlagSet* flags) override {
    flags->Add("Flags", &options_);
    flags->SetPositional({"DIR", "model directory", &options_.directory});
  }
  int Run(const FlagSet&) override {
    const Json description = Describe(options_.directory);
    Output output("-");
    output.Write(options_.json ? description.Dump(2) + "\n" : Text(description));
    output.Commit();
    return 0;
  }

 private:
  InfoOptions options_;
};

}  // namespace

std::unique_ptr<Command> MakeInfoCommand() { return std::make_unique<InfoCommand>(); }

}  // namespace atento
