#include "breaker_watch.h"

namespace weir::sim {

using routing::Breaker;
using routing::BreakerState;

namespace {

Probe probe_of(routing::OpenReason reason) {
  using routing::OpenReason;
  switch (reason) {
    case OpenReason::failure_rate:
      return Probe::opened_by_rate;
    case OpenReason::quota:
      return Probe::opened_by_quota;
    case OpenReason::exhausted:
      return Probe::opened_exhausted;
    case OpenReason::credential:
      return Probe::opened_by_credential;
    case OpenReason::slow:
      return Probe::opened_slow;
    case OpenReason::none:
    case OpenReason::failures_in_a_row:
      break;
  }
  return Probe::opened_in_a_row;
}

}  // namespace

void BreakerWatch::look(Instant now) {
  for (std::uint32_t cell = 0; cell < words_.size(); ++cell) {
    if (table_.group_of(cell) != cell) continue;  // its word is another's
    const std::uint64_t word = table_.breaker(cell);
    if (word != words_[cell]) judge(cell, Breaker::unpack(words_[cell]), Breaker::unpack(word), now);
    words_[cell] = word;
    if (word != 0 && Breaker::unpack(word).state == BreakerState::half_open) ended_[cell] = ended(cell, now);
  }
  looked_at_ = now;
}

std::uint64_t BreakerWatch::ended(std::uint32_t cell, Instant now) const {
  std::uint64_t sum = 0;
  for (std::uint32_t other = 0; other < words_.size(); ++other) {
    if (table_.group_of(other) != cell) continue;
    for (const std::uint32_t count : table_.fold(other, now).outcomes) sum += count;
  }
  return sum;
}

void BreakerWatch::judge(std::uint32_t cell, const Breaker& before, const Breaker& after, Instant now) {
  const auto broken = [&](Bytes what) {
    telling_.broken("the breaker of cell " + std::to_string(cell) + " went from " +
                    std::string(to_string(before.state)) + " to " + std::string(to_string(after.state)) + ": " +
                    std::string(what));
  };
  if (before.state == after.state) {
    const bool other_probe = after.state == BreakerState::half_open && before.has_probe && before.probe != after.probe;
    // (The last one may have ended, without news, in the same turn.)
    if (other_probe && now < before.at && ended(cell, now) == ended_[cell]) broken("two probes at a time");
    return;
  }
  switch (before.state) {
    case BreakerState::closed:
      if (after.state != BreakerState::open) return broken("a closed one can only open");
      telling_.count(Probe::breaker_opened);
      telling_.count(probe_of(after.reason));
      if (after.at <= looked_at_) broken("it opened for no time");
      return;
    case BreakerState::open:
      if (after.state != BreakerState::half_open) return broken("an open one waits for its probe");
      telling_.count(Probe::breaker_probed);
      if (now < before.at) broken("its cooldown was not over");
      return;
    case BreakerState::half_open:
      if (after.state == BreakerState::closed) return broken("it starts slowly");
      // (It may have been let through and have failed in the same turn.)
      if (!before.has_probe && before.probe == after.probe) broken("there was no probe");
      telling_.count(after.state == BreakerState::open ? Probe::breaker_reopened : Probe::breaker_recovered);
      return;
    case BreakerState::slow_start:
      if (after.state == BreakerState::half_open) broken("it needs no probe");
  }
}

void BreakerWatch::check_rest(Instant now) const {
  for (std::uint32_t cell = 0; cell < words_.size(); ++cell)
    if (table_.fold(cell, now).in_flight > 0) telling_.broken("an attempt is in flight at the end");
}

}  // namespace weir::sim
