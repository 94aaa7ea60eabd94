// The timers of one shard: a hierarchical wheel (Varghese and Lauck, 1987). Setting, moving and cancelling a timer
// are O(1) and allocate nothing; the links live in the Timer.
//
// A tick is 2^20 ns (about 1 ms); five levels of 64 slots reach 13 days, further deadlines wait in the last slot and
// are sorted in again. Timers never fire early, and at most one tick late. Fired from Loop::turn(), in deadline order
// up to a tick.
#pragma once

#include <array>
#include <cstdint>

#include "weir/base/intrusive_list.h"
#include "weir/base/time.h"

namespace weir::io {

class TimerWheel;

/// One deadline. The handler may set the timer again, or destroy it.
class Timer : public ListHook<> {
 public:
  using Handler = void (*)(Timer&);
  explicit Timer(Handler handler) : handler_(handler) {}

  bool armed() const { return linked(); }
  Instant deadline() const { return deadline_; }

 private:
  friend class TimerWheel;
  Handler handler_;
  Instant deadline_{};
};

class TimerWheel {
 public:
  explicit TimerWheel(Instant start) : tick_(to_tick(start)) {}

  void set(Timer& timer, Instant deadline);
  void cancel(Timer& timer) { timer.unlink(); }

  /// Fires everything due at `now`.
  void advance(Instant now);
  /// No timer fires before this moment; kNever if there is none. May be early by less than a slot of its level.
  Instant next_deadline() const;

 private:
  static constexpr unsigned kTickShift = 20;
  static constexpr unsigned kSlotBits = 6;
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr unsigned kLevels = 5;

  static std::uint64_t to_tick(Instant instant) {
    return static_cast<std::uint64_t>(to_ns(instant.time_since_epoch())) >> kTickShift;
  }
  void place(Timer& timer);

  std::uint64_t tick_;  // everything due before this tick has fired
  // Bits may be stale (set for a slot emptied by cancel): they cost a look, never a wrong answer.
  mutable std::array<std::uint64_t, kLevels> occupied_{};
  mutable std::array<std::array<IntrusiveList<Timer>, kSlots>, kLevels> slots_;
};

}  // namespace weir::io
