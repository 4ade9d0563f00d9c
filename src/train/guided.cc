#include "train/guided.h"

#include <algorithm>
#include <utility>

#include "atento/error.h"

namespace atento {

AlignmentFile ReadAlignmentFile(const std::string& path, int64_t corpus_lines, bool strict) {
  TextReader reader(path, strict);
  AlignmentFile file;
  file.path = reader.name();
  for (std::string line; reader.Next(&line);) file.lines.push_back(std::move(line));
  file.bytes = reader.bytes();
  file.hash = reader.hash();
  if (static_cast<int64_t>(file.lines.size()) != corpus_lines) {
    throw Error(ErrorKind::kData, file.path + " has " + std::to_string(file.lines.size()) +
                                      " lines, but the training data " +
                                      std::to_string(corpus_lines) +
                                      ": line n of the one belongs to line n of the other");
  }
  return file;
}

std::vector<std::pair<int, int>> TokenLinks(const AlignmentFile& file, int64_t line,
                                            const EncodedText& source, const EncodedText& target) {
  const LinkRules rules{.source_words = source.words, .target_words = target.words};
  const Links words = ParseGoldLinks(file.lines[static_cast<size_t>(line) - 1], rules,
                                     file.path + ":" + std::to_string(line))
                          .sure;
  std::vector<std::pair<int, int>> links;
  // Both lists of words rise, so that the links come out sorted.
  for (size_t t = 0; t < target.ids.size(); ++t) {
    for (size_t j = 0; j < source.ids.size(); ++j) {
      if (words.Contains({source.word_of[j], target.word_of[t]})) {
        links.emplace_back(static_cast<int>(t), static_cast<int>(j));
      }
    }
  }
  return links;
}

}  // namespace atento
