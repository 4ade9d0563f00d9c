#include "trace/inspect.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "math/kernels.h"
#include "model/seq2seq.h"
#include "text/batch.h"

namespace atento {
namespace {

constexpr float kNowhere = std::numeric_limits<float>::quiet_NaN();

TraceVector CopyVector(ConstVector from) { return {from.begin(), from.end()}; }

// The only row of a matrix of a step; empty if the model has no such matrix.
TraceVector CopyRow(ConstMatrix from) {
  return from.empty() ? TraceVector() : CopyVector(from.RowSpan(0));
}

TraceMatrix CopyRows(ConstMatrix from) {
  TraceMatrix to;
  if (from.empty()) return to;
  to.rows = from.rows;
  to.columns = from.cols;
  for (int i = 0; i < from.rows; ++i) {
    const ConstVector row = from.RowSpan(i);
    to.values.insert(to.values.end(), row.begin(), row.end());
  }
  return to;
}

// [count] at `begin` of [length], which has no other values.
TraceVector Windowed(const Real* from, AttentionSpan window, int length) {
  TraceVector to(static_cast<size_t>(length), kNowhere);
  std::copy_n(from, window.count, to.begin() + window.begin);
  return to;
}

// ---- the source --------------------------------------------------------------------------------

// h after each position: what the next position starts from, or the network's last state.
TraceMatrix StatesOf(const CellCache& cell, ConstMatrix final, bool backward) {
  const int S = cell.h_prev.rows, H = cell.h_prev.cols;
  TraceMatrix h{S, H, {}};
  for (int j = 0; j < S; ++j) {
    const int next = backward ? j - 1 : j + 1;
    const Real* row = next < 0 || next == S ? final.Row(0) : cell.h_prev.Row(next);
    h.values.insert(h.values.end(), row, row + H);
  }
  return h;
}

TraceEncoder CopyEncoder(const ModelConfig& config, const EncoderState& state) {
  TraceEncoder encoder;
  encoder.embeddings = CopyRows(state.inputs[0]);
  for (int l = 0; l < config.encoder_layers; ++l) {
    TraceEncoderLayer& layer = encoder.layers.emplace_back();
    for (int d = 0; d < config.encoder_directions(l); ++d) {
      const CellCache& cell = state.cells[static_cast<size_t>(config.encoder_cell(l, d))];
      const Matrix final = state.final[static_cast<size_t>(l)].h;
      const bool backward = config.encoder_reversed(d);
      layer.directions.push_back(
          {backward,
           StatesOf(cell, final.Columns(d * config.encoder_size, config.encoder_size), backward),
           CopyRows(cell.c)});
    }
    if (config.encoder_residual(l)) {
      layer.outputs = CopyRows(state.inputs[static_cast<size_t>(l) + 1]);
    }
  }
  encoder.annotations = CopyRows(state.annotations());
  return encoder;
}

TraceAttentionParams CopyAttentionParams(const ModelConfig& config, const AttentionParams& params,
                                         const AttentionMemory& memory) {
  TraceAttentionParams copy;
  if (HasKeys(config)) copy.keys = CopyRows(memory.keys);
  copy.v_a = CopyVector(params.v_a);
  copy.w_c = CopyVector(params.w_c);
  copy.v_p = CopyVector(params.v_p);
  return copy;
}

std::vector<TraceState> CopyStart(const DecoderState& start) {
  std::vector<TraceState> layers;
  for (size_t l = 0; l < start.h.size(); ++l) {
    layers.push_back({CopyRow(start.h[l]), CopyRow(start.c[l])});
  }
  return layers;
}

// ---- the steps ---------------------------------------------------------------------------------

class Inspector {
 public:
  Inspector(const Model& model, const std::vector<int>& source, const InspectOptions& options,
            SearchArenas& arenas)
      : model_(model),
        config_(model.config()),
        options_(options),
        arenas_(arenas),
        copies_(config_.copy ? *options.copies : SourceCopies()),
        batch_(MakeSourceBatch(std::span(&source, 1), std::span(&copies_.ids, config_.copy ? 1 : 0),
                               options.features ? SourceEnd::kNone : SourceEnd::kAdded)),
        length_(batch_.source.length(0)),
        vectors_(options.trace.detail == TraceDetail::kVectors) {
    if (options.alpha) {
      alpha_.assign(options.alpha->weights.begin(), options.alpha->weights.end());
    }
    arenas.sources.Reset();
    sources_ = EncodeSources(model.Pass(arenas.sources, options.features), batch_.source,
                             batch_.source_ids);
    state_ = sources_.start;
  }

  void CopySource(Trace* trace) const {
    if (!vectors_) return;
    const AttentionParams& params = model_.parameters.views().decoder.attention;
    trace->encoder = CopyEncoder(config_, sources_.encoder);
    if (HasAlpha(config_)) {
      trace->attention = CopyAttentionParams(config_, params, sources_.memory);
    }
    trace->start = CopyStart(sources_.start);
  }

  // Reads `input` and says what it thinks of `chosen`.
  TraceStep Step(int number, int input, int chosen) {
    Arena& arena = arenas_.steps[number % 2];
    arena.Reset();
    const int row = 0, column = 0;
    const int read = input < config_.target_vocabulary ? input : kUnknownId;
    StepInput step_input{{&read, 1}, {&row, 1}, {&column, 1}, number};
    step_input.copies = batch_.source_copies;
    step_input.extended_symbols = static_cast<int>(copies_.extended.size());
    const bool replaced = options_.alpha && options_.alpha->step == number;
    if (replaced) step_input.alpha = {alpha_.data(), 1, static_cast<int>(alpha_.size())};
    const StepOutput out = DecodeStep(model_.Pass(arena), sources_, state_, step_input);
    state_ = out.state;

    TraceStep step;
    step.forced = number < options_.forced;
    step.input_id = input;
    step.input_token = model_.target_tokenizer.Piece(input, copies_.extended);
    step.embedding = Copied(out.cache.embedding);
    if (vectors_) step.layers = Layers(out);
    if (config_.attention != Attention::kNone) {
      step.attention = LookAtAttention(out.cache, number, arena);
      step.attention->replaced = replaced;
    }
    step.readout = {Copied(DecoderReadoutStates(config_, out.cache)), Copied(out.cache.t_inner),
                    Copied(out.cache.t)};
    if (config_.copy) step.p_gen = double{CopyGate(out.gate[0])};
    Predictions(out, chosen, &step);
    return step;
  }

 private:
  TraceVector Copied(ConstMatrix from) const { return vectors_ ? CopyRow(from) : TraceVector(); }

  std::vector<TraceDecoderLayer> Layers(const StepOutput& out) const {
    std::vector<TraceDecoderLayer> layers(out.cache.cells.size());
    for (size_t l = 0; l < layers.size(); ++l) {
      TraceDecoderLayer& layer = layers[l];
      if (l > 0) layer.input = CopyRow(out.cache.inputs[l]);
      if (l == 0 && config_.has_transition()) {
        layer.between = {CopyRow(out.cache.h_between), CopyRow(out.cache.cells[0].c)};
      }
      layer.state = {CopyRow(out.state.h[l]), CopyRow(out.state.c[l])};
      if (config_.decoder_residual(static_cast<int>(l))) {
        layer.output = CopyRow(out.cache.outputs[l]);
      }
    }
    return layers;
  }

  TraceAttention LookAtAttention(const DecoderCache& decoder, int number, Arena& arena) const {
    const AttentionCache& cache = decoder.attention;
    TraceAttention attention;
    attention.weights = CopyRow(cache.alpha);
    attention.context = Copied(cache.context);
    if (!HasAlpha(config_)) return attention;

    const ModelPass pass = model_.Pass(arena);
    const AttentionPass attention_pass{config_, pass.params.decoder.attention, sources_.memory,
                                       pass.workspace};
    const int column = 0;
    const AttentionStep step{DecoderQueries(config_, decoder), &column, number, cache};
    const AttentionSpan window = WindowOfRow(attention_pass, step, 0);
    const int heads = config_.attention_heads;
    if (config_.context_gate) attention.gate = static_cast<float>(cache.beta(0, 0));
    attention.query = Copied(step.s);
    attention.projected = Copied(cache.q);
    if (config_.attention == Attention::kLocation && vectors_) {
      attention.projected.resize(static_cast<size_t>(length_));
    }
    for (int k = 0; k < heads; ++k) {
      const Real* scores = Share(cache.scores, heads, k).Row(0) + window.begin;
      attention.heads.push_back(
          {Windowed(scores, window, length_), CopyRow(Share(cache.weights, heads, k))});
    }
    if (config_.attention_window != AttentionWindow::kGlobal) {
      attention.window = LookAtWindow(attention_pass, step, window);
    }
    attention.coverage = CopyRow(cache.coverage);
    return attention;
  }

  TraceWindow LookAtWindow(const AttentionPass& pass, const AttentionStep& step,
                           AttentionSpan window) const {
    TraceWindow copy;
    copy.center = static_cast<float>(step.cache.center(0, 0));
    copy.first = window.begin;
    copy.last = window.begin + window.count - 1;
    if (config_.attention_window != AttentionWindow::kLocalP) return copy;
    const int* offsets = sources_.memory.layout->offsets().data();
    std::vector<Real> ones(static_cast<size_t>(window.count), Real{1});
    ApplyGaussian(pass, step, {0, 0, window, {offsets + window.begin, 0, window.count}}, ones);
    copy.gaussian = Windowed(ones.data(), window, length_);
    copy.hidden = Copied(step.cache.center_hidden);
    return copy;
  }

  void Predictions(const StepOutput& out, int chosen, TraceStep* step) const {
    const ConstVector logits = out.logits.RowSpan(0);
    const double log_sum = LogSumExp(logits);
    auto symbol = [&](int id) {
      TraceSymbol described{id, model_.target_tokenizer.Piece(id, copies_.extended),
                            double{logits[static_cast<size_t>(id)]} - log_sum};
      if (config_.copy) LookAtCopying(out, &described);
      return described;
    };
    std::vector<int> best(std::min(static_cast<size_t>(options_.trace.candidates), logits.size()));
    TopK(logits, static_cast<int>(best.size()), best.data());
    for (int id : best) step->candidates.push_back(symbol(id));
    step->chosen = symbol(chosen);
  }

  // (1 − p_gen) a / p
  void LookAtCopying(const StepOutput& out, TraceSymbol* symbol) const {
    for (size_t j = 0; j < copies_.ids.size(); ++j) {
      if (copies_.ids[j] == symbol->id) symbol->positions.push_back(static_cast<int>(j));
    }
    if (symbol->positions.empty()) return;
    const int column = 0;
    const CopyingRows rows{
        out.gate, out.cache.attention.alpha, {&column, 1}, batch_.source, batch_.source_copies};
    const double copied = CopyProbability(rows, 0, symbol->id);
    symbol->copied = std::min(1.0, copied / std::exp(symbol->log_prob));
  }

  const Model& model_;
  const ModelConfig& config_;
  const InspectOptions& options_;
  SearchArenas& arenas_;
  const SourceCopies copies_;
  Batch batch_;
  int length_;  // S
  bool vectors_;
  std::vector<Real> alpha_;
  EncodedSources sources_;
  DecoderState state_;
};

}  // namespace

void Inspect(const Model& model, const std::vector<int>& source, std::span<const int> target,
             const InspectOptions& options, SearchArenas& arenas, Trace* trace) {
  Inspector inspector(model, source, options, arenas);
  inspector.CopySource(trace);
  int input = kEndId;
  for (size_t t = 0; t < target.size(); ++t) {
    trace->steps.push_back(inspector.Step(static_cast<int>(t), input, target[t]));
    input = target[t];
  }
}

}  // namespace atento
