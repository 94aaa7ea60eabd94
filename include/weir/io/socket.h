// One TCP connection on the ring: at most one receive and one send in flight.
//
// Reading. receive() takes what has arrived, or arms one single-shot receive and waits. Nothing is received that
// nobody asked for, except one receive that may be armed ahead with arm(), so that an end of stream is noticed while
// the owner is busy elsewhere; the watcher is told of such input. What is known to be large is received into several
// buffers at once, when its reader says so (expect()).
// Writing. send() queues chunks; all that was queued within a turn leaves in one gathered send just before the ring is
// entered, the rest follows when that completes. room() is the back-pressure: it waits until little enough is queued.
// Layer. secure() puts a layer (TLS) between content and wire; everything above speaks of content. Content is opened
// when somebody asks for it and sealed when it is sent, so that what waits for a slow peer is packed and sealed late.
// Ending. interrupt() resumes whoever waits, now and in future, with a status; close() shuts down, cancels, waits until
// the ring holds nothing of this socket, then closes the descriptor. The socket may die only after close() returned.
//
// Owned by a connection; single-threaded; pinned. One reader and one writer at a time.
#pragma once

#include <memory>
#include <vector>

#include "weir/io/layer.h"
#include "weir/io/loop.h"
#include "weir/io/status.h"
#include "weir/io/task.h"

namespace weir::io {

/// What a receive brought: a non-empty chunk with Status::ok, or no chunk and the reason.
struct Received {
  Status status = Status::ok;
  Chunk chunk;
};

class Socket {
 public:
  /// Told when input (data or an end) arrives while nobody waits in receive(), and when a send fails while nobody
  /// waits in room().
  class Watcher {
   public:
    using Handler = void (*)(Watcher&);
    explicit Watcher(Handler handler) : handler_(handler) {}
    void on_input() { handler_(*this); }

   private:
    Handler handler_;
  };

  /// A socket not yet connected.
  explicit Socket(Loop& loop);
  /// An accepted one.
  Socket(Loop& loop, Fd fd);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Loop& loop() { return loop_; }
  Fd fd() const { return fd_; }

  /// Opens a descriptor and connects; once, on a socket not yet connected.
  Task<Status> connect(Address peer, Instant deadline);

  /// Takes over a connected descriptor; on a socket not yet connected.
  void adopt(Fd connected) {
    WEIR_ASSERT(!fd_.valid(), "a socket has one descriptor");
    fd_ = connected;
  }
  /// Gives the descriptor away, before anything was received or sent.
  Fd release() {
    WEIR_ASSERT(!receive_op_.in_flight() && !send_op_.in_flight() && !has_input() && unsent_bytes_ == 0,
                "a connection is given away untouched");
    loop_.timers().cancel(read_timer_);
    return std::exchange(fd_, Fd{});
  }

  /// From here on bytes on the wire are the layer's. Before anything was sent or received, except what the layer's
  /// peer does not see (a proxy's handshake).
  void secure(std::unique_ptr<Layer> layer);
  /// The layer; null when there is none.
  const Layer* layer() const { return secured_ ? secured_->layer.get() : nullptr; }
  /// Waits until the layer's handshake is over: Status::ok, or why it will not be.
  auto handshake(Instant deadline);

  class Receive;
  /// Waits for input until the deadline (Status::timed_out).
  Receive receive(Instant deadline);
  /// So many bytes more will come for certain, and there is memory for them: the next receive fills as many buffers as
  /// it can at once, and receive() returns them one by one. With a layer: nothing changes.
  void expect(std::uint64_t bytes);
  /// Has a receive in flight, if none is and no input waits.
  void arm();
  /// Input that receive() would return at once (with a layer: after arm()).
  bool has_input() const { return input_ || input_status_ != Status::ok; }
  /// True when that is at least so many bytes.
  bool holds(std::uint64_t bytes) const { return input_.size() >= bytes; }
  /// What has_input() consists of, if it is an end; Status::ok otherwise.
  Status input_status() const { return input_status_; }
  /// Puts bytes back in front of what receive() returns next (the rest of a chunk that held more than one message).
  void unread(Chunk rest);
  void watch(Watcher* watcher) { watcher_ = watcher; }

  /// Queues bytes to be sent. Ignored after the connection broke: room() and broken() tell.
  void send(Chunk chunk);
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  /// At most how many buffers are held by what is queued.
  std::size_t unsent_buffers() const { return unsent_buffers_ + (secured_ ? secured_->waiting().size() : 0); }
  /// Waits until at most `unsent` bytes are queued; Status::ok, or why they never will be. Status::timed_out when the
  /// peer took nothing for the write time-out.
  auto room(std::size_t unsent);
  void set_write_timeout(Duration timeout) { write_timeout_ = timeout; }
  /// Why nothing can be sent any more; Status::ok while it can.
  Status broken() const { return write_status_; }
  /// Total bytes (of content) the peer's kernel side has accepted.
  std::uint64_t sent_bytes() const { return sent_bytes_; }

  void interrupt(Status status);
  bool interrupted() const { return interrupted_ != Status::ok; }

  /// Sends FIN; reading goes on. Everything must have been sent (room(0)): a FIN overtakes what is only queued.
  void finish() {
    WEIR_ASSERT(unsent_bytes_ == 0, "FIN comes after the last byte");
    loop_.ring().finish(fd_);
  }
  /// Says, in the layer's way, that nothing follows, and waits briefly until that is sent. Without a layer: nothing.
  Task<> say_end();
  /// `abandoned`: with a reset, so that the peer cannot take what it has got for all there is.
  Task<> close(bool abandoned = false);

 private:
  struct ReceiveOp : Op {
    explicit ReceiveOp(Socket& s) : Op(&Socket::on_receive), socket(s) {}
    Socket& socket;
  };
  struct SendOp : Op {
    explicit SendOp(Socket& s) : Op(&Socket::on_send), socket(s) {}
    Socket& socket;
  };
  template <class Base>
  struct Part : Base {
    template <class Handler>
    Part(Socket& s, Handler handler) : Base(handler), socket(s) {}
    Socket& socket;
  };

  /// The layer, and what it has sealed and is in flight.
  struct Secured {
    Secured(Socket& socket, std::unique_ptr<Layer> l) : layer(std::move(l)), starved(socket, &on_buffer_to_send) {}
    std::span<const Chunk> waiting() const { return std::span(sealed).subspan(first); }
    std::unique_ptr<Layer> layer;
    Part<Starved> starved;
    std::vector<Chunk> sealed;
    std::size_t first = 0;    // chunks before it have been sent
    std::size_t content = 0;  // how much content they cover
  };

  struct Wide;

  static void on_receive(Op& op, const Completion& completion);
  static void on_send(Op& op, const Completion& completion);
  static void on_read_timer(Timer& timer);
  static void on_write_timer(Timer& timer);
  static void on_buffer(Starved& starved);
  static void on_buffer_to_send(Starved& starved);
  static void on_flush(Flushable& flushable);

  bool handshaking() const { return secured_ && !secured_->layer->established(); }
  bool has_output() const {
    return unsent_bytes_ > 0 || (secured_ && (secured_->layer->has_output() || !secured_->sealed.empty()));
  }
  void open_content();
  void deliver_input();
  void start_send();
  void sent(std::size_t n);
  void content_sent(std::size_t n);
  /// Takes away what has been sent; how many buffers were let go.
  static std::size_t drop_front(std::vector<Chunk>& chunks, std::size_t& first, std::size_t n);
  void fail_writing(Status status);
  void wake_writer();
  void wake_closer();
  Received take_input();
  void set_read_deadline(Instant deadline);

  Loop& loop_;
  Fd fd_;
  ReceiveOp receive_op_;
  SendOp send_op_;
  Part<Timer> read_timer_;
  Part<Timer> write_timer_;
  Part<Starved> starved_;
  Part<Flushable> flushable_;
  Watcher* watcher_ = nullptr;

  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
  std::coroutine_handle<> closer_;
  Instant read_deadline_ = kNever;
  Instant write_progress_{};
  Duration write_timeout_{};

  Chunk input_;
  std::unique_ptr<Wide> wide_;  // while something large is expected
  std::vector<Chunk> outbox_;
  std::size_t outbox_first_ = 0;  // chunks before it have been sent
  std::size_t unsent_bytes_ = 0;
  std::size_t unsent_buffers_ = 0;
  std::size_t writer_wants_ = 0;
  std::unique_ptr<Secured> secured_;
  std::uint64_t sent_bytes_ = 0;
  std::int32_t connect_result_ = 0;
  Status input_status_ = Status::ok;
  Status write_status_ = Status::ok;
  Status interrupted_ = Status::ok;
  bool read_timed_out_ = false;
  bool connecting_ = false;
  bool layer_hungry_ = false;
  bool awaits_handshake_ = false;
  bool awaits_end_ = false;
  bool closing_ = false;
};

/// The awaiter of receive(). A class with a name, so that a room above can turn what was received into its own terms
/// without another coroutine.
class Socket::Receive {
 public:
  Receive(Socket& socket, Instant deadline) : socket_(socket), deadline_(deadline) {}
  bool await_ready() {
    if (socket_.interrupted() || socket_.has_input()) return true;
    socket_.arm();
    return socket_.has_input();
  }
  void await_suspend(std::coroutine_handle<> handle) {
    WEIR_ASSERT(!socket_.reader_, "a socket has one reader");
    socket_.reader_ = handle;
    socket_.set_read_deadline(deadline_);
  }
  Received await_resume() { return socket_.take_input(); }

 private:
  Socket& socket_;
  Instant deadline_;
};

inline Socket::Receive Socket::receive(Instant deadline) { return Receive(*this, deadline); }

inline auto Socket::handshake(Instant deadline) {
  struct Awaiter {
    Socket& socket;
    Instant deadline;
    bool await_ready() {
      if (socket.interrupted()) return true;
      socket.arm();
      return !socket.handshaking() || socket.has_input();
    }
    void await_suspend(std::coroutine_handle<> handle) {
      WEIR_ASSERT(!socket.reader_, "a socket has one reader");
      socket.reader_ = handle;
      socket.awaits_handshake_ = true;
      socket.set_read_deadline(deadline);
    }
    Status await_resume() {
      socket.awaits_handshake_ = false;
      if (!socket.handshaking()) return Status::ok;
      return socket.take_input().status;
    }
  };
  return Awaiter{*this, deadline};
}

inline auto Socket::room(std::size_t unsent) {
  struct Awaiter {
    Socket& socket;
    std::size_t unsent;
    bool await_ready() {
      return socket.unsent_bytes_ <= unsent || socket.write_status_ != Status::ok || socket.interrupted();
    }
    void await_suspend(std::coroutine_handle<> handle) {
      WEIR_ASSERT(!socket.writer_, "a socket has one writer");
      socket.writer_ = handle;
      socket.writer_wants_ = unsent;
    }
    Status await_resume() {
      if (socket.write_status_ != Status::ok) return socket.write_status_;
      return socket.unsent_bytes_ <= unsent ? Status::ok : socket.interrupted_;
    }
  };
  return Awaiter{*this, unsent};
}

}  // namespace weir::io
