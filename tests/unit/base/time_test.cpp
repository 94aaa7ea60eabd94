#include "weir/base/time.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

// Nothing in these types can read a clock; that is what lets a gateway run in simulated time.
template <class Clock>
concept HasNow = requires { Clock::now(); };
static_assert(HasNow<std::chrono::steady_clock> && !HasNow<RingClock>);

TEST(Time, ConvertsDownwards) {
  EXPECT_EQ(to_ns(2us), 2000);
  EXPECT_EQ(to_ms(1'999'999ns), 1);
  EXPECT_EQ(to_ms(-1'999'999ns), -1);
}

TEST(Time, NeverIsAfterEveryMoment) {
  const Instant start{};
  EXPECT_LT(start, start + 1ns);
  EXPECT_LT(start + std::chrono::hours(24 * 365 * 200), kNever);
}

}  // namespace
}  // namespace weir
