// Parallel text from files: reading, repairing, counting what was wrong, and holding some out.
#ifndef ATENTO_TEXT_CORPUS_H_
#define ATENTO_TEXT_CORPUS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"

namespace atento {

struct TextPair {
  std::string source;
  std::string target;
  // In its file, from 1: finds the line of an alignment file, and is for messages.
  int64_t line = 0;
};

// Where parallel text is. Files may be gzip; "-" is standard input.
struct ParallelPaths {
  // A file with one sentence per line; or, if target is empty, a TSV file: column 1 is the source,
  // column 2 the target, further columns are ignored.
  std::string source;
  // The translation of line n of source on line n; empty for TSV.
  std::string target;
};

struct CorpusOptions {
  // Refuse invalid UTF-8 and NUL instead of replacing them.
  bool strict = false;
  // Keep pairs of which a side is empty (scoring) instead of skipping them (training).
  bool keep_empty = false;
};

// What was read and what was done to it.
struct CorpusReport {
  int64_t lines = 0;
  int64_t skipped_empty = 0;
  // The first pair skipped; 0 if none.
  int64_t first_skipped_line = 0;
  // Lines (a pair counts once) in which invalid UTF-8 or NUL became U+FFFD.
  int64_t repaired = 0;
  // "file:line:byte" of the first one.
  std::string first_repaired;
};

struct Corpus {
  std::vector<TextPair> pairs;
  CorpusReport report;
  // Of the lines as read, skipped ones included; gzip and line ends do not matter. For --resume.
  int64_t bytes = 0;
  uint64_t hash = 0;
};

// The lines of one file: repaired, counted and hashed.
class TextReader {
 public:
  // path: "-" is standard input. strict: refuse lines that would have to be repaired. Throws
  // Error{kNotFound, kIo}.
  TextReader(const std::string& path, bool strict) : reader_(path), strict_(strict) {}

  // The next line, valid UTF-8 without NUL; false at the end. A byte order mark at the start of the
  // file is dropped. Throws Error{kIo}; Error{kData} if strict, and for a safetensors file.
  bool Next(std::string* line);
  // Reads to the end; returns the number of lines of the file.
  int64_t CountLines();

  const std::string& name() const { return reader_.name(); }
  int64_t line_number() const { return reader_.line_number(); }
  // "file:line" of the last line.
  std::string Where() const { return name() + ":" + std::to_string(line_number()); }
  // Of the last line, from 1, as it is in the file; 0 if it was well.
  int64_t repaired_byte() const { return repaired_byte_; }
  // Of the lines as read.
  int64_t bytes() const { return bytes_; }
  uint64_t hash() const { return hash_; }

 private:
  LineReader reader_;
  bool strict_;
  int64_t repaired_byte_ = 0;
  int64_t bytes_ = 0;
  uint64_t hash_ = HashBytes("");
  std::string head_;  // the first bytes
};

// Whether a file begins as a safetensors file does, and no text. False if it cannot be read.
bool IsSafetensorsFile(const std::string& path);

// Reads everything. A side with nothing but white space is empty, and a blank line of a TSV file is
// a pair with both sides empty. LF and CRLF end lines; a UTF-8 byte order mark at the start of a
// file is dropped. Errors: kNotFound, kIo; kUsage if both paths are "-"; kData if
//   the files have unequal numbers of lines (the message names both and their counts),
//   a TSV line has fewer than two columns (file:line),
//   no pair is left, or a line is not valid UTF-8 and strict is set (file:line:byte).
Corpus ReadParallel(const ParallelPaths& paths, const CorpusOptions& options);

// What ReadParallel had to do, as warnings: at most one line for each kind, none if all was well.
void LogCorpusReport(const CorpusReport& report);

// Replaces invalid UTF-8 and NUL in *line by U+FFFD. Returns the byte, from 1, of the first one, or
// 0 if the line was well and is unchanged.
// Errors: kData naming file:line:byte, if strict and the line was not well.
int64_t CleanLine(std::string* line, const std::string& file, int64_t line_number, bool strict);

struct HeldOutSplit {
  std::vector<TextPair> train;
  std::vector<TextPair> held_out;
};

// Takes 1 % of the pairs, at least one and at most 1000, for validation; seeded. Both parts keep
// the order of `pairs`. Throws Error{kData} if there are fewer than two pairs.
HeldOutSplit SplitHeldOut(std::vector<TextPair> pairs, uint64_t seed);

// The same of distinct sources, with all pairs of each.
HeldOutSplit SplitHeldOutSources(std::vector<TextPair> pairs, uint64_t seed);

}  // namespace atento

#endif  // ATENTO_TEXT_CORPUS_H_
