// Signals of the process, as calls on one shard's loop. At most one watch per ring.
#pragma once

#include <functional>

#include "weir/io/loop.h"
#include "weir/io/task.h"

namespace weir::io {

class SignalWatch {
 public:
  /// `on_signal` gets the signal's number.
  SignalWatch(Loop& loop, std::function<void(int)> on_signal)
      : loop_(loop), on_signal_(std::move(on_signal)), op_(*this) {
    loop_.ring().watch_signals(op_);
  }

  /// Ends the watch; it may die afterwards.
  Task<> close() {
    closing_ = true;
    loop_.ring().cancel(op_);
    while (op_.in_flight()) co_await loop_.sleep_until(loop_.now() + 1ms);
  }

 private:
  struct SignalOp : Op {
    explicit SignalOp(SignalWatch& w) : Op(&SignalWatch::on_completion), watch(w) {}
    SignalWatch& watch;
  };
  static void on_completion(Op& op, const Completion& completion) {
    SignalWatch& self = static_cast<SignalOp&>(op).watch;
    if (completion.result <= 0) return;                       // cancelled
    if (!self.closing_) self.loop_.ring().watch_signals(op);  // a signal may win against the cancel
    self.on_signal_(completion.result);
  }

  Loop& loop_;
  std::function<void(int)> on_signal_;
  SignalOp op_;
  bool closing_ = false;
};

}  // namespace weir::io
