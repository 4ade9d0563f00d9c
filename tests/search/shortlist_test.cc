#include "search/shortlist.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "expect_error.h"
#include "search/beam_search.h"
#include "search/shortlist_counts.h"
#include "search/tiny_model.h"
#include "search/translate.h"
#include "temporary_directory.h"

namespace atento {
namespace {

using Ids = std::vector<int>;

// ---- the file ----------------------------------------------------------------------------------

constexpr ShortlistVocabularies kVocabularies{4, 9, 11, 22};

Shortlist Small() {
  return Shortlist(kVocabularies, {8, 3}, std::vector<Ids>{{}, {2, 7}, {5}, {0, 1, 8}});
}

std::string SavedBytes(const Shortlist& shortlist) {
  const TemporaryDirectory directory;
  shortlist.Save(directory.File("s"));
  return ReadFile(directory.File("s"));
}

Shortlist Parse(std::string bytes, const ShortlistVocabularies& vocabularies = kVocabularies) {
  return Shortlist::Read(SafetensorsFile(std::move(bytes), "some.file"), vocabularies);
}

// The tensors of Small(), to be changed.
struct Tensors {
  std::vector<uint32_t> format{1}, frequent{8, 3}, offsets{0, 0, 2, 3, 6},
      symbols{2, 7, 5, 0, 1, 8};
  std::vector<uint64_t> vocabularies{11, 22};
  std::string without;

  std::string Bytes() const {
    const auto entry = [](const char* name, const auto& values) {
      const Dtype dtype = sizeof values[0] == 8 ? Dtype::kU64 : Dtype::kU32;
      return SafetensorsEntry{
          name, dtype, {static_cast<int64_t>(values.size())}, std::as_bytes(std::span(values))};
    };
    std::vector<SafetensorsEntry> entries = {
        entry("format", format), entry("vocabularies", vocabularies), entry("frequent", frequent),
        entry("offsets", offsets), entry("symbols", symbols)};
    std::erase_if(entries, [&](const SafetensorsEntry& e) { return e.name == without; });
    const TemporaryDirectory directory;
    WriteSafetensors(directory.File("s"), entries);
    return ReadFile(directory.File("s"));
  }
};

TEST(ShortlistFile, RoundTrip) {
  const std::string bytes = SavedBytes(Small());
  EXPECT_EQ(bytes, Tensors().Bytes());
  const Shortlist read = Parse(bytes);
  EXPECT_EQ(SavedBytes(read), bytes);
  EXPECT_EQ(read.symbols(), 6u);
  EXPECT_TRUE(read.Of(0).empty());
  EXPECT_EQ(Ids(read.Of(3).begin(), read.Of(3).end()), (Ids{0, 1, 8}));
  EXPECT_EQ(Ids(read.frequent().begin(), read.frequent().end()), (Ids{8, 3}));
}

TEST(ShortlistFile, TruncatedAnywhereIsRefused) {
  const std::string bytes = SavedBytes(Small());
  for (size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_ERROR(Parse(bytes.substr(0, size)), ErrorKind::kData, "some.file");
  }
}

TEST(ShortlistFile, FlippedBitsAreRefusedOrHarmless) {
  const std::string good = SavedBytes(Small());
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    SCOPED_TRACE(testing::Message() << "byte " << bit / 8 << " bit " << bit % 8);
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    try {
      EXPECT_EQ(SavedBytes(Parse(bad)), good);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
    }
  }
}

void ExpectRefused(const std::function<void(Tensors&)>& change, const std::string& part) {
  Tensors tensors;
  change(tensors);
  EXPECT_ERROR(Parse(tensors.Bytes()), ErrorKind::kData, "some.file: ", part);
}

TEST(ShortlistFile, WhatIsWrongIsNamed) {
  ExpectRefused([](Tensors& t) { t.format = {2}; }, "format 2");
  ExpectRefused([](Tensors& t) { t.format = {}; }, "'format'");
  ExpectRefused([](Tensors& t) { t.vocabularies = {12, 22}; }, "another source vocabulary");
  ExpectRefused([](Tensors& t) { t.vocabularies = {11, 23}; }, "another target vocabulary");
  ExpectRefused([](Tensors& t) { t.vocabularies = {11}; }, "'vocabularies'");
  ExpectRefused([](Tensors& t) { t.frequent[1] = 9; }, "'frequent' has 9, which is above 8");
  ExpectRefused([](Tensors& t) { t.symbols[5] = 9; }, "'symbols' has 9");
  ExpectRefused([](Tensors& t) { t.symbols[0] = 0xffffffff; }, "'symbols' has 4294967295");
  ExpectRefused([](Tensors& t) { t.offsets[2] = 7; }, "'offsets' has 7, which is above 6");
  ExpectRefused([](Tensors& t) { t.offsets[2] = 4; }, "does not divide");
  ExpectRefused([](Tensors& t) { t.offsets[0] = 1, t.offsets[1] = 1; }, "does not divide");
  ExpectRefused([](Tensors& t) { t.offsets[4] = 5; }, "does not divide");
  ExpectRefused([](Tensors& t) { t.offsets.push_back(6); }, "does not divide");
  ExpectRefused([](Tensors& t) { t.offsets = {}; }, "does not divide");
  for (const char* name : {"format", "vocabularies", "frequent", "offsets", "symbols"}) {
    ExpectRefused([&](Tensors& t) { t.without = name; }, "'" + std::string(name) + "' is missing");
  }
}

TEST(ShortlistFile, AModelIsNoShortlist) {
  const TemporaryDirectory directory;
  const auto model = TinyModel();
  SaveParameters(model->config(), model->parameters, directory.File("m"));
  EXPECT_ERROR(LoadShortlist(directory.File("m"), *model), ErrorKind::kData, "is not a shortlist");
  EXPECT_ERROR(LoadShortlist(directory.File("n"), *model), ErrorKind::kNotFound, "n");
}

TEST(ShortlistFile, IsForTheVocabulariesOfItsModel) {
  const TemporaryDirectory directory;
  const auto model = TinyModel();
  const std::vector<Ids> none(static_cast<size_t>(model->config().source_vocabulary));
  Shortlist(ShortlistVocabularies::Of(*model), {}, none).Save(directory.File("s"));
  EXPECT_NO_THROW(LoadShortlist(directory.File("s"), *TinyModel({.seed = 2})));
  EXPECT_ERROR(LoadShortlist(directory.File("s"), *TinyModel({.target_text = "t u v w x y q"})),
               ErrorKind::kData, "another target vocabulary");
  EXPECT_ERROR(LoadShortlist(directory.File("s"), *TinyModel({.source_text = "a b"})),
               ErrorKind::kData, "another source vocabulary");
}

// ---- search ------------------------------------------------------------------------------------

// So many target symbols that even the candidates of a batch, rounded up, are not all of them.
constexpr int kTargetWords = 900;

std::string ManyWords() {
  std::string text;
  for (int i = 0; i < kTargetWords; ++i) text += "w" + std::to_string(i) + " ";
  return text;
}

std::unique_ptr<Model> WideModel(const ModelOptions& options, uint64_t seed = 1) {
  return TinyModel({.model = options, .target_text = ManyWords(), .seed = seed, .end_logit = 4});
}

Shortlist RandomShortlist(const Model& model, int best) {
  Random random(RandomKey(5));
  const auto id = [&] {
    return static_cast<int>(random.Below(static_cast<uint64_t>(model.config().target_vocabulary)));
  };
  std::vector<Ids> lists(static_cast<size_t>(model.config().source_vocabulary));
  for (Ids& list : lists) {
    for (int i = 0; i < best; ++i) list.push_back(id());
  }
  return Shortlist(ShortlistVocabularies::Of(model), {id(), id(), id()}, lists);
}

Ids CandidatesOfOne(const Shortlist& shortlist, const Ids& source) {
  return FindCandidates(shortlist, MakeSourceBatch(std::vector<Ids>{source})).sentences[0].ids;
}

// The same search in models to which all but the candidates of the source are impossible.
std::vector<Hypothesis> SearchMasked(std::span<const std::unique_ptr<Model>> models,
                                     const Shortlist& shortlist, const Ids& source,
                                     const SearchOptions& options) {
  const Ids candidates = CandidatesOfOne(shortlist, source);
  std::vector<const Model*> ensemble;
  std::vector<std::vector<Real>> biases;
  for (const auto& model : models) {
    const Vector b = model->parameters.views().output.b;
    biases.emplace_back(b.begin(), b.end());
    for (int id = 0; id < static_cast<int>(b.size()); ++id) {
      if (!std::binary_search(candidates.begin(), candidates.end(), id)) {
        b[static_cast<size_t>(id)] = -10000;
      }
    }
    ensemble.push_back(model.get());
  }
  SearchArenas arenas;
  const auto results =
      BeamSearch(ensemble, std::vector<Ids>{source}, options, arenas, {.with_alpha = true})[0];
  for (size_t m = 0; m < models.size(); ++m) {
    const Vector b = models[m]->parameters.views().output.b;
    std::copy(biases[m].begin(), biases[m].end(), b.begin());
  }
  return results;
}

void ExpectSame(const std::vector<Hypothesis>& a, const std::vector<Hypothesis>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].ids, b[k].ids);
    EXPECT_NEAR(a[k].log_prob, b[k].log_prob, 1e-4);
    EXPECT_NEAR(a[k].score, b[k].score, 1e-5);
    ASSERT_EQ(a[k].alpha.size(), b[k].alpha.size());
    for (size_t i = 0; i < a[k].alpha.size(); ++i) EXPECT_NEAR(a[k].alpha[i], b[k].alpha[i], 1e-5);
  }
}

// Searches all sources at once, and compares each with the search by itself, and with that in
// masked models.
void ExpectOwnCandidatesAlone(std::span<const std::unique_ptr<Model>> models,
                              const Shortlist& shortlist) {
  std::vector<const Model*> ensemble;
  for (const auto& model : models) ensemble.push_back(model.get());
  const std::vector<Ids> sources = TinySources(14, models[0]->config().source_vocabulary);
  const SearchOptions options{.beam = 4, .n_best = 4};
  SearchArenas arenas;
  const BeamRequest request{.with_alpha = true, .shortlist = &shortlist};
  const auto together = BeamSearch(ensemble, sources, options, arenas, request);
  for (size_t i = 0; i < sources.size(); ++i) {
    SCOPED_TRACE(i);
    const auto alone = BeamSearch(ensemble, std::span(&sources[i], 1), options, arenas, request)[0];
    ExpectSame(together[i], alone);
    ExpectSame(together[i], SearchMasked(models, shortlist, sources[i], options));
  }
}

TEST(ShortlistSearch, ASentenceHasItsOwnCandidatesWhateverItsNeighbours) {
  for (const Architecture& architecture : Architectures()) {
    SCOPED_TRACE(architecture.name);
    std::vector<std::unique_ptr<Model>> models;
    models.push_back(WideModel(architecture.options));
    ExpectOwnCandidatesAlone(models, RandomShortlist(*models[0], 6));
  }
}

TEST(ShortlistSearch, TiedEmbeddings) {
  ModelOptions options = TinyOptions();
  options.tie = Tie::kTarget;
  std::vector<std::unique_ptr<Model>> models;
  models.push_back(WideModel(options));
  ExpectOwnCandidatesAlone(models, RandomShortlist(*models[0], 6));
}

TEST(ShortlistSearch, Ensembles) {
  std::vector<std::unique_ptr<Model>> models;
  for (int i : {0, 6, 2}) {
    models.push_back(
        WideModel(Architectures()[static_cast<size_t>(i)].options, static_cast<uint64_t>(i) + 1));
  }
  ExpectOwnCandidatesAlone(models, RandomShortlist(*models[0], 6));
}

// Not a single round number of columns: 14 sentences and 60 candidates for each symbol.
TEST(ShortlistSearch, ManyCandidates) {
  std::vector<std::unique_ptr<Model>> models;
  models.push_back(WideModel(TinyOptions()));
  ExpectOwnCandidatesAlone(models, RandomShortlist(*models[0], 60));
}

TEST(ShortlistSearch, AllSymbolsAreNoShortlist) {
  const auto model = TinyModel();
  const Model* const models[] = {model.get()};
  Ids all;
  for (int id = 0; id < model->config().target_vocabulary; ++id) all.push_back(id);
  const std::vector<Ids> none(static_cast<size_t>(model->config().source_vocabulary));
  const Shortlist shortlist(ShortlistVocabularies::Of(*model), all, none);
  const auto sources = TinySources(8, model->config().source_vocabulary);
  const SearchOptions options{.beam = 3, .n_best = 3};
  SearchArenas arenas;
  const auto expected = BeamSearch(models, sources, options, arenas);
  const auto results = BeamSearch(models, sources, options, arenas, {.shortlist = &shortlist});
  for (size_t i = 0; i < sources.size(); ++i) ExpectSame(results[i], expected[i]);
}

TEST(ShortlistSearch, FewerCandidatesThanTheBeam) {
  const auto model = TinyModel();
  const Model* const models[] = {model.get()};
  const std::vector<Ids> none(static_cast<size_t>(model->config().source_vocabulary));
  const Shortlist shortlist(ShortlistVocabularies::Of(*model), {}, none);
  SearchArenas arenas;
  const auto results = BeamSearch(models, std::vector<Ids>{{2, 3, 4}}, {.beam = 8, .n_best = 8},
                                  arenas, {.shortlist = &shortlist});
  // <unk> </s>, <unk> <unk> </s> and so on are all there is.
  ASSERT_EQ(results[0].size(), 8u);
  for (const Hypothesis& hypothesis : results[0]) {
    EXPECT_TRUE(std::all_of(hypothesis.ids.begin(), hypothesis.ids.end(),
                            [](int id) { return id == kUnknownId; }));
  }
}

TEST(ShortlistSearch, Candidates) {
  const Shortlist shortlist(ShortlistVocabularies{4, 900, 1, 2}, {700, 20},
                            std::vector<Ids>{{}, {800}, {5}, {20, 6}});
  const BatchCandidates candidates =
      FindCandidates(shortlist, MakeSourceBatch(std::vector<Ids>{{2}, {3, 3}}));
  ASSERT_EQ(candidates.sentences.size(), 2u);  // the longer one first
  EXPECT_EQ(candidates.sentences[0].ids, (Ids{0, 1, 6, 20, 700, 800}));
  EXPECT_EQ(candidates.sentences[0].columns, (Ids{0, 1, 3, 4, 5, 6}));
  EXPECT_EQ(candidates.sentences[1].ids, (Ids{0, 1, 5, 20, 700, 800}));
  EXPECT_EQ(candidates.sentences[1].columns, (Ids{0, 1, 2, 4, 5, 6}));
  ASSERT_EQ(candidates.columns.size(), 256u);
  EXPECT_EQ(Ids(candidates.columns.begin(), candidates.columns.begin() + 8),
            (Ids{0, 1, 5, 6, 20, 700, 800, kEndId}));
}

// ---- counting ----------------------------------------------------------------------------------

const std::vector<std::string> kSources = {"a b c", "", "d e", "f g a", "b b"};
const std::vector<std::string> kTargets = {"t u v w", "x", "t", "", "y t z"};

TEST(ShortlistCountsTest, CountsWhatAttentionLinks) {
  const auto model = TinyModel();
  const Model* const models[] = {model.get()};
  SearchThreads threads(1);
  ShortlistCounts counts(models);
  counts.Add(kSources, kTargets, threads);
  // By hand: word for word, as every word is one symbol.
  const auto id_of = [](const Tokenizer& tokenizer, const std::string& word) {
    return tokenizer.Encode(word).ids[0];
  };
  std::map<std::pair<int, int>, double> expected;
  const auto scored = ScoreLines(models, kSources, kTargets, threads);
  for (size_t i = 0; i < scored.size(); ++i) {
    const Ids source = model->source_tokenizer.Encode(kSources[i]).ids;
    const Ids target = model->target_tokenizer.Encode(kTargets[i]).ids;
    for (size_t t = 0; t < target.size(); ++t) {
      for (size_t j = 0; j < source.size(); ++j) {
        const double weight = double{scored[i].alignment.weights[t * source.size() + j]};
        if (weight >= 0.1) expected[{source[j], target[t]}] += weight;
      }
    }
  }
  const Shortlist all = counts.Make(100, 100);
  const Shortlist first = counts.Make(1, 1);
  EXPECT_EQ(Ids(first.frequent().begin(), first.frequent().end()),
            Ids{id_of(model->target_tokenizer, "t")});
  EXPECT_EQ(all.frequent().size(), 7u);
  for (int source = 2; source < model->config().source_vocabulary; ++source) {
    Ids linked;
    int heaviest = -1;
    for (const auto& [link, weight] : expected) {
      if (link.first != source) continue;
      linked.push_back(link.second);
      if (heaviest < 0 || weight > expected[{source, heaviest}]) heaviest = link.second;
    }
    EXPECT_EQ(Ids(all.Of(source).begin(), all.Of(source).end()), linked);
    ASSERT_EQ(first.Of(source).size(), linked.empty() ? 0u : 1u);
    if (!linked.empty()) {
      EXPECT_EQ(first.Of(source)[0], heaviest);
    }
  }
}

TEST(ShortlistCountsTest, ThreadsChangeNothing) {
  const auto model = TinyModel();
  const Model* const models[] = {model.get()};
  std::string bytes[2];
  for (int i : {0, 1}) {
    SearchThreads threads(i == 0 ? 1 : 3);
    ShortlistCounts counts(models);
    for (int repeat = 0; repeat < 20; ++repeat) counts.Add(kSources, kTargets, threads);
    bytes[i] = SavedBytes(counts.Make(3, 4));
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(ShortlistCountsTest, WithAJointVocabularyASymbolIsInItsOwnList) {
  const auto model = TinyModel({.target_text = kTinySource});
  const Model* const models[] = {model.get()};
  const Shortlist shortlist = ShortlistCounts(models).Make(5, 5);
  for (int id = 0; id < model->config().source_vocabulary; ++id) {
    EXPECT_EQ(Ids(shortlist.Of(id).begin(), shortlist.Of(id).end()), Ids{id});
  }
}

TEST(ShortlistCountsTest, NeedsAttention) {
  ModelOptions options = TinyOptions();
  options.attention = Attention::kNone;
  options.attend = Attend::kAfter;
  const auto model = TinyModel({.model = options});
  const Model* const models[] = {model.get()};
  EXPECT_ERROR(ShortlistCounts{models}, ErrorKind::kUsage, "--attention");
}

}  // namespace
}  // namespace atento
