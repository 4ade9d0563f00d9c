#include "cli/case_file.h"

#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <string_view>

namespace atento {
namespace {

bool TakeKeyword(std::string_view line, std::string_view keyword, std::string* rest) {
  if (!line.starts_with(keyword)) return false;
  line.remove_prefix(keyword.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  *rest = line;
  return true;
}

void AddLine(const std::string& line, ExpectedText* expected) {
  expected->whole = expected->whole.value_or("") + line + "\n";
}

// False if the line is none of a case's.
bool ReadLine(std::string_view line, CommandCase* c) {
  std::string rest;
  if (TakeKeyword(line, "run:", &rest)) {
    c->script += rest + "\n";
  } else if (TakeKeyword(line, "in:", &rest)) {
    c->input += rest + "\n";
  } else if (TakeKeyword(line, "out:", &rest)) {
    AddLine(rest, &c->out);
  } else if (TakeKeyword(line, "out~", &rest)) {
    c->out.parts.push_back(rest);
  } else if (TakeKeyword(line, "err:", &rest)) {
    AddLine(rest, &c->err);
  } else if (TakeKeyword(line, "err~", &rest)) {
    c->err.parts.push_back(rest);
  } else if (TakeKeyword(line, "status:", &rest)) {
    c->status = std::stoi(rest);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void PrintTo(const CommandCase& c, std::ostream* out) { *out << c.name; }

std::vector<CommandCase> ReadCases(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::string name = std::filesystem::path(path).stem().string();
  std::vector<CommandCase> cases;
  int number = 0;
  for (std::string line, rest; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    if (TakeKeyword(line, "case:", &rest)) {
      cases.push_back({});
      cases.back().file = name;
      cases.back().line = number;
      cases.back().name = rest;
    } else if (cases.empty() || !ReadLine(line, &cases.back())) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": no such keyword: " + line);
    }
  }
  return cases;
}

}  // namespace atento
