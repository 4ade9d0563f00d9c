#include "trace/terminal.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace atento {
namespace {

// Columns of a cell, the gap to the next one included.
constexpr int kCellColumns = 3;
constexpr int kGapColumns = 2;  // between a target word and its cells
constexpr int kLeastCells = 4;

std::string Printable(std::string_view text) {
  std::string printable;
  for (char32_t c : DecodeUtf8(text)) {
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    AppendUtf8(control ? U'\uFFFD' : c, &printable);
  }
  return printable;
}

std::vector<std::string> Printable(const std::vector<std::string>& words) {
  std::vector<std::string> printable;
  for (const std::string& word : words) printable.push_back(Printable(word));
  return printable;
}

int Widest(const std::vector<std::string>& words) {
  int widest = 0;
  for (const std::string& word : words) widest = std::max(widest, DisplayWidth(word));
  return widest;
}

std::string Spaces(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

std::string Cell(float weight, bool colour) {
  static constexpr const char* kShades[] = {" ·", "░░", "▒▒", "▓▓", "██"};
  const int shade = std::clamp(static_cast<int>(weight * 5), 0, 4);
  if (!colour) return std::string(kShades[shade]) + " ";
  // The palette's ramp of grays, 232 black to 255 white.
  const int gray = 232 + std::clamp(static_cast<int>(weight * 23 + 0.5f), 0, 23);
  return fmt::format("\x1b[48;5;{}m  \x1b[0m ", gray);
}

// Source words [begin, end) and their columns of the matrix.
std::string Block(const WordMatrix& matrix, const std::vector<std::string>& source,
                  const std::vector<std::string>& target, size_t begin, size_t end, bool colour) {
  const int left = Widest(target) + kGapColumns;
  std::string text;
  for (size_t s = begin; s < end; ++s) {
    text += Spaces(left);
    for (size_t before = begin; before < s; ++before) text += "│" + Spaces(kCellColumns - 1);
    text += source[s] + "\n";
  }
  for (size_t t = 0; t < target.size(); ++t) {
    std::string line = target[t] + Spaces(left - DisplayWidth(target[t]));
    for (size_t s = begin; s < end; ++s) line += Cell(matrix.weight(t, s), colour);
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string WordMatrixToTerminal(const WordMatrix& matrix, const TerminalOptions& options) {
  const std::vector<std::string> source = Printable(matrix.source);
  const std::vector<std::string> target = Printable(matrix.target);
  size_t per_block = std::max<size_t>(source.size(), 1);
  if (options.columns > 0) {
    // The last word of the staircase starts where the last cell does.
    const int room = options.columns - Widest(target) - kGapColumns;
    const int cells = (room - std::max(Widest(source), kCellColumns - 1)) / kCellColumns + 1;
    per_block = static_cast<size_t>(std::max(cells, kLeastCells));
  }
  std::string text;
  for (size_t begin = 0; begin < source.size(); begin += per_block) {
    if (begin > 0) text += "\n";
    text += Block(matrix, source, target, begin, std::min(begin + per_block, source.size()),
                  options.colour);
  }
  return text;
}

}  // namespace atento
