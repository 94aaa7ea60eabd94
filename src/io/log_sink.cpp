#include "weir/io/log_sink.h"

namespace weir::io {

LogSink::LogSink(Loop& loop, Fd fd) : loop_(loop), fd_(fd), op_(*this), timer_(*this) {}

LogSink::~LogSink() = default;

void LogSink::line(Bytes text) {
  if (!fd_.valid()) return;
  if (filling_.size() + text.size() + 1 > kBufferBytes) {
    if (!op_.in_flight()) start_write();
    if (filling_.size() + text.size() + 1 > kBufferBytes) {
      ++dropped_;
      return;
    }
  }
  filling_.append(text);
  filling_.push_back('\n');
  if (!timer_.armed()) loop_.timers().set(timer_, loop_.now() + kWriteEvery);
}

void LogSink::start_write() {
  std::swap(filling_, writing_);
  filling_.clear();
  written_ = 0;
  const Piece piece{writing_.data(), writing_.size()};
  loop_.ring().write(op_, fd_, {&piece, 1});
}

void LogSink::on_timer(Timer& timer) {
  LogSink& self = static_cast<WriteTimer&>(timer).sink;
  if (!self.op_.in_flight() && !self.filling_.empty()) self.start_write();
}

void LogSink::on_write(Op& op, const Completion& completion) {
  LogSink& self = static_cast<WriteOp&>(op).sink;
  if (completion.result > 0) {
    self.written_ += static_cast<std::size_t>(completion.result);
    if (self.written_ < self.writing_.size()) {
      const Piece rest{self.writing_.data() + self.written_, self.writing_.size() - self.written_};
      return self.loop_.ring().write(op, self.fd_, {&rest, 1});
    }
  } else {
    ++self.dropped_;  // disk full, pipe closed: what this buffer held is lost, the next one is tried again
  }
  self.writing_.clear();
  if (self.closer_) {
    if (!self.filling_.empty()) return self.start_write();
    std::exchange(self.closer_, {}).resume();
  } else if (!self.filling_.empty() && !self.timer_.armed()) {
    self.loop_.timers().set(self.timer_, self.loop_.now() + kWriteEvery);
  }
}

Task<> LogSink::close() {
  loop_.timers().cancel(timer_);
  if (!op_.in_flight() && !filling_.empty()) start_write();
  struct Awaiter {
    LogSink& sink;
    bool await_ready() { return !sink.op_.in_flight(); }
    void await_suspend(std::coroutine_handle<> handle) { sink.closer_ = handle; }
    void await_resume() {}
  };
  Awaiter quiet{*this};
  co_await quiet;
}

}  // namespace weir::io
