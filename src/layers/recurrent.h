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

// What both directions work with.
struct RecurrentLayer {
  Cell cell;
  bool reversed;  // from the last element to the first
  const CellParams& params;
  const SequenceLayout& layout;
  ConstMatrix x;           // [N,I] inputs, N = layout.rows()
  const CellCache& cache;  // NewCellCache of N rows
  const Workspace& workspace;
};

// Starts from zero and writes the state after each element to h [N,H], which may be strided. If
// final.h is not empty, the last states go there.
// Cost: one GEMM [N,I]·[I,G·H] and one [alive,H]·[H,G·H] a step; allocates nothing.
// Errors: none.  Threads: safe when the outputs are distinct.
void RecurrentForward(const RecurrentLayer& layer, Matrix h, const RecurrentFinal& final);

struct RecurrentGradients {
  ConstMatrix h;         // [N,H] in: of h
  RecurrentFinal final;  // in: of the last states; empty matrices: none
  Matrix x;              // [N,I] accumulated, unless it is empty
  CellParams& params;    // accumulated
};

// Cost: twice Forward's; scratch from the arena, given back.  Errors, threads: as Forward.
void RecurrentBackward(const RecurrentLayer& layer, const RecurrentGradients& gradients);

}  // namespace atento

#endif  // ATENTO_LAYERS_RECURRENT_H_
