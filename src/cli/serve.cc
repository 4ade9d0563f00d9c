// atento serve: models over HTTP.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "atento/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "serve/server.h"

namespace atento {
namespace {

constexpr const char* kKeyVariable = "ATENTO_API_KEY";

struct ServeFlags {
  std::vector<std::string> model;
  std::vector<std::string> shortlist;
  std::string config;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("model", o.model, kAny,
          "model directory, and what requests call it; without a name they get the first",
          "NAME=DIR");
    visit("shortlist", o.shortlist, kAny,
          "for the model of that name: file of atento shortlist, to translate faster", "NAME=FILE");
    visit("config", o.config, kAny, "TOML file with values of flags", "FILE");
  }
};

// Empty: none. Throws Error{kUsage} for a key that no header can carry, and for one that is set but
// empty: most likely it was to be filled in.
std::string KeyFromEnvironment() {
  const char* const value = std::getenv(kKeyVariable);
  if (value == nullptr) return "";
  const std::string key = value;
  if (key.empty()) {
    throw Error(ErrorKind::kUsage, std::string(kKeyVariable) +
                                       " is empty; give it a key, or unset it to ask for none");
  }
  if (std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; })) return key;
  throw Error(ErrorKind::kUsage, std::string(kKeyVariable) +
                                     " has white space or other than ASCII characters; change it");
}

class ServeCommand : public Command {
 public:
  std::string name() const override { return "serve"; }
  std::string summary() const override { return "answer requests for translations over HTTP"; }
  std::vector<std::string> usage() const override {
    return {"--model NAME=DIR [--model NAME=DIR ...] [--host HOST] [--port N] [flags]"};
  }
  std::string notes() const override;
  void Declare(FlagSet* flags) override {
    flags->Add("Models", &flags_);
    flags->Add("Address", &options_);
    flags->Add("Batches", &options_.batching);
    flags->Add("Limits", &options_.limits);
  }
  int Run(const FlagSet& flags) override;

 private:
  void WarnOfOpenDoors(const Server& server) const;

  ServeFlags flags_;
  ServeOptions options_;
};

std::string ServeCommand::notes() const {
  return R"(Routes, bodies and errors are in docs/http.md, and at /openapi.json of the server. At / it
has a page that shows what happens inside the models: open it in a browser.

If the environment has `ATENTO_API_KEY`, requests must have that key: as `Authorization:
Bearer KEY`, and in the field `api_key` where LibreTranslate's clients send it.

Models are read once. A directory that changes later changes nothing until the next start.

SIGTERM, SIGINT and SIGHUP: the server listens no longer, finishes the requests that have
begun, and exits with 0; with 1 if `--drain-timeout-s` was not enough. A second signal ends
it at once.
)";
}

void ServeCommand::WarnOfOpenDoors(const Server& server) const {
  const std::string address = server.address();
  const bool local = address.starts_with("127.") || address.starts_with("[::1]");
  if (local || !options_.api_key.empty()) return;
  LogWarning(fmt::format("everybody who reaches {} may use the models; set {} to ask for a key",
                         address, kKeyVariable));
}

int ServeCommand::Run(const FlagSet&) {
  RequireValue(*this, "--model", !flags_.model.empty());
  if (options_.cors.find_first_not_of("*") != std::string::npos &&
      options_.cors.find("://") == std::string::npos) {
    throw Error(ErrorKind::kUsage,
                "--cors " + options_.cors + ": give an origin such as https://example.org, or *");
  }
  options_.api_key = KeyFromEnvironment();
  std::vector<ServedModel> models = LoadServedModels(flags_.model, flags_.shortlist);
  std::string without_languages;
  for (const ServedModel& model : models) {
    if (!model.source_language().empty() && !model.target_language().empty()) continue;
    without_languages += (without_languages.empty() ? "" : ", ") + model.name;
  }
  Server server(options_, std::move(models));
  WarnOfOpenDoors(server);
  server.DrainOnSignals();
  LogInfo("listening on http://" + server.address());
  if (!without_languages.empty()) {
    LogInfo(
        "not for LibreTranslate's routes, since trained without --source-language and "
        "--target-language: " +
        without_languages);
  }
  if (server.Run()) {
    LogInfo("stopped");
    return 0;
  }
  throw Error(ErrorKind::kIo,
              "stopped with requests unanswered: they took longer than --drain-timeout-s; "
              "allow more, or limit texts and beams");
}

}  // namespace

std::unique_ptr<Command> MakeServeCommand() { return std::make_unique<ServeCommand>(); }

}  // namespace atento
