#include "model/seq2seq.h"

#include <algorithm>

#include "base/check.h"
#include "layers/embedding.h"
#include "math/kernels.h"

namespace atento {
namespace {

// A batch on its way forward, up to the vectors that the output layer reads.
struct Forwarded {
  EncodedSources sources;
  DecoderCache decoder;
  Matrix t;  // [N,R]: the readout after dropout
  // Of a model that copies.
  Vector gate;                  // [N]: z of p_gen
  std::span<const int> column;  // [N]: the source column of each row
};

DecoderTarget TargetOf(const Batch& batch) {
  return {batch.target, batch.target_input, batch.target_to_source};
}

Vector GateOf(const ModelPass& pass, const DecoderCache& decoder, int rows) {
  const Vector gate = pass.workspace.arena.NewVector(rows);
  CopyGateForward(pass.params.copy, DecoderGateInputs(pass.config, decoder), gate);
  return gate;
}

std::span<const int> ColumnOfRows(const Batch& batch, Arena& arena) {
  const SequenceLayout& target = batch.target;
  const std::span<int> column = arena.Allocate<int>(static_cast<size_t>(target.rows()));
  for (int t = 0; t < target.steps(); ++t) {
    std::copy_n(batch.target_to_source.begin(), target.alive(t), column.begin() + target.Offset(t));
  }
  return column;
}

Forwarded Forward(const ModelPass& pass, const Batch& batch) {
  Arena& arena = pass.workspace.arena;
  arena.Reset();
  Forwarded forwarded;
  forwarded.sources = EncodeSources(pass, batch.source, batch.source_ids);
  forwarded.decoder = NewDecoderCache(pass, batch.target.rows(), batch.source.steps());
  DecoderForward({pass, forwarded.sources.memory, forwarded.decoder}, forwarded.sources.start,
                 TargetOf(batch));
  forwarded.t = forwarded.decoder.t;
  if (pass.dropout.output > 0) {
    forwarded.t = arena.NewMatrix(forwarded.t.rows, forwarded.t.cols);
    CopyMatrix(forwarded.decoder.t, forwarded.t);
    ApplyDropout(pass.dropout, DropoutPlace::kReadout, 0, forwarded.t);
  }
  if (pass.config.copy) {
    CHECK(!batch.source_copies.empty(), "a batch without what its sources copy as");
    forwarded.gate = GateOf(pass, forwarded.decoder, batch.target.rows());
    forwarded.column = ColumnOfRows(batch, arena);
  }
  return forwarded;
}

CopyingRows CopyingRowsOf(const Forwarded& forwarded, const Batch& batch) {
  return {forwarded.gate, forwarded.decoder.attention.alpha, forwarded.column, batch.source,
          batch.source_copies};
}

// Of the output layer, mixed with copying if the model copies: its gradient goes to `gradients` too.
LossSums LossOfOutput(const ModelPass& pass, const Forwarded& forwarded, const Batch& batch,
                      const OutputLossOptions& options, DecoderGradients& gradients) {
  const Workspace& workspace = pass.workspace;
  OutputParams& d_params = gradients.params.output;
  if (!pass.config.copy) {
    return OutputLoss(pass.params.output, forwarded.t, batch.target_output, options, gradients.t,
                      d_params, workspace);
  }
  const Matrix& alpha = forwarded.decoder.attention.alpha;
  gradients.gate = workspace.arena.NewVector(alpha.rows);
  gradients.alpha = workspace.arena.NewMatrix(alpha.rows, alpha.cols);
  return CopyLoss(pass.params.output, forwarded.t, batch.target_output,
                  CopyingRowsOf(forwarded, batch), options,
                  {gradients.t, gradients.gate, gradients.alpha, d_params}, workspace);
}

AttentionMemoryGradient NewMemoryGradient(const ModelConfig& config, const EncodedSources& sources,
                                          Arena& arena) {
  const AttentionMemory& memory = sources.memory;
  AttentionMemoryGradient d_memory{
      memory.layout, arena.NewZeroMatrix(memory.h.rows, memory.h.cols), {}};
  d_memory.keys =
      HasKeys(config) ? arena.NewZeroMatrix(memory.keys.rows, memory.keys.cols) : d_memory.h;
  return d_memory;
}

// Adds d_alpha and d_coverage to the gradients if the options ask for such a loss.
AttentionLossSums LossOnAttention(const ModelPass& pass, const Batch& batch,
                                  const LossOptions& loss, const AttentionCache& attention,
                                  DecoderGradients& gradients) {
  const bool linked = HasAlpha(pass.config) && !batch.link_offset.empty();
  if (!linked && loss.coverage_weight == 0 && loss.doubly_stochastic_weight == 0) return {};
  const Matrix& alpha = attention.alpha;
  const Matrix d_copied = gradients.alpha;
  gradients.alpha = pass.workspace.arena.NewMatrix(alpha.rows, alpha.cols);
  if (loss.coverage_weight > 0) {
    gradients.coverage = pass.workspace.arena.NewMatrix(alpha.rows, alpha.cols);
  }
  AttentionLossSums sums = AttentionLoss(
      {loss.guided_weight, loss.coverage_weight, loss.output.gradient_scale},
      {batch.link_offset, batch.link_positions}, attention, gradients.alpha, gradients.coverage);
  if (loss.doubly_stochastic_weight > 0) {
    sums.doubly_stochastic = DoublyStochasticLoss(
        {batch.source, batch.target, batch.target_to_source},
        loss.doubly_stochastic_weight * loss.output.gradient_scale, alpha, gradients.alpha);
  }
  if (!d_copied.empty()) AddTo(d_copied, gradients.alpha);
  return sums;
}

// Of a start other than a copy, only the top layer's last state can have a gradient; zeros
// elsewhere.
std::span<RecurrentFinal> NewFinalGradient(const ModelConfig& config, const EncoderState& encoder,
                                           Arena& arena) {
  if (config.start == Start::kMean) return {};
  std::span<RecurrentFinal> d_final = NewArray<RecurrentFinal>(arena, config.encoder_layers);
  for (size_t l = 0; l < d_final.size(); ++l) {
    const RecurrentFinal& final = encoder.final[l];
    d_final[l].h = arena.NewZeroMatrix(final.h.rows, final.h.cols);
    d_final[l].c = arena.NewZeroMatrix(final.c.rows, final.c.cols);
  }
  return d_final;
}

// The logits, from the rest of `out`.
void PredictNext(const ModelPass& pass, const EncodedSources& sources, const StepInput& input,
                 StepOutput& out) {
  const DecoderCache& cache = out.cache;
  const int rows = cache.t.rows;
  Arena& arena = pass.workspace.arena;
  if (input.symbols) {
    CHECK(!pass.config.copy, "a model that copies has no shortlist");
    out.logits = arena.NewMatrix(rows, input.symbols->size());
    input.symbols->Forward(cache.t, out.logits);
    return;
  }
  out.logits = arena.NewMatrix(rows, pass.config.target_vocabulary);
  OutputForward(pass.params.output, cache.t, out.logits, pass.workspace);
  if (!pass.config.copy) return;
  const SequenceLayout& layout = *sources.memory.layout;
  CHECK(input.copies.size() == static_cast<size_t>(layout.rows()));
  out.gate = GateOf(pass, cache, rows);
  const Matrix mixed = arena.NewMatrix(rows, out.logits.cols + input.extended_symbols);
  CopyLogits({out.gate, cache.attention.alpha, input.columns, layout, input.copies}, out.logits,
             mixed);
  out.logits = mixed;
}

}  // namespace

BatchLoss& BatchLoss::operator+=(const BatchLoss& other) {
  output += other.output;
  attention += other.attention;
  return *this;
}

BatchLoss ForwardBackward(const ModelPass& given, const Batch& batch, const LossOptions& loss,
                          Seq2SeqParams& d_params) {
  ModelPass pass = given;
  pass.with_gradient = true;
  const ModelConfig& config = pass.config;
  const Seq2SeqParams& params = pass.params;
  const Workspace& workspace = pass.workspace;
  const PhaseScope phase(workspace.phases, Phase::kDecoder);
  const Forwarded forwarded = Forward(pass, batch);
  const EncodedSources& sources = forwarded.sources;
  Arena& arena = workspace.arena;

  const Matrix d_t = arena.NewMatrix(forwarded.t.rows, forwarded.t.cols);
  const AttentionMemoryGradient d_memory = NewMemoryGradient(config, sources, arena);
  const DecoderState d_start =
      NewDecoderState(config, batch.source.batch(), batch.source.steps(), arena);
  DecoderGradients d_decoder{d_t, {}, {}, d_memory, d_start, d_params};
  BatchLoss sums;
  {
    const PhaseScope output(workspace.phases, Phase::kOutput);
    sums.output = LossOfOutput(pass, forwarded, batch, loss.output, d_decoder);
    ApplyDropout(pass.dropout, DropoutPlace::kReadout, 0, d_t);
  }
  sums.attention = LossOnAttention(pass, batch, loss, forwarded.decoder.attention, d_decoder);
  DecoderBackward({pass, sources.memory, forwarded.decoder}, TargetOf(batch), d_decoder);
  {
    const PhaseScope attention(workspace.phases, Phase::kAttention);
    AttentionMemoryBackward({config, params.decoder.attention, sources.memory, workspace},
                            {d_memory, d_params.decoder.attention});
  }

  const std::span<RecurrentFinal> d_final = NewFinalGradient(config, sources.encoder, arena);
  DecoderStartBackward(pass, sources.encoder, sources.start,
                       {d_start, d_memory.h, d_final, d_params.decoder});
  const PhaseScope encoder(workspace.phases, Phase::kEncoder);
  EncoderBackward(pass, sources.encoder, {d_memory.h, d_final, d_params});
  return sums;
}

ForcedDecoding ForceDecode(const ModelPass& pass, const Batch& batch, Real label_smoothing) {
  const Forwarded forwarded = Forward(pass, batch);
  ForcedDecoding result;
  result.log_probs = pass.workspace.arena.NewVector(batch.target.rows());
  result.sums = pass.config.copy
                    ? CopyEvaluate(pass.params.output, forwarded.t, batch.target_output,
                                   CopyingRowsOf(forwarded, batch), label_smoothing,
                                   result.log_probs, pass.workspace)
                    : OutputEvaluate(pass.params.output, forwarded.t, batch.target_output,
                                     label_smoothing, result.log_probs, pass.workspace);
  result.alpha = forwarded.decoder.attention.alpha;
  result.sources = forwarded.sources;
  result.decoder = forwarded.decoder;
  return result;
}

EncodedSources EncodeSources(const ModelPass& pass, const SequenceLayout& layout,
                             std::span<const int> ids) {
  EncodedSources sources;
  {
    const PhaseScope encoder(pass.workspace.phases, Phase::kEncoder);
    sources.encoder = EncoderForward(pass, layout, ids);
  }
  sources.memory = NewAttentionMemory(pass.config, pass.params.decoder.attention, layout,
                                      sources.encoder.annotations(), pass.workspace);
  sources.start = DecoderStart(pass, sources.encoder);
  return sources;
}

StepOutput DecodeStep(const ModelPass& pass, const EncodedSources& sources,
                      const DecoderState& previous, const StepInput& input) {
  const ModelConfig& config = pass.config;
  Arena& arena = pass.workspace.arena;
  const int rows = static_cast<int>(input.ids.size());
  StepOutput out;
  DecoderCache& cache = out.cache;
  cache = NewDecoderCache(pass, rows, sources.memory.layout->steps());
  auto gather = [&](Matrix from, Matrix to) {
    for (int r = 0; r < rows; ++r) {
      CopyMatrix(from.Rows(input.parents[static_cast<size_t>(r)], 1), to.Rows(r, 1));
    }
  };
  const bool lstm = config.cell == Cell::kLstm;
  for (size_t l = 0; l < cache.cells.size(); ++l) {
    gather(previous.h[l], cache.cells[l].h_prev);
    if (lstm) gather(previous.c[l], cache.cells[l].c_prev);
  }
  if (config.input_feeding) gather(previous.t, cache.t_prev);
  if (config.coverage) gather(previous.coverage, cache.attention.coverage);

  EmbeddingForward(pass.params.target_embedding, input.ids, cache.embedding);
  const DecoderPass decoder{pass, sources.memory, cache};
  DecoderInputProducts(decoder);
  DecoderStep(decoder, {0, rows, input.columns.data(), input.number, input.alpha});
  if (!config.input_feeding) DecoderReadout(decoder, 0, rows);
  PredictNext(pass, sources, input, out);

  out.state.h = cache.h;
  out.state.c = NewArray<Matrix>(arena, config.decoder_layers);
  for (size_t l = 0; lstm && l < cache.cells.size(); ++l) {
    out.state.c[l] = l == 0 && config.has_transition() ? cache.transition.c : cache.cells[l].c;
  }
  out.state.t = cache.t;
  if (config.coverage) {
    out.state.coverage = arena.NewMatrix(rows, cache.attention.alpha.cols);
    CopyMatrix(cache.attention.coverage, out.state.coverage);
    AddTo(cache.attention.alpha, out.state.coverage);
  }
  return out;
}

}  // namespace atento
