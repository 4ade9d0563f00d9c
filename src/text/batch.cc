#include "text/batch.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>

#include "base/check.h"
#include "text/tokenizer.h"

namespace atento {
namespace {

// The columns of one side: positions in `indices`, by falling length.
template <class LengthAt>
std::vector<int> SortColumns(int count, const LengthAt& length_at) {
  std::vector<int> columns(static_cast<size_t>(count));
  std::iota(columns.begin(), columns.end(), 0);
  std::stable_sort(columns.begin(), columns.end(),
                   [&](int a, int b) { return length_at(a) > length_at(b); });
  return columns;
}

// Lays the sentences out, each followed by </s> if there is to be one. ids_at(position) is a
// sentence.
template <class IdsAt>
SequenceLayout LayOut(const std::vector<int>& columns, const IdsAt& ids_at, SourceEnd end,
                      std::vector<int>* rows) {
  const int added = end == SourceEnd::kAdded ? 1 : 0;
  std::vector<int> lengths;
  lengths.reserve(columns.size());
  for (int position : columns) {
    lengths.push_back(static_cast<int>(ids_at(position).size()) + added);
  }
  SequenceLayout layout(std::move(lengths));
  rows->resize(static_cast<size_t>(layout.rows()));
  for (int b = 0; b < layout.batch(); ++b) {
    const std::vector<int>& ids = ids_at(columns[static_cast<size_t>(b)]);
    for (int t = 0; t < layout.length(b); ++t) {
      auto from = static_cast<size_t>(t);
      (*rows)[static_cast<size_t>(layout.Row(t, b))] = from < ids.size() ? ids[from] : kEndId;
    }
  }
  return layout;
}

// y_1 … y_T -> </s> y_1 … y_{T-1}, in every column.
std::vector<int> ShiftOneStep(const SequenceLayout& layout, const std::vector<int>& output) {
  std::vector<int> input(output.size(), kEndId);
  for (int t = 1; t < layout.steps(); ++t) {
    std::copy_n(output.begin() + layout.Offset(t - 1), layout.alive(t),
                input.begin() + layout.Offset(t));
  }
  return input;
}

// copies_at(position): what the positions of a sentence copy as, or nothing at all.
template <class IdsAt, class CopiesAt>
void AddCopies(const std::vector<int>& columns, const IdsAt& ids_at, const CopiesAt& copies_at,
               Batch* batch) {
  const SequenceLayout& source = batch->source;
  const bool any = !copies_at(0).empty();
  if (any) batch->source_copies.resize(static_cast<size_t>(source.rows()));
  for (int b = 0; b < source.batch(); ++b) {
    const int position = columns[static_cast<size_t>(b)];
    const std::vector<int>& copies = copies_at(position);
    CHECK(copies.size() == (any ? ids_at(position).size() + 1 : 0), "what a source copies as");
    for (size_t j = 0; j < copies.size(); ++j) {
      batch->source_copies[static_cast<size_t>(source.Row(static_cast<int>(j), b))] = copies[j];
    }
  }
}

template <class IdsAt>
std::vector<int> AddSources(int count, const IdsAt& ids_at, SourceEnd end, Batch* batch) {
  CHECK(count > 0, "an empty batch");
  std::vector<int> columns = SortColumns(count, [&](int i) { return ids_at(i).size(); });
  batch->source = LayOut(columns, ids_at, end, &batch->source_ids);
  return columns;
}

// link_at(column): the links of a target column's pair. Those of its </s> are none.
template <class LinksAt>
void AddLinks(const LinksAt& links_at, Batch* batch) {
  const SequenceLayout& target = batch->target;
  bool any = false;
  for (int b = 0; b < target.batch(); ++b) any |= !links_at(b).empty();
  if (!any) return;
  std::vector<int>& offset = batch->link_offset;
  offset.assign(static_cast<size_t>(target.rows()) + 1, 0);
  auto row_of = [&](int b, const std::pair<int, int>& link) {
    CHECK(link.first >= 0 && link.first < target.length(b) && link.second >= 0, "a link");
    return static_cast<size_t>(target.Row(link.first, b));
  };
  for (int b = 0; b < target.batch(); ++b) {
    for (const auto& link : links_at(b)) ++offset[row_of(b, link) + 1];
  }
  std::partial_sum(offset.begin(), offset.end(), offset.begin());
  batch->link_positions.resize(static_cast<size_t>(offset.back()));
  std::vector<int> next(offset.begin(), offset.end() - 1);
  for (int b = 0; b < target.batch(); ++b) {
    for (const auto& link : links_at(b)) {
      batch->link_positions[static_cast<size_t>(next[row_of(b, link)]++)] = link.second;
    }
  }
}

}  // namespace

Batch MakeBatch(std::span<const TokenPair> pairs, std::span<const int> indices, SourceEnd end) {
  for (int index : indices) {
    CHECK(index >= 0 && static_cast<size_t>(index) < pairs.size(), std::to_string(index));
  }
  auto pair_at = [&](int i) -> const TokenPair& {
    return pairs[static_cast<size_t>(indices[static_cast<size_t>(i)])];
  };
  auto source_at = [&](int i) -> const std::vector<int>& { return pair_at(i).source; };
  auto target_at = [&](int i) -> const std::vector<int>& { return pair_at(i).target; };
  auto copies_at = [&](int i) -> const std::vector<int>& { return pair_at(i).copies; };
  auto count = static_cast<int>(indices.size());
  Batch batch;
  std::vector<int> sources = AddSources(count, source_at, end, &batch);
  std::vector<int> targets = SortColumns(count, [&](int i) { return target_at(i).size(); });
  batch.target = LayOut(targets, target_at, SourceEnd::kAdded, &batch.target_output);
  batch.target_input = ShiftOneStep(batch.target, batch.target_output);
  AddCopies(sources, source_at, copies_at, &batch);
  if (!batch.source_copies.empty()) {
    LayOut(
        targets,
        [&](int i) -> const std::vector<int>& {
          CHECK(pair_at(i).extended_target.size() == pair_at(i).target.size());
          return pair_at(i).extended_target;
        },
        SourceEnd::kAdded, &batch.target_output);
  }

  std::vector<int> source_column(indices.size());
  for (int column = 0; column < count; ++column) {
    int position = sources[static_cast<size_t>(column)];
    source_column[static_cast<size_t>(position)] = column;
    batch.source_order.push_back(indices[static_cast<size_t>(position)]);
  }
  for (int position : targets) {
    batch.target_to_source.push_back(source_column[static_cast<size_t>(position)]);
    batch.target_order.push_back(indices[static_cast<size_t>(position)]);
  }
  AddLinks(
      [&](int column) -> const std::vector<std::pair<int, int>>& {
        return pair_at(targets[static_cast<size_t>(column)]).links;
      },
      &batch);
  return batch;
}

Batch MakeBatch(std::span<const TokenPair> pairs, SourceEnd end) {
  std::vector<int> indices(pairs.size());
  std::iota(indices.begin(), indices.end(), 0);
  return MakeBatch(pairs, indices, end);
}

Batch MakeSourceBatch(std::span<const std::vector<int>> sources,
                      std::span<const std::vector<int>> copies, SourceEnd end) {
  CHECK(copies.empty() || copies.size() == sources.size());
  auto source_at = [&](int i) -> const std::vector<int>& {
    return sources[static_cast<size_t>(i)];
  };
  auto copies_at = [&](int i) -> const std::vector<int>& { return copies[static_cast<size_t>(i)]; };
  Batch batch;
  batch.source_order = AddSources(static_cast<int>(sources.size()), source_at, end, &batch);
  if (!copies.empty()) AddCopies(batch.source_order, source_at, copies_at, &batch);
  return batch;
}

}  // namespace atento
