// A client for the tests of the server: bytes on a socket of the loopback, and answers taken apart.
#ifndef ATENTO_TESTS_SERVE_HTTP_CLIENT_H_
#define ATENTO_TESTS_SERVE_HTTP_CLIENT_H_

#include <map>
#include <string>
#include <string_view>

namespace atento {

struct HttpReply {
  int status = 0;                              // 0: the connection ended before a whole answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpClient {
 public:
  // Throws std::runtime_error. Waits at most ten seconds for anything. receive_buffer_bytes: what
  // the system keeps unread; 0: as it likes.
  explicit HttpClient(int port, int receive_buffer_bytes = 0);
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient(const HttpClient&) = delete;

  // False if the server has closed the connection.
  bool Send(std::string_view bytes);
  // The next answer; head: one without a body.
  HttpReply Receive(bool head = false);
  // Whether the server closes the connection, with nothing more to read.
  bool Ended();
  // Both ends are closed at once, with whatever was unread or unsent (RST).
  void Drop();
  void ShutDownWriting();

  HttpReply Get(const std::string& path) {
    Send("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return Receive();
  }
  HttpReply Post(const std::string& path, const std::string& body,
                 const std::string& headers = "Content-Type: application/json\r\n");

 private:
  bool Read();

  int socket_ = -1;
  std::string unread_;
};

// The bytes of a request with this body.
std::string PostBytes(const std::string& path, const std::string& body,
                      const std::string& headers = "Content-Type: application/json\r\n");

}  // namespace atento

#endif  // ATENTO_TESTS_SERVE_HTTP_CLIENT_H_
