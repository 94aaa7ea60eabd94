// Time as values. Nothing here can read a clock: the only clock belongs to the ring (io), and everything above
// receives an Instant. That is what lets a whole gateway run in simulated time.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// Tag of the ring's monotonic clock; it has deliberately no now().
struct RingClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  static constexpr bool is_steady = true;
};

/// A moment on the ring's monotonic clock, in ns; comparable only within one process (or one simulated world).
using Instant = std::chrono::time_point<RingClock, Duration>;

inline constexpr Instant kNever = Instant::max();

/// Wall-clock time: nanoseconds since 1970-01-01 UTC. For log lines and headers only, never for deadlines.
struct WallTime {
  std::int64_t unix_ns = 0;
};

constexpr std::int64_t to_ns(Duration d) { return d.count(); }
constexpr std::int64_t to_ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }
/// Rounded up: for a time that has to be waited for.
constexpr std::int64_t to_ms_up(Duration d) { return std::chrono::ceil<std::chrono::milliseconds>(d).count(); }

}  // namespace weir
