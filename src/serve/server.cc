#include "serve/server.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

// Asio forgets this one.
#include <utility>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <optional>
#include <set>
#include <string_view>

#include "atento/error.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "serve/request_parser.h"
#include "serve/response_text.h"

namespace atento {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Clock = std::chrono::steady_clock;

Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// How long a client that is sent away may take to hear why.
constexpr double kLingerSeconds = 2;
// Files that the process has open besides connections.
constexpr int kOtherFiles = 64;

// What sessions need of the server; all on the thread of Run.
struct Shared {
  Service& service;
  bool draining = false;

  const ServeLimits& limits() const { return service.options().limits; }
};

// A request that waits for its answer.
struct Pending {
  explicit Pending(const asio::any_io_executor& executor)
      : wake(executor), cancelled(std::make_shared<std::atomic<bool>>(false)) {}

  asio::steady_timer wake;
  std::optional<HttpResponse> response;
  bool gone = false;  // the client
  bool over = false;  // nobody waits any more
  std::shared_ptr<std::atomic<bool>> cancelled;
};

// A connection. Every time limit is one of `deadline_`: when it passes, what waits for the socket is
// cancelled, and since `timed_out_` is looked at after every single read and write, none is left
// waiting.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, tcp::socket socket)
      : shared_(shared),
        socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        parser_(static_cast<size_t>(shared.limits().max_body_kb) * 1024) {}

  asio::awaitable<void> Run() {
    while (co_await Exchange()) {
    }
    deadline_.cancel();
    ErrorCode ignored;
    socket_.close(ignored);
  }

  // A connection that is between two requests ends.
  void StopIfIdle() {
    ErrorCode ignored;
    if (idle_) socket_.cancel(ignored);
  }

 private:
  void SetDeadline(double seconds) { SetDeadline(Clock::now() + Seconds(seconds)); }
  void SetDeadline(Clock::time_point time) {
    timed_out_ = false;
    deadline_.expires_at(time);
    deadline_.async_wait([self = shared_from_this()](const ErrorCode& error) {
      // A deadline that was moved while this was on its way has not passed.
      if (error || self->deadline_.expiry() > Clock::now()) return;
      self->timed_out_ = true;
      ErrorCode ignored;
      self->socket_.cancel(ignored);
    });
  }

  // One request and its answer. False if the connection has come to its end.
  asio::awaitable<bool> Exchange() {
    const bool received = co_await Receive();
    if (!received) co_return false;
    ResponseTextOptions options{.cors = shared_.service.options().cors};
    HttpResponse response;
    if (fault_) {
      response = shared_.service.Refuse(parser_.path(), fault_->fault(), fault_->what());
      options.keep_alive = false;
    } else {
      HttpRequest request = parser_.Take();
      options.head = request.method == "HEAD";
      auto pending = std::make_shared<Pending>(socket_.get_executor());
      const bool answered = co_await Ask(std::move(request), pending);
      if (!answered) co_return false;
      response = std::move(*pending->response);
      options.keep_alive = parser_.keep_alive() && !shared_.draining;
    }
    const std::string text = ResponseText(response, options);
    const bool written = co_await Write(text);
    if (written && !options.keep_alive) co_await Linger();
    co_return written&& options.keep_alive;
  }

  // Reads on until there is a request, or a fault. False if there is neither to come.
  asio::awaitable<bool> Receive() {
    const bool first = !answered_;
    answered_ = true;
    if (!first && !Parsed([&] { parser_.Next(); })) co_return true;
    SetDeadline(first || parser_.begun() ? shared_.limits().read_timeout_s
                                         : shared_.limits().idle_timeout_s);
    bool told_to_continue = false;
    while (!parser_.done()) {
      const bool begun = parser_.begun();
      if (!begun && shared_.draining) co_return false;
      if (parser_.has_headers() && !told_to_continue && parser_.expects_continue()) {
        told_to_continue = true;
        const Clock::time_point deadline = deadline_.expiry();
        const bool told = co_await Write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!told) co_return false;
        SetDeadline(deadline);
      }
      idle_ = !begun;
      ErrorCode error;
      const size_t count = co_await socket_.async_read_some(
          asio::buffer(buffer_), asio::redirect_error(asio::use_awaitable, error));
      idle_ = false;
      if (timed_out_ && begun) {
        fault_.emplace(HttpFault::kReadTimeout, "the request took too long to arrive");
        co_return true;
      }
      if (timed_out_ || error) co_return false;
      if (!Parsed([&] { parser_.Put({buffer_.data(), count}); })) co_return true;
      if (!begun) SetDeadline(shared_.limits().read_timeout_s);
    }
    co_return true;
  }

  // Whether `parse` found no fault; keeps the one that it found.
  template <class Function>
  bool Parsed(const Function& parse) {
    try {
      parse();
      return true;
    } catch (const HttpError& error) {
      fault_ = error;
      return false;
    }
  }

  // Hands the request over and waits for the answer, pending->response. False if the client leaves.
  asio::awaitable<bool> Ask(HttpRequest request, std::shared_ptr<Pending> pending) {
    deadline_.cancel();
    const Clock::time_point start = Clock::now();
    request.cancelled = pending->cancelled;
    pending->wake.expires_after(Seconds(shared_.limits().request_timeout_s));
    const Respond respond = [pending](HttpResponse response) {
      asio::post(pending->wake.get_executor(), [pending, response = std::move(response)]() mutable {
        pending->response = std::move(response);
        pending->wake.cancel();
      });
    };
    shared_.service.Handle(request, respond);
    WatchForClose(pending);
    ErrorCode error;
    co_await pending->wake.async_wait(asio::redirect_error(asio::use_awaitable, error));
    pending->over = true;
    ErrorCode ignored;
    socket_.cancel(ignored);
    if (pending->response) co_return true;
    pending->cancelled->store(true);
    if (pending->gone) co_return false;
    pending->response = shared_.service.Refuse(
        request.path, HttpFault::kRequestTimeout,
        "the answer took too long; send less text, or a smaller beam", Clock::now() - start);
    co_return true;
  }

  // A client that closes its end while it waits is taken to have left. If it has sent more before,
  // the end is behind that, and is found when the next request is read.
  void WatchForClose(const std::shared_ptr<Pending>& pending) {
    socket_.async_wait(
        tcp::socket::wait_read, [self = shared_from_this(), pending](const ErrorCode& error) {
          if (error || pending->over) return;
          char byte = 0;
          const ssize_t found =
              ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
          if (found > 0) return;  // the next request
          if (found < 0 && (errno == EAGAIN || errno == EINTR)) {
            self->WatchForClose(pending);
            return;
          }
          pending->gone = true;
          pending->wake.cancel();
        });
  }

  asio::awaitable<bool> Write(std::string_view text) {
    SetDeadline(shared_.limits().write_timeout_s);
    while (!text.empty()) {
      ErrorCode error;
      const size_t count = co_await socket_.async_write_some(
          asio::buffer(text.data(), text.size()), asio::redirect_error(asio::use_awaitable, error));
      if (error || timed_out_) co_return false;
      text.remove_prefix(count);
    }
    co_return true;
  }

  // To close with bytes unread would reset the connection, and the answer might be lost.
  asio::awaitable<void> Linger() {
    ErrorCode error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    SetDeadline(kLingerSeconds);
    while (!error && !timed_out_) {
      co_await socket_.async_read_some(asio::buffer(buffer_),
                                       asio::redirect_error(asio::use_awaitable, error));
    }
  }

  Shared& shared_;
  tcp::socket socket_;
  asio::steady_timer deadline_;
  bool timed_out_ = false;
  bool idle_ = false;      // waits for the first byte of a request
  bool answered_ = false;  // or has begun to
  std::optional<HttpError> fault_;
  RequestParser parser_;
  std::array<char, 8192> buffer_;
};

// Lets the process have as many connections as it may; returns how many that are.
int RaiseFileLimit(int connections) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t wanted = static_cast<rlim_t>(connections) + kOtherFiles;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return connections;
  const int most = std::max(1, static_cast<int>(limit.rlim_cur) - kOtherFiles);
  LogWarning("only " + std::to_string(most) +
             " connections at a time: the system allows this process no more open files");
  return most;
}

}  // namespace

struct Server::Impl {
  Impl(const ServeOptions& options, std::vector<ServedModel> models)
      : service(options, std::move(models)),
        max_connections(RaiseFileLimit(options.limits.max_connections)) {
    Bind(options.host, options.port);
  }

  // Outlives the service, whose threads post to it.
  asio::io_context io{1};
  Service service;
  Shared shared{service};
  const int max_connections;
  std::set<std::shared_ptr<Session>> sessions;
  tcp::acceptor acceptor{io};
  tcp::endpoint endpoint;
  asio::steady_timer timer{io};
  asio::signal_set signals{io};
  bool drained = true;

  // The first address of the host that this machine has: one of IPv6 may be none here.
  void Bind(const std::string& host, int port) {
    ErrorCode error;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
    for (const auto& entry : found) {
      error = Listen(entry.endpoint());
      if (error != asio::error::address_family_not_supported &&
          error != boost::system::errc::address_not_available) {
        break;
      }
    }
    if (!error) endpoint = acceptor.local_endpoint(error);
    if (!error) return;
    throw Error(ErrorKind::kIo, "cannot listen on " + host + " port " + std::to_string(port) +
                                    ": " + error.message() + "; choose another --host or --port");
  }

  ErrorCode Listen(const tcp::endpoint& address) {
    ErrorCode error, ignored;
    acceptor.close(ignored);
    acceptor.open(address.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(address, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    return error;
  }

  asio::awaitable<void> Accept() {
    while (acceptor.is_open()) {
      ErrorCode error;
      tcp::socket socket =
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (!acceptor.is_open()) co_return;
      if (error) {
        // Most likely there are no files left: others have to be closed first.
        timer.expires_after(Seconds(0.05));
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      try {
        Begin(std::move(socket));
      } catch (const std::exception& fault) {
        Log(LogLevel::kError, std::string("a connection was dropped: ") + fault.what());
      }
    }
  }

  void Begin(tcp::socket socket) {
    service.metrics().Add(Metric::kConnectionsTotal);
    if (static_cast<int>(sessions.size()) >= max_connections) {
      SendAway(socket);
      return;
    }
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto session = std::make_shared<Session>(shared, std::move(socket));
    sessions.insert(session);
    service.metrics().Add(Metric::kConnections);
    asio::co_spawn(io, Serve(session), asio::detached);
  }

  // What fits into the buffers of the system: nobody waits for a client that is one too many.
  void SendAway(tcp::socket& socket) {
    service.metrics().Add(Metric::kConnectionsRefused);
    const HttpResponse response =
        service.Refuse("", HttpFault::kUnavailable, "too many connections: try again later");
    const std::string text =
        ResponseText(response, {.keep_alive = false, .cors = service.options().cors});
    ErrorCode ignored;
    std::array<char, 8192> unread;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    socket.read_some(asio::buffer(unread), ignored);
  }

  asio::awaitable<void> Serve(std::shared_ptr<Session> session) {
    try {
      co_await session->Run();
    } catch (const std::exception& error) {
      Log(LogLevel::kError, std::string("a connection was dropped: ") + error.what());
    }
    sessions.erase(session);
    service.metrics().Add(Metric::kConnections, -1);
    StopIfDrained();
  }

  void StopIfDrained() {
    if (shared.draining && sessions.empty()) io.stop();
  }

  void StartDraining() {
    if (shared.draining) return;
    shared.draining = true;
    service.Drain();
    ErrorCode ignored;
    acceptor.close(ignored);
    for (const auto& session : sessions) session->StopIfIdle();
    timer.expires_after(Seconds(service.options().limits.drain_timeout_s));
    timer.async_wait([this](const ErrorCode& error) {
      if (error) return;
      drained = false;
      io.stop();
    });
    StopIfDrained();
  }
};

Server::Server(const ServeOptions& options, std::vector<ServedModel> models)
    : impl_(std::make_unique<Impl>(options, std::move(models))) {}

Server::~Server() = default;

std::string Server::address() const {
  const auto ip = impl_->endpoint.address();
  const std::string host = ip.to_string();
  return (ip.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

int Server::port() const { return impl_->endpoint.port(); }

bool Server::Run() {
  asio::co_spawn(impl_->io, impl_->Accept(), asio::detached);
  impl_->io.run();
  return impl_->drained;
}

void Server::Drain() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->StartDraining(); });
}

void Server::DrainOnSignals() {
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction old = {};
    if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    impl_->signals.add(signal);
  }
  impl_->signals.async_wait([impl = impl_.get()](const ErrorCode& error, int) {
    if (error) return;
    LogInfo("stopping: requests that have begun are finished; a second signal ends at once");
    impl->signals.clear();
    RemoveTemporariesOnSignals();
    impl->StartDraining();
  });
}

Service& Server::service() { return impl_->service; }

}  // namespace atento
