#include "weir/io/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "weir/io/frame_pool.h"

namespace weir::io {
namespace {
constexpr std::size_t kCopySmall = 2048;
constexpr std::size_t kCopyTogether = 8192;
constexpr Duration kEndTimeout = 1s;       // for a peer to take the layer's last word...
constexpr Duration kHastyTimeout = 100ms;  // ...and when somebody has given up on the connection
}  // namespace

/// A receive into several buffers: lent to the ring, then filled ones that wait to be taken. They belong to the socket,
/// so that they live until the completion whatever becomes of the reader.
struct Socket::Wide {
  static constexpr std::size_t kMost = 16;

  static void* operator new(std::size_t size) { return FramePool::allocate(size); }
  static void operator delete(void* memory, std::size_t size) { FramePool::release(memory, size); }

  bool lent = false;
  std::uint64_t expected = 0;  // bytes
  std::size_t first = 0;
  std::size_t count = 0;
  std::array<Chunk, kMost> chunks;

  /// Takes buffers for what is expected; false when one would do or there are not two.
  bool take(BufferPool& buffers, std::array<Space, kMost>& spaces) {
    const std::uint64_t wanted = std::exchange(expected, 0);
    if (wanted <= buffers.buffer_bytes()) return false;
    first = count = 0;
    for (std::uint64_t left = wanted; left > 0 && count < kMost; left -= chunks[count++].size()) {
      Chunk& chunk = chunks[count] = buffers.take();
      if (!chunk) break;
      if (left < chunk.size()) chunk.truncate(static_cast<std::size_t>(left));
      spaces[count] = {chunk.writable().data(), chunk.size()};
    }
    lent = count > 1;
    if (!lent) clear();
    return lent;
  }
  /// The ring filled so many bytes.
  void fill(std::size_t bytes) {
    lent = false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t part = std::min(bytes, chunks[i].size());
      part > 0 ? chunks[i].truncate(part) : void(chunks[i] = {});
      bytes -= part;
    }
  }
  Chunk next() { return first < count ? std::move(chunks[first++]) : Chunk(); }
  void clear() {
    for (; count > 0; --count) chunks[count - 1] = {};
  }
};

Socket::Socket(Loop& loop) : Socket(loop, Fd{}) {}

Socket::Socket(Loop& loop, Fd fd)
    : loop_(loop),
      fd_(fd),
      receive_op_(*this),
      send_op_(*this),
      read_timer_(*this, &on_read_timer),
      write_timer_(*this, &on_write_timer),
      starved_(*this, &on_buffer),
      flushable_(*this, &on_flush) {}

Socket::~Socket() { WEIR_ASSERT(!fd_.valid(), "a socket is closed before it dies"); }

Task<Status> Socket::connect(Address peer, Instant deadline) {
  const auto fd = loop_.ring().open_stream(peer);
  if (!fd) co_return Status::failed;
  fd_ = *fd;
  connecting_ = true;
  loop_.ring().connect(send_op_, fd_, peer);

  struct Awaiter {
    Socket& socket;
    Instant deadline;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      socket.writer_ = handle;
      socket.set_read_deadline(deadline);
    }
    void await_resume() {}
  };
  Awaiter connected{*this, deadline};
  co_await connected;
  // Woken by the connect's completion, by the deadline, or by an interrupt; in the last two cases the operation may
  // still be in flight, and close() waits for it.
  if (interrupted()) co_return interrupted_;
  if (read_timed_out_) co_return Status::timed_out;
  connecting_ = false;
  read_deadline_ = kNever;
  co_return connect_result_ == 0 ? Status::ok : status_from(connect_result_);
}

void Socket::secure(std::unique_ptr<Layer> layer) {
  WEIR_ASSERT(!secured_ && unsent_bytes_ == 0, "a layer comes before the first byte");
  secured_ = std::make_unique<Secured>(*this, std::move(layer));
  if (input_) secured_->layer->feed(std::move(input_));
}

void Socket::arm() {
  if (receive_op_.in_flight() || starved_.linked() || has_input() || closing_) return;
  if (secured_ && !layer_hungry_) {
    open_content();
    if (starved_.linked() || has_input()) return;
  }
  if (std::array<Space, Wide::kMost> spaces; wide_ && wide_->take(loop_.buffers(), spaces))
    return loop_.ring().receive_into(receive_op_, fd_, std::span(spaces).first(wide_->count));
  loop_.ring().receive(receive_op_, fd_);
}

void Socket::expect(std::uint64_t bytes) {
  if (bytes <= loop_.buffers().buffer_bytes() || secured_) {
    if (!wide_) return;
    wide_->expected = 0;
    if (!wide_->lent && !input_) wide_.reset();
    return;
  }
  if (!wide_) wide_ = std::make_unique<Wide>();
  wide_->expected = bytes;
}

/// Has the layer work through what it was fed. Afterwards there is input, or the socket waits for a buffer, or more is
/// needed from the wire.
void Socket::open_content() {
  switch (secured_->layer->open(input_)) {
    case Layer::Opened::content:
      break;
    case Layer::Opened::hungry:
      layer_hungry_ = true;
      break;
    case Layer::Opened::no_buffer:
      loop_.buffers().wait_for_buffer(starved_);
      break;
    case Layer::Opened::end:
      input_status_ = Status::end;
      break;
    case Layer::Opened::failed:
      input_status_ = Status::insecure;
      break;
  }
  if (secured_->layer->has_output()) loop_.flush_later(flushable_);
}

void Socket::unread(Chunk rest) {
  if (rest.empty()) return;
  WEIR_ASSERT(!input_, "bytes are put back before more are received");
  input_ = std::move(rest);
}

Received Socket::take_input() {
  if (input_) {
    Received received{Status::ok, std::move(input_)};
    if (wide_) input_ = wide_->next();
    return received;
  }
  if (interrupted()) return {interrupted_, {}};
  if (std::exchange(read_timed_out_, false)) return {Status::timed_out, {}};
  return {input_status_, {}};
}

void Socket::on_receive(Op& op, const Completion& completion) {
  Socket& self = static_cast<ReceiveOp&>(op).socket;
  auto& buffers = self.loop_.buffers();
  // The buffer first, whatever state the connection is in: a forgotten buffer is lost for good.
  Chunk received;
  if (self.wide_ && self.wide_->lent) {
    self.wide_->fill(static_cast<std::size_t>(std::max(completion.result, 0)));
    received = self.wide_->next();
  } else if (completion.result > 0) {
    received = buffers.received(completion.buffer, static_cast<std::size_t>(completion.result));
  } else if (completion.buffer >= 0) {
    buffers.give_back(completion.buffer);
  }
  if (self.closing_) {
    received = {};
    return self.wake_closer();
  }
  if (completion.result == -ENOBUFS) return buffers.wait_for_buffer(self.starved_);
  if (completion.result < 0) {
    self.input_status_ = status_from(completion.result);
  } else if (completion.result == 0) {
    self.input_status_ = self.secured_ ? Status::truncated : Status::end;
  } else if (!self.secured_) {
    self.input_ = std::move(received);
  } else {
    self.secured_->layer->feed(std::move(received));
    self.layer_hungry_ = false;
    self.open_content();
  }
  self.deliver_input();
}

/// Tells whoever waits; goes on receiving when what came was the layer's own business.
void Socket::deliver_input() {
  const bool established = awaits_handshake_ && !handshaking();
  if (!has_input() && !established) return arm();
  if (reader_) {
    std::exchange(reader_, {}).resume();
  } else if (watcher_) {
    watcher_->on_input();
  }
}

void Socket::on_buffer(Starved& starved) {
  Socket& self = static_cast<Part<Starved>&>(starved).socket;
  self.arm();
  if (self.has_input()) self.deliver_input();  // the layer needed it to open what has been received
}

void Socket::on_buffer_to_send(Starved& starved) {
  Socket& self = static_cast<Part<Starved>&>(starved).socket;
  self.loop_.flush_later(self.flushable_);
}

void Socket::send(Chunk chunk) {
  if (chunk.empty() || write_status_ != Status::ok || closing_) return;
  if (unsent_bytes_ == 0) write_progress_ = loop_.now();
  unsent_bytes_ += chunk.size();
  // Small chunks are copied behind the one before: to send one piece costs less than to send two. Behind a send that
  // the peer is slow to take larger ones are, too: otherwise each frame of a stalled stream would pin a whole buffer.
  // What is in flight stays where it is; the copy goes behind it.
  const std::size_t together = send_op_.in_flight() ? kCopyTogether : kCopySmall;
  const bool may_append = chunk.size() <= together && outbox_.size() > outbox_first_;
  if (may_append && loop_.buffers().append(outbox_.back(), chunk.bytes())) {
    if (!send_op_.in_flight()) loop_.flush_later(flushable_);
    return;
  }
  if (outbox_.size() == outbox_first_ || !outbox_.back().same_buffer(chunk)) ++unsent_buffers_;
  outbox_.push_back(std::move(chunk));
  if (!send_op_.in_flight()) loop_.flush_later(flushable_);
}

void Socket::on_flush(Flushable& flushable) {
  Socket& self = static_cast<Part<Flushable>&>(flushable).socket;
  if (!self.send_op_.in_flight() && self.has_output() && !self.closing_) self.start_send();
}

void Socket::start_send() {
  if (secured_ && secured_->sealed.empty()) {
    const std::span waiting = std::span(outbox_).subspan(outbox_first_);
    secured_->content = secured_->layer->seal(waiting, secured_->sealed);
    unsent_buffers_ -= drop_front(outbox_, outbox_first_, secured_->content);
    if (secured_->layer->broken()) return fail_writing(Status::insecure);
    if (secured_->sealed.empty()) {
      const bool wants_buffer = secured_->layer->has_output() || (secured_->layer->established() && unsent_bytes_ > 0);
      if (wants_buffer && !secured_->starved.linked()) loop_.buffers().wait_for_buffer(secured_->starved);
      return;
    }
  }
  const std::span<const Chunk> chunks = secured_ ? secured_->waiting() : std::span(outbox_).subspan(outbox_first_);
  std::array<Piece, kMaxPieces> pieces;
  std::size_t count = 0;
  for (const Chunk& chunk : chunks) {
    if (count == pieces.size()) break;
    pieces[count++] = {chunk.bytes().data(), chunk.size()};
  }
  loop_.ring().send(send_op_, fd_, {pieces.data(), count});
  if (write_timeout_ != Duration{} && !write_timer_.armed())
    loop_.timers().set(write_timer_, loop_.now() + write_timeout_);
}

void Socket::on_send(Op& op, const Completion& completion) {
  Socket& self = static_cast<SendOp&>(op).socket;
  if (self.closing_) return self.wake_closer();
  if (self.connecting_) {
    self.connect_result_ = completion.result;
    self.connecting_ = false;
    return self.wake_writer();
  }
  if (completion.result < 0) return self.fail_writing(status_from(completion.result));
  self.sent(static_cast<std::size_t>(completion.result));
}

void Socket::sent(std::size_t n) {
  write_progress_ = loop_.now();
  if (!secured_) {
    unsent_buffers_ -= drop_front(outbox_, outbox_first_, n);
    content_sent(n);
  } else {
    drop_front(secured_->sealed, secured_->first, n);
    if (secured_->sealed.empty()) content_sent(std::exchange(secured_->content, 0));
  }
  if (has_output()) start_send();
  if (writer_ && unsent_bytes_ <= writer_wants_ && !(awaits_end_ && has_output())) wake_writer();
}

void Socket::content_sent(std::size_t n) {
  sent_bytes_ += n;
  unsent_bytes_ -= n;
}

std::size_t Socket::drop_front(std::vector<Chunk>& chunks, std::size_t& first, std::size_t n) {
  std::size_t let_go = 0;
  if (chunks.size() == 1 && n == chunks[0].size()) {  // most sends
    chunks.clear();
    return 1;
  }
  while (n > 0) {
    Chunk& chunk = chunks[first];
    if (n < chunk.size()) {
      chunk.remove_prefix(n);
      break;
    }
    n -= chunk.size();
    ++first;
    if (first == chunks.size() || !chunks[first].same_buffer(chunk)) ++let_go;
    chunk = {};
  }
  if (first == chunks.size()) {
    chunks.clear();
    first = 0;
    if (chunks.capacity() > kMaxPieces) chunks.shrink_to_fit();  // after a large body; streams need a few places
  } else if (first >= kMaxPieces) {
    chunks.erase(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(first));
    first = 0;
  }
  return let_go;
}

void Socket::fail_writing(Status status) {
  write_status_ = status;
  outbox_.clear();
  outbox_first_ = 0;
  if (secured_) {
    secured_->sealed.clear();
    secured_->first = secured_->content = 0;
  }
  unsent_bytes_ = unsent_buffers_ = 0;
  if (writer_) return wake_writer();
  if (watcher_) watcher_->on_input();  // last: the watcher may close
}

void Socket::interrupt(Status status) {
  if (interrupted()) return;
  interrupted_ = status;
  if (reader_) loop_.make_ready(std::exchange(reader_, {}));
  if (writer_) loop_.make_ready(std::exchange(writer_, {}));
}

Task<> Socket::say_end() {
  if (!secured_ || write_status_ != Status::ok || !fd_.valid()) co_return;
  // Behind content that the peer has not taken it would never be sent, and without that content it would be a lie.
  if (unsent_bytes_ > 0) co_return;
  secured_->layer->end();
  if (!has_output()) co_return;
  write_timeout_ = interrupted() ? kHastyTimeout : kEndTimeout;
  write_progress_ = loop_.now();
  loop_.timers().cancel(write_timer_);
  loop_.flush_later(flushable_);
  loop_.timers().set(write_timer_, loop_.now() + write_timeout_);

  struct Awaiter {
    Socket& socket;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      socket.writer_ = handle;
      socket.writer_wants_ = SIZE_MAX;
      socket.awaits_end_ = true;
    }
    void await_resume() { socket.awaits_end_ = false; }
  };
  Awaiter said{*this};
  co_await said;
}

Task<> Socket::close(bool abandoned) {
  if (!fd_.valid()) co_return;
  if (secured_ && !abandoned) co_await say_end();
  closing_ = true;
  WEIR_ASSERT(!reader_ && !writer_, "nobody waits on a socket that is closed");
  auto& ring = loop_.ring();
  starved_.unlink();
  if (secured_) secured_->starved.unlink();
  flushable_.unlink();
  loop_.timers().cancel(read_timer_);
  loop_.timers().cancel(write_timer_);
  if (!abandoned) ring.shutdown(fd_);  // it would send the FIN that must not be seen
  ring.cancel(receive_op_);
  ring.cancel(send_op_);

  struct Awaiter {
    Socket& socket;
    bool await_ready() { return !socket.receive_op_.in_flight() && !socket.send_op_.in_flight(); }
    void await_suspend(std::coroutine_handle<> handle) { socket.closer_ = handle; }
    void await_resume() {}
  };
  Awaiter quiet{*this};
  co_await quiet;
  input_ = {};
  wide_.reset();
  outbox_.clear();
  secured_.reset();
  const Fd fd = std::exchange(fd_, Fd{});
  abandoned ? ring.abandon(fd) : ring.close(fd);
}

void Socket::wake_closer() {
  if (closer_ && !receive_op_.in_flight() && !send_op_.in_flight()) std::exchange(closer_, {}).resume();
}

void Socket::wake_writer() {
  if (writer_) loop_.make_ready(std::exchange(writer_, {}));
}

void Socket::set_read_deadline(Instant deadline) {
  // The timer is moved only towards the past; when it fires too early it is set again. So a stream that keeps moving
  // its deadline pays one store per chunk.
  read_deadline_ = deadline;
  if (deadline == kNever) return;
  if (!read_timer_.armed() || read_timer_.deadline() > deadline) loop_.timers().set(read_timer_, deadline);
}

void Socket::on_read_timer(Timer& timer) {
  Socket& self = static_cast<Part<Timer>&>(timer).socket;
  const bool waiting = self.reader_ || self.connecting_;
  if (!waiting || self.read_deadline_ == kNever) return;
  if (self.loop_.now() < self.read_deadline_) return self.loop_.timers().set(timer, self.read_deadline_);
  self.read_timed_out_ = true;
  if (self.reader_) self.loop_.make_ready(std::exchange(self.reader_, {}));
  if (self.connecting_) self.wake_writer();
}

void Socket::on_write_timer(Timer& timer) {
  Socket& self = static_cast<Part<Timer>&>(timer).socket;
  if (!self.has_output() || self.write_status_ != Status::ok) return;
  const Instant due = self.write_progress_ + self.write_timeout_;
  if (self.loop_.now() < due) return self.loop_.timers().set(timer, due);
  self.write_status_ = Status::timed_out;  // the send may still be in flight: its chunks stay until close()
  self.wake_writer();
}

}  // namespace weir::io
