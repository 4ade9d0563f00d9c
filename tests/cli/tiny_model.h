// Running the program, and a small model for it to run with. ATENTO_PROGRAM is its path.
#ifndef ATENTO_TESTS_CLI_TINY_MODEL_H_
#define ATENTO_TESTS_CLI_TINY_MODEL_H_

#include <string>

#include "temporary_directory.h"

namespace atento {

struct Outcome {
  int status = 0;
  std::string out, err;
};

// Runs a script by sh in `directory`, with atento on its PATH.
Outcome RunScript(const std::string& script, const std::string& input,
                  const std::string& directory);

// Trains with the program itself, and sets the variables of the environment that case_file.h lists.
class TinyModel {
 public:
  // Throws std::runtime_error if the program fails.
  TinyModel();
  std::string path() const { return directory_.File("model"); }

 private:
  void WriteVectors() const;

  TemporaryDirectory directory_;
};

}  // namespace atento

#endif  // ATENTO_TESTS_CLI_TINY_MODEL_H_
