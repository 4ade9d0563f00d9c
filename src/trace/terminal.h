// A matrix of words as text: a heat map of block characters.
#ifndef ATENTO_TRACE_TERMINAL_H_
#define ATENTO_TRACE_TERMINAL_H_

#include <string>

#include "trace/word_matrix.h"

namespace atento {

struct TerminalOptions {
  bool colour = false;  // ANSI colours of the 256-colour palette
  int columns = 0;      // width of the terminal: longer sentences are cut into blocks; 0: no limit
};

// Source words as a staircase over their columns, one line per target word. Wide characters take
// two columns. Control characters are shown as U+FFFD, so that a text cannot command the terminal.
std::string WordMatrixToTerminal(const WordMatrix& matrix, const TerminalOptions& options);

}  // namespace atento

#endif  // ATENTO_TRACE_TERMINAL_H_
