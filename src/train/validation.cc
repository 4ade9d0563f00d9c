#include "train/validation.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "atento/error.h"
#include "base/check.h"
#include "base/log.h"
#include "metrics/metrics.h"
#include "model/seq2seq.h"
#include "search/translate.h"
#include "train/prepare.h"

namespace atento {
namespace {

constexpr size_t kBatchSentences = 64;
// A batch needs memory for every pair of a source and a target position.
constexpr size_t kMostTokens = 2000;

// A whole number of at least 1, and nothing else; 0 if it is not one.
int64_t ParseCount(std::string_view text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count >= 1 ? count : 0;
}

// references[i]: those of hypothesis i, at least one.
std::vector<MetricResult> Evaluate(std::span<const std::string> metrics,
                                   std::span<const std::string> hypotheses,
                                   std::span<const std::vector<std::string>> references,
                                   std::span<const std::string> sources) {
  std::vector<ReferenceSet> sets;
  std::vector<int64_t> counts;
  for (size_t i = 0; i < references.size(); ++i) {
    const std::vector<std::string>& of_one = references[i];
    counts.push_back(static_cast<int64_t>(of_one.size()));
    if (sets.size() < of_one.size()) sets.resize(of_one.size(), ReferenceSet(references.size()));
    for (size_t k = 0; k < of_one.size(); ++k) sets[k][i] = of_one[k];
  }
  return EvaluateCorpus(metrics, {hypotheses, sets, sources, counts});
}

}  // namespace

EarlyStopping ParseEarlyStopping(const std::string& text, const std::vector<std::string>& metrics) {
  const size_t colon = text.find(':');
  EarlyStopping result;
  result.metric = text.substr(0, colon);
  if (colon != std::string::npos) result.patience = ParseCount(text.substr(colon + 1));
  if (result.patience == 0) {
    throw Error(ErrorKind::kUsage,
                "--early-stopping: '" + text + "' is not METRIC:PATIENCE, e.g. loss:5");
  }
  if (result.metric != "loss" &&
      std::find(metrics.begin(), metrics.end(), result.metric) == metrics.end()) {
    throw Error(ErrorKind::kUsage, "--early-stopping: '" + result.metric +
                                       "' is neither loss nor one of --validation-metrics");
  }
  return result;
}

ValidationInterval ParseValidateEvery(const std::string& text) {
  const bool epochs = text.ends_with('e');
  const int64_t count = ParseCount(epochs ? text.substr(0, text.size() - 1) : text);
  if (count == 0) {
    throw Error(ErrorKind::kUsage,
                "--validate-every: '" + text + "' is not a number of updates (500) or epochs (1e)");
  }
  return epochs ? ValidationInterval{0, count} : ValidationInterval{count, 0};
}

double ValidationResult::Value(const std::string& name) const {
  if (name == "loss") return loss;
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  CHECK(false, name);
}

Validator::Validator(const Model& model, const ValidationData& data,
                     std::vector<std::string> metrics, int decoded)
    : metrics_(std::move(metrics)), features_(data.features) {
  std::vector<TokenPair> tokens = Tokenize(model, data.pairs, nullptr, features_.get());
  const size_t all = tokens.size();
  const Model* const models[] = {&model};
  const size_t longest = std::min(kMostTokens, LongestSource(models));
  std::erase_if(tokens, [longest](const TokenPair& pair) {
    return pair.source.size() > longest || pair.target.size() > kMostTokens;
  });
  const std::string too_long = "development pairs have more than " + std::to_string(longest) +
                               " source or " + std::to_string(kMostTokens) + " target tokens: ";
  if (tokens.empty()) throw Error(ErrorKind::kData, "all " + too_long + "split their lines");
  if (tokens.size() < all) {
    LogWarning(std::to_string(all - tokens.size()) + " " + too_long + "left out of the loss");
  }
  std::vector<int> order(tokens.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return tokens[static_cast<size_t>(a)].target.size() <
           tokens[static_cast<size_t>(b)].target.size();
  });
  for (size_t begin = 0; begin < order.size(); begin += kBatchSentences) {
    const size_t count = std::min(kBatchSentences, order.size() - begin);
    batches_.push_back(MakeBatch(tokens, std::span(order).subspan(begin, count),
                                 features_ ? SourceEnd::kNone : SourceEnd::kAdded));
  }
  if (metrics_.empty()) return;
  const size_t most = decoded == 0 ? data.pairs.size() : static_cast<size_t>(decoded);
  for (const TextPair& pair : data.pairs) {
    // Items are not cut to what the model can read, as texts are.
    const bool readable =
        !features_ || static_cast<size_t>(features_->Find(pair.source).rows) <= longest;
    if (readable) AddDecoded(pair, most);
  }
}

void Validator::AddDecoded(const TextPair& pair, size_t most) {
  if (features_) {
    const auto known = places_.find(pair.source);
    if (known != places_.end()) {
      references_[known->second].push_back(pair.target);
      return;
    }
  }
  if (sources_.size() == most) return;
  if (features_) places_.emplace(pair.source, sources_.size());
  sources_.push_back(pair.source);
  references_.push_back({pair.target});
}

double Validator::Loss(Model& model, SearchThreads& threads) const {
  // Each batch's sums on their own, so that the total does not depend on who computed what.
  std::vector<LossSums> sums(batches_.size());
  threads.Run(static_cast<int>(batches_.size()), [&](int i, SearchArenas& arenas) {
    const size_t batch = static_cast<size_t>(i);
    sums[batch] = ForceDecode(model.Pass(arenas.sources, features_.get()), batches_[batch], 0).sums;
  });
  LossSums total;
  for (const LossSums& one : sums) total += one;
  return -total.log_prob / static_cast<double>(total.tokens);
}

ValidationResult Validator::Run(Model& model, SearchThreads& threads) const {
  ValidationResult result;
  result.loss = Loss(model, threads);
  if (metrics_.empty()) return result;
  TranslateOptions options;
  options.search.beam = 1;
  options.with_alignments = false;
  options.features = features_.get();
  const Model* const models[] = {&model};
  std::vector<std::string> hypotheses;
  for (const Translation& translation : TranslateLines(models, sources_, options, threads)) {
    hypotheses.push_back(translation.hypotheses.empty() ? "" : translation.hypotheses[0].text);
  }
  for (const MetricResult& metric : Evaluate(metrics_, hypotheses, references_, sources_)) {
    result.metrics.emplace_back(metric.name, metric.value);
  }
  return result;
}

}  // namespace atento
