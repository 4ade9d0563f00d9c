// atento quantize: a model of fewer bits, for translation.
#include <fmt/format.h>

#include "atento/error.h"
#include "base/log.h"
#include "base/options.h"
#include "cli/command.h"
#include "cli/new_model.h"

namespace atento {
namespace {

struct QuantizeOptions {
  std::string model;
  Precision precision = Precision::kInt8;
  std::string output;
  bool overwrite = false;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny, "model directory", "DIR");
    visit("precision", o.precision, kAny, "int8 or bfloat16");
    visit("output", o.output, kAny, "model directory to write", "DIR");
    visit("overwrite", o.overwrite, kAny, "replace a model that is already in --output");
  }
};

class QuantizeCommand : public Command {
 public:
  std::string name() const override { return "quantize"; }
  std::string summary() const override { return "make a model smaller and faster to translate"; }
  std::vector<std::string> usage() const override {
    return {"--model DIR --output DIR [--precision int8|bfloat16] [--overwrite]"};
  }
  std::string notes() const override {
    return R"(The matrices of the new model are of bfloat16, half the size, or of 8-bit integers with a scale
for each row, a quarter; vectors stay float32. `translate`, `score`, `align`, `explain`, `serve` and
`info` take it like any other model; it cannot be trained further or averaged: keep the old one.

Where the CPU has the instructions (AVX512_BF16; AVX512_VNNI), its products are of such numbers
too: their other factor is rounded, of int8 with a scale for each row and step. Elsewhere the
numbers of the file are widened, and products are of float32.
)";
  }
  void Declare(FlagSet* flags) override { flags->Add("Flags", &options_); }
  int Run(const FlagSet& flags) override;

 private:
  QuantizeOptions options_;
};

int QuantizeCommand::Run(const FlagSet&) {
  RequireValue(*this, "--model", !options_.model.empty());
  RequireValue(*this, "--output", !options_.output.empty());
  if (options_.precision == Precision::kFloat32) {
    throw Error(ErrorKind::kUsage,
                "--precision float32 is what the model has: use int8 or bfloat16");
  }
  CheckOtherDirectory(options_.model, options_.output);
  WriteNewModel(options_.output, options_.overwrite, [&] {
    std::unique_ptr<Model> model = LoadModel(options_.model);
    CheckFloat32(*model, options_.model);
    model->description.weights = options_.precision;
    return model;
  });
  LogInfo(fmt::format("wrote {} in {} to {}", options_.model, EnumName(options_.precision),
                      options_.output));
  return 0;
}

}  // namespace

std::unique_ptr<Command> MakeQuantizeCommand() { return std::make_unique<QuantizeCommand>(); }

}  // namespace atento
