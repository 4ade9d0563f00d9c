// The decoder backward: decoder.cc read from its end to its beginning.
#include "math/kernels.h"
#include "model/decoder.h"

namespace atento {
namespace {

// One batch on its way back. Step by step the gradients of activations; afterwards, each in one
// product over all rows, those of the parameters.
class Backward {
 public:
  Backward(const DecoderPass& pass, const DecoderTarget& target, const DecoderGradients& gradients)
      : pass_(pass),
        target_(target.layout),
        column_(target.column.data()),
        d_t_(gradients.t),
        d_alpha_(gradients.alpha),
        d_coverage_(gradients.coverage),
        d_gate_(gradients.gate),
        gradients_{gradients.memory, gradients.params.decoder.attention},
        d_params_(gradients.params.decoder),
        d_copy_(gradients.params.copy),
        input_(SplitDecoderInput(config_, params_.cells[0].W)),
        readout_(SplitReadout(config_, params_.W_readout)),
        carry_(NewDecoderState(config_, target_.batch(), pass.memory.layout->steps(),
                               pass.model.workspace.arena)) {
    Arena& arena = pass.model.workspace.arena;
    const int N = target_.rows();
    d_context_ = arena.NewZeroMatrix(N, config_.context_size());
    d_readout_state_ = arena.NewMatrix(N, config_.decoder_size);
    if (config_.readout == Readout::kMaxout) {
      d_inner_ = arena.NewMatrix(N, config_.readout_inner_size());
    } else {
      d_inner_ = d_t_;
    }
    scratch_ = arena.NewMatrix(target_.batch(), config_.decoder_size);
    d_output_ = arena.NewMatrix(target_.batch(), config_.decoder_size);
    if (config_.coverage) {
      d_alpha_step_ = arena.NewMatrix(target_.batch(), pass.memory.layout->steps());
    }
    d_between_ =
        arena.NewMatrix(config_.has_transition() ? target_.batch() : 0, config_.decoder_size);
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
    weights_.LinearTransposed(cache_.cells[0].gates, input_.embedding, d_embedding);
    if (config_.deep_readout()) {
      weights_.LinearTransposed(d_inner_, readout_.embedding, d_embedding, true);
    }
    CopyGateInputBackward(d_gate_, Copy().w_x, d_embedding);
    ApplyDropout(pass_.model.dropout, DropoutPlace::kTargetEmbedding, 0, d_embedding);
  }

 private:
  const CopyParams& Copy() const { return pass_.model.params.copy; }

  // t = tanh(W [c; s]) and its relatives; and z = w_c·c + w_s·s + …
  void Readout(int begin, int count) {
    auto rows = [&](Matrix m) { return m.Rows(begin, count); };
    if (config_.readout == Readout::kMaxout) {
      MaxoutBackward(rows(cache_.t_inner), rows(d_t_), rows(d_inner_));
    } else {
      TanhBackward(rows(cache_.t), rows(d_t_));
    }
    weights_.LinearTransposed(rows(d_inner_), readout_.state, rows(d_readout_state_));
    if (config_.context_size() > 0) {
      weights_.LinearTransposed(rows(d_inner_), readout_.context, rows(d_context_), true);
    }
    if (d_gate_.empty()) return;
    const Vector d_gate = d_gate_.subspan(static_cast<size_t>(begin), static_cast<size_t>(count));
    CopyGateInputBackward(d_gate, Copy().w_s, rows(d_readout_state_));
    CopyGateInputBackward(d_gate, Copy().w_c, rows(d_context_));
  }

  void Attention(int t, Matrix d_s) {
    if (config_.attention == atento::Attention::kNone) return;
    const PhaseScope phase(pass_.model.workspace.phases, Phase::kAttention);
    const int begin = target_.Offset(t), count = target_.alive(t);
    auto rows = [&](Matrix m) { return m.empty() ? m : m.Rows(begin, count); };
    const Matrix carry = config_.coverage ? carry_.coverage.Rows(0, count) : Matrix();
    Matrix d_alpha = rows(d_alpha_);
    if (config_.coverage) {
      // κ_{i+1} = κ_i + α_i
      d_alpha = d_alpha_step_.Rows(0, count);
      CopyMatrix(carry, d_alpha);
      if (!d_alpha_.empty()) AddTo(rows(d_alpha_), d_alpha);
      if (!d_coverage_.empty()) AddTo(rows(d_coverage_), carry);
    }
    AttentionBackward({config_, params_.attention, pass_.memory, pass_.model.workspace},
                      {DecoderQueries(config_, cache_).Rows(begin, count), column_, t,
                       cache_.attention.Rows(begin, count)},
                      {rows(d_context_), d_alpha, d_s, carry}, gradients_);
  }

  // From carry_ of the state after the cell to carry_ of the state before it.
  void Cell(const CellParams& params, const CellCache& cache, size_t layer, int count) {
    const Matrix d_h = scratch_.Rows(0, count), carry = carry_.h[layer].Rows(0, count);
    CopyMatrix(carry, d_h);
    CellBackward({config_.cell, params, cache, pass_.model.workspace},
                 {d_h, CarryC(layer, count), carry});
  }

  Matrix CarryC(size_t layer, int count) {
    return config_.cell == atento::Cell::kLstm ? carry_.c[layer].Rows(0, count) : Matrix();
  }

  void Step(int t) {
    const int begin = target_.Offset(t), count = target_.alive(t);
    const bool previous_state = config_.readout == Readout::kMaxout;
    // Of what the layer at hand hands on.
    const Matrix d_output = d_output_.Rows(0, count);
    if (config_.input_feeding) {
      AddTo(carry_.t.Rows(0, count), d_t_.Rows(begin, count));
      Readout(begin, count);
    }
    if (previous_state) {
      Fill(d_output, 0);
    } else {
      CopyMatrix(d_readout_state_.Rows(begin, count), d_output);
    }
    if (config_.attend == Attend::kAfter) Attention(t, d_output);
    for (size_t l = cache_.cells.size() - 1; l > 0; --l) UpperLayer(t, l);
    FirstLayer(t);
    if (previous_state) {
      AddTo(d_readout_state_.Rows(begin, count), carry_.h.back().Rows(0, count));
    }
  }

  // From d_output of layer l to that of the layer below.
  void UpperLayer(int t, size_t l) {
    const int begin = target_.Offset(t), count = target_.alive(t);
    const CellCache cell = cache_.cells[l].Rows(begin, count);
    const Matrix d_output = d_output_.Rows(0, count), d_input = scratch_.Rows(0, count);
    AddTo(d_output, carry_.h[l].Rows(0, count));
    Cell(params_.cells[l], cell, l, count);
    weights_.LinearTransposed(cell.gates, params_.cells[l].W, d_input);
    if (config_.decoder_residual(static_cast<int>(l))) AddTo(d_output, d_input);
    ApplyDropout(pass_.model.dropout, DropoutPlace::kDecoderLayer,
                 t * config_.decoder_layers + static_cast<int>(l), d_input);
    CopyMatrix(d_input, d_output);
  }

  void FirstLayer(int t) {
    const int begin = target_.Offset(t), count = target_.alive(t);
    const CellCache cell = cache_.cells[0].Rows(begin, count);
    const Matrix d_context = d_context_.Rows(begin, count), carry = carry_.h[0].Rows(0, count);
    AddTo(d_output_.Rows(0, count), carry);
    if (config_.has_transition()) {
      const CellCache transition = cache_.transition.Rows(begin, count);
      const Matrix d_between = d_between_.Rows(0, count);
      CellBackward({config_.cell, params_.transition, transition, pass_.model.workspace},
                   {carry, CarryC(0, count), d_between});
      weights_.LinearTransposed(transition.gates, params_.transition.W, d_context, true);
      Attention(t, d_between);
      CopyMatrix(d_between, carry);
    }
    Cell(params_.cells[0], cell, 0, count);
    if (config_.input_feeding) {
      weights_.LinearTransposed(cell.gates, input_.t, carry_.t.Rows(0, count));
    }
    if (config_.attend == Attend::kBefore) {
      weights_.LinearTransposed(cell.gates, input_.context, d_context, true);
      Attention(t, carry_.h.back().Rows(0, count));
    }
  }

  void ParameterGradients() {
    const DecoderInputBlocks d_input = SplitDecoderInput(config_, d_params_.cells[0].W);
    const Matrix d_gates = cache_.cells[0].gates;
    workspace_.AddGradient(d_gates, cache_.embedding, d_input.embedding);
    if (config_.fed_context_size() > 0) {
      workspace_.AddGradient(d_gates, cache_.attention.context, d_input.context);
    }
    if (config_.input_feeding) workspace_.AddGradient(d_gates, cache_.t_prev, d_input.t);
    for (size_t l = 0; l < cache_.cells.size(); ++l) {
      CellParameterGradients(config_.cell, cache_.cells[l], workspace_, d_params_.cells[l]);
      if (l > 0)
        workspace_.AddGradient(cache_.cells[l].gates, cache_.inputs[l], d_params_.cells[l].W);
    }
    if (config_.has_transition()) {
      CellParameterGradients(config_.cell, cache_.transition, workspace_, d_params_.transition);
      workspace_.AddGradient(cache_.transition.gates, cache_.attention.context,
                             d_params_.transition.W);
    }
    if (config_.attention != atento::Attention::kNone) {
      const PhaseScope phase(pass_.model.workspace.phases, Phase::kAttention);
      AttentionParameterGradients({config_, params_.attention, pass_.memory, pass_.model.workspace},
                                  DecoderQueries(config_, cache_), cache_.attention,
                                  d_params_.attention);
    }
    const ReadoutBlocks d_readout = SplitReadout(config_, d_params_.W_readout);
    workspace_.AddGradient(d_inner_, DecoderReadoutStates(config_, cache_), d_readout.state);
    if (config_.context_size() > 0) {
      workspace_.AddGradient(d_inner_, cache_.attention.context, d_readout.context);
    }
    if (config_.deep_readout())
      workspace_.AddGradient(d_inner_, cache_.embedding, d_readout.embedding);
    CopyGateParameterGradients(DecoderGateInputs(config_, cache_), d_gate_, d_copy_);
  }

  const DecoderPass& pass_;
  const ModelConfig& config_ = pass_.config();
  const DecoderParams& params_ = pass_.params();
  const DecoderCache& cache_ = pass_.cache;
  const Workspace& workspace_ = pass_.model.workspace;
  PackedWeights& weights_ = workspace_.weights;
  const SequenceLayout& target_;
  const int* column_;
  const Matrix d_t_;
  const Matrix d_alpha_, d_coverage_;
  const Vector d_gate_;  // empty unless the model copies
  const AttentionGradients gradients_;
  DecoderParams& d_params_;
  CopyParams& d_copy_;
  const DecoderInputBlocks input_;
  const ReadoutBlocks readout_;

  DecoderState carry_;      // gradient of the state between two steps; rows not yet alive are 0
  Matrix d_context_;        // [N,C]
  Matrix d_inner_;          // [N,R or 2R]: of the readout before tanh or maxout
  Matrix d_readout_state_;  // [N,H]: what the readout gives to the state it reads
  Matrix d_output_;         // [B,H]: of what a layer hands on
  Matrix d_alpha_step_;     // [B,S]
  Matrix scratch_;          // [B,H]
  Matrix d_between_;        // [B,H]
};

}  // namespace

void DecoderBackward(const DecoderPass& pass, const DecoderTarget& target,
                     const DecoderGradients& gradients) {
  const ModelConfig& config = pass.config();
  Arena& arena = pass.model.workspace.arena;
  Backward backward(pass, target, gradients);
  backward.Run();
  const DecoderState &carry = backward.carry(), &d_start = gradients.start;
  for (size_t r = 0; r < target.column.size(); ++r) {
    const int from = static_cast<int>(r), to = target.column[r];
    for (size_t l = 0; l < d_start.h.size(); ++l) {
      AddTo(carry.h[l].Rows(from, 1), d_start.h[l].Rows(to, 1));
      if (config.cell == Cell::kLstm) AddTo(carry.c[l].Rows(from, 1), d_start.c[l].Rows(to, 1));
    }
  }
  const Matrix d_embedding = arena.NewMatrix(target.layout.rows(), config.embedding_size);
  backward.EmbeddingGradient(d_embedding);
  pass.model.workspace.AddEmbeddingGradient(target.input, d_embedding,
                                            gradients.params.target_embedding);
}

}  // namespace atento
