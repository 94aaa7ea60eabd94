#include "weir/io/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace weir::io {

void TimerWheel::set(Timer& timer, Instant deadline) {
  timer.unlink();
  timer.deadline_ = deadline;
  place(timer);
}

void TimerWheel::place(Timer& timer) {
  // A timer fires in the first tick that starts at or after its deadline, hence the rounding up (in ticks: a deadline
  // of "never" must not overflow).
  const auto ns = static_cast<std::uint64_t>(to_ns(timer.deadline_.time_since_epoch()));
  std::uint64_t due = (ns >> kTickShift) + ((ns & ((1U << kTickShift) - 1)) != 0);
  due = std::max(due, tick_);
  // The level is that of the highest 6-bit digit in which the due tick differs from the present one.
  const std::uint64_t difference = due ^ tick_;
  unsigned level = difference == 0 ? 0 : static_cast<unsigned>(63 - std::countl_zero(difference)) / kSlotBits;
  unsigned slot = 0;
  if (level >= kLevels) {
    // Beyond the last level's round: its slot of that moment, which comes in the next round, or, a full round away, the
    // slot just behind the present one, from where it is sorted in again.
    level = kLevels - 1;
    const std::uint64_t present = tick_ >> (level * kSlotBits);
    const std::uint64_t ahead = std::min<std::uint64_t>((due >> (level * kSlotBits)) - present, kSlots - 1);
    slot = static_cast<unsigned>((present + ahead) % kSlots);
  } else {
    slot = static_cast<unsigned>((due >> (level * kSlotBits)) % kSlots);
  }
  slots_[level][slot].push_back(timer);
  occupied_[level] |= std::uint64_t{1} << slot;
}

void TimerWheel::advance(Instant now) {
  const std::uint64_t target = to_tick(now);
  while (tick_ <= target) {
    // Skip empty stretches: go at once to the next occupied slot of level 0, or to the next cascade.
    const unsigned position = static_cast<unsigned>(tick_ % kSlots);
    const std::uint64_t ahead = occupied_[0] >> position;
    if (ahead == 0) {
      const std::uint64_t next_round = (tick_ | (kSlots - 1)) + 1;
      if (next_round > target) {
        tick_ = target + 1;
        if (tick_ % kSlots != 0) return;
      } else {
        tick_ = next_round;
      }
    } else {
      const std::uint64_t due = tick_ + static_cast<unsigned>(std::countr_zero(ahead));
      if (due > target) {
        tick_ = target + 1;
        return;
      }
      tick_ = due;
      const unsigned slot = static_cast<unsigned>(tick_ % kSlots);
      auto& list = slots_[0][slot];
      occupied_[0] &= ~(std::uint64_t{1} << slot);
      // Handlers may set timers for this very tick: they go to the slot again and fire in this loop's next pass.
      IntrusiveList<Timer> due_now;
      while (!list.empty()) due_now.push_back(list.pop_front());
      while (!due_now.empty()) {
        Timer& timer = due_now.pop_front();
        timer.handler_(timer);
      }
      if (occupied_[0] & (std::uint64_t{1} << slot)) {
        // Set again for a moment already past: it fires in the next turn, so that a handler cannot spin here.
        return;
      }
      ++tick_;
    }
    // Entering a new round of level 0 (and perhaps of higher levels): sort the slots that have come due downwards.
    for (unsigned level = 1; level < kLevels && tick_ % (std::uint64_t{1} << (level * kSlotBits)) == 0; ++level) {
      const unsigned slot = static_cast<unsigned>((tick_ >> (level * kSlotBits)) % kSlots);
      if (!(occupied_[level] & (std::uint64_t{1} << slot))) continue;
      occupied_[level] &= ~(std::uint64_t{1} << slot);
      IntrusiveList<Timer> moving;
      auto& list = slots_[level][slot];
      while (!list.empty()) moving.push_back(list.pop_front());
      while (!moving.empty()) place(moving.pop_front());
    }
  }
}

Instant TimerWheel::next_deadline() const {
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned shift = level * kSlotBits;
    const unsigned position = static_cast<unsigned>((tick_ >> shift) % kSlots);
    while (occupied_[level] != 0) {
      // Slots in the order in which they come due: from the present position on, then around. At higher levels the
      // present slot has been sorted down already, so what it holds is a whole round away.
      const unsigned from = level == 0 ? position : (position + 1) % kSlots;
      const unsigned distance =
          static_cast<unsigned>(std::countr_zero(std::rotr(occupied_[level], static_cast<int>(from))));
      const unsigned slot = (from + distance) % kSlots;
      if (slots_[level][slot].empty()) {
        occupied_[level] &= ~(std::uint64_t{1} << slot);
        continue;
      }
      const std::uint64_t steps = distance + (level == 0 ? 0 : 1);
      const std::uint64_t due = ((tick_ >> shift) + steps) << shift;
      return Instant(Duration(static_cast<std::int64_t>(due << kTickShift)));
    }
  }
  return kNever;
}

}  // namespace weir::io
