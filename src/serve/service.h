// What the server answers, without sockets: routes, keys, limits and errors.
#ifndef ATENTO_SERVE_SERVICE_H_
#define ATENTO_SERVE_SERVICE_H_

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "serve/batcher.h"
#include "serve/http.h"
#include "serve/metrics.h"
#include "serve/serve_options.h"
#include "serve/served_model.h"
#include "serve/tickets.h"

namespace atento {

// What handlers work with.
struct ServiceContext {
  ServiceContext(const ServeOptions& o, std::vector<ServedModel> m)
      : options(o),
        models(std::move(m)),
        traces(o.limits.max_traces),
        batcher(o.batching, &metrics) {}

  const ServeOptions options;
  const std::vector<ServedModel> models;  // at least one
  Metrics metrics;
  std::atomic<bool> draining{false};
  Tickets traces;
  Batcher batcher;  // the last: its threads use the others
};

// Thread-safe.
class Service {
 public:
  // Throws Error{kUsage} if there is no model, and as Batcher.
  Service(const ServeOptions& options, std::vector<ServedModel> models);

  // Answers once by `respond`, now or from a compute thread later; not at all if request.cancelled
  // is set before. Throws nothing.
  void Handle(const HttpRequest& request, const Respond& respond);

  // An answer to what is no request, in the form that errors have on the path, and counted. taken:
  // since the whole request was there, if it was.
  HttpResponse Refuse(std::string_view path, HttpFault fault, const std::string& message,
                      std::optional<std::chrono::duration<double>> taken = {});

  // From now on /readyz says that the server stops.
  void Drain() { context_.draining = true; }

  const ServeOptions& options() const { return context_.options; }
  Metrics& metrics() { return context_.metrics; }

 private:
  void Count(std::string_view path, int status, std::optional<std::chrono::duration<double>> taken);

  ServiceContext context_;
};

}  // namespace atento

#endif  // ATENTO_SERVE_SERVICE_H_
