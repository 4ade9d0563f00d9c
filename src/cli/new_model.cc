#include "cli/new_model.h"

#include <signal.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "atento/error.h"
#include "model/model_draft.h"

namespace atento {
namespace {

// While it lives, signals that would end the program wait: they would leave a draft behind.
class DeferredSignals {
 public:
  DeferredSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~DeferredSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  DeferredSignals(const DeferredSignals&) = delete;
  DeferredSignals& operator=(const DeferredSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

void WriteNewModel(const std::string& output, bool overwrite,
                   const std::function<std::unique_ptr<Model>()>& make) {
  // Until the draft is gone.
  std::optional<DeferredSignals> deferred;
  ModelDraft draft({.directory = output,
                    .flag = "--output",
                    .remedy = "name another directory, or replace it with --overwrite",
                    .overwrite = overwrite});
  const std::unique_ptr<Model> model = make();
  deferred.emplace();
  draft.Make();
  SaveModelDescription(*model, draft.path());
  SaveParameters(model->config(), model->parameters, draft.path() + "/model.safetensors",
                 model->description.weights);
  draft.Commit();
}

void CheckOtherDirectory(const std::string& model, const std::string& output) {
  std::error_code not_there;
  if (!std::filesystem::equivalent(model, output, not_there)) return;
  throw Error(ErrorKind::kUsage,
              output + ": is both --model and --output; write to another directory");
}

}  // namespace atento
