#include "cli/benchmark_workload.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/options.h"
#include "base/random.h"
#include "search/translate.h"
#include "text/training_batches.h"
#include "train/learner.h"

namespace atento {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The sentences of a workload: about a hundred steps, or a few batches to translate.
constexpr int kPairs = 6400;
constexpr int kLines = 256;
// Steps before the clock starts: products are compiled, arenas grow.
constexpr int kWarmUpSteps = 5;

void SetMediumModel(ModelConfig& m) {
  m.cell = Cell::kGru;
  m.embedding_size = m.encoder_size = m.decoder_size = 256;
  m.attention_size = m.readout_size = 256;
  m.attention = Attention::kAdditive;
  m.attend = Attend::kBetween;
  m.readout = Readout::kTanh;
  m.start = Start::kMean;
}

void SetLargeModel(ModelConfig& m) {
  m.cell = Cell::kLstm;
  m.embedding_size = m.decoder_size = m.readout_size = 512;
  m.encoder_size = 256;
  m.encoder_layers = m.decoder_layers = 2;
  m.attention = Attention::kGeneral;
  m.attend = Attend::kAfter;
  m.input_feeding = true;
  m.readout = Readout::kTanh;
  m.start = Start::kCopy;
}

std::string Word(int id) { return "w" + std::to_string(id); }

Tokenizer SymbolTokenizer(int vocabulary) {
  std::string line;
  // <unk> and </s> are there anyway.
  for (int id = 2; id < vocabulary; ++id) line += Word(id) + " ";
  return Tokenizer::Train({.kind = TokenizerKind::kSymbols}, std::vector<std::string>{line});
}

std::vector<int> RandomSentence(const Workload& workload, int vocabulary, Random& random) {
  std::vector<int> ids(static_cast<size_t>(workload.sentence_tokens) - 1);
  for (int& id : ids)
    id = 2 + static_cast<int>(random.Below(static_cast<uint64_t>(vocabulary) - 2));
  return ids;
}

std::vector<TokenPair> RandomPairs(const Workload& workload) {
  Random random(RandomKey(1, 1));
  std::vector<TokenPair> pairs(kPairs);
  for (TokenPair& pair : pairs) {
    pair.source = RandomSentence(workload, workload.model.source_vocabulary, random);
    pair.target = RandomSentence(workload, workload.model.target_vocabulary, random);
  }
  return pairs;
}

std::vector<std::string> RandomLines(const Workload& workload) {
  Random random(RandomKey(1, 2));
  std::vector<std::string> lines(kLines);
  for (std::string& line : lines) {
    for (int id : RandomSentence(workload, workload.model.source_vocabulary, random)) {
      line += Word(id) + " ";
    }
  }
  return lines;
}

}  // namespace

Workload StandardWorkload(WorkloadName name) {
  Workload workload;
  workload.name = EnumName(name);
  workload.training.batch_sentences = 64;
  workload.training.dropout_embedding = workload.training.dropout_hidden = 0;
  workload.training.dropout_annotations = workload.training.dropout_output = 0;
  workload.sentence_tokens = 20;
  workload.model.source_vocabulary = workload.model.target_vocabulary = 8000;
  if (name == WorkloadName::kLarge) {
    SetLargeModel(workload.model);
    return workload;
  }
  SetMediumModel(workload.model);
  if (name == WorkloadName::kMedium) return workload;
  workload.model.source_vocabulary = workload.model.target_vocabulary = 100;
  workload.training.batch_sentences = 128;
  workload.sentence_tokens = 12;
  return workload;
}

std::unique_ptr<Model> WorkloadModel(const Workload& workload) {
  ModelDescription description;
  description.text.source_tokenizer = description.text.target_tokenizer = TokenizerKind::kSymbols;
  description.model = workload.model;
  description.training = workload.training;
  auto model = std::make_unique<Model>(std::move(description),
                                       SymbolTokenizer(workload.model.source_vocabulary),
                                       SymbolTokenizer(workload.model.target_vocabulary));
  Initialize(model->config(), static_cast<uint64_t>(workload.training.seed), model->parameters);
  return model;
}

TrainingFigures MeasureTraining(const Workload& workload, const Threads& threads, double seconds) {
  const std::unique_ptr<Model> model = WorkloadModel(workload);
  const std::vector<TokenPair> pairs = RandomPairs(workload);
  TrainingBatchOptions batching;
  batching.batch_tokens = 0;
  batching.batch_sentences = workload.training.batch_sentences;
  batching.workers = threads.parts();
  TrainingBatches batches(pairs, batching);
  Learner learner(*model, threads.count, nullptr, threads.of_product());
  int64_t number = 0;
  const double rate = workload.training.learning_rate;
  for (int i = 0; i < kWarmUpSteps; ++i) learner.Update(batches.Next(), ++number, rate);

  TrainingFigures figures;
  TokenCounts tokens;
  for (PhaseTimes* phases : learner.phases()) phases->Clear();
  const int64_t allocations = HeapAllocations();
  const Clock::time_point begin = Clock::now();
  while (figures.seconds < seconds) {
    const Clock::time_point asked = Clock::now();
    const TrainingStep& step = batches.Next();
    figures.data_seconds += SecondsSince(asked);
    learner.Update(step, ++number, rate);
    ++figures.steps;
    tokens.sentences += step.sentences;
    tokens.source += step.source_tokens;
    tokens.target += step.target_tokens;
    figures.seconds = SecondsSince(begin);
  }
  figures.allocations = static_cast<double>(HeapAllocations() - allocations);
  figures.target_tokens = static_cast<double>(tokens.target);
  figures.flops = 3 * ForwardFlops(model->config(), tokens);
  for (PhaseTimes* phases : learner.phases()) {
    for (int phase = 0; phase < kPhases; ++phase) {
      figures.phase_seconds[static_cast<size_t>(phase)] +=
          phases->seconds(static_cast<Phase>(phase)) / threads.count;
    }
  }
  const int64_t batch = int64_t{workload.training.batch_sentences} * workload.sentence_tokens;
  figures.needed_bytes =
      16 * static_cast<double>(model->parameters.count()) +
      sizeof(Real) * ActivationNumbers(model->config(), {.source = batch, .target = batch},
                                       workload.sentence_tokens);
  return figures;
}

DecodingWork RandomWork(const Workload& workload, int beam) {
  const int words = workload.sentence_tokens - 1;
  DecodingWork work;
  work.lines = RandomLines(workload);
  work.search.beam = beam;
  // Makes the limit, ⌈ratio · words⌉ + 10, the number of words where that is possible.
  work.search.max_length_ratio = std::max(1, words - 10) / static_cast<double>(words);
  return work;
}

void ForbidEnd(Model& model) { model.parameters.views().output.b[kEndId] = -100; }

DecodingFigures MeasureDecoding(const Model& model, const DecodingWork& work,
                                const Threads& threads, double seconds) {
  std::atomic<int64_t> steps = 0;
  TranslateOptions options;
  options.with_alignments = false;
  options.search = work.search;
  options.shortlist = work.shortlist;
  options.steps = &steps;
  SearchThreads pool(threads.parts(), threads.of_product());
  const Model* const ensemble[] = {&model};
  auto translate = [&] { return TranslateLines(ensemble, work.lines, options, pool); };

  TokenCounts round;
  double words = 0;
  for (const Translation& translation : translate()) {
    if (translation.hypotheses.empty()) continue;
    ++round.sentences;
    const std::string& best = translation.hypotheses[0].text;
    words += static_cast<double>(model.target_tokenizer.Encode(best).ids.size()) + 1;
  }
  for (const std::string& line : work.lines) {
    const size_t tokens = EncodeSource(ensemble, line).encoded.ids.size();
    if (tokens > 0) round.source += static_cast<int64_t>(tokens) + 1;
  }
  steps = 0;
  DecodingFigures figures;
  const Clock::time_point begin = Clock::now();
  do {
    translate();
    ++figures.rounds;
    figures.seconds = SecondsSince(begin);
  } while (figures.seconds < seconds);
  figures.tokens = {figures.rounds * round.sentences, figures.rounds * round.source, steps};
  figures.words = figures.rounds * words;
  return figures;
}

}  // namespace atento
