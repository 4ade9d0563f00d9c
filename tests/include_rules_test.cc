// Reads every #include in src/ and include/ and fails on anything that the two tables below do not
// allow. The tables are the rules of CONTRIBUTING.md: which module sees which, and where each third
// party is named.
#include <fnmatch.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace atento {
namespace {

namespace fs = std::filesystem;

// What a module may include besides itself. The arrows are transitive.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},          {"math", {"base"}},
    {"text", {"base"}},    {"metrics", {"base"}},
    {"layers", {"math"}},  {"model", {"layers", "text"}},
    {"search", {"model"}}, {"train", {"search", "metrics"}},
    {"trace", {"search"}}, {"serve", {"trace", "search"}},
    {"images", {}},        {"cli", {"train", "trace", "serve", "images"}},
};

// Patterns as for file names in the shell, separated by spaces; "*" stands for any text.
struct ThirdParty {
  std::string headers;    // what stands between < and >,
  std::string includers;  // and the files that may include it
  bool heavy;             // each header in one file only: compile time
};
const std::vector<ThirdParty> kThirdParties = {
    {"oneapi/dnnl/* dnnl* omp.h", "src/math/gemm_onednn*", true},
    {"hwy/*", "src/math/*", false},
    {"sentencepiece_*", "src/text/*.cc", true},
    {"utf8proc.h", "src/text/*.cc", false},
    {"zlib.h", "src/base/file.cc", true},
    {"nlohmann/*", "src/base/json.cc", true},
    {"spdlog/*", "src/base/log.cc", true},
    {"fmt/*", "src/*.cc", false},
    {"CLI/* toml++/* toml.h toml.hpp", "src/cli/*.cc", true},
    {"mpi.h", "src/train/communicator_mpi.cc", true},
    {"boost/*", "src/serve/*.cc", true},
    {"opencv2/*", "src/images/*.cc", true},
    // The operating system.
    {"sys/* netinet/* arpa/* dlfcn.h fcntl.h poll.h pthread.h sched.h signal.h termios.h unistd.h",
     "src/*.cc", false},
};

bool Matches(const std::string& name, const std::string& patterns) {
  std::istringstream words(patterns);
  for (std::string pattern; words >> pattern;) {
    if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) return true;
  }
  return false;
}

bool Reaches(const std::string& from, const std::string& to) {
  const auto found = kMayInclude.find(from);
  if (found == kMayInclude.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const std::string& next) { return next == to || Reaches(next, to); });
}

const ThirdParty* FindThirdParty(const std::string& header) {
  for (const ThirdParty& party : kThirdParties) {
    if (Matches(header, party.headers)) return &party;
  }
  return nullptr;
}

bool IsStandard(const std::string& header) {
  return header.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos;
}

// file: "src/math/gemm.h". quoted: "…" rather than <…>. What is wrong with it, if anything.
std::optional<std::string> Fault(const std::string& file, const std::string& header, bool quoted) {
  const std::string folder = header.substr(0, header.find('/'));
  const bool is_public = file.rfind("include/", 0) == 0;
  if (quoted && folder == "atento") return std::nullopt;
  if (!quoted && IsStandard(header)) return std::nullopt;
  if (is_public) return "a public header includes the standard library and atento/ only";
  if (quoted) {
    const std::string module = file.substr(4, file.find('/', 4) - 4);
    if (!kMayInclude.count(module)) return "the module " + module + " is not in the table";
    if (!kMayInclude.count(folder)) return "write the path from src/, with a known module first";
    if (header.ends_with(".cc")) return "includes a source file";
    if (module == folder || Reaches(module, folder)) return std::nullopt;
    return module + " may not include " + folder;
  }
  const ThirdParty* party = FindThirdParty(header);
  if (party == nullptr) return "is not in the table of third parties";
  if (Matches(file, party->includers)) return std::nullopt;
  return "belongs in " + party->includers;
}

// The first includer of each heavy header, over all files.
using HeavyHeaders = std::map<std::string, std::string>;

struct Include {
  std::string header;
  bool quoted;
};

// False if the line includes nothing. The header is empty if it is not between <> or "".
bool ParseInclude(const std::string& line, Include* include) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word == "#") {
    words >> word;
    word = "#" + word;
  }
  if (word.rfind("#include", 0) != 0) return false;
  const size_t open = line.find_first_of("<\"", line.find("include"));
  include->header.clear();
  if (open == std::string::npos) return true;
  include->quoted = line[open] == '"';
  const size_t close = line.find(include->quoted ? '"' : '>', open + 1);
  if (close != std::string::npos) include->header = line.substr(open + 1, close - open - 1);
  return true;
}

std::vector<std::string> Faults(const std::string& file, std::istream& source,
                                HeavyHeaders* heavy) {
  std::vector<std::string> faults;
  Include include;
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    const std::string at = file + ":" + std::to_string(number) + ": ";
    if (!ParseInclude(line, &include)) continue;
    if (include.header.empty()) {
      faults.push_back(at + "an include that cannot be read: " + line);
      continue;
    }
    if (const auto fault = Fault(file, include.header, include.quoted)) {
      faults.push_back(at + include.header + ": " + *fault);
      continue;
    }
    const ThirdParty* party = include.quoted ? nullptr : FindThirdParty(include.header);
    if (party == nullptr || !party->heavy) continue;
    const auto [first, added] = heavy->emplace(include.header, file);
    if (!added) faults.push_back(at + include.header + ": already included by " + first->second);
  }
  return faults;
}

TEST(IncludeRules, EveryFileKeepsThem) {
  const fs::path root = ATENTO_SOURCE_DIR;
  HeavyHeaders heavy;
  int files = 0;
  for (const char* folder : {"src", "include"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cc") continue;
      ++files;
      std::ifstream source(entry.path());
      const std::string name = entry.path().lexically_relative(root).generic_string();
      for (const std::string& fault : Faults(name, source, &heavy)) ADD_FAILURE() << fault;
    }
  }
  EXPECT_GT(files, 10) << "looked in the wrong place: " << root;
}

// ---- the tester, tested ------------------------------------------------------------------------

std::string FaultsOf(const std::string& file, const std::string& text) {
  std::istringstream source(text);
  HeavyHeaders heavy;
  std::string all;
  for (const std::string& fault : Faults(file, source, &heavy)) all += fault + "\n";
  return all;
}

TEST(IncludeRulesTester, AcceptsWhatIsAllowed) {
  EXPECT_EQ(FaultsOf("src/model/encoder.cc",
                     "#include \"model/encoder.h\"\n#include <vector>\n#include \"layers/gru.h\"\n"
                     "#include \"base/check.h\"\n#include \"atento/error.h\"\n"
                     "#include <fmt/format.h>\n#include <unistd.h>\n"),
            "");
  EXPECT_EQ(FaultsOf("src/cli/main.cc", "#include <CLI/CLI.hpp>\n#include \"metrics/bleu.h\"\n"),
            "");
  EXPECT_EQ(FaultsOf("src/math/kernels.cc", "#include <hwy/highway.h>\n"), "");
  EXPECT_EQ(FaultsOf("include/atento/trainer.h", "#include \"atento/error.h\"\n#include <span>\n"),
            "");
}

TEST(IncludeRulesTester, NamesFileLineAndRule) {
  EXPECT_EQ(FaultsOf("src/layers/gru.cc", "// GRU\n#include \"model/config.h\"\n"),
            "src/layers/gru.cc:2: model/config.h: layers may not include model\n");
  EXPECT_EQ(FaultsOf("src/metrics/bleu.cc", "#  include \"text/normalize.h\"\n"),
            "src/metrics/bleu.cc:1: text/normalize.h: metrics may not include text\n");
}

TEST(IncludeRulesTester, FindsEveryKindOfFault) {
  auto expect = [](const std::string& file, const std::string& text, const std::string& part) {
    EXPECT_NE(FaultsOf(file, text).find(part), std::string::npos) << FaultsOf(file, text);
  };
  expect("src/base/log.cc", "#include \"math/views.h\"", "base may not include math");
  expect("src/trace/html.cc", "#include \"train/trainer.h\"", "trace may not include train");
  expect("src/text/corpus.cc", "#include \"corpus.h\"", "write the path from src/");
  expect("src/text/corpus.cc", "#include \"text/other.cc\"", "includes a source file");
  expect("src/new/a.cc", "#include \"base/log.h\"", "module new is not in the table");
  expect("src/text/corpus.cc", "#include NAME", "cannot be read");
  expect("src/text/corpus.cc", "#include<hwy/highway.h>", "belongs in src/math/");
  expect("src/text/corpus.cc", " # include \"layers/gru.h\"  // why", "may not include layers");
  expect("src/model/config.cc", "#include <nlohmann/json.hpp>", "belongs in src/base/json");
  expect("src/math/gemm.h", "#include <oneapi/dnnl/dnnl.hpp>", "belongs in src/math/gemm_onednn");
  expect("src/math/arena.cc", "#include <omp.h>", "belongs in src/math/gemm_onednn");
  expect("src/layers/gru.cc", "#include <hwy/highway.h>", "belongs in src/math/");
  expect("src/base/log.h", "#include <fmt/format.h>", "belongs in src/");
  expect("src/base/file.h", "#include <unistd.h>", "belongs in src/");
  expect("src/base/file.cc", "#include <curl/curl.h>", "not in the table of third parties");
  expect("include/atento/trace.h", "#include \"trace/trace.h\"", "a public header includes");
  expect("include/atento/trace.h", "#include <fmt/format.h>", "a public header includes");
  expect("include/atento/trace.h", "#include <unistd.h>", "a public header includes");
}

TEST(IncludeRulesTester, AHeavyHeaderHasOneIncluder) {
  HeavyHeaders heavy;
  std::istringstream first("#include <sentencepiece_processor.h>\n"), second(first.str());
  EXPECT_TRUE(Faults("src/text/a.cc", first, &heavy).empty());
  EXPECT_EQ(Faults("src/text/b.cc", second, &heavy),
            std::vector<std::string>{"src/text/b.cc:1: sentencepiece_processor.h: already included "
                                     "by src/text/a.cc"});
}

}  // namespace
}  // namespace atento
