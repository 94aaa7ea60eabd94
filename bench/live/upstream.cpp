// bench_upstream: a provider of chat completions, and of streams of Anthropic messages, that costs as little as
// possible. One thread and one ring hold every connection; one queue of due times drives every stream. Each content
// frame is one HTTP chunk in one send and carries the clock of the moment it was written. A reader that does not keep
// up delays its own stream only.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "arguments.h"
#include "http.h"
#include "ring.h"
#include "tls.h"
#include "wire.h"

namespace {

using bench::Completion;
using bench::Tag;

enum Op : std::uint8_t { kAccept, kReceive, kSend };

struct Connection {
  int fd = -1;
  std::unique_ptr<bench::TlsSession> tls;
  std::string in;       // bytes of a request not yet whole
  std::string sending;  // given to the kernel
  std::size_t sent = 0;
  std::string pending;  // waits for `sending` to be through
  unsigned outstanding = 0;
  bool busy = false;  // a send is in flight
  bool dying = false;

  bool streaming = false;
  bool usage = false;
  bool anthropic = false;  // what it streams
  std::uint32_t sequence = 0;
  std::uint32_t chunks = 0;
  std::int64_t due = 0;  // its entry in the queue of due times
  bool delayed = false;  // a document in `pending` waits for its due time
};

struct Due {
  std::int64_t at;
  std::uint32_t slot;
  bool operator>(const Due& other) const { return at > other.at; }
};

void append_chunk(std::string& out, std::string_view data) {
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, data.size(), 16).ptr;
  out.append(size, end).append("\r\n").append(data).append("\r\n");
}

bool has_field(std::string_view body, std::string_view name, std::string_view value) {
  const void* const at = memmem(body.data(), body.size(), name.data(), name.size());
  if (at == nullptr) return false;
  std::string_view rest = body.substr(static_cast<std::size_t>(static_cast<const char*>(at) - body.data()));
  rest.remove_prefix(name.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
  return rest.starts_with(value);
}

std::uint32_t number_field(std::string_view body, std::string_view name, std::uint32_t otherwise) {
  const void* const at = memmem(body.data(), body.size(), name.data(), name.size());
  if (at == nullptr) return otherwise;
  const char* digits = static_cast<const char*>(at) + name.size();
  const char* const end = body.data() + body.size();
  while (digits < end && (*digits == ' ' || *digits == ':')) ++digits;
  std::from_chars(digits, end, otherwise);
  return otherwise;
}

class Upstream {
 public:
  struct Options {
    std::uint16_t port;
    std::uint32_t chunks;
    std::int64_t interval_ns;
    std::size_t chunk_bytes;
    std::size_t split_bytes;         // longest single send
    std::int64_t document_delay_ns;  // before a document, so that many requests are held at once
    int send_buffer;                 // SO_SNDBUF, 0 as the kernel likes
    std::string tls_chain;           // PEM; without it clients speak plain HTTP
    std::string tls_key;
  };

  explicit Upstream(const Options& options)
      : options_(options),
        ring_(8192, 65536),
        buffers_(ring_, 1024, 16384),
        listener_(bench::listen_on(options.port)),
        frame_(options.chunk_bytes),
        anthropic_frame_(bench::ContentFrame::anthropic(options.chunk_bytes)) {
    if (!options.tls_chain.empty()) tls_ = bench::TlsContext::server(options.tls_chain, options.tls_key);
    arm_accept();
  }

  [[noreturn]] void run() {
    for (;;) {
      std::int64_t wait = -1;
      if (!dues_.empty()) wait = std::max<std::int64_t>(0, dues_.top().at - bench::now_ns());
      ring_.turn(wait);
      ring_.drain([this](const Completion& c) { handle(c); });
      send_what_is_due();
    }
  }

 private:
  void handle(const Completion& c) {
    if (c.tag.op == kAccept) return on_accept(c);
    Connection& connection = connections_[c.tag.slot];
    if (!c.more) --connection.outstanding;
    if (c.tag.op == kReceive) on_receive(connection, c);
    if (c.tag.op == kSend) on_send(connection, c.tag.slot, c.result);
    release_if_over(connection, c.tag.slot);
  }

  void on_accept(const Completion& c) {
    if (!c.more) arm_accept();
    if (c.result < 0) return;
    bench::set_nodelay(c.result);
    if (options_.send_buffer != 0) bench::set_send_buffer(c.result, options_.send_buffer);
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(connections_.size());
      connections_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    connections_[slot].fd = c.result;
    if (tls_) connections_[slot].tls = std::make_unique<bench::TlsSession>(*tls_);
    arm_receive(connections_[slot], slot);
  }

  void on_receive(Connection& connection, const Completion& c) {
    if (c.has_buffer) {
      if (c.result > 0 && !connection.dying) {
        take(connection, c.tag.slot, {buffers_.data(c.buffer), static_cast<std::size_t>(c.result)});
      }
      buffers_.give_back(c.buffer);
    }
    if (c.result <= 0 && c.result != -ENOBUFS) return die(connection);
    if (!c.more && !connection.dying) arm_receive(connection, c.tag.slot);
    while (!connection.dying && !connection.streaming && !connection.delayed && take_request(connection, c.tag.slot)) {
    }
  }

  void take(Connection& connection, std::uint32_t slot, std::string_view bytes) {
    const auto plain = [&](std::string_view part) { connection.in.append(part); };
    if (!connection.tls) return plain(bytes);
    if (!connection.tls->receive(bytes, plain)) return die(connection);
    flush(connection, slot);  // the handshake's own answers
  }

  /// Answers the first whole request in `in`; false when there is none.
  bool take_request(Connection& connection, std::uint32_t slot) {
    const std::string_view in = connection.in;
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    const std::string_view head = in.substr(0, end);
    const std::string_view length = bench::header_value(head, "content-length");
    std::size_t bytes = 0;
    connection.anthropic = head.starts_with("POST /v1/messages");
    if ((!connection.anthropic && !head.starts_with("POST /v1/chat/completions ")) || length.empty() ||
        std::from_chars(length.data(), length.data() + length.size(), bytes).ec != std::errc{}) {
      std::fprintf(stderr, "bench_upstream: not a request it knows:\n%.*s\n", static_cast<int>(head.size()),
                   head.data());
      die(connection);
      return false;
    }
    if (in.size() < end + 4 + bytes) return false;
    const std::string_view body = in.substr(end + 4, bytes);
    if (connection.anthropic || has_field(body, "\"stream\"", "true")) {
      begin_stream(connection, slot, body);
    } else {
      const std::string& document = bench::completion_document();
      connection.pending.append("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
      connection.pending.append(std::to_string(document.size())).append("\r\nx-request-id: req-bench\r\n\r\n");
      connection.pending.append(document);
      if (options_.document_delay_ns == 0) {
        flush(connection, slot);
      } else {
        connection.delayed = true;
        dues_.push({bench::now_ns() + options_.document_delay_ns, slot});
      }
    }
    connection.in.erase(0, end + 4 + bytes);
    return true;
  }

  /// Head, role and first content frame at once: a gateway may hold the head until there is content, and what it waits
  /// for then is not its own. The next frame at a random phase of the interval, so that streams do not tick together.
  void begin_stream(Connection& connection, std::uint32_t slot, std::string_view body) {
    connection.streaming = true;
    connection.usage = has_field(body, "\"include_usage\"", "true");
    connection.chunks = number_field(body, "\"max_tokens\"", options_.chunks);
    connection.sequence = 0;
    connection.pending.append(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        "Transfer-Encoding: chunked\r\nx-request-id: req-bench\r\n\r\n");
    append_chunk(connection.pending, connection.anthropic ? bench::anthropic_begin() : bench::role_frame());
    if (connection.chunks > 0) {
      bench::ContentFrame& frame = connection.anthropic ? anthropic_frame_ : frame_;
      append_chunk(connection.pending, frame.fill(bench::now_ns(), connection.sequence++));
    }
    flush(connection, slot);
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    const auto phase = static_cast<std::int64_t>((random_ >> 33) % static_cast<std::uint64_t>(options_.interval_ns));
    connection.due = bench::now_ns() + phase;
    dues_.push({connection.due, slot});
  }

  void send_what_is_due() {
    while (!dues_.empty()) {
      const std::int64_t now = bench::now_ns();
      if (dues_.top().at > now) return;
      const std::uint32_t slot = dues_.top().slot;
      dues_.pop();
      Connection& connection = connections_[slot];
      if (connection.dying) {
        connection.streaming = connection.delayed = false;
        release_if_over(connection, slot);
        continue;
      }
      if (connection.delayed) {
        connection.delayed = false;
        flush(connection, slot);
        while (!connection.streaming && !connection.delayed && take_request(connection, slot)) {
        }
        continue;
      }
      // A slow reader: its stream waits, its next frame is written when the last one is through.
      if (!connection.busy) write_next(connection, slot, now);
      if (!connection.streaming) continue;
      connection.due = std::max(connection.due + options_.interval_ns, now - options_.interval_ns);
      dues_.push({connection.due, slot});
    }
  }

  void write_next(Connection& connection, std::uint32_t slot, std::int64_t now) {
    if (connection.sequence < connection.chunks) {
      bench::ContentFrame& frame = connection.anthropic ? anthropic_frame_ : frame_;
      append_chunk(connection.pending, frame.fill(now, connection.sequence++));
    } else if (connection.anthropic) {
      append_chunk(connection.pending, bench::anthropic_end(connection.chunks));
      connection.pending.append("0\r\n\r\n");
      connection.streaming = false;
    } else {
      append_chunk(connection.pending, bench::finish_frame());
      if (connection.usage) append_chunk(connection.pending, bench::usage_frame(connection.chunks));
      append_chunk(connection.pending, bench::done_frame());
      connection.pending.append("0\r\n\r\n");
      connection.streaming = false;
    }
    flush(connection, slot);
    while (!connection.streaming && take_request(connection, slot)) {
    }
  }

  void flush(Connection& connection, std::uint32_t slot) {
    if (connection.busy || connection.delayed) return;
    if (connection.tls) {
      if (!connection.pending.empty()) connection.tls->send(connection.pending);
      connection.pending.swap(connection.tls->out());
      connection.tls->out().clear();
    }
    if (connection.pending.empty()) return;
    connection.sending.swap(connection.pending);
    connection.pending.clear();
    connection.sent = 0;
    send_rest(connection, slot);
  }

  void send_rest(Connection& connection, std::uint32_t slot) {
    std::string_view rest = std::string_view(connection.sending).substr(connection.sent);
    rest = rest.substr(0, options_.split_bytes);
    io_uring_prep_send(ring_.next(Tag{kSend, slot}), connection.fd, rest.data(), rest.size(),
                       MSG_NOSIGNAL | MSG_WAITALL);
    connection.busy = true;
    ++connection.outstanding;
  }

  void on_send(Connection& connection, std::uint32_t slot, int result) {
    connection.busy = false;
    if (result < 0) return die(connection);
    connection.sent += static_cast<std::size_t>(result);
    if (connection.dying) return;
    if (connection.sent < connection.sending.size()) return send_rest(connection, slot);
    flush(connection, slot);
  }

  void arm_receive(Connection& connection, std::uint32_t slot) {
    bench::BufferGroup::prepare_receive(ring_.next(Tag{kReceive, slot}), connection.fd, true, true);
    ++connection.outstanding;
  }

  void arm_accept() {
    io_uring_prep_multishot_accept(ring_.next(Tag{kAccept, 0}), listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }

  static void die(Connection& connection) {
    if (connection.dying) return;
    connection.dying = true;
    shutdown(connection.fd, SHUT_RDWR);
  }

  /// A connection that streams (or whose document is delayed) has an entry in `dues_`; only its taking frees the slot.
  void release_if_over(Connection& connection, std::uint32_t slot) {
    if (!connection.dying || connection.outstanding > 0 || connection.streaming || connection.delayed) return;
    close(connection.fd);
    connection = Connection{};
    free_.push_back(slot);
  }

  Options options_;
  std::optional<bench::TlsContext> tls_;
  bench::Ring ring_;
  bench::BufferGroup buffers_;
  int listener_;
  bench::ContentFrame frame_;
  bench::ContentFrame anthropic_frame_;
  std::deque<Connection> connections_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> dues_;
  std::uint64_t random_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  std::int64_t port = 0;
  std::int64_t chunks = 100;
  std::int64_t interval_us = 20000;
  std::int64_t chunk_bytes = 220;
  std::int64_t split_bytes = 1 << 20;
  std::int64_t document_delay_ms = 0;
  std::int64_t send_buffer = 0;
  std::string tls_chain;
  std::string tls_key;
  bench::read_arguments(argc, argv,
                        "bench_upstream: mock provider of chat completions and streamed messages on 127.0.0.1",
                        {{"port", &port, "where to listen"},
                         {"chunks", &chunks, "content frames per stream when the request has no max_tokens (100)"},
                         {"interval-us", &interval_us, "time between two frames of a stream (20000)"},
                         {"chunk-bytes", &chunk_bytes, "bytes of a content frame (220)"},
                         {"split-bytes", &split_bytes, "answers in sends of at most this size (1 MiB)"},
                         {"document-delay-ms", &document_delay_ms, "time before a document is answered (0)"},
                         {"send-buffer", &send_buffer, "SO_SNDBUF of its connections (0: as the kernel likes)"},
                         {"tls-chain", &tls_chain, "speak TLS with this certificate (PEM)"},
                         {"tls-key", &tls_key, "its key (PEM)"}});
  bench::allow_many_descriptors();
  Upstream upstream({static_cast<std::uint16_t>(port), static_cast<std::uint32_t>(chunks),
                     std::max<std::int64_t>(1, interval_us) * 1000, static_cast<std::size_t>(chunk_bytes),
                     static_cast<std::size_t>(std::max<std::int64_t>(1, split_bytes)), document_delay_ms * 1'000'000,
                     static_cast<int>(send_buffer), tls_chain, tls_key});
  upstream.run();
}
