#include "train/prepare.h"

#include <numeric>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/options.h"
#include "search/translate.h"
#include "text/copies.h"
#include "train/request.h"

namespace atento {
namespace {

ParallelPaths PathsOf(const std::vector<std::string>& files, const char* flag) {
  if (files.empty() || files.size() > 2) {
    throw Error(ErrorKind::kUsage,
                std::string(flag) + " needs a source and a target file, or one TSV file");
  }
  return {files[0], files.size() == 2 ? files[1] : ""};
}

// init_from: the model of feature vectors that is trained on; empty: a new one.
ParallelPaths CaptionPathsOf(const std::vector<std::string>& files, const char* flag,
                             const std::string& init_from) {
  const bool two = files.size() == 2;
  if (two && (!FileExists(files[0]) || IsSafetensorsFile(files[0]))) return {files[1], ""};
  throw Error(ErrorKind::kUsage,
              std::string(flag) +
                  " needs a file of feature vectors and a TSV file of items and texts with " +
                  (init_from.empty() ? "--source-kind features"
                                     : "--init-from " + init_from + ", which reads such vectors") +
                  (two ? ": " + files[0] + " is no safetensors file" : ""));
}

Corpus ReadCorpus(const ParallelPaths& paths, bool strict) {
  CorpusOptions options;
  options.strict = strict;
  Corpus corpus = ReadParallel(paths, options);
  LogCorpusReport(corpus.report);
  return corpus;
}

// Adds to the file's size and hash.
std::shared_ptr<const FeatureSet> ReadFeatures(const std::string& path, int64_t* bytes,
                                               uint64_t* hash) {
  auto features = std::make_shared<const FeatureSet>(path);
  *bytes += features->bytes();
  *hash = RandomKey(*hash, features->hash());
  return features;
}

TokenizerOptions TokenizerOptionsOf(const TextOptions& text, bool source) {
  TokenizerOptions options;
  options.kind = source ? text.source_tokenizer : text.target_tokenizer;
  options.normalization = source ? text.source_normalization : text.target_normalization;
  options.vocabulary_size = text.vocabulary_size;
  options.model = text.sentencepiece_model;
  return options;
}

std::pair<Tokenizer, Tokenizer> LearnTokenizers(const TextOptions& text,
                                                const std::vector<TextPair>& train, bool features) {
  std::vector<std::string_view> sources, targets;
  for (const TextPair& pair : train) {
    sources.push_back(pair.source);
    targets.push_back(pair.target);
  }
  const TokenizerOptions source = TokenizerOptionsOf(text, true);
  if (text.joint_vocabulary && !features) {
    sources.insert(sources.end(), targets.begin(), targets.end());
    Tokenizer joint = Tokenizer::Train(source, sources);
    return {joint, joint};
  }
  if (features) return {NoTokenizer(), Tokenizer::Train(TokenizerOptionsOf(text, false), targets)};
  Tokenizer source_tokenizer = Tokenizer::Train(source, sources);
  return {std::move(source_tokenizer), Tokenizer::Train(TokenizerOptionsOf(text, false), targets)};
}

}  // namespace

TrainingData ReadTrainingData(const TrainRequest& request) {
  TrainingData data;
  // Fine-tuning keeps the architecture.
  const SourceKind kind = request.init_from.empty()
                              ? request.model.source_kind
                              : LoadModelDescription(request.init_from)->config().source_kind;
  const bool features = kind == SourceKind::kFeatures;
  const auto read = [&](const std::vector<std::string>& files, const char* flag) {
    return ReadCorpus(
        features ? CaptionPathsOf(files, flag, request.init_from) : PathsOf(files, flag),
        request.strict);
  };
  Corpus train = read(request.train, "--train");
  data.fingerprint.train_bytes = train.bytes;
  data.fingerprint.train_hash = train.hash;
  if (features) {
    data.train_features =
        ReadFeatures(request.train[0], &data.fingerprint.train_bytes, &data.fingerprint.train_hash);
  }
  if (!request.guided_alignments.empty()) {
    data.alignments =
        ReadAlignmentFile(request.guided_alignments, train.report.lines, request.strict);
    data.fingerprint.links_bytes = data.alignments->bytes;
    data.fingerprint.links_hash = data.alignments->hash;
  }
  if (request.dev.empty()) {
    const auto seed = static_cast<uint64_t>(request.training.seed);
    HeldOutSplit split = features ? SplitHeldOutSources(std::move(train.pairs), seed)
                                  : SplitHeldOut(std::move(train.pairs), seed);
    data.dev_features = data.train_features;
    data.train = std::move(split.train);
    data.dev = std::move(split.held_out);
    LogInfo("no --dev: " + std::to_string(data.dev.size()) +
            " training pairs are held out for validation");
    return data;
  }
  Corpus dev = read(request.dev, "--dev");
  data.fingerprint.dev_bytes = dev.bytes;
  data.fingerprint.dev_hash = dev.hash;
  if (features) {
    data.dev_features =
        request.dev[0] == request.train[0]
            ? data.train_features
            : ReadFeatures(request.dev[0], &data.fingerprint.dev_bytes, &data.fingerprint.dev_hash);
  }
  data.train = std::move(train.pairs);
  data.dev = std::move(dev.pairs);
  return data;
}

std::unique_ptr<Model> MakeModel(const TrainRequest& request, const TrainingData& data) {
  ModelDescription description;
  description.preset = request.preset;
  description.text = request.text;
  description.training = request.training;
  static_cast<ModelOptions&>(description.model) = request.model;
  if (!request.init_from.empty()) {
    // Fine-tuning: the vocabularies and the architecture are the old model's, the training is new.
    std::unique_ptr<Model> model = LoadModel(request.init_from);
    CheckFloat32(*model, request.init_from);
    CheckTraining(model->config(), request.training);
    model->description.training = request.training;
    if (data.train_features) model->description.cnn = data.train_features->cnn();
    CheckGuided(request, model->config());
    return model;
  }
  auto [source, target] = LearnTokenizers(request.text, data.train, data.train_features != nullptr);
  if (data.train_features) {
    description.model.feature_size = data.train_features->feature_size();
    description.cnn = data.train_features->cnn();
  } else {
    description.model.source_vocabulary = source.vocabulary_size();
  }
  description.model.target_vocabulary = target.vocabulary_size();
  auto model =
      std::make_unique<Model>(std::move(description), std::move(source), std::move(target));
  Initialize(model->config(), static_cast<uint64_t>(request.training.seed), model->parameters);
  return model;
}

std::vector<TokenPair> Tokenize(const Model& model, const std::vector<TextPair>& pairs,
                                const AlignmentFile* alignments, const FeatureSet* features) {
  const Model* const models[] = {&model};
  CheckFeatures(models, features);
  std::vector<TokenPair> tokens;
  tokens.reserve(pairs.size());
  for (const TextPair& pair : pairs) {
    TokenPair& both = tokens.emplace_back();
    EncodedText source, target;
    if (model.config().copy) {
      source = model.source_tokenizer.EncodeWithSpellings(pair.source);
      target = model.target_tokenizer.EncodeWithSpellings(pair.target);
      SourceCopies copies = FindCopies(model.target_tokenizer, source.spellings);
      both.extended_target = ExtendTarget(target, copies, model.config().target_vocabulary);
      both.copies = std::move(copies.ids);
    } else {
      source = features
                   ? InContext("line " + std::to_string(pair.line),
                               [&] { return EncodeSource(models, pair.source, features).encoded; })
                   : model.source_tokenizer.Encode(pair.source);
      target = model.target_tokenizer.Encode(pair.target);
    }
    if (alignments) both.links = TokenLinks(*alignments, pair.line, source, target);
    both.source = std::move(source.ids);
    both.target = std::move(target.ids);
  }
  return tokens;
}

}  // namespace atento
