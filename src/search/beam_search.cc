#include "search/beam_search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/options.h"
#include "base/random.h"
#include "text/batch.h"

namespace atento {
namespace {

// A symbol of one or more hypotheses, which share their beginnings.
struct Node {
  int parent;  // -1: the first symbol
  int id;
};

struct Live {
  int node;  // the last symbol; -1: none yet
  int row;   // in the decoder states of the step before
  double log_prob;
};

struct Finished {
  int node;  // its </s>
  double log_prob;
  double score;
};

// A continuation of a live hypothesis.
struct Candidate {
  int parent;  // index into the sentence's live hypotheses
  int id;
  double log_prob;
};

bool Better(const Candidate& a, const Candidate& b) {
  if (a.log_prob != b.log_prob) return a.log_prob > b.log_prob;
  return a.parent != b.parent ? a.parent < b.parent : a.id < b.id;
}

// Writes down what a search considers.
class TreeRecorder {
 public:
  TreeRecorder(BeamTree& tree, double length_penalty)
      : tree_(tree), length_penalty_(length_penalty) {
    tree_ = {};
    tree_.nodes.push_back({-1, -1, kEndId, 0, 0, BeamFate::kAbandoned});
  }

  // Before the continuations of this node of the search, -1 being the root.
  void Continue(int node) { At(node).fate = BeamFate::kPruned; }
  // A continuation. kept: it becomes the next node of the search.
  void Add(int parent, const Candidate& candidate, int step, bool kept) {
    At(parent).fate = BeamFate::kExpanded;
    const BeamFate fate = !kept                    ? BeamFate::kPruned
                          : candidate.id == kEndId ? BeamFate::kFinished
                                                   : BeamFate::kAbandoned;
    if (kept) places_.push_back(static_cast<int>(tree_.nodes.size()));
    tree_.nodes.push_back({Place(parent), step, candidate.id, candidate.log_prob,
                           HypothesisScore(candidate.log_prob, step + 1, length_penalty_), fate});
  }
  // The next best hypothesis that ended.
  void Finish(int node, Hypothesis hypothesis) {
    if (tree_.finished.empty()) At(node).fate = BeamFate::kWinner;
    tree_.finished.push_back({Place(node), std::move(hypothesis)});
  }

 private:
  int Place(int node) const { return node < 0 ? 0 : places_[static_cast<size_t>(node)]; }
  BeamTree::Node& At(int node) { return tree_.nodes[static_cast<size_t>(Place(node))]; }

  BeamTree& tree_;
  double length_penalty_;
  std::vector<int> places_;  // in the tree, of each node of the search
};

// Without </s>, which feature vectors do not have.
size_t SourceTokens(Ensemble models, int source_length) {
  return static_cast<size_t>(source_length) - (models[0]->config().has_features() ? 0 : 1);
}

// The search for one source.
class Sentence {
 public:
  Sentence(Ensemble models, const SearchOptions& options, int column, int source_length,
           bool with_alpha, uint64_t key)
      : options_(options),
        column_(column),
        source_length_(source_length),
        limit_(LengthLimit(models, options, SourceTokens(models, source_length))),
        least_(LeastLength(models, options, SourceTokens(models, source_length))),
        with_alpha_(with_alpha),
        random_(key) {
    live_.assign(static_cast<size_t>(options.sample ? options.n_best : 1), {-1, column, 0});
  }

  void Inspect(const BeamInspection& inspection) {
    prefix_ = inspection.prefix;
    CHECK(prefix_.size() <= static_cast<size_t>(limit_) + 1);
    if (inspection.tree) recorder_.emplace(*inspection.tree, options_.length_penalty);
  }

  int column() const { return column_; }
  const std::vector<Live>& live() const { return live_; }
  int LastId(const Live& live) const {
    return live.node < 0 ? kEndId : nodes_[static_cast<size_t>(live.node)].id;
  }

  // The rows of `output` from first_row on are those of live(). `symbols`: how many they have.
  void Advance(EnsembleStep& output, int first_row, int symbols) {
    const std::vector<Live> parents = std::exchange(live_, {});
    const std::optional<int> forced = ForcedId(symbols);
    if (forced) {
      Force(*forced, parents, output, first_row);
    } else if (options_.sample) {
      Draw(parents, output, first_row, symbols);
    } else {
      Collect(parents, output, first_row, symbols);
    }
    if (recorder_) {
      for (const Live& parent : parents) recorder_->Continue(parent.node);
    }
    const bool all = forced || options_.sample;
    const size_t beam = static_cast<size_t>(options_.beam);
    for (size_t rank = 0; rank < candidates_.size(); ++rank) {
      const Candidate& candidate = candidates_[rank];
      const bool end = candidate.id == kEndId;
      const bool kept = all || (end ? rank < beam : live_.size() < beam);
      const int parent = parents[static_cast<size_t>(candidate.parent)].node;
      if (recorder_) recorder_->Add(parent, candidate, symbols, kept);
      if (!kept) continue;
      const int row = first_row + candidate.parent;
      const int node = AddNode(parent, candidate.id, output, row);
      if (end) {
        Finish(node, candidate.log_prob, symbols + 1);
      } else {
        live_.push_back({node, row, candidate.log_prob});
      }
    }
    if (!options_.sample) DropLosers();
  }

  // Once, when the search is over.
  void RecordFinished() {
    if (!recorder_) return;
    for (const Finished& finished : finished_) recorder_->Finish(finished.node, Result(finished));
  }

  std::vector<Hypothesis> Results() const {
    std::vector<Hypothesis> results;
    const size_t count = std::min(finished_.size(), static_cast<size_t>(options_.n_best));
    for (size_t i = 0; i < count; ++i) results.push_back(Result(finished_[i]));
    return results;
  }

 private:
  // The symbol that must come next: the prefix's, or </s> at the length limit.
  std::optional<int> ForcedId(int symbols) const {
    if (symbols == limit_) return kEndId;
    if (static_cast<size_t>(symbols) >= prefix_.size()) return std::nullopt;
    return prefix_[static_cast<size_t>(symbols)];
  }

  // Fills candidates_ with one continuation of each parent, in their order.
  void Force(int id, const std::vector<Live>& parents, const EnsembleStep& output, int first_row) {
    candidates_.clear();
    for (int i = 0; i < static_cast<int>(parents.size()); ++i) {
      const double log_prob = parents[static_cast<size_t>(i)].log_prob;
      candidates_.push_back({i, id, log_prob + output.LogProb(first_row + i, id)});
    }
  }

  // Fills candidates_, best first, with as many as Advance can need: at most `beam` of the first
  // 2 · beam end with </s>, since each parent ends once.
  void Collect(const std::vector<Live>& parents, EnsembleStep& output, int first_row, int symbols) {
    candidates_.clear();
    for (int i = 0; i < static_cast<int>(parents.size()); ++i) {
      const Live& parent = parents[static_cast<size_t>(i)];
      FindBlocked(parent.node, symbols);
      auto add = [&](int id, double p) {
        if (std::find(blocked_.begin(), blocked_.end(), id) != blocked_.end()) return;
        candidates_.push_back({i, id, parent.log_prob + p});
      };
      output.ForEachOfBest(first_row + i, 2 * options_.beam + static_cast<int>(blocked_.size()),
                           add);
    }
    if (candidates_.empty()) Force(kEndId, parents, output, first_row);
    const size_t count = std::min(candidates_.size(), 2 * static_cast<size_t>(options_.beam));
    std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(count),
                      candidates_.end(), Better);
    candidates_.resize(count);
  }

  // Fills candidates_ with a continuation of each parent, in their order, by its probability.
  void Draw(const std::vector<Live>& parents, EnsembleStep& output, int first_row, int symbols) {
    candidates_.clear();
    for (int i = 0; i < static_cast<int>(parents.size()); ++i) {
      const Live& parent = parents[static_cast<size_t>(i)];
      FindBlocked(parent.node, symbols);
      const int row = first_row + i, id = output.Draw(row, random_.Uniform(), blocked_);
      candidates_.push_back({i, id, parent.log_prob + output.LogProb(row, id)});
    }
  }

  // Fills blocked_ with the symbols that must not follow this node.
  void FindBlocked(int node, int symbols) {
    blocked_.clear();
    if (symbols < least_) blocked_.push_back(kEndId);
    if (options_.block_ngrams == 0 || symbols < options_.block_ngrams) return;
    path_.clear();
    for (; node >= 0; node = nodes_[static_cast<size_t>(node)].parent) {
      path_.push_back(nodes_[static_cast<size_t>(node)].id);
    }
    // From the last symbol to the first: path_[i] followed the n-1 symbols path_[i + 1], …
    const auto context = static_cast<std::ptrdiff_t>(options_.block_ngrams) - 1;
    const auto last = path_.begin();
    for (auto id = last; path_.end() - id > context; ++id) {
      if (std::equal(last, last + context, id + 1)) blocked_.push_back(*id);
    }
  }

  int AddNode(int parent, int id, const EnsembleStep& output, int row) {
    nodes_.push_back({parent, id});
    if (with_alpha_) {
      alpha_.resize(alpha_.size() + static_cast<size_t>(source_length_));
      output.AddAlpha(row, std::span(alpha_).last(static_cast<size_t>(source_length_)));
    }
    return static_cast<int>(nodes_.size()) - 1;
  }

  void Finish(int node, double log_prob, int symbols) {
    const Finished finished{node, log_prob,
                            HypothesisScore(log_prob, symbols, options_.length_penalty)};
    const auto place =
        std::upper_bound(finished_.begin(), finished_.end(), finished,
                         [](const Finished& a, const Finished& b) { return a.score > b.score; });
    finished_.insert(place, finished);
  }

  // Live hypotheses stand in the order of their log_prob, so that those that cannot win are the
  // last.
  void DropLosers() {
    if (finished_.size() >= static_cast<size_t>(options_.beam)) live_.clear();
    if (finished_.size() < static_cast<size_t>(options_.n_best)) return;
    const double worst = finished_[static_cast<size_t>(options_.n_best) - 1].score;
    while (!live_.empty() &&
           HypothesisScore(live_.back().log_prob, limit_ + 1, options_.length_penalty) <= worst) {
      live_.pop_back();
    }
  }

  Hypothesis Result(const Finished& finished) const {
    Hypothesis result;
    result.log_prob = finished.log_prob;
    result.score = finished.score;
    std::vector<int> path;
    for (int node = finished.node; node >= 0; node = nodes_[static_cast<size_t>(node)].parent) {
      path.push_back(node);
    }
    std::reverse(path.begin(), path.end());
    for (int node : path) {
      result.ids.push_back(nodes_[static_cast<size_t>(node)].id);
      if (!with_alpha_) continue;
      const auto row = alpha_.begin() + static_cast<std::ptrdiff_t>(node) * source_length_;
      result.alpha.insert(result.alpha.end(), row, row + source_length_);
    }
    result.ids.pop_back();
    return result;
  }

  const SearchOptions& options_;
  int column_;
  int source_length_;  // with </s>, if it has one
  int limit_;
  int least_;
  bool with_alpha_;
  Random random_;           // of Draw
  std::vector<Live> live_;  // best first
  std::vector<Node> nodes_;
  std::vector<float> alpha_;        // [nodes_][source_length_]
  std::vector<Finished> finished_;  // best first
  std::vector<Candidate> candidates_;
  std::vector<int> blocked_, path_;  // scratch
  std::span<const int> prefix_;
  std::optional<TreeRecorder> recorder_;
};

// The next step's input: the live hypotheses of all sentences, sentence by sentence.
struct Rows {
  std::vector<int> ids, parents, columns;

  void Gather(const std::vector<Sentence>& sentences) {
    ids.clear();
    parents.clear();
    columns.clear();
    for (const Sentence& sentence : sentences) {
      for (const Live& live : sentence.live()) {
        ids.push_back(sentence.LastId(live));
        parents.push_back(live.row);
        columns.push_back(sentence.column());
      }
    }
  }
};

uint64_t KeyOf(const std::vector<int>& source, int seed) {
  const std::string_view bytes(reinterpret_cast<const char*>(source.data()),
                               source.size() * sizeof(int));
  return RandomKey(static_cast<uint64_t>(seed), HashBytes(bytes));
}

}  // namespace

double HypothesisScore(double log_prob, int symbols, double length_penalty) {
  if (length_penalty == 0 || std::isinf(log_prob)) return log_prob;
  return log_prob / std::pow(symbols, length_penalty);
}

int LengthLimit(double max_length_ratio, size_t source_tokens) {
  const double tokens = std::ceil(max_length_ratio * static_cast<double>(source_tokens)) + 10;
  return static_cast<int>(std::min(tokens, 1e9));
}

int LengthLimit(Ensemble models, const SearchOptions& options, size_t source_tokens) {
  const ModelConfig& config = models[0]->config();
  const int limit = config.has_features() ? models[0]->description.training.max_target_tokens
                                          : LengthLimit(options.max_length_ratio, source_tokens);
  return options.max_length == 0 ? limit : std::min(limit, options.max_length);
}

int LeastLength(Ensemble models, const SearchOptions& options, size_t source_tokens) {
  const double tokens = std::ceil(options.min_length_ratio * static_cast<double>(source_tokens));
  const double least = std::max(tokens, static_cast<double>(options.min_length));
  return static_cast<int>(
      std::min(least, static_cast<double>(LengthLimit(models, options, source_tokens))));
}

void CheckSearchOptions(const SearchOptions& options) {
  CheckRanges(options);
  if (options.n_best > options.beam && !options.sample) {
    const std::string n = std::to_string(options.n_best);
    throw Error(ErrorKind::kUsage,
                "--n-best " + n + " needs --beam " + n + " or more, or --sample");
  }
  if (options.max_length > 0 && options.min_length > options.max_length) {
    throw Error(ErrorKind::kUsage, "--min-length " + std::to_string(options.min_length) +
                                       " is above --max-length " +
                                       std::to_string(options.max_length) + "; make one other");
  }
}

std::vector<std::vector<Hypothesis>> BeamSearch(Ensemble models,
                                                std::span<const std::vector<int>> sources,
                                                const SearchOptions& options, SearchArenas& arenas,
                                                const BeamRequest& request) {
  CHECK(options.beam >= 1 && options.n_best >= 1 &&
        (options.sample || options.n_best <= options.beam));
  const BeamInspection* const inspection = request.inspection;
  CHECK(!inspection || (sources.size() == 1 && !request.shortlist));
  const Batch batch = MakeSourceBatch(sources, request.copies,
                                      request.features ? SourceEnd::kNone : SourceEnd::kAdded);
  const bool with_alpha = request.with_alpha && CountAlphas(models) > 0;
  arenas.sources.Reset();
  EnsembleDecoder decoder(models, batch, {request.shortlist, request.features}, arenas);

  std::vector<Sentence> sentences;
  for (int column = 0; column < batch.source.batch(); ++column) {
    const auto& source =
        sources[static_cast<size_t>(batch.source_order[static_cast<size_t>(column)])];
    sentences.emplace_back(models, options, column, batch.source.length(column), with_alpha,
                           KeyOf(source, options.seed));
  }
  if (inspection) sentences[0].Inspect(*inspection);
  Rows rows;
  for (int step = 0;; ++step) {
    rows.Gather(sentences);
    if (rows.ids.empty()) break;
    if (request.stop && request.stop()) throw SearchStopped();
    if (request.steps) *request.steps += static_cast<int64_t>(rows.ids.size());
    StepInput input{rows.ids, rows.parents, rows.columns};
    if (inspection && step == inspection->alpha_step) input.alpha = inspection->alpha;
    EnsembleStep& output = decoder.Step(input);
    int first_row = 0;
    for (Sentence& sentence : sentences) {
      const int count = static_cast<int>(sentence.live().size());
      if (count > 0) sentence.Advance(output, first_row, step);
      first_row += count;
    }
  }
  if (inspection) sentences[0].RecordFinished();
  std::vector<std::vector<Hypothesis>> results(sources.size());
  for (const Sentence& sentence : sentences) {
    const int index = batch.source_order[static_cast<size_t>(sentence.column())];
    results[static_cast<size_t>(index)] = sentence.Results();
  }
  return results;
}

}  // namespace atento
