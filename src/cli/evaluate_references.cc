// What atento evaluate compares with: reference files, line by line, or a list of items that stand
// on several lines.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "atento/error.h"
#include "cli/evaluate.h"

namespace atento {
namespace {

// The second column of a line and what stands before it.
std::pair<std::string, std::string> FirstColumns(const NamedLines& file, size_t line) {
  const std::string& text = file.lines[line];
  const size_t tab = text.find('\t');
  if (tab == std::string::npos) {
    throw Error(ErrorKind::kData,
                fmt::format("{}:{}: no tab; write an item, a tab and a reference of it", file.name,
                            line + 1));
  }
  const size_t end = std::min(text.find('\t', tab + 1), text.size());
  return {text.substr(0, tab), text.substr(tab + 1, end - tab - 1)};
}

// Lines of equal first columns are one item.
References ReadItems(const std::string& path, bool strict) {
  const NamedLines file = ReadNamedLines(path, strict);
  References references;
  std::unordered_map<std::string, size_t> items;
  for (size_t line = 0; line < file.lines.size(); ++line) {
    auto [name, reference] = FirstColumns(file, line);
    const size_t item = items.emplace(std::move(name), items.size()).first->second;
    if (item == references.counts.size()) references.counts.push_back(0);
    const auto set = static_cast<size_t>(references.counts[item]++);
    if (set == references.sets.size()) references.sets.emplace_back();
    references.sets[set].resize(std::max(references.sets[set].size(), item + 1));
    references.sets[set][item] = std::move(reference);
  }
  for (ReferenceSet& set : references.sets) set.resize(items.size());
  return references;
}

}  // namespace

References ReadReferences(const EvaluateOptions& options, const NamedLines& others) {
  References references;
  if (!options.references.empty()) {
    references = ReadItems(options.references, options.strict);
    if (references.counts.size() == others.lines.size()) return references;
    throw Error(ErrorKind::kData,
                fmt::format("{} has {} lines and {} has {} distinct items: line n of the one must "
                            "belong to the n-th item of the other, in the order in which they "
                            "first stand there",
                            others.name, others.lines.size(), options.references,
                            references.counts.size()));
  }
  for (const std::string& path : options.reference) {
    NamedLines reference = ReadNamedLines(path, options.strict);
    CheckSameCount(others, reference);
    references.sets.push_back(std::move(reference.lines));
  }
  return references;
}

}  // namespace atento
