#include "text/corpus.h"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "atento/error.h"
#include "base/log.h"
#include "base/utf8.h"

namespace atento {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

void CountRepair(const TextReader& file, CorpusReport* report) {
  if (report->repaired++ > 0) return;
  report->first_repaired = file.Where() + ":" + std::to_string(file.repaired_byte());
}

void AddPair(TextPair pair, const CorpusOptions& options, Corpus* corpus) {
  bool empty = SplitWords(pair.source).empty() || SplitWords(pair.target).empty();
  if (empty && !options.keep_empty) {
    if (corpus->report.skipped_empty++ == 0) corpus->report.first_skipped_line = pair.line;
    return;
  }
  corpus->pairs.push_back(std::move(pair));
}

void ReadTwoFiles(const ParallelPaths& paths, const CorpusOptions& options, Corpus* corpus) {
  if (paths.source == "-" && paths.target == "-") {
    throw Error(ErrorKind::kUsage,
                "source and target cannot both be standard input: pipe one TSV file instead");
  }
  TextReader source(paths.source, options.strict);
  TextReader target(paths.target, options.strict);
  for (TextPair pair;; pair = {}) {
    bool has_source = source.Next(&pair.source);
    bool has_target = target.Next(&pair.target);
    if (has_source != has_target) {
      int64_t sources = source.CountLines(), targets = target.CountLines();
      throw Error(ErrorKind::kData,
                  source.name() + " has " + std::to_string(sources) + " lines and " +
                      target.name() + " has " + std::to_string(targets) +
                      ": line n of the one must be the translation of line n of the other");
    }
    if (!has_source) break;
    pair.line = source.line_number();
    if (source.repaired_byte() > 0) {
      CountRepair(source, &corpus->report);
    } else if (target.repaired_byte() > 0) {
      CountRepair(target, &corpus->report);
    }
    AddPair(std::move(pair), options, corpus);
  }
  corpus->report.lines = source.line_number();
  corpus->bytes = source.bytes() + target.bytes();
  corpus->hash = RandomKey(source.hash(), target.hash());
}

void ReadTsv(const std::string& path, const CorpusOptions& options, Corpus* corpus) {
  TextReader file(path, options.strict);
  for (std::string line; file.Next(&line);) {
    if (file.repaired_byte() > 0) CountRepair(file, &corpus->report);
    TextPair pair;
    pair.line = file.line_number();
    if (!line.empty()) {
      size_t tab = line.find('\t');
      if (tab == std::string::npos) {
        throw Error(ErrorKind::kData,
                    file.Where() + ": one column where source, tab, target were expected");
      }
      pair.source = line.substr(0, tab);
      pair.target = line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1);
    }
    AddPair(std::move(pair), options, corpus);
  }
  corpus->report.lines = file.line_number();
  corpus->bytes = file.bytes();
  corpus->hash = file.hash();
}

// The size of its header, a number of 8 bytes, comes first.
constexpr size_t kSafetensorsLength = 8;

// The header is a JSON object, and shorter than 4 GB: no text begins like that.
bool IsSafetensors(std::string_view head) {
  return head.size() > kSafetensorsLength && head.substr(4, 5) == std::string_view("\0\0\0\0{", 5);
}

// Which of `size` things are held out.
std::unordered_set<size_t> ChooseHeldOut(size_t size, uint64_t seed) {
  if (size < 2) {
    throw Error(ErrorKind::kData,
                "a single pair cannot be split into training and validation: give more pairs, or "
                "a validation set with --dev");
  }
  const size_t count = std::clamp<size_t>(size / 100, 1, 1000);
  Random random(RandomKey(seed, HashBytes("held out")));
  std::unordered_set<size_t> chosen;
  while (chosen.size() < count) chosen.insert(random.Below(size));
  return chosen;
}

}  // namespace

bool IsSafetensorsFile(const std::string& path) {
  std::string head(kSafetensorsLength + 1, ' ');
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), static_cast<std::streamsize>(head.size())) && IsSafetensors(head);
}

bool TextReader::Next(std::string* line) {
  if (!reader_.Next(line)) return false;
  if (head_.size() <= kSafetensorsLength) {
    head_ += line->substr(0, kSafetensorsLength + 1) + "\n";
    if (IsSafetensors(head_)) {
      throw Error(ErrorKind::kData,
                  name() +
                      " is a safetensors file, where lines of text are expected: feature vectors "
                      "are for a model of --source-kind features");
    }
  }
  bytes_ += static_cast<int64_t>(line->size()) + 1;
  hash_ = HashBytes("\n", HashBytes(*line, hash_));
  // The mark goes last: bytes are counted as in the file.
  repaired_byte_ = CleanLine(line, name(), line_number(), strict_);
  if (line_number() == 1 && line->starts_with(kByteOrderMark)) {
    line->erase(0, kByteOrderMark.size());
  }
  return true;
}

int64_t TextReader::CountLines() {
  std::string line;
  while (reader_.Next(&line)) continue;
  return line_number();
}

int64_t CleanLine(std::string* line, const std::string& file, int64_t line_number, bool strict) {
  size_t at = FindInvalidUtf8(*line);
  if (at == std::string::npos) return 0;
  auto byte = static_cast<int64_t>(at) + 1;
  if (strict) {
    throw Error(ErrorKind::kData, file + ":" + std::to_string(line_number) + ":" +
                                      std::to_string(byte) + ": " +
                                      ((*line)[at] == '\0' ? "a NUL byte" : "invalid UTF-8") +
                                      "; repair it, or leave out --strict to have it replaced");
  }
  *line = ReplaceInvalidUtf8(*line);
  return byte;
}

Corpus ReadParallel(const ParallelPaths& paths, const CorpusOptions& options) {
  Corpus corpus;
  if (paths.target.empty()) {
    ReadTsv(paths.source, options, &corpus);
  } else {
    ReadTwoFiles(paths, options, &corpus);
  }
  if (corpus.pairs.empty()) {
    const std::string names =
        InputName(paths.source) + (paths.target.empty() ? "" : " and " + InputName(paths.target));
    throw Error(ErrorKind::kData,
                corpus.report.lines == 0
                    ? names + ": no lines; give text to read"
                    : names + ": every one of the " + std::to_string(corpus.report.lines) +
                          " pairs has an empty side; give pairs with text on both");
  }
  return corpus;
}

void LogCorpusReport(const CorpusReport& report) {
  if (report.skipped_empty > 0) {
    LogWarning("skipped " + std::to_string(report.skipped_empty) + " of " +
               std::to_string(report.lines) + " pairs with an empty side, the first on line " +
               std::to_string(report.first_skipped_line));
  }
  if (report.repaired > 0) {
    LogWarning("replaced invalid UTF-8 or NUL by U+FFFD in " + std::to_string(report.repaired) +
               " of " + std::to_string(report.lines) + " lines, the first at " +
               report.first_repaired);
  }
}

HeldOutSplit SplitHeldOut(std::vector<TextPair> pairs, uint64_t seed) {
  const std::unordered_set<size_t> chosen = ChooseHeldOut(pairs.size(), seed);
  HeldOutSplit split;
  split.held_out.reserve(chosen.size());
  split.train.reserve(pairs.size() - chosen.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    (chosen.contains(i) ? split.held_out : split.train).push_back(std::move(pairs[i]));
  }
  return split;
}

HeldOutSplit SplitHeldOutSources(std::vector<TextPair> pairs, uint64_t seed) {
  std::unordered_map<std::string, size_t> numbers;
  for (const TextPair& pair : pairs) numbers.emplace(pair.source, numbers.size());
  const std::unordered_set<size_t> chosen = ChooseHeldOut(numbers.size(), seed);
  HeldOutSplit split;
  for (TextPair& pair : pairs) {
    const bool held_out = chosen.contains(numbers.at(pair.source));
    (held_out ? split.held_out : split.train).push_back(std::move(pair));
  }
  return split;
}

}  // namespace atento
