// atento evaluate --by-length: the metrics of sentences of like length, as a table and as a figure.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "atento/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/evaluate.h"
#include "cli/output.h"
#include "metrics/by_length.h"
#include "trace/chart.h"

namespace atento {
namespace {

struct System {
  NamedFile file;
  std::vector<MetricByLength> metrics;
};

// As people write them.
std::string MetricTitle(const std::string& name) {
  static constexpr std::pair<std::string_view, const char*> kTitles[] = {
      {"bleu", "BLEU"},
      {"bleu1", "BLEU-1"},
      {"bleu2", "BLEU-2"},
      {"bleu3", "BLEU-3"},
      {"bleu4", "BLEU-4"},
      {"cider", "CIDEr"},
      {"cider-d", "CIDEr-D"},
      {"kept-f1", "kept-token F1"},
      {"compression", "compression ratio"},
      {"chrf", "chrF"},
      {"wer", "WER"},
      {"cer", "CER"},
      {"per", "PER"},
      {"exact", "exact match"},
      {"rouge1", "ROUGE-1"},
      {"rouge2", "ROUGE-2"},
      {"rougel", "ROUGE-L"},
  };
  for (const auto& [known, title] : kTitles) {
    if (known == name) return title;
  }
  return name;
}

std::vector<System> NamedSystems(const EvaluateOptions& options) {
  std::vector<System> systems;
  for (const std::string& text : options.hypothesis) {
    const NamedFile file = ParseNamedFile(text);
    for (const System& other : systems) {
      if (other.file.name != file.name) continue;
      throw Error(ErrorKind::kUsage,
                  "--hypothesis: two are called " + file.name + "; give them names with NAME=FILE");
    }
    systems.push_back({file, {}});
  }
  return systems;
}

// The bins of all systems; fills in their metrics.
std::vector<LengthBin> Measure(const EvaluateOptions& options, std::vector<System>* systems) {
  const std::vector<std::string> names = options.metric_names();
  const NamedLines source = ReadNamedLines(options.source, options.strict);
  const References references = ReadReferences(options, source);
  std::vector<int64_t> lengths;
  for (const std::string& line : source.lines) {
    lengths.push_back(static_cast<int64_t>(SplitWords(line).size()));
  }
  const std::vector<LengthBin> bins = BinByLength(lengths, {.width = options.bin_width});
  for (System& system : *systems) {
    const NamedLines hypotheses = ReadNamedLines(system.file.path, options.strict);
    CheckSameCount(hypotheses, source);
    if (hypotheses.lines.empty()) {
      throw Error(ErrorKind::kData, hypotheses.name + ": no lines; give translations to evaluate");
    }
    system.metrics = EvaluateByLength(
        names, {hypotheses.lines, references.sets, source.lines, references.counts}, bins,
        options.metric_options());
  }
  return bins;
}

void AppendRow(std::span<const std::string> cells, std::span<const size_t> widths,
               size_t left_aligned, std::string* text) {
  for (size_t i = 0; i < cells.size(); ++i) {
    const int padding = static_cast<int>(widths[i]) - DisplayWidth(cells[i]);
    const std::string spaces(static_cast<size_t>(std::max(padding, 0)), ' ');
    if (i > 0) *text += "  ";
    *text += i < left_aligned ? cells[i] + spaces : spaces + cells[i];
  }
  *text += "\n";
}

// A row per system and bin, and one for all of a system's sentences.
std::string Table(const std::vector<System>& systems, const std::vector<LengthBin>& bins) {
  const bool several = systems.size() > 1;
  std::vector<std::vector<std::string>> rows;
  auto start_row = [&](const std::string& system, const std::string& words,
                       const std::string& sentences) {
    rows.emplace_back();
    if (several) rows.back().push_back(system);
    rows.back().push_back(words);
    rows.back().push_back(sentences);
  };
  start_row("system", "words", "sentences");
  for (const MetricByLength& metric : systems[0].metrics) rows.back().push_back(metric.all.name);
  for (const System& system : systems) {
    size_t sentences = 0;
    for (size_t b = 0; b < bins.size(); ++b) {
      sentences += bins[b].lines.size();
      start_row(system.file.name, bins[b].Name(), std::to_string(bins[b].lines.size()));
      for (const MetricByLength& metric : system.metrics) {
        rows.back().push_back(metric.bins[b] ? fmt::format("{:.2f}", *metric.bins[b]) : "-");
      }
    }
    start_row(system.file.name, "all", std::to_string(sentences));
    for (const MetricByLength& metric : system.metrics) {
      rows.back().push_back(fmt::format("{:.2f}", metric.all.value));
    }
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], static_cast<size_t>(DisplayWidth(row[i])));
    }
  }
  std::string text;
  for (const auto& row : rows) AppendRow(row, widths, several ? 2 : 1, &text);
  return text;
}

std::string JsonText(const std::vector<System>& systems, const std::vector<LengthBin>& bins) {
  Json json_bins{Json::Array{}}, json_systems{Json::Array{}};
  for (const LengthBin& bin : bins) {
    json_bins.Append(Json()
                         .Set("first", bin.first)
                         .Set("last", bin.last ? Json(*bin.last) : Json())
                         .Set("sentences", static_cast<int64_t>(bin.lines.size())));
  }
  for (const System& system : systems) {
    Json metrics{Json::Array{}};
    for (const MetricByLength& metric : system.metrics) {
      Json values{Json::Array{}};
      for (const auto& value : metric.bins) values.Append(value ? Json(*value) : Json());
      metrics.Append(Json()
                         .Set("metric", metric.all.name)
                         .Set("value", metric.all.value)
                         .Set("bins", std::move(values))
                         .Set("signature", metric.all.signature));
    }
    json_systems.Append(Json().Set("system", system.file.name).Set("metrics", std::move(metrics)));
  }
  return Json().Set("bins", std::move(json_bins)).Set("systems", std::move(json_systems)).Dump(2) +
         "\n";
}

LineChart Chart(const std::vector<System>& systems, const std::vector<LengthBin>& bins) {
  const std::vector<MetricByLength>& metrics = systems[0].metrics;
  LineChart chart;
  std::string measured;
  for (const MetricByLength& metric : metrics) {
    measured += (measured.empty() ? "" : ", ") + MetricTitle(metric.all.name);
  }
  chart.title = measured + " by sentence length";
  chart.x_label = "source length (words)";
  chart.y_label = metrics.size() == 1 ? measured : "value (percent)";
  for (const LengthBin& bin : bins) chart.categories.push_back(bin.Name("–"));
  for (const System& system : systems) {
    for (const MetricByLength& metric : system.metrics) {
      const std::string title = MetricTitle(metric.all.name);
      const std::string name = metrics.size() == 1   ? system.file.name
                               : systems.size() == 1 ? title
                                                     : system.file.name + ", " + title;
      chart.curves.push_back({name, metric.bins});
    }
  }
  return chart;
}

}  // namespace

std::string EvaluateByLength(const EvaluateOptions& options) {
  if (!options.figure.empty() && !options.figure.ends_with(".svg")) {
    throw Error(ErrorKind::kUsage, "--figure " + options.figure + ": the name must end in .svg");
  }
  std::vector<System> systems = NamedSystems(options);
  const std::vector<LengthBin> bins = Measure(options, &systems);
  if (!options.figure.empty()) {
    Output figure(options.figure);
    figure.Write(ChartToSvg(Chart(systems, bins)));
    figure.Commit();
  }
  return options.json ? JsonText(systems, bins) : Table(systems, bins);
}

}  // namespace atento
