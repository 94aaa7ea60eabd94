// A pause that can be ended early, because nobody waits for what comes behind it. Owned by who pauses, who does so in
// one place at a time.
#pragma once

#include <coroutine>

#include "weir/io/loop.h"

namespace weir::gateway {

class Pause : private io::Timer {
 public:
  explicit Pause(io::Loop& loop) : Timer(&fire), loop_(loop) {}

  /// Suspends the caller until the deadline, or until end().
  auto until(Instant deadline) {
    struct Awaiter {
      Pause& pause;
      Instant deadline;
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> handle) const {
        pause.handle_ = handle;
        pause.loop_.timers().set(pause, deadline);
      }
      void await_resume() const {}
    };
    return Awaiter{*this, deadline};
  }

  /// Whoever pauses goes on in this turn. Nobody need.
  void end() {
    if (!armed()) return;
    loop_.timers().cancel(*this);
    loop_.make_ready(handle_);
  }

 private:
  static void fire(Timer& timer) {
    auto& self = static_cast<Pause&>(timer);
    self.loop_.make_ready(self.handle_);
  }

  io::Loop& loop_;
  std::coroutine_handle<> handle_;
};

}  // namespace weir::gateway
