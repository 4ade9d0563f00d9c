#include "cli/tiny_model.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "atento/features.h"
#include "base/file.h"

namespace atento {
namespace {

constexpr const char* kFlags =
    "--source-tokenizer words --target-tokenizer words --embedding-size 16 --encoder-size 16 "
    "--decoder-size 16 --attention-size 16 --readout-size 16 --dropout-embedding 0 "
    "--dropout-hidden 0 --dropout-annotations 0 --dropout-output 0 --learning-rate 0.03 "
    "--batch-sentences 10 --validate-every 1000 --validation-metrics= --max-source-tokens 5 "
    "--threads 1";

void Redirect(int to, const std::string& path, int flags) {
  const int file = open(path.c_str(), flags, 0666);
  if (file < 0 || dup2(file, to) < 0) _exit(127);
  close(file);
}

}  // namespace

Outcome RunScript(const std::string& script, const std::string& input,
                  const std::string& directory) {
  const TemporaryDirectory streams;
  WriteFileAtomically(streams.File("in"), input);
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(directory.c_str()) != 0) _exit(127);
    Redirect(0, streams.File("in"), O_RDONLY);
    Redirect(1, streams.File("out"), O_WRONLY | O_CREAT);
    Redirect(2, streams.File("err"), O_WRONLY | O_CREAT);
    execl("/bin/sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Outcome outcome;
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = ReadFile(streams.File("out"));
  outcome.err = ReadFile(streams.File("err"));
  return outcome;
}

// vectors.safetensors, of items r1 … b4 with two vectors each, and vectors.tsv, what to say of them.
void TinyModel::WriteVectors() const {
  std::vector<FeatureSet::Memory> items;
  std::string captions;
  for (int i = 0; i < 8; ++i) {
    const bool red = i < 4;
    const float shade = 0.1f * static_cast<float>(i % 4);
    const std::string name = (red ? "r" : "b") + std::to_string(i % 4 + 1);
    items.push_back({name, {1, 2, 3}, {red ? 1.f : 0.f, shade, 0, shade, 0, red ? 0.f : 1.f}});
    captions += name + (red ? "\tit is red\n" : "\ta blue one\n");
  }
  WriteFeatures(directory_.File("vectors.safetensors"), items);
  WriteFileAtomically(directory_.File("vectors.tsv"), captions);
}

TinyModel::TinyModel() {
  std::string source, target;
  for (char letter : {'a', 'b', 'c', 'd', 'e'}) {
    for (int number = 0; number < 10; ++number) {
      const std::string digit = std::to_string(number);
      source += letter + (" " + digit) + " x\n";
      target += "X " + digit + " " + letter + "\n";
    }
  }
  WriteFileAtomically(directory_.File("source"), source);
  WriteFileAtomically(directory_.File("target"), target);
  WriteVectors();
  setenv("TINY", kFlags, 1);
  setenv("DATA", directory_.path().c_str(), 1);
  setenv("SOURCE", ATENTO_SOURCE_DIR, 1);
  setenv("MODEL", directory_.File("model").c_str(), 1);
  setenv("LC_ALL", "C", 1);
  const std::string path =
      std::filesystem::path(ATENTO_PROGRAM).parent_path().string() + ":" + getenv("PATH");
  setenv("PATH", path.c_str(), 1);
  const Outcome outcome = RunScript(
      "atento train --train source target --dev source target --model model $TINY --max-steps 80",
      "", directory_.path());
  if (outcome.status != 0) throw std::runtime_error("training failed: " + outcome.err);
}

}  // namespace atento
