// The options of the server, declared once: flags of `atento serve`, and limits that
// /openapi.json names.
#ifndef ATENTO_SERVE_SERVE_OPTIONS_H_
#define ATENTO_SERVE_SERVE_OPTIONS_H_

#include <string>

#include "atento/options.h"

namespace atento {

// What waits is translated together: sentences of all connections with equal models and search
// options. batch_sentences 1: one by one.
struct BatchingOptions {
  double batch_window_ms = 2;
  int batch_sentences = 64;
  int batch_tokens = 4096;
  int queue_sentences = 2000;
  int threads = 0;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("batch-window-ms", o.batch_window_ms, Range{0, 1000},
          "milliseconds that a sentence waits for others at most while a thread is free");
    visit("batch-sentences", o.batch_sentences, Range{1, 4096},
          "sentences translated together at most; 1: no batching");
    visit("batch-tokens", o.batch_tokens, kAtLeastOne,
          "source tokens translated together at most, unless one sentence has more");
    visit(
        "queue-sentences", o.queue_sentences, kAtLeastOne,
        "sentences that may wait, of a request counted up to an eighth of them; beyond it requests "
        "are answered with 429");
    visit("threads", o.threads, Range{0, 1024}, "compute threads; 0: one per core");
  }
};

struct ServeLimits {
  int max_body_kb = 512;
  int max_text_characters = 50000;
  int max_texts = 128;
  int max_beam = 20;
  double max_length_ratio = 10;
  int max_trace_tokens = 200;
  int max_traces = 16;
  int max_connections = 2000;
  double read_timeout_s = 15;
  double write_timeout_s = 30;
  double idle_timeout_s = 60;
  double request_timeout_s = 60;
  double drain_timeout_s = 30;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    constexpr Range kSeconds{0.01, 86400};
    visit("max-body-kb", o.max_body_kb, Range{1, 1 << 20}, "size of a request's body");
    visit("max-text-characters", o.max_text_characters, kAtLeastOne,
          "characters of all texts of a request together");
    visit("max-texts", o.max_texts, kAtLeastOne, "texts of a request");
    visit("max-beam", o.max_beam, Range{1, 1000}, "beam of a request");
    visit("max-length-ratio", o.max_length_ratio, Range{0.01, 1000},
          "max_length_ratio of a request");
    visit("max-trace-tokens", o.max_trace_tokens, Range{1, 1000},
          "tokens of a sentence to trace, and of a translation that is given for it");
    visit("max-traces", o.max_traces, kAtLeastOne,
          "traces that wait, are made or are sent; beyond it requests are answered with 429");
    visit("max-connections", o.max_connections, Range{1, 1000000}, "connections at a time");
    visit("read-timeout-s", o.read_timeout_s, kSeconds,
          "seconds from the first byte of a request to its last");
    visit("write-timeout-s", o.write_timeout_s, kSeconds, "seconds to take an answer");
    visit("idle-timeout-s", o.idle_timeout_s, kSeconds, "seconds between two requests");
    visit("request-timeout-s", o.request_timeout_s, kSeconds,
          "seconds from the whole request to its answer");
    visit("drain-timeout-s", o.drain_timeout_s, kSeconds,
          "seconds that requests have to finish after SIGTERM");
  }
};

struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string cors;
  std::string api_key;  // from the environment: a flag would be seen by every user of the machine
  BatchingOptions batching;
  ServeLimits limits;

  template <class Self, class Visitor>
  static void ForEach(Self& o, Visitor&& visit) {
    visit("host", o.host, kAny, "address or name to listen on; 0.0.0.0: all IPv4 addresses",
          "HOST");
    visit("port", o.port, Range{0, 65535}, "port to listen on; 0: any free one");
    visit("cors", o.cors, kAny, "web origin whose pages may call the server; *: all", "ORIGIN");
  }
};

}  // namespace atento

#endif  // ATENTO_SERVE_SERVE_OPTIONS_H_
