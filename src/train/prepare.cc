#include "train/prepare.h"

#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/options.h"
#include "text/copies.h"

namespace atento {
namespace {

ParallelPaths PathsOf(const std::vector<std::string>& files, const char* flag) {
  if (files.empty() || files.size() > 2) {
    throw Error(ErrorKind::kUsage,
                std::string(flag) + " needs a source and a target file, or one TSV file");
  }
  return {files[0], files.size() == 2 ? files[1] : ""};
}

Corpus ReadCorpus(const std::vector<std::string>& files, const char* flag, bool strict) {
  CorpusOptions options;
  options.strict = strict;
  Corpus corpus = ReadParallel(PathsOf(files, flag), options);
  LogCorpusReport(corpus.report);
  return corpus;
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
                                                const std::vector<TextPair>& train) {
  std::vector<std::string_view> sources, targets;
  for (const TextPair& pair : train) {
    sources.push_back(pair.source);
    targets.push_back(pair.target);
  }
  const TokenizerOptions source = TokenizerOptionsOf(text, true);
  if (text.joint_vocabulary) {
    if (text.source_tokenizer != text.target_tokenizer ||
        text.source_normalization != text.target_normalization) {
      throw Error(ErrorKind::kUsage,
                  "--joint-vocabulary needs the same tokenizer and normalization on both sides");
    }
    sources.insert(sources.end(), targets.begin(), targets.end());
    Tokenizer joint = Tokenizer::Train(source, sources);
    return {joint, joint};
  }
  Tokenizer source_tokenizer = Tokenizer::Train(source, sources);
  return {std::move(source_tokenizer), Tokenizer::Train(TokenizerOptionsOf(text, false), targets)};
}

void CheckGuided(const TrainRequest& request, const ModelConfig& model) {
  const bool scored = model.attention != Attention::kNone && model.attention != Attention::kFixed;
  if (request.guided_alignments.empty() || scored) return;
  throw Error(ErrorKind::kUsage, "--guided-alignments has no attention to guide with --attention " +
                                     std::string(EnumName(model.attention)) +
                                     ": use another score, or leave it out");
}

}  // namespace

TrainingData ReadTrainingData(const TrainRequest& request) {
  TrainingData data;
  Corpus train = ReadCorpus(request.train, "--train", request.strict);
  data.fingerprint.train_bytes = train.bytes;
  data.fingerprint.train_hash = train.hash;
  if (!request.guided_alignments.empty()) {
    data.alignments =
        ReadAlignmentFile(request.guided_alignments, train.report.lines, request.strict);
    data.fingerprint.links_bytes = data.alignments->bytes;
    data.fingerprint.links_hash = data.alignments->hash;
  }
  if (request.dev.empty()) {
    HeldOutSplit split =
        SplitHeldOut(std::move(train.pairs), static_cast<uint64_t>(request.training.seed));
    data.train = std::move(split.train);
    data.dev = std::move(split.held_out);
    LogInfo("no --dev: " + std::to_string(data.dev.size()) +
            " training pairs are held out for validation");
    return data;
  }
  Corpus dev = ReadCorpus(request.dev, "--dev", request.strict);
  data.fingerprint.dev_bytes = dev.bytes;
  data.fingerprint.dev_hash = dev.hash;
  data.train = std::move(train.pairs);
  data.dev = std::move(dev.pairs);
  return data;
}

std::unique_ptr<Model> MakeModel(const TrainRequest& request, const std::vector<TextPair>& train) {
  ModelDescription description;
  description.preset = request.preset;
  description.text = request.text;
  description.training = request.training;
  static_cast<ModelOptions&>(description.model) = request.model;
  if (!request.init_from.empty()) {
    // Fine-tuning: the vocabularies and the architecture are the old model's, the training is new.
    std::unique_ptr<Model> model = LoadModel(request.init_from);
    CheckFloat32(*model, request.init_from);
    model->description.training = request.training;
    CheckGuided(request, model->config());
    return model;
  }
  auto [source, target] = LearnTokenizers(request.text, train);
  CheckGuided(request, description.model);
  description.model.source_vocabulary = source.vocabulary_size();
  description.model.target_vocabulary = target.vocabulary_size();
  auto model =
      std::make_unique<Model>(std::move(description), std::move(source), std::move(target));
  Initialize(model->config(), static_cast<uint64_t>(request.training.seed), model->parameters);
  return model;
}

std::vector<TokenPair> Tokenize(const Model& model, const std::vector<TextPair>& pairs,
                                const AlignmentFile* alignments) {
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
      source = model.source_tokenizer.Encode(pair.source);
      target = model.target_tokenizer.Encode(pair.target);
    }
    if (alignments) both.links = TokenLinks(*alignments, pair.line, source, target);
    both.source = std::move(source.ids);
    both.target = std::move(target.ids);
  }
  return tokens;
}

}  // namespace atento
