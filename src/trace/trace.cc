// What a request for a trace asks: search if it must, look at each step, and put words to it all.
#include "atento/trace.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "atento/error.h"
#include "base/options.h"
#include "base/utf8.h"
#include "search/align.h"
#include "search/beam_search.h"
#include "search/translate.h"
#include "search/translator_impl.h"
#include "trace/inspect.h"
#include "trace/make_trace.h"

namespace atento {
namespace {

// Of either side that is given: a trace has the product of the two, and several vectors for each.
constexpr size_t kLongestTraced = 1000;

[[noreturn]] void Refuse(const std::string& message) { throw Error(ErrorKind::kUsage, message); }

TraceModel DescribeModel(const Model& model) {
  const ModelConfig& config = model.config();
  return {model.description.preset, model.description.text,   config,
          config.source_vocabulary, config.target_vocabulary, config.annotation_size(),
          HasAlpha(config)};
}

// ids and word_of without </s>, which is added. extended: of a target.
TraceText DescribeText(const Tokenizer& tokenizer, std::string_view text, std::vector<int> ids,
                       std::vector<int> word_of, std::span<const std::string> extended = {}) {
  ids.push_back(kEndId);
  word_of.push_back(-1);
  TraceText side{ReplaceInvalidUtf8(text), std::move(ids), {}, {}, std::move(word_of)};
  for (int id : side.ids) side.tokens.push_back(tokenizer.Piece(id, extended));
  for (std::string_view word : SplitWords(side.text)) side.words.emplace_back(word);
  return side;
}

// The positions of an item; no </s>.
TraceText DescribeItem(const FeatureItem& item) {
  TraceText side;
  side.text = item.name;
  side.grid_height = item.grid_height;
  side.grid_width = item.grid_width;
  for (int j = 0; j < item.rows; ++j) {
    side.ids.push_back(j);
    side.word_of.push_back(j);
    side.words.push_back(item.grid_width == 0 ? std::to_string(j)
                                              : std::to_string(j / item.grid_width) + "," +
                                                    std::to_string(j % item.grid_width));
  }
  side.tokens = side.words;
  return side;
}

TokenWords WordsOfItem(const TraceText& side) {
  return {side.word_of, static_cast<int>(side.words.size()), false};
}

// A side without its </s>.
TokenWords WordsOf(const TraceText& side) {
  return {std::span(side.word_of).first(side.word_of.size() - 1),
          static_cast<int>(side.words.size())};
}

void CheckLength(const char* what, size_t tokens, size_t most) {
  if (tokens <= most) return;
  throw Error(ErrorKind::kData, std::string(what) + " has " + std::to_string(tokens) +
                                    " tokens, too many to trace: shorten it to " +
                                    std::to_string(most) + " or fewer");
}

// ---- what may be asked -------------------------------------------------------------------------

// symbols: of the target vocabulary, and those beyond it that the source has.
void CheckPrefix(const TraceRequest& request, int symbols, int length_limit) {
  const std::vector<int>& prefix = request.target_prefix;
  if (prefix.empty()) return;
  if (request.target) Refuse("target and target_prefix exclude each other: give one of them");
  for (size_t t = 0; t < prefix.size(); ++t) {
    const std::string what = "target_prefix: id " + std::to_string(prefix[t]) + " at position " +
                             std::to_string(t) + " ";
    if (prefix[t] < 0 || prefix[t] >= symbols) {
      Refuse(what + "is not in the target vocabulary: ids are from 0 to " +
             std::to_string(symbols - 1));
    }
    if (prefix[t] == kEndId && t + 1 < prefix.size()) {
      Refuse(what + "is </s>, which ends a translation: nothing may follow it");
    }
  }
  const size_t length = prefix.size() - (prefix.back() == kEndId ? 1 : 0);
  if (length > static_cast<size_t>(length_limit)) {
    Refuse("target_prefix has " + std::to_string(length) +
           " tokens, more than the longest translation of this text: give " +
           std::to_string(length_limit) + " or fewer, or raise max_length_ratio");
  }
}

void CheckAlphaWeights(std::span<const float> weights, const std::string& name) {
  for (size_t j = 0; j < weights.size(); ++j) {
    if (std::isfinite(weights[j]) && weights[j] >= 0) continue;
    Refuse(name + ": the weight at position " + std::to_string(j) +
           " is not a number from 0 on: give finite weights, none below 0");
  }
  if (std::all_of(weights.begin(), weights.end(), [](float w) { return w == 0; })) {
    Refuse(name + ": all weights are 0: give at least one position some weight");
  }
}

void CheckAlpha(const AlphaOverride& alpha, const ModelConfig& config, size_t source_tokens) {
  if (!HasAlpha(config)) {
    Refuse(
        "alpha: the model has no weights of attention to replace: leave it out, or ask a model "
        "with another attention than none or fixed");
  }
  if (alpha.step < 0) {
    Refuse("alpha.step " + std::to_string(alpha.step) + " is out of range: steps count from 0");
  }
  const size_t all = source_tokens * static_cast<size_t>(config.attention_heads);
  const std::vector<float>& weights = alpha.weights;
  if (weights.size() != source_tokens && weights.size() != all) {
    Refuse("alpha.weights has " + std::to_string(weights.size()) + " numbers for " +
           std::to_string(source_tokens) + " source tokens: give one for each, with </s>" +
           (all == source_tokens ? "" : ", or as many for each head"));
  }
  for (size_t begin = 0; begin < weights.size(); begin += source_tokens) {
    const std::string head =
        weights.size() == source_tokens ? "" : " of head " + std::to_string(begin / source_tokens);
    CheckAlphaWeights(std::span(weights).subspan(begin, source_tokens), "alpha.weights" + head);
  }
}

// ---- the trace ---------------------------------------------------------------------------------

class Tracer {
 public:
  // Checks the request.
  Tracer(const Model& model, const TraceRequest& request, size_t longest, const StopSearch& stop,
         const FeatureSet* features)
      : model_(model), request_(request), longest_(longest), stop_(stop), features_(features) {
    CheckFeatures(models(), features);
    CheckRanges(request.options);
    CheckSearchOptions(request.search);
    EncodeText();
    if (request.target) CheckTarget();
    if (request.alpha)
      CheckAlpha(*request.alpha, model.config(), source_.ids.size() + (features ? 0 : 1));
    const int limit = LengthLimit(models(), request.search, source_.ids.size());
    CheckPrefix(request,
                model.config().target_vocabulary + static_cast<int>(copies_.extended.size()),
                limit);
    if (!request.target) trace_.length_limit = limit;
  }

  Trace Run(SearchArenas& arenas) {
    trace_.detail = request_.options.detail;
    trace_.model = DescribeModel(model_);
    trace_.source = features_ ? DescribeItem(features_->Find(request_.text))
                              : DescribeText(model_.source_tokenizer, request_.text, source_.ids,
                                             source_.word_of);
    trace_.source.copies = copies_.ids;
    BeamTree tree;
    if (request_.target) {
      trace_.target = DescribeText(model_.target_tokenizer, *request_.target, target_.ids,
                                   target_.word_of, copies_.extended);
      trace_.prefix_tokens = static_cast<int>(trace_.target.ids.size());
    } else {
      tree = Search(arenas);
    }
    LookAtSteps(arenas);
    if (trace_.search && trace_.search->beam > 1) trace_.beam = DescribeBeam(tree);
    return std::move(trace_);
  }

 private:
  Ensemble models() const { return std::span(&model_pointer_, 1); }

  void CheckTarget() {
    const Tokenizer& tokenizer = model_.target_tokenizer;
    if (model_.config().copy) {
      target_ = tokenizer.EncodeWithSpellings(*request_.target);
      target_.ids = ExtendTarget(target_, copies_, tokenizer.vocabulary_size());
    } else {
      target_ = tokenizer.Encode(*request_.target);
    }
    CheckLength("target", target_.ids.size(), longest_);
  }

  void EncodeText() {
    if (features_) {
      source_ = EncodeSource(models(), request_.text, features_).encoded;
      CheckLength("the item", source_.ids.size(), std::min(longest_, LongestSource(models())));
      return;
    }
    if (SplitWords(request_.text).empty()) Refuse("text has no words in it: give a sentence");
    if (request_.target) {
      const Tokenizer& tokenizer = model_.source_tokenizer;
      if (model_.config().copy) {
        source_ = tokenizer.EncodeWithSpellings(request_.text);
        copies_ = FindCopies(model_.target_tokenizer, source_.spellings);
      } else {
        source_ = tokenizer.Encode(request_.text);
      }
    } else {
      SourceLine line = EncodeSource(models(), request_.text);
      source_ = std::move(line.encoded);
      copies_ = std::move(line.copies);
      trace_.truncated = line.truncated;
    }
    if (source_.ids.empty()) Refuse("text has nothing in it that the model's tokenizer keeps");
    CheckLength("text", source_.ids.size(), std::min(longest_, LongestSource(models())));
  }

  // Fills target, prefix_tokens and search.
  BeamTree Search(SearchArenas& arenas) {
    SearchOptions search = request_.search;
    BeamTree tree;
    BeamInspection inspection{.prefix = request_.target_prefix};
    std::vector<Real> alpha;
    if (request_.alpha) {
      search.beam = search.n_best = 1;
      alpha.assign(request_.alpha->weights.begin(), request_.alpha->weights.end());
      inspection.alpha_step = request_.alpha->step;
      inspection.alpha = {alpha.data(), 1, static_cast<int>(alpha.size())};
    }
    if (search.beam > 1) inspection.tree = &tree;
    const Hypothesis best =
        BeamSearch(models(), std::span(&source_.ids, 1), search, arenas,
                   {.with_alpha = true,
                    .copies = std::span(&copies_.ids, model_.config().copy ? 1 : 0),
                    .inspection = &inspection,
                    .features = features_,
                    .stop = stop_})
            .front()
            .front();
    CheckLength("the translation found", best.ids.size(), 2 * longest_ + 10);
    DecodedText decoded = model_.target_tokenizer.DecodeWithWords(best.ids, copies_.extended);
    trace_.target = DescribeText(model_.target_tokenizer, decoded.text, best.ids,
                                 std::move(decoded.word_of), copies_.extended);
    trace_.prefix_tokens = static_cast<int>(request_.target_prefix.size());
    trace_.search = search;
    return tree;
  }

  // Fills all that follows from target.
  void LookAtSteps(SearchArenas& arenas) {
    const std::vector<int>& ids = trace_.target.ids;
    if (request_.alpha && request_.alpha->step >= static_cast<int>(ids.size())) {
      Refuse("alpha.step " + std::to_string(request_.alpha->step) +
             " is out of range: the translation has the steps 0 to " +
             std::to_string(ids.size() - 1));
    }
    Inspect(model_, source_.ids, ids,
            {request_.options, request_.alpha ? &*request_.alpha : nullptr, trace_.prefix_tokens,
             &copies_, features_},
            arenas, &trace_);
    std::vector<float> alpha;
    for (const TraceStep& step : trace_.steps) {
      trace_.log_prob += step.chosen.log_prob;
      if (!trace_.model.attends) continue;
      alpha.insert(alpha.end(), step.attention->weights.begin(), step.attention->weights.end());
    }
    trace_.alignment = AlignWords(alpha, SourceWords(), WordsOf(trace_.target));
    if (trace_.search) {
      trace_.score = HypothesisScore(trace_.log_prob, static_cast<int>(ids.size()),
                                     trace_.search->length_penalty);
    }
  }

  TokenWords SourceWords() const {
    return features_ ? WordsOfItem(trace_.source) : WordsOf(trace_.source);
  }

  TraceBeam DescribeBeam(const BeamTree& tree) const {
    const Tokenizer& tokenizer = model_.target_tokenizer;
    TraceBeam beam;
    for (const BeamTree::Node& node : tree.nodes) {
      beam.nodes.push_back({node.parent, node.step, node.id,
                            tokenizer.Piece(node.id, copies_.extended), node.log_prob, node.score,
                            node.fate});
    }
    for (const auto& [node, hypothesis] : tree.finished) {
      DecodedText decoded = tokenizer.DecodeWithWords(hypothesis.ids, copies_.extended);
      TraceText text = DescribeText(tokenizer, decoded.text, hypothesis.ids,
                                    std::move(decoded.word_of), copies_.extended);
      Alignment alignment = AlignWords(hypothesis.alpha, SourceWords(), WordsOf(text));
      beam.finished.push_back({node, std::move(text.ids), std::move(text.tokens),
                               std::move(text.text), hypothesis.log_prob, hypothesis.score,
                               std::move(alignment)});
    }
    return beam;
  }

  const Model& model_;
  const Model* const model_pointer_ = &model_;
  const TraceRequest& request_;
  const size_t longest_;
  const StopSearch& stop_;
  const FeatureSet* const features_;
  EncodedText source_;
  SourceCopies copies_;  // of a model that copies
  EncodedText target_;
  Trace trace_;
};

}  // namespace

Trace MakeTrace(const Model& model, const TraceRequest& request, size_t longest,
                SearchThreads& threads, const StopSearch& stop, const FeatureSet* features) {
  Trace trace;
  threads.Run(1, [&](int, SearchArenas& arenas) {
    trace = Tracer(model, request, longest, stop, features).Run(arenas);
  });
  return trace;
}

Trace MakeTrace(const Translator& translator, const TraceRequest& request) {
  Translator::Impl& impl = *translator.impl_;
  if (impl.models.size() > 1) {
    Refuse("a trace is of one model, not of an ensemble of " + std::to_string(impl.models.size()) +
           ": ask each model for its own");
  }
  return MakeTrace(*impl.models[0], request, kLongestTraced, impl.threads, {}, impl.features.get());
}

}  // namespace atento
