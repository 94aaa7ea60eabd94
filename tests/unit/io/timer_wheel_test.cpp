#include "weir/io/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/random.h"

namespace weir::io {
namespace {

constexpr Duration kTick{1 << 20};
constexpr Instant kStart{1000s};
constexpr Duration kHorizon = kTick * (std::int64_t{1} << 30);  // five levels of 64 slots

struct Alarm : Timer {
  Alarm() : Timer(&fired) {}
  int count = 0;
  std::function<void(Alarm&)> then;
  static void fired(Timer& timer) {
    auto& self = static_cast<Alarm&>(timer);
    ++self.count;
    if (self.then) self.then(self);
  }
};

/// A wheel with a clock that goes where the wheel asks to be woken, as a loop without other work does.
struct Clock {
  explicit Clock(Instant start = kStart) : wheel(start), now(start) {}
  /// Goes on until `end`, waking at every next_deadline().
  void run_to(Instant end) {
    for (int turns = 0; now < end; ++turns) {
      ASSERT_LT(turns, 100'000) << "the wheel wakes its loop for nothing";
      now = std::clamp(wheel.next_deadline(), now, end);
      wheel.advance(now);
    }
  }
  TimerWheel wheel;
  Instant now;
};

/// Sets one timer at `start` and checks when it fires.
void expect_punctual(Instant start, Instant deadline) {
  SCOPED_TRACE("start " + std::to_string(to_ns(start.time_since_epoch())) + " deadline after " +
               std::to_string(to_ns(deadline - start)));
  Clock clock(start);
  Alarm alarm;
  Instant at{};
  alarm.then = [&](Alarm&) { at = clock.now; };
  clock.wheel.set(alarm, deadline);
  EXPECT_TRUE(alarm.armed());
  EXPECT_EQ(alarm.deadline(), deadline);
  EXPECT_LE(clock.wheel.next_deadline(), std::max(deadline, start) + kTick);
  clock.run_to(std::max(deadline, start) + 2 * kTick);
  EXPECT_EQ(alarm.count, 1);
  EXPECT_FALSE(alarm.armed());
  EXPECT_GE(at, deadline);
  EXPECT_LE(at, std::max(deadline, start) + kTick);
  EXPECT_EQ(clock.wheel.next_deadline(), kNever);
}

TEST(TimerWheel, NeverEarlyAndAtMostATickLate) {
  for (const Duration after : {Duration(-5s),     Duration(0),        Duration(1),    kTick - 1ns,   kTick,
                               kTick + 1ns,       63 * kTick,         64 * kTick,     65 * kTick,    4095 * kTick,
                               4096 * kTick,      4097 * kTick,       Duration(30s),  Duration(75s), Duration(10min),
                               Duration(24h),     Duration(13 * 24h), kHorizon - 1ns, kHorizon,      kHorizon + 1ns,
                               Duration(40 * 24h)})
    for (const Duration offset : {Duration(0), Duration(1), kTick / 2, 62 * kTick, 4094 * kTick})
      expect_punctual(kStart + offset, kStart + offset + after);
}

// The monotonic clock begins at the machine's start and passes every round of every level sooner or later.
TEST(TimerWheel, PunctualAcrossTheRoundsOfEveryLevel) {
  for (int bits = 6; bits <= 36; bits += 6) {
    const Instant round = Instant(kTick * (std::int64_t{1} << bits));
    for (const Duration before : {Duration(1), kTick, 3 * kTick, Duration(10s)})
      for (const Duration behind : {Duration(0), Duration(1), kTick, 3 * kTick, Duration(30s), Duration(10min)}) {
        if (round - before < Instant{}) continue;
        expect_punctual(round - before, round + behind);
      }
  }
}

TEST(TimerWheel, TakesNeverForADeadline) {
  Clock clock;
  Alarm alarm;
  clock.wheel.set(alarm, kNever);
  clock.run_to(kStart + 24h);
  EXPECT_EQ(alarm.count, 0);
  EXPECT_TRUE(alarm.armed());
}

TEST(TimerWheel, FiresInOrderOfDeadlines) {
  Clock clock;
  std::vector<int> order;
  std::deque<Alarm> alarms(50);
  for (int i = 0; i < 50; ++i) {
    auto& alarm = alarms[static_cast<std::size_t>(i)];
    alarm.then = [&order, i](Alarm&) { order.push_back(i); };
    clock.wheel.set(alarm, kStart + (i * 37 % 50) * 150ms);
  }
  clock.wheel.advance(kStart + 10s);  // all in one go
  ASSERT_EQ(order.size(), 50u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end(), [](int a, int b) { return a * 37 % 50 < b * 37 % 50; }));
}

TEST(TimerWheel, CancelledAndDeadTimersDoNotFire) {
  Clock clock;
  Alarm cancelled;
  auto dead = std::make_unique<Alarm>();
  clock.wheel.set(cancelled, kStart + 5s);
  clock.wheel.set(*dead, kStart + 5s);
  clock.wheel.cancel(cancelled);
  clock.wheel.cancel(cancelled);
  dead.reset();
  EXPECT_EQ(clock.wheel.next_deadline(), kNever);
  clock.run_to(kStart + 10s);
  EXPECT_EQ(cancelled.count, 0);
}

TEST(TimerWheel, SetAgainItFiresOnceAtTheLastDeadline) {
  for (const auto& [first, second] : std::vector<std::pair<Duration, Duration>>{
           {1s, 2s}, {2s, 1s}, {10ms, 24h}, {24h, 10ms}, {5s, 5s}, {20 * 24h, 1s}}) {
    Clock clock;
    Alarm alarm;
    Instant at{};
    alarm.then = [&](Alarm&) { at = clock.now; };
    clock.wheel.set(alarm, kStart + first);
    clock.wheel.set(alarm, kStart + second);
    clock.run_to(kStart + std::max(first, second) + 1s);
    EXPECT_EQ(alarm.count, 1);
    EXPECT_GE(at, kStart + second);
    EXPECT_LE(at, kStart + second + kTick);
  }
}

TEST(TimerWheel, AHandlerMaySetCancelAndDestroy) {
  Clock clock;
  Alarm periodic, victim;
  auto* suicide = new Alarm;
  auto neighbour = std::make_unique<Alarm>();
  int deaths = 0;
  periodic.then = [&](Alarm& self) {
    clock.wheel.set(self, self.deadline() + 100ms);
    clock.wheel.cancel(victim);  // due in this very tick, behind this one
    neighbour.reset();
  };
  suicide->then = [&deaths](Alarm& self) {
    ++deaths;
    auto* doomed = &self;
    auto keep = std::move(doomed->then);  // what runs must outlive the timer it destroys
    delete doomed;
  };
  clock.wheel.set(periodic, kStart + 100ms);
  clock.wheel.set(victim, kStart + 100ms);
  clock.wheel.set(*neighbour, kStart + 100ms);
  clock.wheel.set(*suicide, kStart + 100ms);
  clock.run_to(kStart + 1050ms);
  EXPECT_EQ(periodic.count, 10);
  EXPECT_EQ(victim.count, 0);
  EXPECT_EQ(deaths, 1);
}

// A timer set for the past inside its handler must not keep advance() from returning.
TEST(TimerWheel, AHandlerThatSetsThePastFiresOncePerTurn) {
  Clock clock;
  Alarm eager, other;
  eager.then = [&](Alarm& self) { clock.wheel.set(self, clock.now - 1s); };
  clock.wheel.set(eager, kStart + 10ms);
  clock.wheel.set(other, kStart + 12ms);
  clock.now = kStart + 20ms;
  for (int turn = 1; turn <= 5; ++turn) {
    clock.wheel.advance(clock.now);
    EXPECT_EQ(eager.count, turn);
    EXPECT_LE(clock.wheel.next_deadline(), clock.now) << "the loop would wait although a timer is due";
  }
  clock.wheel.cancel(eager);
  clock.wheel.advance(clock.now);
  EXPECT_EQ(other.count, 1);
}

// Against a sorted list of deadlines, with a clock that jumps as a busy loop's does. `span` decides which levels take
// part.
void check_against_model(std::uint64_t seed, Instant start, Duration span, int steps) {
  Random random(seed);
  TimerWheel wheel(start);
  Instant now = start;
  std::deque<Alarm> alarms(40);
  std::map<Alarm*, Instant> model;
  const auto some_time = [&](Duration most) {
    const auto bits =
        random.below(static_cast<std::uint64_t>(std::bit_width(static_cast<std::uint64_t>(most.count()))));
    return Duration(static_cast<std::int64_t>(random.below((std::uint64_t{2} << bits))));
  };
  bool early = false, unknown = false;
  for (auto& alarm : alarms)
    alarm.then = [&](Alarm& self) {
      const auto entry = model.find(&self);
      if (entry == model.end()) return void(unknown = true);
      early |= now < entry->second;
      model.erase(entry);
      if (random.below(4) > 0) return;
      const Instant again = now + 2 * kTick + some_time(span);
      wheel.set(self, again);
      model[&self] = again;
    };
  for (int step = 0; step < steps; ++step) {
    auto& alarm = alarms[random.below(alarms.size())];
    if (random.below(5) == 0) {
      wheel.cancel(alarm);
      model.erase(&alarm);
    } else {
      const Instant deadline = now + some_time(span) - (random.below(8) == 0 ? 50ms : 0ms);
      wheel.set(alarm, deadline);
      model[&alarm] = std::max(deadline, now);  // the past counts as now
    }
    Instant first = kNever;
    for (const auto& [timer, deadline] : model) first = std::min(first, deadline);
    if (first != kNever) ASSERT_LE(wheel.next_deadline(), std::max(first, now) + kTick) << "step " << step;
    if (random.below(3) == 0) {
      now += some_time(span);
    } else if (first != kNever) {
      now = std::max(now, std::min(wheel.next_deadline(), first));
    }
    wheel.advance(now);
    ASSERT_FALSE(early || unknown) << "step " << step;
    for (const auto& [timer, deadline] : model) {
      ASSERT_TRUE(timer->armed());
      ASSERT_GT(deadline + kTick, now) << "step " << step << ": a timer is more than a tick late";
    }
  }
}

TEST(TimerWheel, AgreesWithASortedList) {
  struct Row {
    Duration span;
    int steps;  // few where each may pass over days
  };
  for (std::uint64_t seed = 1; seed <= 6; ++seed)
    for (const Row& row : {Row{100ms, 1500}, Row{10s, 1500}, Row{1h, 500}, Row{24h, 100}, Row{2 * kHorizon, 10}}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " span " + std::to_string(row.span.count()));
      check_against_model(seed, kStart, row.span, row.steps);
    }
}

}  // namespace
}  // namespace weir::io
