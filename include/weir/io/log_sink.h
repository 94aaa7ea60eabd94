// Lines on their way to a file or a pipe, off the hot path: appended to a buffer, written by the ring now and then.
//
// Two buffers take turns: one is filled while the other is being written. When both are full, lines are dropped and
// counted, never waited for. Owned by a shard; lines of different shards never mix within a line, because each write
// ends at a line end.
#pragma once

#include <string>

#include "weir/io/loop.h"
#include "weir/io/task.h"

namespace weir::io {

class LogSink {
 public:
  static constexpr std::size_t kBufferBytes = 128 * 1024;
  static constexpr Duration kWriteEvery = 20ms;

  /// Writes to `fd`; an invalid one discards everything.
  LogSink(Loop& loop, Fd fd);
  ~LogSink();

  /// Appends one line (its line end is added).
  void line(Bytes text);
  std::uint64_t dropped() const { return dropped_; }
  /// Of lines that have not been written.
  std::size_t waiting_bytes() const { return filling_.size() + (op_.in_flight() ? writing_.size() - written_ : 0); }

  /// Writes what is left and returns when nothing is outstanding. A failed write gives up what it held.
  Task<> close();

 private:
  struct WriteOp : Op {
    explicit WriteOp(LogSink& s) : Op(&LogSink::on_write), sink(s) {}
    LogSink& sink;
  };
  struct WriteTimer : Timer {
    explicit WriteTimer(LogSink& s) : Timer(&LogSink::on_timer), sink(s) {}
    LogSink& sink;
  };
  static void on_write(Op& op, const Completion& completion);
  static void on_timer(Timer& timer);
  void start_write();

  Loop& loop_;
  Fd fd_;
  WriteOp op_;
  WriteTimer timer_;
  std::string filling_;
  std::string writing_;
  std::size_t written_ = 0;
  std::uint64_t dropped_ = 0;
  std::coroutine_handle<> closer_;
};

}  // namespace weir::io
