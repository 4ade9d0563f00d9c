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
}

}  // namespace

DecoderState NewDecoderState(const ModelConfig& config, int rows, Arena& arena) {
  DecoderState state;
  state.h = NewArray<Matrix>(arena, config.decoder_layers);
  state.c = NewArray<Matrix>(arena, config.decoder_layers);
  for (Matrix& h : state.h) h = arena.NewZeroMatrix(rows, config.decoder_size);
  if (config.cell == Cell::kLstm) {
    for (Matrix& c : state.c) c = arena.NewZeroMatrix(rows, config.decoder_size);
  }
  if (config.input_feeding) state.t = arena.NewZeroMatrix(rows, config.readout_size);
  return state;
}

DecoderCache NewDecoderCache(const ModelConfig& config, const DecoderParams& params, int rows,
                             int longest_source, bool with_gradient, Arena& arena) {
  const int H = config.decoder_size, layers = config.decoder_layers;
  auto new_cell = [&] { return NewCellCache(config.cell, rows, H, with_gradient, arena); };
  DecoderCache cache;
  cache.embedding = arena.NewMatrix(rows, config.embedding_size);
  cache.cells = NewArray<CellCache>(arena, layers);
  cache.inputs = NewArray<Matrix>(arena, layers);
  cache.h = NewArray<Matrix>(arena, layers);
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    cache.cells[l] = new_cell();
    cache.h[l] = arena.NewMatrix(rows, H);
    if (l > 0) cache.inputs[l] = arena.NewMatrix(rows, H);
  }
  if (config.has_transition()) {
    cache.transition = new_cell();
    cache.h_between = arena.NewMatrix(rows, H);
  }
  cache.attention = NewAttentionCache(config.attention, params.attention, rows, longest_source,
                                      config.annotation_size(), with_gradient, arena);
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
      return cache.h.back();
  }
  return {};
}

Matrix DecoderReadoutStates(const ModelConfig& config, const DecoderCache& cache) {
  return config.readout == Readout::kMaxout ? cache.cells.back().h_prev : cache.h.back();
}

DecoderInputBlocks SplitDecoderInput(const ModelConfig& config, Matrix W) {
  const int E = config.embedding_size, C = config.fed_context_size();
  return {W.Columns(0, E), W.Columns(E, C), W.Columns(E + C, W.cols - E - C)};
}

ReadoutBlocks SplitReadout(const ModelConfig& config, Matrix W) {
  const int C = config.context_size(), H = config.decoder_size;
  return {W.Columns(0, C), W.Columns(C, H), W.Columns(C + H, W.cols - C - H)};
}

void DecoderInputProducts(const ModelConfig& config, const DecoderParams& params,
                          const DecoderCache& cache, Workspace& workspace) {
  workspace.weights.Linear(cache.embedding, SplitDecoderInput(config, params.cells[0].W).embedding,
                           cache.cells[0].gates, {.bias = params.cells[0].b});
}

void DecoderStep(const ModelConfig& config, const DecoderParams& params,
                 const AttentionMemory& memory, const DecoderCache& cache, int begin, int count,
                 const int* column, int step, const DropoutOptions& dropout, Workspace& workspace) {
  PackedWeights& weights = workspace.weights;
  auto rows = [&](Matrix m) { return m.Rows(begin, count); };
  const AttentionCache attention =
      config.attention == Attention::kNone ? cache.attention : cache.attention.Rows(begin, count);
  auto attend = [&] {
    if (config.attention == Attention::kNone) return;
    AttentionForward(config.attention, params.attention, memory,
                     rows(DecoderQueries(config, cache)), column, attention, workspace);
  };
  const DecoderInputBlocks input = SplitDecoderInput(config, params.cells[0].W);
  if (config.attend == Attend::kBefore) {
    attend();
    weights.Linear(attention.context, input.context, rows(cache.cells[0].gates),
                   {.accumulate = true});
  }
  if (config.input_feeding) {
    weights.Linear(rows(cache.t_prev), input.t, rows(cache.cells[0].gates), {.accumulate = true});
  }
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    const CellCache cell = cache.cells[l].Rows(begin, count);
    if (l > 0) {
      CopyMatrix(rows(cache.h[l - 1]), rows(cache.inputs[l]));
      ApplyDropout(dropout, DropoutPlace::kDecoderLayer,
                   step * config.decoder_layers + static_cast<int>(l), rows(cache.inputs[l]));
      weights.Linear(rows(cache.inputs[l]), params.cells[l].W, cell.gates,
                     {.bias = params.cells[l].b});
    }
    const bool between = l == 0 && config.has_transition();
    CellForward(config.cell, params.cells[l], cell, rows(between ? cache.h_between : cache.h[l]),
                workspace);
    if (!between) continue;
    attend();
    const CellCache transition = cache.transition.Rows(begin, count);
    CopyMatrix(rows(cache.h_between), transition.h_prev);
    if (config.cell == Cell::kLstm) CopyMatrix(cell.c, transition.c_prev);
    weights.Linear(attention.context, params.transition.W, transition.gates,
                   {.bias = params.transition.b});
    CellForward(config.cell, params.transition, transition, rows(cache.h[0]), workspace);
  }
  if (config.attend == Attend::kAfter) attend();
  if (config.input_feeding) DecoderReadout(config, params, cache, begin, count, workspace);
}

void DecoderReadout(const ModelConfig& config, const DecoderParams& params,
                    const DecoderCache& cache, int begin, int count, Workspace& workspace) {
  PackedWeights& weights = workspace.weights;
  const ReadoutBlocks W = SplitReadout(config, params.W_readout);
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

void DecoderForward(const ModelConfig& config, const Seq2SeqParams& params,
                    const AttentionMemory& memory, const DecoderState& start,
                    const SequenceLayout& target, std::span<const int> target_input,
                    std::span<const int> column, const DropoutOptions& dropout,
                    const DecoderCache& cache, Workspace& workspace) {
  EmbeddingForward(params.target_embedding, target_input, cache.embedding);
  ApplyDropout(dropout, DropoutPlace::kTargetEmbedding, 0, cache.embedding);
  DecoderInputProducts(config, params.decoder, cache, workspace);
  for (int t = 0; t < target.steps(); ++t) {
    if (t == 0) {
      CopyStartState(config, cache, start, column);
    } else {
      CopyPreviousState(config, cache, target.Offset(t - 1), target.Offset(t), target.alive(t));
    }
    DecoderStep(config, params.decoder, memory, cache, target.Offset(t), target.alive(t),
                column.data(), t, dropout, workspace);
  }
  if (!config.input_feeding) {
    DecoderReadout(config, params.decoder, cache, 0, target.rows(), workspace);
  }
}

}  // namespace atento
