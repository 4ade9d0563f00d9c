#include "cli/alignment_format.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

namespace atento {
namespace {

float Weight(const Alignment& alignment, int target, int source) {
  return alignment
      .weights[static_cast<size_t>(target) * static_cast<size_t>(alignment.source_words) +
               static_cast<size_t>(source)];
}

}  // namespace

Links LinksOf(const Alignment& alignment) {
  std::vector<WordLink> links;
  for (const auto& [source, target] : alignment.links) links.push_back({source, target});
  return Links(std::move(links));
}

Json LinksJson(const Links& links) {
  Json json{Json::Array{}};
  for (const WordLink& link : links) json.Append(Json(Json::Array{link.source, link.target}));
  return json;
}

std::string WeightsText(const Alignment& alignment) {
  std::string text;
  if (alignment.weights.empty()) return text;
  for (int t = 0; t < alignment.target_words; ++t) {
    if (t > 0) text += ' ';
    for (int s = 0; s < alignment.source_words; ++s) {
      fmt::format_to(std::back_inserter(text), "{}{:.4f}", s == 0 ? "" : ",",
                     Weight(alignment, t, s));
    }
  }
  return text;
}

Json WeightsJson(const Alignment& alignment) {
  Json json{Json::Array{}};
  if (alignment.weights.empty()) return json;
  for (int t = 0; t < alignment.target_words; ++t) {
    Json row{Json::Array{}};
    for (int s = 0; s < alignment.source_words; ++s) {
      row.Append(std::round(static_cast<double>(Weight(alignment, t, s)) * 1e4) / 1e4);
    }
    json.Append(std::move(row));
  }
  return json;
}

}  // namespace atento
