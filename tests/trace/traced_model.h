// Small models with random weights on disk, one of every kind that a trace must tell apart.
#ifndef ATENTO_TESTS_TRACE_TRACED_MODEL_H_
#define ATENTO_TESTS_TRACE_TRACED_MODEL_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "atento/features.h"
#include "atento/trace.h"
#include "base/file.h"
#include "base/random.h"
#include "search/search_threads.h"
#include "search/tiny_model.h"
#include "temporary_directory.h"
#include "trace/make_trace.h"

namespace atento {

// Those of the tests of search, and what these leave out.
inline std::vector<Architecture> TracedArchitectures() {
  std::vector<Architecture> all = Architectures();
  auto add = [&](const char* name) -> ModelOptions& {
    return all.emplace_back(Architecture{name, TinyOptions()}).options;
  };
  ModelOptions* options = &add("scaled-dot after, two heads");
  options->attention = Attention::kScaledDot;
  options->attention_heads = 2;
  options->attend = Attend::kAfter;
  options = &add("additive between, two heads, coverage");
  options->attention_size = 8;
  options->attention_heads = 2;
  options->coverage = true;
  options = &add("additive before, coverage, input feeding");
  options->coverage = true;
  options->attend = Attend::kBefore;
  options->input_feeding = true;
  options = &add("general after, local-m");
  options->attention = Attention::kGeneral;
  options->attention_window = AttentionWindow::kLocalM;
  options->window_radius = 1;
  options->attend = Attend::kAfter;
  options = &add("dot between, local-p, two heads");
  options->attention = Attention::kDot;
  options->attention_window = AttentionWindow::kLocalP;
  options->attention_heads = 2;
  options->window_radius = 2;
  options = &add("lstm, three and two layers, residual, layer normalisation");
  options->cell = Cell::kLstm;
  options->encoder_layers = 3;
  options->decoder_layers = 2;
  options->residual = options->layer_normalization = true;
  options->attend = Attend::kAfter;
  options = &add("bidirectional in the first of three layers, residual");
  options->encoder_direction = Direction::kBidirectionalFirst;
  options->encoder_layers = 3;
  options->residual = true;
  options = &add("backward encoder, additive before, two layers");
  options->encoder_direction = Direction::kBackward;
  options->encoder_layers = options->decoder_layers = 2;
  options->attend = Attend::kBefore;
  options = &add("additive between, two heads, copying");
  options->attention_size = 8;
  options->attention_heads = 2;
  options->copy = true;
  options = &add("additive between, two heads, gated context");
  options->attention_heads = 2;
  options->attention_size = 8;
  options->context_gate = true;
  options = &add("fixed after");
  options->attention = Attention::kFixed;
  options->encoder_direction = Direction::kForward;
  options->attend = Attend::kAfter;
  return all;
}

inline const char* kTracedText = "c a d e b g";

// A model and the directory it was read from.
class TracedModel {
 public:
  explicit TracedModel(const TinyModelOptions& options) {
    const auto model = TinyModel(options);
    const std::string directory = directory_.File("model");
    MakeDirectories(directory);
    SaveModelDescription(*model, directory);
    SaveParameters(model->config(), model->parameters, directory + "/model.safetensors");
    translator_ = std::make_unique<Translator>(std::span(&directory, 1), 1);
  }
  explicit TracedModel(const ModelOptions& model) : TracedModel(TinyModelOptions{.model = model}) {}

  const Translator& translator() const { return *translator_; }
  Trace Greedy(const TraceRequest& given = {.text = kTracedText}) const {
    TraceRequest request = given;
    request.search.beam = 1;
    return MakeTrace(*translator_, request);
  }
  Trace Beam(int beam) const {
    return MakeTrace(*translator_, {.text = kTracedText, .search = {.beam = beam}});
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Translator> translator_;
};

// One of each kind, made once.
inline const std::vector<std::unique_ptr<TracedModel>>& TracedModels() {
  static const std::vector<std::unique_ptr<TracedModel>> models = [] {
    std::vector<std::unique_ptr<TracedModel>> made;
    for (const Architecture& architecture : TracedArchitectures()) {
      made.push_back(std::make_unique<TracedModel>(architecture.options));
    }
    return made;
  }();
  return models;
}

// A grid of 2 rows and 3 columns of vectors, and a sequence of 4.
inline FeatureSet TracedFeatures() {
  std::vector<FeatureSet::Memory> items = {{"grid", {2, 3, 4}, std::vector<float>(24)},
                                           {"frames", {4, 4}, std::vector<float>(16)}};
  Random random(RandomKey(11));
  for (FeatureSet::Memory& item : items) {
    for (float& value : item.values) value = static_cast<float>(random.Uniform(-1, 1));
  }
  return FeatureSet("memory", items);
}

// A model of such vectors, with a gated context.
inline std::unique_ptr<Model> TinyFeatureModel() {
  TinyModelOptions options{.feature_size = 4};
  options.model.source_kind = SourceKind::kFeatures;
  options.model.encoder_layers = 0;
  options.model.attend = Attend::kBefore;
  options.model.context_gate = true;
  return TinyModel(options);
}

inline Trace TraceItem(const Model& model, const FeatureSet* features, const std::string& item) {
  SearchThreads threads(1);
  return MakeTrace(model, {.text = item}, 100, threads, {}, features);
}

// body(options, model) for every kind of model, or for those that attend.
template <class Body>
void ForEachTracedModel(const Body& body) {
  const std::vector<Architecture> architectures = TracedArchitectures();
  for (size_t i = 0; i < architectures.size(); ++i) {
    SCOPED_TRACE(architectures[i].name);
    body(architectures[i].options, *TracedModels()[i]);
  }
}
template <class Body>
void ForEachAttendingModel(const Body& body) {
  ForEachTracedModel([&](const ModelOptions& options, const TracedModel& model) {
    if (HasAlpha(options)) body(options, model);
  });
}

}  // namespace atento

#endif  // ATENTO_TESTS_TRACE_TRACED_MODEL_H_
