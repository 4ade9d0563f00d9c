#include "model/seq2seq.h"

#include "layers/embedding.h"
#include "math/kernels.h"

namespace atento {
namespace {

// A batch on its way forward, up to the vectors that the output layer reads.
struct Pass {
  EncodedSources sources;
  DecoderCache decoder;
  Matrix t;  // [N,R]: the readout after dropout
};

EncodedSources Encode(const ModelConfig& config, const Seq2SeqParams& params,
                      const SequenceLayout& layout, std::span<const int> ids,
                      const DropoutOptions& dropout, Workspace& workspace) {
  EncodedSources sources;
  sources.encoder = EncoderForward(config, params, layout, ids, dropout, workspace);
  sources.memory = NewAttentionMemory(config.attention, params.decoder.attention, layout,
                                      sources.encoder.annotations(), workspace);
  sources.start = DecoderStart(config, params.decoder, sources.encoder, workspace);
  return sources;
}

Pass Forward(const ModelConfig& config, const Seq2SeqParams& params, const Batch& batch,
             const DropoutOptions& dropout, bool with_gradient, Workspace& workspace) {
  workspace.arena.Reset();
  Pass pass;
  pass.sources = Encode(config, params, batch.source, batch.source_ids, dropout, workspace);
  pass.decoder = NewDecoderCache(config, params.decoder, batch.target.rows(), batch.source.steps(),
                                 with_gradient, workspace.arena);
  DecoderForward(config, params, pass.sources.memory, pass.sources.start, batch.target,
                 batch.target_input, batch.target_to_source, dropout, pass.decoder, workspace);
  pass.t = pass.decoder.t;
  if (dropout.output > 0) {
    pass.t = workspace.arena.NewMatrix(pass.t.rows, pass.t.cols);
    CopyMatrix(pass.decoder.t, pass.t);
    ApplyDropout(dropout, DropoutPlace::kReadout, 0, pass.t);
  }
  return pass;
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

}  // namespace

LossSums ForwardBackward(const ModelConfig& config, const Seq2SeqParams& params, const Batch& batch,
                         const PassOptions& options, Seq2SeqParams& d_params,
                         Workspace& workspace) {
  const DropoutOptions& dropout = options.dropout;
  Pass pass = Forward(config, params, batch, dropout, true, workspace);
  Arena& arena = workspace.arena;
  const EncoderState& encoder = pass.sources.encoder;

  const Matrix d_t = arena.NewMatrix(pass.t.rows, pass.t.cols);
  const LossSums sums = OutputLoss(params.output, pass.t, batch.target_output, options.loss, d_t,
                                   d_params.output, workspace);
  ApplyDropout(dropout, DropoutPlace::kReadout, 0, d_t);

  const Matrix annotations = encoder.annotations();
  AttentionMemoryGradient d_memory;
  d_memory.layout = &batch.source;
  d_memory.h = arena.NewZeroMatrix(annotations.rows, annotations.cols);
  d_memory.keys = config.attention == Attention::kAdditive
                      ? arena.NewZeroMatrix(annotations.rows, config.attention_size)
                      : d_memory.h;
  const DecoderState d_start = NewDecoderState(config, batch.source.batch(), arena);
  DecoderBackward(config, params, pass.sources.memory, batch.target, batch.target_input,
                  batch.target_to_source, dropout, pass.decoder, d_t, d_memory, d_start, d_params,
                  workspace);
  AttentionMemoryBackward(config.attention, params.decoder.attention, pass.sources.memory, d_memory,
                          d_params.decoder.attention, workspace);

  const std::span<RecurrentFinal> d_final = NewFinalGradient(config, encoder, arena);
  DecoderStartBackward(config, params.decoder, encoder, pass.sources.start, d_start,
                       d_params.decoder, d_memory.h, d_final, workspace);
  EncoderBackward(config, params, encoder, d_memory.h, d_final, dropout, d_params, workspace);
  return sums;
}

ForcedDecoding ForceDecode(const ModelConfig& config, const Seq2SeqParams& params,
                           const Batch& batch, Real label_smoothing, Workspace& workspace) {
  const Pass pass = Forward(config, params, batch, {}, false, workspace);
  ForcedDecoding result;
  result.log_probs = workspace.arena.NewVector(batch.target.rows());
  result.sums = OutputEvaluate(params.output, pass.t, batch.target_output, label_smoothing,
                               result.log_probs, workspace);
  result.alpha = pass.decoder.attention.alpha;
  return result;
}

EncodedSources EncodeSources(const ModelConfig& config, const Seq2SeqParams& params,
                             const SequenceLayout& layout, std::span<const int> ids,
                             Workspace& workspace) {
  return Encode(config, params, layout, ids, {}, workspace);
}

StepOutput DecodeStep(const ModelConfig& config, const Seq2SeqParams& params,
                      const EncodedSources& sources, const DecoderState& previous,
                      const StepInput& input, Workspace& workspace) {
  const int rows = static_cast<int>(input.ids.size());
  StepOutput out;
  DecoderCache& cache = out.cache;
  cache = NewDecoderCache(config, params.decoder, rows, sources.memory.layout->steps(), false,
                          workspace.arena);
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

  EmbeddingForward(params.target_embedding, input.ids, cache.embedding);
  DecoderInputProducts(config, params.decoder, cache, workspace);
  DecoderStep(config, params.decoder, sources.memory, cache, 0, rows, input.columns.data(), 0, {},
              workspace);
  if (!config.input_feeding) DecoderReadout(config, params.decoder, cache, 0, rows, workspace);
  out.logits = workspace.arena.NewMatrix(rows, config.target_vocabulary);
  OutputForward(params.output, cache.t, out.logits, workspace);

  out.state.h = cache.h;
  out.state.c = NewArray<Matrix>(workspace.arena, config.decoder_layers);
  for (size_t l = 0; lstm && l < cache.cells.size(); ++l) {
    out.state.c[l] = l == 0 && config.has_transition() ? cache.transition.c : cache.cells[l].c;
  }
  out.state.t = cache.t;
  return out;
}

}  // namespace atento
