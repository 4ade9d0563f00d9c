// The decoder backward: decoder.cc read from its end to its beginning.
#include "layers/embedding.h"
#include "math/kernels.h"
#include "model/decoder.h"

namespace atento {
namespace {

// One batch on its way back. Step by step the gradients of activations; afterwards, each in one
// product over all rows, those of the parameters.
class Backward {
 public:
  Backward(const ModelConfig& config, const DecoderParams& params, const AttentionMemory& memory,
           const SequenceLayout& target, const int* column, const DropoutOptions& dropout,
           const DecoderCache& cache, Matrix d_t, const AttentionMemoryGradient& d_memory,
           DecoderParams& d_params, Workspace& workspace)
      : config_(config),
        params_(params),
        memory_(memory),
        target_(target),
        column_(column),
        dropout_(dropout),
        cache_(cache),
        d_t_(d_t),
        d_memory_(d_memory),
        d_params_(d_params),
        workspace_(workspace),
        input_(SplitDecoderInput(config, params.cells[0].W)),
        readout_(SplitReadout(config, params.W_readout)),
        carry_(NewDecoderState(config, target.batch(), workspace.arena)) {
    Arena& arena = workspace.arena;
    const int N = target.rows();
    d_context_ = arena.NewZeroMatrix(N, config.context_size());
    d_readout_state_ = arena.NewMatrix(N, config.decoder_size);
    if (config.readout == Readout::kMaxout) {
      d_inner_ = arena.NewMatrix(N, config.readout_inner_size());
    } else {
      d_inner_ = d_t;
    }
    scratch_ = arena.NewMatrix(target.batch(), config.decoder_size);
    d_between_ = arena.NewMatrix(config.has_transition() ? target.batch() : 0, config.decoder_size);
  }

  void Run() {
    if (!config_.input_feeding) Readout(0, target_.rows());
    for (int t = target_.steps() - 1; t >= 0; --t) Step(t);
    ParameterGradients();
  }

  // The gradient of the state before the first step, in the columns of the target.
  const DecoderState& carry() const { return carry_; }

  // d_embedding [N,E] is overwritten.
  void EmbeddingGradient(Matrix d_embedding) {
    workspace_.weights.LinearTransposed(cache_.cells[0].gates, input_.embedding, d_embedding);
    if (config_.deep_readout()) {
      workspace_.weights.LinearTransposed(d_inner_, readout_.embedding, d_embedding, true);
    }
    ApplyDropout(dropout_, DropoutPlace::kTargetEmbedding, 0, d_embedding);
  }

 private:
  // t = tanh(W [c; s]) and its relatives.
  void Readout(int begin, int count) {
    auto rows = [&](Matrix m) { return m.Rows(begin, count); };
    if (config_.readout == Readout::kMaxout) {
      MaxoutBackward(rows(cache_.t_inner), rows(d_t_), rows(d_inner_));
    } else {
      TanhBackward(rows(cache_.t), rows(d_t_));
    }
    workspace_.weights.LinearTransposed(rows(d_inner_), readout_.state, rows(d_readout_state_));
    if (config_.context_size() > 0) {
      workspace_.weights.LinearTransposed(rows(d_inner_), readout_.context, rows(d_context_), true);
    }
  }

  void Attention(int begin, int count, Matrix d_s) {
    if (config_.attention == atento::Attention::kNone) return;
    AttentionBackward(config_.attention, params_.attention, memory_,
                      DecoderQueries(config_, cache_).Rows(begin, count), column_,
                      cache_.attention.Rows(begin, count), d_context_.Rows(begin, count), d_s,
                      d_memory_, d_params_.attention, workspace_);
  }

  // From carry_ of the state after the cell to carry_ of the state before it.
  void Cell(const CellParams& params, const CellCache& cache, size_t layer, int count) {
    const Matrix d_h = scratch_.Rows(0, count), carry = carry_.h[layer].Rows(0, count);
    CopyMatrix(carry, d_h);
    CellBackward(config_.cell, params, cache, d_h, CarryC(layer, count), carry, workspace_);
  }

  Matrix CarryC(size_t layer, int count) {
    return config_.cell == atento::Cell::kLstm ? carry_.c[layer].Rows(0, count) : Matrix();
  }

  void Step(int t) {
    const int begin = target_.Offset(t), count = target_.alive(t);
    const bool previous_state = config_.readout == Readout::kMaxout;
    const Matrix carry_top = carry_.h.back().Rows(0, count);
    if (config_.input_feeding) {
      AddTo(carry_.t.Rows(0, count), d_t_.Rows(begin, count));
      Readout(begin, count);
    }
    if (!previous_state) AddTo(d_readout_state_.Rows(begin, count), carry_top);
    if (config_.attend == Attend::kAfter) Attention(begin, count, carry_top);
    for (size_t l = cache_.cells.size() - 1; l > 0; --l) UpperLayer(t, l);
    FirstLayer(begin, count);
    if (previous_state) AddTo(d_readout_state_.Rows(begin, count), carry_top);
  }

  void UpperLayer(int t, size_t l) {
    const int begin = target_.Offset(t), count = target_.alive(t);
    const CellCache cell = cache_.cells[l].Rows(begin, count);
    Cell(params_.cells[l], cell, l, count);
    const Matrix d_input = scratch_.Rows(0, count);
    workspace_.weights.LinearTransposed(cell.gates, params_.cells[l].W, d_input);
    ApplyDropout(dropout_, DropoutPlace::kDecoderLayer,
                 t * config_.decoder_layers + static_cast<int>(l), d_input);
    AddTo(d_input, carry_.h[l - 1].Rows(0, count));
  }

  void FirstLayer(int begin, int count) {
    PackedWeights& weights = workspace_.weights;
    const CellCache cell = cache_.cells[0].Rows(begin, count);
    const Matrix d_context = d_context_.Rows(begin, count);
    if (config_.has_transition()) {
      const CellCache transition = cache_.transition.Rows(begin, count);
      const Matrix d_between = d_between_.Rows(0, count);
      CellBackward(config_.cell, params_.transition, transition, carry_.h[0].Rows(0, count),
                   CarryC(0, count), d_between, workspace_);
      weights.LinearTransposed(transition.gates, params_.transition.W, d_context, true);
      Attention(begin, count, d_between);
      CopyMatrix(d_between, carry_.h[0].Rows(0, count));
    }
    Cell(params_.cells[0], cell, 0, count);
    if (config_.input_feeding) {
      weights.LinearTransposed(cell.gates, input_.t, carry_.t.Rows(0, count));
    }
    if (config_.attend == Attend::kBefore) {
      weights.LinearTransposed(cell.gates, input_.context, d_context, true);
      Attention(begin, count, carry_.h.back().Rows(0, count));
    }
  }

  void ParameterGradients() {
    const DecoderInputBlocks d_input = SplitDecoderInput(config_, d_params_.cells[0].W);
    const Matrix d_gates = cache_.cells[0].gates;
    AddWeightGradient(d_gates, cache_.embedding, d_input.embedding);
    if (config_.fed_context_size() > 0) {
      AddWeightGradient(d_gates, cache_.attention.context, d_input.context);
    }
    if (config_.input_feeding) AddWeightGradient(d_gates, cache_.t_prev, d_input.t);
    for (size_t l = 0; l < cache_.cells.size(); ++l) {
      CellParameterGradients(config_.cell, cache_.cells[l], d_params_.cells[l]);
      if (l > 0) AddWeightGradient(cache_.cells[l].gates, cache_.inputs[l], d_params_.cells[l].W);
    }
    if (config_.has_transition()) {
      CellParameterGradients(config_.cell, cache_.transition, d_params_.transition);
      AddWeightGradient(cache_.transition.gates, cache_.attention.context, d_params_.transition.W);
    }
    if (config_.attention != atento::Attention::kNone) {
      AttentionParameterGradients(config_.attention, DecoderQueries(config_, cache_),
                                  cache_.attention, d_params_.attention);
    }
    const ReadoutBlocks d_readout = SplitReadout(config_, d_params_.W_readout);
    AddWeightGradient(d_inner_, DecoderReadoutStates(config_, cache_), d_readout.state);
    if (config_.context_size() > 0) {
      AddWeightGradient(d_inner_, cache_.attention.context, d_readout.context);
    }
    if (config_.deep_readout()) AddWeightGradient(d_inner_, cache_.embedding, d_readout.embedding);
  }

  const ModelConfig& config_;
  const DecoderParams& params_;
  const AttentionMemory& memory_;
  const SequenceLayout& target_;
  const int* column_;
  const DropoutOptions& dropout_;
  const DecoderCache& cache_;
  const Matrix d_t_;
  const AttentionMemoryGradient& d_memory_;
  DecoderParams& d_params_;
  Workspace& workspace_;
  const DecoderInputBlocks input_;
  const ReadoutBlocks readout_;

  DecoderState carry_;      // gradient of the state between two steps; rows not yet alive are 0
  Matrix d_context_;        // [N,C]
  Matrix d_inner_;          // [N,R or 2R]: of the readout before tanh or maxout
  Matrix d_readout_state_;  // [N,H]: what the readout gives to the state it reads
  Matrix scratch_;          // [B,H]
  Matrix d_between_;        // [B,H]
};

}  // namespace

void DecoderBackward(const ModelConfig& config, const Seq2SeqParams& params,
                     const AttentionMemory& memory, const SequenceLayout& target,
                     std::span<const int> target_input, std::span<const int> column,
                     const DropoutOptions& dropout, const DecoderCache& cache, Matrix d_t,
                     const AttentionMemoryGradient& d_memory, const DecoderState& d_start,
                     Seq2SeqParams& d_params, Workspace& workspace) {
  ArenaScope scope(workspace.arena);
  Backward backward(config, params.decoder, memory, target, column.data(), dropout, cache, d_t,
                    d_memory, d_params.decoder, workspace);
  backward.Run();
  for (size_t r = 0; r < column.size(); ++r) {
    const int from = static_cast<int>(r), to = column[r];
    for (size_t l = 0; l < d_start.h.size(); ++l) {
      AddTo(backward.carry().h[l].Rows(from, 1), d_start.h[l].Rows(to, 1));
      if (config.cell == Cell::kLstm) {
        AddTo(backward.carry().c[l].Rows(from, 1), d_start.c[l].Rows(to, 1));
      }
    }
  }
  const Matrix d_embedding = workspace.arena.NewMatrix(target.rows(), config.embedding_size);
  backward.EmbeddingGradient(d_embedding);
  EmbeddingBackward(target_input, d_embedding, d_params.target_embedding);
}

}  // namespace atento
