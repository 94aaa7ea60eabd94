#include "weir/routing/breaker.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "unit/routing/source_root.h"
#include "weir/base/random.h"

namespace weir::routing {
namespace {

using enum BreakerEvent;

constexpr Instant kNow{1'000'000s};
const BreakerOptions kOptions;

/// A breaker to which things happen.
struct Machine {
  Admission ask(Instant now) {
    const BreakerStep after = step(word, {.event = BreakerEvent::ask}, options, now);
    word = after.word;
    return after.admission;
  }
  void tell(BreakerInput input, Instant now) { word = step(word, input, options, now).word; }
  Breaker state() const { return Breaker::unpack(word); }
  BreakerState is() const { return state().state; }

  BreakerOptions options;
  std::uint64_t word = 0;
};

TEST(Breaker, TheWordKeepsEveryField) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Breaker breaker{.state = static_cast<BreakerState>(random.below(4)),
                          .reason = static_cast<OpenReason>(random.below(7)),
                          .failures = static_cast<std::uint32_t>(random.below(64)),
                          .credential_refusals = static_cast<std::uint32_t>(random.below(8)),
                          .has_probe = random.one_in(2),
                          .probe = static_cast<std::uint32_t>(random.below(512)),
                          .at = Instant(static_cast<std::int64_t>(random.below(1'000'000'000'000)) * 1ms)};
    ASSERT_EQ(Breaker::unpack(breaker.pack()), breaker) << i;
  }
  EXPECT_EQ(Breaker{}.pack(), 0U);
  EXPECT_EQ(Breaker::unpack(0), Breaker{});
}

// docs/routing.md shows what breaker_table() says; WEIR_REGENERATE=1 writes it there.
TEST(Breaker, TheTableInTheDocumentIsTheMachine) {
  const std::string path = std::string(WEIR_SOURCE_ROOT) + "/docs/routing.md";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::string document = text.str();
  const std::string begin = "<!-- breaker table -->\n", end = "<!-- end of breaker table -->\n";
  const std::size_t from = document.find(begin), to = document.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const std::size_t inside = from + begin.size();
  const std::string table = breaker_table(kOptions);
  if (std::getenv("WEIR_REGENERATE")) {
    document.replace(inside, to - inside, table);
    std::ofstream(path) << document;
  }
  EXPECT_EQ(document.substr(inside, table.size()), table);
  EXPECT_EQ(document.find(end), inside + table.size());
}

TEST(Breaker, OptionsAreChecked) {
  EXPECT_EQ(kOptions.validate(), "");
  const auto is_refused = [](auto change) {
    BreakerOptions options;
    change(options);
    return !options.validate().empty();
  };
  EXPECT_TRUE(is_refused([](auto& o) { o.cooldown = Duration{}; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.longest_cooldown = o.cooldown - 1s; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.longest_cooldown = 25h; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.probe_timeout = Duration{}; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.slow_start = -1s; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.first_share_per_mille = 0; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.first_share_per_mille = 1001; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.failures_in_a_row = 64; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.failures_in_slow_start = 0; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.failure_percent = 101; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.least_attempts = 0; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.refusals = 0; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.refusal_percent = 0; }));
  EXPECT_TRUE(is_refused([](auto& o) { o.credential_refusals = 8; }));
}

TEST(Breaker, OpensAtTheFifthFailureInARowAndNotBefore) {
  Machine breaker;
  for (int i = 0; i < 4; ++i) breaker.tell({failure}, kNow);
  breaker.tell({success}, kNow);
  for (int i = 0; i < 4; ++i) breaker.tell({failure}, kNow);
  EXPECT_EQ(breaker.is(), BreakerState::closed);
  breaker.tell({failure}, kNow);
  EXPECT_EQ(breaker.is(), BreakerState::open);
  EXPECT_EQ(breaker.state().reason, OpenReason::failures_in_a_row);
  EXPECT_EQ(breaker.ask(kNow + 60s - 1ms), Admission::refused);
}

TEST(Breaker, ARateNeedsEnoughAttempts) {
  for (const auto& [answered, failed, opens] : std::vector<std::tuple<std::uint32_t, std::uint32_t, bool>>{
           {4, 5, false}, {5, 5, true}, {6, 5, false}, {50, 50, true}, {51, 50, false}, {0, 1, false}}) {
    Machine breaker;
    breaker.tell({.event = failure, .answered = answered, .failed = failed}, kNow);
    EXPECT_EQ(breaker.is() == BreakerState::open, opens) << answered << " " << failed;
  }
}

TEST(Breaker, WhatTheClientDidNeverCounts) {
  Machine breaker;
  for (int i = 0; i < 1000; ++i) breaker.tell({.event = neutral, .answered = 0, .failed = 100, .refused = 100}, kNow);
  EXPECT_EQ(breaker.word, 0U);
}

TEST(Breaker, TheCooldownIsWhatTheProviderWantsWithinBounds) {
  for (const auto& [retry_after_ms, seconds] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {-1, 60}, {0, 60}, {1'000, 60}, {61'000, 61}, {599'000, 599}, {3'600'000, 600}}) {
    Machine breaker;
    breaker.tell({.event = quota, .retry_after_ms = retry_after_ms, .refused = 5}, kNow);
    ASSERT_EQ(breaker.is(), BreakerState::open);
    EXPECT_EQ(breaker.state().at, kNow + seconds * 1s) << retry_after_ms;
  }
}

TEST(Breaker, OneProbeAtATime) {
  Machine breaker;
  breaker.tell({exhausted}, kNow);
  const Instant over = kNow + 600s;
  EXPECT_EQ(breaker.ask(over), Admission::probe);
  const std::uint32_t probe = breaker.state().probe;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(breaker.ask(over + i * 10s), Admission::refused);
  // It never reports: another one may go, and the first is no longer listened to (the router compares the numbers).
  EXPECT_EQ(breaker.ask(over + 60s), Admission::probe);
  EXPECT_NE(breaker.state().probe, probe);
}

TEST(Breaker, SlowStartLetsThroughMoreAndMore) {
  Machine breaker;
  breaker.tell({exhausted}, kNow);
  const Instant over = kNow + 600s;
  EXPECT_EQ(breaker.ask(over), Admission::probe);
  breaker.tell({.event = success, .is_probe = true}, over);
  std::uint32_t share = 0;
  for (int i = 0; i < 30; ++i) {
    const BreakerStep now = step(breaker.word, {ask}, kOptions, over + i * 1s);
    EXPECT_EQ(now.admission, Admission::share);
    EXPECT_GE(now.share_per_mille, share);
    share = now.share_per_mille;
  }
  EXPECT_GE(share, 900U);
  EXPECT_EQ(breaker.ask(over + 30s), Admission::admitted);
  EXPECT_EQ(breaker.is(), BreakerState::closed);
  EXPECT_EQ(breaker.state().at, over + 30s);
}

TEST(Breaker, WithoutSlowStartItClosesAtOnce) {
  Machine breaker{.options = {.slow_start = Duration{}}};
  breaker.tell({exhausted}, kNow);
  breaker.ask(kNow + 600s);
  breaker.tell({.event = success, .is_probe = true}, kNow + 600s);
  EXPECT_EQ(breaker.ask(kNow + 600s), Admission::admitted);
  EXPECT_EQ(breaker.is(), BreakerState::closed);
}

// Whatever happens in whatever order: it moves along its table, and never lets two probes run.
TEST(Breaker, RandomHistories) {
  const auto is_legal = [](BreakerState from, BreakerState to) {
    using enum BreakerState;
    if (from == to) return true;
    switch (from) {
      case closed:
        return to == open;
      case open:
        return to == half_open;
      case half_open:
        return to == slow_start || to == open;
      case slow_start:
        return to == closed || to == open;
    }
    return false;
  };
  int seen[4] = {};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    Machine breaker;
    Instant now = kNow;
    Instant probe_began{};
    bool has_probe = false;
    for (int i = 0; i < 2'000; ++i) {
      now += static_cast<std::int64_t>(random.below(random.one_in(10) ? 40'000 : 500)) * 1ms;
      const BreakerState before = breaker.is();
      ++seen[static_cast<int>(before)];
      const Instant opened_until = breaker.state().at;
      if (random.one_in(2)) {
        const Admission admission = breaker.ask(now);
        if (before == BreakerState::open && now < opened_until) {
          ASSERT_EQ(admission, Admission::refused) << seed << " " << i;
        }
        if (admission == Admission::probe) {
          ASSERT_TRUE(!has_probe || now >= probe_began + kOptions.probe_timeout) << seed << " " << i;
          has_probe = true;
          probe_began = now;
        }
      } else {
        const bool is_probe = has_probe && random.one_in(2);
        const auto failed = static_cast<std::uint32_t>(random.below(20));
        breaker.tell({.event = static_cast<BreakerEvent>(random.between(1, 7)),
                      .is_probe = is_probe,
                      .retry_after_ms = random.one_in(4) ? static_cast<std::int64_t>(random.below(700'000)) : -1,
                      .answered = static_cast<std::uint32_t>(random.below(20)),
                      .failed = failed,
                      .refused = static_cast<std::uint32_t>(random.below(10))},
                     now);
        if (is_probe) has_probe = false;
      }
      ASSERT_TRUE(is_legal(before, breaker.is()))
          << seed << " " << i << " " << to_string(before) << " " << to_string(breaker.is());
      if (breaker.is() == BreakerState::open) {
        ASSERT_LE(breaker.state().at, now + kOptions.longest_cooldown) << seed << " " << i;
      }
    }
  }
  for (const int count : seen) EXPECT_GT(count, 100);
}

}  // namespace
}  // namespace weir::routing
