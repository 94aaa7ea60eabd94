// The loop of one shard: a ring, its buffers, its timers, and the coroutines that are ready to go on.
//
// One turn: lend buffers, enter the ring once (submit, wait, one clock read), deliver the completions, fire the
// timers, resume what was made ready. now() stands still within a turn.
#pragma once

#include <coroutine>
#include <vector>

#include "weir/base/random.h"
#include "weir/io/buffer_pool.h"
#include "weir/io/memory_ledger.h"
#include "weir/io/ring.h"
#include "weir/io/timer_wheel.h"

namespace weir::io {

/// Something with output to hand to the ring; flushed once, just before the ring is entered, so that everything
/// queued for a socket within a turn leaves in one send.
class Flushable : public ListHook<> {
 public:
  using Handler = void (*)(Flushable&);
  explicit Flushable(Handler handler) : handler_(handler) {}
  void flush() { handler_(*this); }

 private:
  Handler handler_;
};

class Loop {
 public:
  Loop(Ring& ring, const BufferOptions& buffers)
      : ring_(ring), buffers_(ring, buffers), memory_(buffers_), timers_(ring.now()), random_(ring.random_seed()) {}

  Ring& ring() { return ring_; }
  BufferPool& buffers() { return buffers_; }
  /// Who may hold how much of them.
  MemoryLedger& memory() { return memory_; }
  TimerWheel& timers() { return timers_; }
  Random& random() { return random_; }
  Instant now() const { return ring_.now(); }

  /// Resumes `handle` later in this turn. The caller has given the handle up: nobody else may resume it.
  void make_ready(std::coroutine_handle<> handle) { ready_.push_back(handle); }

  void flush_later(Flushable& flushable) {
    if (!flushable.linked()) dirty_.push_back(flushable);
  }

  /// Suspends the caller until the deadline.
  auto sleep_until(Instant deadline) {
    struct Awaiter : Timer {
      Loop& loop;
      Instant until;
      std::coroutine_handle<> handle;
      Awaiter(Loop& l, Instant d) : Timer(&fire), loop(l), until(d) {}
      static void fire(Timer& timer) {
        auto& self = static_cast<Awaiter&>(timer);
        self.loop.make_ready(self.handle);
      }
      bool await_ready() { return false; }
      void await_suspend(std::coroutine_handle<> h) {
        handle = h;
        loop.timers().set(*this, until);
      }
      void await_resume() {}
    };
    return Awaiter{*this, deadline};
  }

  void turn() {
    run_ready();
    while (!dirty_.empty()) dirty_.pop_front().flush();
    buffers_.refill();
    ring_.turn(timers_.next_deadline());
    timers_.advance(now());
    run_ready();
  }

  /// Turns until stop(). For threads; a simulated world calls turn() itself.
  void run() {
    stopped_ = false;
    while (!stopped_) turn();
  }
  void stop() { stopped_ = true; }

 private:
  void run_ready() {
    // What becomes ready meanwhile goes on in the same turn: indices, because the vector may grow.
    for (std::size_t i = 0; i < ready_.size(); ++i) ready_[i].resume();
    ready_.clear();
  }

  Ring& ring_;
  BufferPool buffers_;
  MemoryLedger memory_;
  TimerWheel timers_;
  Random random_;
  std::vector<std::coroutine_handle<>> ready_;
  IntrusiveList<Flushable> dirty_;
  bool stopped_ = false;
};

}  // namespace weir::io
