// The server: connections, and their time limits. Asio is named in server.cc alone.
#ifndef ATENTO_SERVE_SERVER_H_
#define ATENTO_SERVE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "serve/serve_options.h"
#include "serve/served_model.h"
#include "serve/service.h"

namespace atento {

// What happens on a connection happens on the thread of Run, one thing at a time; sentences are
// translated by the compute threads of a Batcher.
class Server {
 public:
  // Listens from now on. Raises the process's limit of open files if it must. Throws Error{kIo}
  // naming host and port if they cannot be had, and as Service.
  Server(const ServeOptions& options, std::vector<ServedModel> models);
  // After Run, or without it. Requests that Run left unanswered are dropped.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "127.0.0.1:8080", "[::1]:8080": with the port that port 0 became.
  std::string address() const;
  int port() const;

  // Answers until it has drained. Whether every request had its answer within the time for that.
  bool Run();

  // Listens no longer, finishes the requests that have begun to arrive, and ends Run. May be called
  // from any thread.
  void Drain();
  // From now on SIGTERM, SIGINT and SIGHUP do that, unless they are ignored; the next one ends the
  // process.
  void DrainOnSignals();

  Service& service();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_SERVE_SERVER_H_
