#include "ends.h"

#include "conversation.h"
#include "dialects.h"
#include "weir/base/assert.h"

namespace weir::path {
namespace {
constexpr Duration kPace = 2ms;  // between two writes of a stream
}

// ---- The client.

Client::Client(io::SimNetwork& network, io::Address gateway, const Workload& workload, Bytes key)
    : network_(network), gateway_(gateway), workload_(workload), request_(request(workload, key)) {}

void Client::start(std::size_t exchanges, std::size_t frames, Duration delay) {
  left_ = exchanges;
  if (workload_.translated()) {
    expected_ = workload_.stream ? stream_text(workload_.kind, frames) : document_text();
  } else if (workload_.authorized) {
    expected_ = workload_.stream ? stream_body(workload_, frames) : document(workload_.provider);
  }
  if (exchanges > 0) network_.schedule(delay, [this] { ask(); });
}

void Client::ask() {
  reader_.begin();
  body_.clear();
  sent_ = 0;
  if (peer_) return push();
  peer_ = &network_.connect(gateway_);
  peer_->on_connect = [this](io::SimPeer&) { push(); };
  peer_->on_writable = [this](io::SimPeer&) { push(); };
  peer_->on_refused = [](io::SimPeer&) { WEIR_ASSERT(false, "the gateway takes every client"); };
  peer_->on_data = [this](io::SimPeer&, Bytes bytes) { take(bytes); };
}

void Client::push() { sent_ += peer_->write(Bytes(request_).substr(sent_)); }

void Client::take(Bytes bytes) {
  const std::size_t taken = reader_.feed(bytes, [&](std::string_view part) { body_.append(part); });
  WEIR_ASSERT(!reader_.broken() && taken == bytes.size(), "an answer is HTTP, and as long as it says");
  if (!reader_.complete()) return;
  check();
  // After a refusal the gateway closes, too: it has not read the body.
  if (::bench::header_value(reader_.head(), "connection") == "close") std::exchange(peer_, nullptr)->close();
  if (--left_ > 0) ask();
}

void Client::check() const {
  WEIR_ASSERT(reader_.status() == (workload_.authorized ? 200 : 401), "a client gets the status it should");
  if (workload_.translated()) {
    WEIR_ASSERT(text_of(workload_.client, workload_.stream, body_) == expected_, "a client gets its answer's text");
  } else {
    WEIR_ASSERT(!workload_.authorized || body_ == expected_, "a client gets its answer, byte for byte");
  }
}

// ---- The provider.

Provider::Provider(io::SimNetwork& network, io::Address address, const Workload& workload)
    : network_(network), workload_(workload), frames_(workload.frames) {
  network.listen(address, [this](io::SimPeer& peer) {
    Connection& connection = connections_.emplace_back();
    connection.peer = &peer;
    peer.on_data = [this, &connection](io::SimPeer&, Bytes bytes) { take(connection, bytes); };
    peer.on_writable = [&connection](io::SimPeer&) { push(connection); };
    peer.on_end = [](io::SimPeer& ended) { ended.close(); };
  });
}

void Provider::take(Connection& connection, Bytes bytes) {
  connection.in.append(bytes);
  if (connection.wanted == 0) {
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const Bytes head = Bytes(connection.in).substr(0, end);
    WEIR_ASSERT(
        ::bench::header_value(head, credential_header(workload_.provider)) == credential_value(workload_.provider),
        "the provider is asked with its credential");
    WEIR_ASSERT(workload_.provider != dialect::Dialect::gemini || head.contains("/models/gpt-4o:"),
                "the provider is asked for its own model");
    connection.wanted = end + 4 + std::stoul(std::string(::bench::header_value(head, "content-length")));
  }
  if (connection.in.size() < connection.wanted) return;
  WEIR_ASSERT(connection.in.size() == connection.wanted, "one request at a time");
  WEIR_ASSERT(workload_.provider == dialect::Dialect::gemini || connection.in.contains(R"("model":"gpt-4o")"),
              "the provider is asked for its own model");
  connection.in.clear();
  connection.wanted = 0;
  ++requests_;
  answer(connection);
}

void Provider::send(Connection& connection, Bytes bytes) {
  connection.out.append(bytes);
  push(connection);
}

void Provider::push(Connection& connection) { connection.out.erase(0, connection.peer->write(connection.out)); }

void Provider::answer(Connection& connection) {
  if (!workload_.stream) {
    send(connection, document_answer(workload_));
    if (workload_.provider_closes) connection.peer->finish();
    return;
  }
  connection.frame = 0;
  send(connection, stream_begin(workload_.provider));
  network_.schedule(kPace, [this, &connection] { stream_on(connection); });
}

void Provider::stream_on(Connection& connection) {
  if (connection.frame == frames_) {
    send(connection, stream_end(workload_, frames_));
    return;
  }
  std::string wire;
  for (std::size_t i = 0; i < workload_.frames_a_write && connection.frame < frames_; ++i)
    wire.append(in_chunk(content_frame(workload_, connection.frame++)));
  send(connection, wire);
  network_.schedule(kPace, [this, &connection] { stream_on(connection); });
}

}  // namespace weir::path
