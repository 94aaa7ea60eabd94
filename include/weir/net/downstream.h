// One client connection: requests come in one after another, each gets one answer.
//
//   idle --read_head--> head --read_body--> body --begin_answer--> answering --end_answer--> idle
//                         \_____________________begin_answer_____/       \--(not kept)----> closing
//
// Requests that a client sends ahead (pipelining) wait in the socket, unread, until the present one is answered.
// Everything a client can do wrong ends in a Fault; Fault::client_gone means that nobody is left to answer.
// Owned by the coroutine that serves the connection; one shard.
#pragma once

#include <span>
#include <string>

#include "weir/codec/http1_writer.h"
#include "weir/io/socket.h"
#include "weir/net/body.h"
#include "weir/net/context.h"
#include "weir/tls/context.h"

namespace weir::net {

class Downstream : private io::Socket::Watcher {
 public:
  enum class State : std::uint8_t { idle, head, body, answering, closing };

  Downstream(Context& context, io::Fd fd);
  ~Downstream();

  io::Loop& loop() { return context_.loop; }
  Context& context() { return context_; }

  /// Shakes hands with a client that speaks TLS; before anything else. False when it came to nothing.
  io::Task<bool> secure(const tls::ServerContext& context);

  // ---- The request.

  /// Waits for the next request's head. The views in it live until release_request(). Fault::client_gone also at the
  /// orderly end between two requests and when the idle time-out passes.
  io::Task<Result<codec::RequestHead*>> read_head();
  /// Reserves what an exchange needs at least. False when the shard has no memory for it: refuse it with Fault::shed.
  bool admit();
  /// Reads the whole body into `body`, bounded by max_body_bytes and the shard's memory (Fault::shed). Answers "100
  /// Continue" first when the client waits for it. Slow senders: Fault::client_timeout, after a time that grows with
  /// what has come.
  io::Task<Result<void>> read_body(Body& body);
  /// Lets go of the head, and of the memory reserved for head and body (which the caller has cleared): nothing of the
  /// request is held while its answer streams.
  void release_request();
  /// Reserves what the answer needs although the request is still held. False: there is no memory for both.
  bool keep_request() { return answer_memory_.grow_to(memory_of(kAnswerBuffers)); }
  /// When the first byte of the present request was there.
  Instant request_started() const { return request_started_; }

  // ---- The answer.

  /// A buffer for the answer's head; nothing when the shard has none left, which only a client that reads nothing can
  /// bring about.
  struct Answer {
    io::Chunk chunk;
    codec::HeadWriter writer;
  };
  /// Starts a head: the status line is written, the caller adds fields, then calls one of the begin_ functions.
  Answer start_head(int status);
  /// A body of known size follows in send() calls.
  void begin_sized(Answer answer, std::uint64_t content_length);
  /// A body of unknown size follows: chunked for HTTP/1.1, until the connection closes for HTTP/1.0.
  void begin_streamed(Answer answer);

  /// Sends a part of the body as it was received, untouched where its framing fits.
  void send(BodyPart&& part);
  /// Sends bytes of the body.
  void send(io::Chunk chunk) { send({&chunk, 1}); }
  /// Sends pieces of the body in one frame; the chunks are moved from.
  void send(std::span<io::Chunk> pieces);
  /// Copies a text of our own (an error event, a terminator) into the body.
  void send_text(Bytes text);
  /// True when one more part may be received for this client: it has credit, and the shard has memory for the part.
  bool has_room() {
    const std::size_t queued = socket_.unsent_buffers();
    if (queued > kFreeBuffers) return has_credit(queued);
    held_memory_.shrink_to(0);
    return socket_.broken() == io::Status::ok;
  }
  /// Waits until has_room(): client_gone or client_stalled when that will not happen.
  io::Task<Result<void>> catch_up();
  /// Waits until at most `unsent` bytes are queued; the same faults.
  io::Task<Result<void>> room(std::size_t unsent);
  /// Reserves memory for an answer that is held before it is sent, until it has been sent. False: it cannot be held.
  bool hold(std::size_t bytes) { return held_memory_.grow_to(bytes); }
  /// Ends the answer properly.
  void end_answer();
  /// Ends the connection instead: the client sees that the answer is not complete.
  void abort_answer() { state_ = State::closing; }

  /// A whole answer in one call. `extra` are complete field lines ("retry-after: 1\r\n").
  void answer(int status, Bytes content_type, Bytes body, Bytes extra = {});

  bool answer_begun() const { return state_ == State::answering; }
  /// The answer was given up: by abort_answer(), or because no buffer was left for a piece of it.
  bool aborted() const { return state_ == State::closing; }
  std::uint64_t answer_bytes() const { return answer_bytes_; }

  // ---- The connection.

  /// After an exchange: true when another request may follow. Reads away what is left of the present one.
  io::Task<bool> next_request();
  /// No further request is taken on this connection; one that runs is finished.
  void stop_after_this();
  /// Gives up at once: whoever waits on this connection goes on with a fault, and whoever watches it is told.
  void cut();
  io::Task<> close();

  /// Calls `on_gone` once when the client leaves while nobody reads from it (an answer is under way).
  void watch(void (*on_gone)(void*), void* object);
  void unwatch() { on_gone_ = nullptr; }

  io::Socket& socket() { return socket_; }

 private:
  static void on_input(io::Socket::Watcher& watcher);
  /// What an answer cannot do without: one on its way in, one on its way out, one with the beginning of a frame.
  static constexpr std::size_t kAnswerBuffers = 3;
  /// Of an answer that waits to be sent: within what every exchange has reserved (admit()).
  static constexpr std::size_t kFreeBuffers = 1;
  std::size_t memory_of(std::size_t buffers) const { return buffers * context_.loop.buffers().buffer_bytes(); }
  bool has_credit(std::size_t queued);
  Instant body_deadline(Instant started) const;
  Fault fault_of(io::Status status) const;
  void begin(Answer& answer);
  bool answers_with_body() const { return method_ != codec::Method::head; }
  void send_framed(std::span<io::Chunk> pieces);
  io::Task<> linger();

  Context& context_;
  io::Socket socket_;
  BodyReader reader_{codec::Sender::client};
  Recycler<codec::RequestHead>::Lease head_;
  io::Chunk head_chunk_;  // the bytes that head_ points into...
  std::string gathered_;  // ...or a copy of them, when they came in several receives
  io::MemoryLedger::Hold request_memory_;
  io::MemoryLedger::Hold answer_memory_;
  io::MemoryLedger::Hold held_memory_;
  Instant request_started_{};
  std::uint64_t answer_bytes_ = 0;
  void (*on_gone_)(void*) = nullptr;
  void* gone_object_ = nullptr;

  State state_ = State::idle;
  codec::Method method_ = codec::Method::get;
  bool http_1_1_ = true;
  bool keep_alive_ = true;
  bool stopping_ = false;
  bool waits_for_request_ = false;
  bool expects_continue_ = false;
  bool chunked_ = false;      // our framing of the answer
  bool until_close_ = false;  // the answer ends with the connection
  bool abandoned_ = false;    // the connection ends with a reset
  bool unread_ = true;        // not even the head of the present request was understood
};

}  // namespace weir::net
