// A recurrent layer over whole sequences: the input products of all steps in one GEMM, then step by
// step the recurrent ones. Used by the encoder; the decoder, which attends between its steps, runs
// its cells itself (model/decoder.h).
#ifndef ATENTO_LAYERS_RECURRENT_H_
#define ATENTO_LAYERS_RECURRENT_H_

#include "base/sequence_layout.h"
#include "layers/cell.h"

namespace atento {

// The state after each sequence's last step (forward) or first element (reversed).
struct RecurrentFinal {
  Matrix h;  // [B,H]
  Matrix c;  // [B,H]: LSTM only
};

// x [N,I]: inputs, N = layout.rows(). Starts from zero and writes the state after each element to h
// [N,H], which may be strided; reversed: from the last element to the first. If final.h is not
// empty, the last states go there. cache: NewCellCache(cell, N, H, …).
// Cost: one GEMM [N,I]·[I,G·H] and one [alive,H]·[H,G·H] a step.
void RecurrentForward(Cell cell, bool reversed, const CellParams& params,
                      const SequenceLayout& layout, ConstMatrix x, const CellCache& cache, Matrix h,
                      const RecurrentFinal& final, Workspace& workspace);

// d_h [N,H]: gradient of h. d_final: of the last states; empty matrices: none. Accumulates into
// d_params, and into d_x [N,I] unless that is empty.
void RecurrentBackward(Cell cell, bool reversed, const CellParams& params,
                       const SequenceLayout& layout, ConstMatrix x, const CellCache& cache,
                       ConstMatrix d_h, const RecurrentFinal& d_final, CellParams& d_params,
                       Matrix d_x, Workspace& workspace);

}  // namespace atento

#endif  // ATENTO_LAYERS_RECURRENT_H_
