// The decoder forward: allocation, one step, a whole batch.
#include "model/decoder.h"

#include "layers/embedding.h"
#include "math/kernels.h"

namespace atento {
namespace {

// What the rows [begin, begin + count) of a step start from, taken from the step before: its first
// `count` rows are the same sentences.
void CopyPreviousState(const ModelConfig& config, const DecoderCache& cache, int previous_begin,
                       int begin, int count) {
  auto copy = [&](Matrix from, Matrix to) {
    CopyMatrix(from.Rows(previous_begin, count), to.Rows(begin, count));
  };
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    copy(cache.h[l], cache.cells[l].h_prev);
    if (config.cell != Cell::kLstm) continue;
    const bool after_transition = l == 0 && config.has_transition();
    copy(after_transition ? cache.transition.c : cache.cells[l].c, cache.cells[l].c_prev);
  }
  if (config.input_feeding) copy(cache.t, cache.t_prev);
  if (!config.coverage) return;
  // κ_i = κ_{i−1} + α_{i−1}
  copy(cache.attention.coverage, cache.attention.coverage);
  AddTo(cache.attention.alpha.Rows(previous_begin, count),
        cache.attention.coverage.Rows(begin, count));
}

void CopyStartState(const ModelConfig& config, const DecoderCache& cache, const DecoderState& start,
                    std::span<const int> column) {
  const int count = static_cast<int>(column.size());
  auto gather = [&](Matrix from, Matrix to) {
    for (int r = 0; r < count; ++r) {
      CopyMatrix(from.Rows(column[static_cast<size_t>(r)], 1), to.Rows(r, 1));
    }
  };
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    gather(start.h[l], cache.cells[l].h_prev);
    if (config.cell == Cell::kLstm) gather(start.c[l], cache.cells[l].c_prev);
  }
  if (config.input_feeding) gather(start.t, cache.t_prev);
  if (config.coverage) gather(start.coverage, cache.attention.coverage);
}

void AttendTo(const DecoderPass& pass, const DecoderRows& rows) {
  const ModelConfig& config = pass.config();
  if (config.attention == Attention::kNone) return;
  const PhaseScope phase(pass.model.workspace.phases, Phase::kAttention);
  const AttentionPass attention{config, pass.params().attention, pass.memory, pass.model.workspace};
  const AttentionStep step{rows.Of(DecoderQueries(config, pass.cache)), rows.column, rows.step,
                           pass.cache.attention.Rows(rows.begin, rows.count)};
  AttentionForward(attention, step);
  if (!rows.alpha.empty()) ReplaceAttentionWeights(attention, step, rows.alpha);
}

// W h + b of the layer below.
void UpperLayerInput(const DecoderPass& pass, const DecoderRows& rows, size_t layer) {
  const DecoderCache& cache = pass.cache;
  const CellParams& cell = pass.params().cells[layer];
  const Matrix x = rows.Of(cache.inputs[layer]);
  CopyMatrix(rows.Of(cache.outputs[layer - 1]), x);
  ApplyDropout(pass.model.dropout, DropoutPlace::kDecoderLayer,
               rows.step * pass.config().decoder_layers + static_cast<int>(layer), x);
  pass.weights().Linear(x, cell.W, rows.Of(cache.cells[layer].gates), {.bias = cell.input_bias()});
}

// c = attention(s');  s = cell₂(c, s')
void Transition(const DecoderPass& pass, const DecoderRows& rows) {
  const DecoderCache& cache = pass.cache;
  const CellParams& params = pass.params().transition;
  AttendTo(pass, rows);
  const CellCache transition = cache.transition.Rows(rows.begin, rows.count);
  CopyMatrix(rows.Of(cache.h_between), transition.h_prev);
  if (pass.config().cell == Cell::kLstm) CopyMatrix(rows.Of(cache.cells[0].c), transition.c_prev);
  pass.weights().Linear(rows.Of(cache.attention.context), params.W, transition.gates,
                        {.bias = params.input_bias()});
  CellForward({pass.config().cell, params, transition, pass.model.workspace}, rows.Of(cache.h[0]));
}

}  // namespace

DecoderState NewDecoderState(const ModelConfig& config, int rows, int longest_source,
                             Arena& arena) {
  DecoderState state;
  state.h = NewArray<Matrix>(arena, config.decoder_layers);
  state.c = NewArray<Matrix>(arena, config.decoder_layers);
  for (Matrix& h : state.h) h = arena.NewZeroMatrix(rows, config.decoder_size);
  if (config.cell == Cell::kLstm) {
    for (Matrix& c : state.c) c = arena.NewZeroMatrix(rows, config.decoder_size);
  }
  if (config.input_feeding) state.t = arena.NewZeroMatrix(rows, config.readout_size);
  if (config.coverage) state.coverage = arena.NewZeroMatrix(rows, longest_source);
  return state;
}

DecoderCache NewDecoderCache(const ModelPass& pass, int rows, int longest_source) {
  const ModelConfig& config = pass.config;
  Arena& arena = pass.workspace.arena;
  const int H = config.decoder_size, layers = config.decoder_layers;
  const CellShape shape{config.cell, config.layer_normalization, rows, H, pass.with_gradient};
  DecoderCache cache;
  cache.embedding = arena.NewMatrix(rows, config.embedding_size);
  cache.cells = NewArray<CellCache>(arena, layers);
  cache.inputs = NewArray<Matrix>(arena, layers);
  cache.h = NewArray<Matrix>(arena, layers);
  cache.outputs = NewArray<Matrix>(arena, layers);
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    cache.cells[l] = NewCellCache(shape, arena);
    cache.h[l] = arena.NewMatrix(rows, H);
    if (l > 0) cache.inputs[l] = arena.NewMatrix(rows, H);
    const bool residual = config.decoder_residual(static_cast<int>(l));
    cache.outputs[l] = residual ? arena.NewMatrix(rows, H) : cache.h[l];
  }
  if (config.has_transition()) {
    cache.transition = NewCellCache(shape, arena);
    cache.h_between = arena.NewMatrix(rows, H);
  }
  cache.attention = NewAttentionCache(
      config, {rows, longest_source, config.annotation_size(), H, pass.with_gradient}, arena);
  if (config.input_feeding) cache.t_prev = arena.NewMatrix(rows, config.readout_size);
  if (config.readout == Readout::kMaxout) {
    cache.t_inner = arena.NewMatrix(rows, config.readout_inner_size());
  }
  cache.t = arena.NewMatrix(rows, config.readout_size);
  return cache;
}

Matrix DecoderQueries(const ModelConfig& config, const DecoderCache& cache) {
  switch (config.attend) {
    case Attend::kBefore:
      return cache.cells.back().h_prev;
    case Attend::kBetween:
      return cache.h_between;
    case Attend::kAfter:
      return cache.outputs.back();
  }
  return {};
}

Matrix DecoderReadoutStates(const ModelConfig& config, const DecoderCache& cache) {
  return config.readout == Readout::kMaxout ? cache.cells.back().h_prev : cache.outputs.back();
}

CopyGateInputs DecoderGateInputs(const ModelConfig& config, const DecoderCache& cache) {
  return {cache.attention.context, DecoderReadoutStates(config, cache), cache.embedding};
}

DecoderInputBlocks SplitDecoderInput(const ModelConfig& config, Matrix W) {
  const int E = config.embedding_size, C = config.fed_context_size();
  return {W.Columns(0, E), W.Columns(E, C), W.Columns(E + C, W.cols - E - C)};
}

ReadoutBlocks SplitReadout(const ModelConfig& config, Matrix W) {
  const int C = config.context_size(), H = config.decoder_size;
  return {W.Columns(0, C), W.Columns(C, H), W.Columns(C + H, W.cols - C - H)};
}

void DecoderInputProducts(const DecoderPass& pass) {
  const CellParams& cell = pass.params().cells[0];
  pass.weights().Linear(pass.cache.embedding, SplitDecoderInput(pass.config(), cell.W).embedding,
                        pass.cache.cells[0].gates, {.bias = cell.input_bias()});
}

void DecoderStep(const DecoderPass& pass, const DecoderRows& rows) {
  const ModelConfig& config = pass.config();
  const DecoderParams& params = pass.params();
  const DecoderCache& cache = pass.cache;
  PackedWeights& weights = pass.weights();
  const DecoderInputBlocks input = SplitDecoderInput(config, params.cells[0].W);
  const Matrix first_gates = rows.Of(cache.cells[0].gates);
  if (config.attend == Attend::kBefore) {
    AttendTo(pass, rows);
    weights.Linear(rows.Of(cache.attention.context), input.context, first_gates,
                   {.accumulate = true});
  }
  if (config.input_feeding) {
    weights.Linear(rows.Of(cache.t_prev), input.t, first_gates, {.accumulate = true});
  }
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    if (l > 0) UpperLayerInput(pass, rows, l);
    const CellCache cell = cache.cells[l].Rows(rows.begin, rows.count);
    const bool between = l == 0 && config.has_transition();
    CellForward({config.cell, params.cells[l], cell, pass.model.workspace},
                rows.Of(between ? cache.h_between : cache.h[l]));
    if (between) Transition(pass, rows);
    if (!config.decoder_residual(static_cast<int>(l))) continue;
    CopyMatrix(rows.Of(cache.h[l]), rows.Of(cache.outputs[l]));
    AddTo(rows.Of(cache.inputs[l]), rows.Of(cache.outputs[l]));
  }
  if (config.attend == Attend::kAfter) AttendTo(pass, rows);
  if (config.input_feeding) DecoderReadout(pass, rows.begin, rows.count);
}

void DecoderReadout(const DecoderPass& pass, int begin, int count) {
  const ModelConfig& config = pass.config();
  const DecoderCache& cache = pass.cache;
  PackedWeights& weights = pass.weights();
  const ReadoutBlocks W = SplitReadout(config, pass.params().W_readout);
  const bool maxout = config.readout == Readout::kMaxout;
  const Matrix inner = (maxout ? cache.t_inner : cache.t).Rows(begin, count);
  weights.Linear(DecoderReadoutStates(config, cache).Rows(begin, count), W.state, inner);
  if (config.context_size() > 0) {
    weights.Linear(cache.attention.context.Rows(begin, count), W.context, inner,
                   {.accumulate = true});
  }
  if (config.deep_readout()) {
    weights.Linear(cache.embedding.Rows(begin, count), W.embedding, inner, {.accumulate = true});
  }
  if (maxout) {
    Maxout(inner, cache.t.Rows(begin, count));
  } else {
    Tanh(inner);
  }
}

void DecoderForward(const DecoderPass& pass, const DecoderState& start,
                    const DecoderTarget& target) {
  const DecoderCache& cache = pass.cache;
  const SequenceLayout& layout = target.layout;
  EmbeddingForward(pass.model.params.target_embedding, target.input, cache.embedding);
  ApplyDropout(pass.model.dropout, DropoutPlace::kTargetEmbedding, 0, cache.embedding);
  DecoderInputProducts(pass);
  for (int t = 0; t < layout.steps(); ++t) {
    const DecoderRows rows{layout.Offset(t), layout.alive(t), target.column.data(), t};
    if (t == 0) {
      CopyStartState(pass.config(), cache, start, target.column);
    } else {
      CopyPreviousState(pass.config(), cache, layout.Offset(t - 1), rows.begin, rows.count);
    }
    DecoderStep(pass, rows);
  }
  if (!pass.config().input_feeding) DecoderReadout(pass, 0, layout.rows());
}

}  // namespace atento
