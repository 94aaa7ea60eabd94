#include "weir/io/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace weir::io {
namespace {
constexpr std::size_t kCopyTogether = 8192;
}

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

void Socket::arm() {
  if (receive_op_.in_flight() || starved_.linked() || has_input() || closing_) return;
  loop_.ring().receive(receive_op_, fd_);
}

void Socket::unread(Chunk rest) {
  WEIR_ASSERT(!input_, "bytes are put back before more are received");
  if (!rest.empty()) input_ = std::move(rest);
}

Received Socket::take_input() {
  if (input_) return {Status::ok, std::move(input_)};
  if (interrupted()) return {interrupted_, {}};
  if (std::exchange(read_timed_out_, false)) return {Status::timed_out, {}};
  return {input_status_, {}};
}

void Socket::on_receive(Op& op, const Completion& completion) {
  Socket& self = static_cast<ReceiveOp&>(op).socket;
  auto& buffers = self.loop_.buffers();
  // The buffer first, whatever state the connection is in: a forgotten buffer is lost for good.
  if (completion.result > 0) {
    self.input_ = buffers.received(completion.buffer, static_cast<std::size_t>(completion.result));
  } else if (completion.buffer >= 0) {
    buffers.give_back(completion.buffer);
  }
  if (self.closing_) {
    self.input_ = {};
    return self.wake_closer();
  }
  if (completion.result == -ENOBUFS) return buffers.wait_for_buffer(self.starved_);
  if (completion.result <= 0)
    self.input_status_ = completion.result == 0 ? Status::end : status_from(completion.result);
  if (self.reader_) {
    std::exchange(self.reader_, {}).resume();
  } else if (self.watcher_) {
    self.watcher_->on_input();
  }
}

void Socket::on_buffer(Starved& starved) { static_cast<Part<Starved>&>(starved).socket.arm(); }

void Socket::send(Chunk chunk) {
  if (chunk.empty() || write_status_ != Status::ok || closing_) return;
  if (unsent_bytes_ == 0) write_progress_ = loop_.now();
  unsent_bytes_ += chunk.size();
  // Behind a send that the peer is slow to take, small chunks are copied together: otherwise each frame of a stalled
  // stream would pin a whole buffer. What is in flight stays where it is; the copy goes behind it.
  const bool waiting = send_op_.in_flight() && chunk.size() <= kCopyTogether && outbox_.size() > outbox_first_;
  if (waiting && loop_.buffers().append(outbox_.back(), chunk.bytes())) return;
  if (outbox_.size() == outbox_first_ || !outbox_.back().same_buffer(chunk)) ++unsent_buffers_;
  outbox_.push_back(std::move(chunk));
  if (!send_op_.in_flight()) loop_.flush_later(flushable_);
}

void Socket::on_flush(Flushable& flushable) {
  Socket& self = static_cast<Part<Flushable>&>(flushable).socket;
  if (!self.send_op_.in_flight() && self.unsent_bytes_ > 0 && !self.closing_) self.start_send();
}

void Socket::start_send() {
  std::array<Piece, kMaxPieces> pieces;
  std::size_t count = 0;
  for (std::size_t i = outbox_first_; i < outbox_.size() && count < pieces.size(); ++i) {
    const Bytes bytes = outbox_[i].bytes();
    pieces[count++] = {bytes.data(), bytes.size()};
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
  sent_bytes_ += n;
  unsent_bytes_ -= n;
  while (n > 0) {
    Chunk& first = outbox_[outbox_first_];
    if (n < first.size()) {
      first.remove_prefix(n);
      break;
    }
    n -= first.size();
    ++outbox_first_;
    if (outbox_first_ == outbox_.size() || !outbox_[outbox_first_].same_buffer(first)) --unsent_buffers_;
    first = {};
  }
  if (outbox_first_ == outbox_.size()) {
    outbox_.clear();
    outbox_first_ = 0;
    if (outbox_.capacity() > kMaxPieces) outbox_.shrink_to_fit();  // after a large body; streams need a few places
  } else if (outbox_first_ >= kMaxPieces) {
    outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(outbox_first_));
    outbox_first_ = 0;
  }
  if (unsent_bytes_ > 0) start_send();
  if (writer_ && unsent_bytes_ <= writer_wants_) wake_writer();
}

void Socket::fail_writing(Status status) {
  write_status_ = status;
  outbox_.clear();
  outbox_first_ = 0;
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

Task<> Socket::close(bool abandoned) {
  if (!fd_.valid()) co_return;
  closing_ = true;
  WEIR_ASSERT(!reader_ && !writer_, "nobody waits on a socket that is closed");
  auto& ring = loop_.ring();
  starved_.unlink();
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
  outbox_.clear();
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
  if (self.unsent_bytes_ == 0 || self.write_status_ != Status::ok) return;
  const Instant due = self.write_progress_ + self.write_timeout_;
  if (self.loop_.now() < due) return self.loop_.timers().set(timer, due);
  self.write_status_ = Status::timed_out;  // the send may still be in flight: its chunks stay until close()
  self.wake_writer();
}

}  // namespace weir::io
