// Searching with sources that are feature vectors: lengths are counted in vectors, without </s>.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "atento/features.h"
#include "base/utf8.h"
#include "expect_error.h"
#include "search/tiny_model.h"
#include "search/translate.h"

namespace atento {
namespace {

constexpr int kSize = 3;

// Items of 2 and of 6 vectors.
FeatureSet TwoItems() {
  const std::vector<FeatureSet::Memory> items = {
      {"short", {2, kSize}, std::vector<float>(2 * kSize, 0.5F)},
      {"long", {2, 3, kSize}, std::vector<float>(6 * kSize, -0.5F)}};
  return FeatureSet("memory", items);
}

TinyModelOptions FeatureOptions() {
  TinyModelOptions options{.feature_size = kSize};
  options.model.source_kind = SourceKind::kFeatures;
  return options;
}

std::vector<Translation> Translate(const Model& model, const std::vector<std::string>& items,
                                   const SearchOptions& search) {
  const Model* const models[] = {&model};
  const FeatureSet features = TwoItems();
  SearchThreads threads(1);
  return TranslateLines(models, items, {.search = search, .features = &features}, threads);
}

TEST(SearchOfFeatures, TheLeastLengthCountsEveryVector) {
  TinyModelOptions options = FeatureOptions();
  options.end_logit = 30;  // hypotheses end as soon as they may
  const auto model = TinyModel(options);
  const auto translations =
      Translate(*model, {"short", "long"}, {.beam = 1, .min_length_ratio = 1});
  // Of symbols, which have spaces between them.
  EXPECT_EQ(SplitWords(translations[0].hypotheses[0].text).size(), 2u);
  EXPECT_EQ(SplitWords(translations[1].hypotheses[0].text).size(), 6u);
}

TEST(SearchOfFeatures, ItemsThatLocationAttentionCannotReadAreRefused) {
  TinyModelOptions options = FeatureOptions();
  options.model.attention = Attention::kLocation;
  options.model.location_positions = 101;
  const auto reads = TinyModel(options);
  EXPECT_EQ(Translate(*reads, {"long", "short"}, {}).size(), 2u);
  options.model.location_positions = 5;
  options.max_source_tokens = 4;
  const auto model = TinyModel(options);
  EXPECT_EQ(Translate(*model, {"short"}, {}).size(), 1u);
  EXPECT_ERROR(Translate(*model, {"short", "long"}, {}), ErrorKind::kData,
               "memory: item long has 6 vectors, but the model can read 4 at most");
}

}  // namespace
}  // namespace atento
