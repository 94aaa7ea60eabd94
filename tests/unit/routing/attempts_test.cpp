#include "weir/routing/attempts.h"

#include <gtest/gtest.h>

#include <optional>

#include "world.h"

namespace weir::routing {
namespace {

using test::World;

/// A request that is told how each of its attempts ended.
struct Request {
  explicit Request(World& its, const AttemptOptions& options = {}) : world(its), attempts(options) {
    plan = world.plan();
    step = attempts.first(plan, world.router(), world.now);
  }
  /// The place that is asked now; nothing: it is over.
  std::optional<std::uint32_t> asks() const {
    return step ? std::optional(plan.askable()[step->candidate].place) : std::nullopt;
  }
  std::optional<std::uint32_t> after(const AttemptEnd& end) {
    world.router().end(plan.askable()[step->candidate].cell, end, world.now, step->pass);
    step = attempts.after(end, plan, world.router(), world.now, deadline, world.random);
    if (step) world.now += step->pause;
    return asks();
  }

  World& world;
  Attempts attempts;
  Plan plan;
  Instant deadline = world.now + 600s;
  std::optional<Step> step;
};

constexpr AttemptEnd kOverloaded{.blame = Blame::overload};
constexpr AttemptEnd kTransport{.blame = Blame::transport};

TEST(Attempts, SwitchFirstAndReturnOnlyAfterAPause) {
  World world = World::of(2);
  Request request(world, {.most_attempts = 6});
  std::vector<std::uint32_t> asked = {*request.asks()};
  for (int i = 0; i < 5; ++i) {
    const Instant before = world.now;
    ASSERT_TRUE(request.after(i % 2 ? kTransport : kOverloaded));
    asked.push_back(*request.asks());
    if (i == 0) {
      EXPECT_EQ(request.step->pause, Duration{}) << "another one is asked at once";
    } else {
      EXPECT_LE(world.now - before, 500ms);
    }
  }
  std::sort(asked.begin() + 2, asked.begin() + 4);
  std::sort(asked.begin() + 4, asked.end());
  EXPECT_EQ(asked, (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(request.after(kOverloaded), std::nullopt) << "six are enough";
  EXPECT_EQ(request.attempts.made(), 6U);
}

TEST(Attempts, ByBlame) {
  struct Row {
    AttemptEnd end;
    std::optional<std::uint32_t> next;  // with another one
    bool returns;                       // when there is nobody else
  };
  const Row rows[] = {
      {{.blame = Blame::none}, std::nullopt, false},
      {{.blame = Blame::request}, std::nullopt, false},
      {{.blame = Blame::policy}, std::nullopt, false},
      {{.blame = Blame::gone}, std::nullopt, false},
      {{.blame = Blame::credential}, 1, false},
      {{.blame = Blame::misfit}, 1, false},
      {{.blame = Blame::quota}, 1, true},
      {{.blame = Blame::quota, .exhausted = true}, 1, false},
      {{.blame = Blame::overload}, 1, true},
      {{.blame = Blame::transport}, 1, true},
      {{.blame = Blame::transport, .timed_out = true}, 1, false},
  };
  for (const Row& row : rows) {
    World two = World::of(2);
    EXPECT_EQ(Request(two).after(row.end), row.next) << to_string(row.end.blame);
    World one = World::of(1);
    EXPECT_EQ(Request(one).after(row.end).has_value(), row.returns) << to_string(row.end.blame);
  }
}

TEST(Attempts, RetryAfterIsWaitedForWithinBounds) {
  struct Row {
    std::int64_t retry_after_ms;
    Duration left;  // to the deadline
    bool returns;
  };
  for (const Row& row : {Row{900, 600s, true}, Row{900, 900ms, false}, Row{900, 1s, true}, Row{1'100, 600s, false}}) {
    World world = World::of(1);
    Request request(world);
    request.deadline = world.now + row.left;
    const bool returns = request.after({.blame = Blame::overload, .retry_after_ms = row.retry_after_ms}).has_value();
    EXPECT_EQ(returns, row.returns) << row.retry_after_ms;
    if (returns) {
      EXPECT_GE(request.step->pause, row.retry_after_ms * 1ms);
    }
  }
}

TEST(Attempts, OfTwoThatWereTriedTheOneThatMayBeAskedSoonest) {
  World world = World::of(2);
  Request request(world);
  EXPECT_EQ(request.after({.blame = Blame::quota, .retry_after_ms = 800}), 1U);
  EXPECT_EQ(request.after(kOverloaded), 1U);
  EXPECT_LE(request.step->pause, 500ms);
}

TEST(Attempts, AShutBreakerIsPassedOver) {
  World world = World::of(3);
  world.attempt(0, {.blame = Blame::quota, .exhausted = true});
  Request request(world);
  EXPECT_EQ(request.asks(), 1U);
  // It shuts while the request is under way: the plan is old, the breaker is asked anew.
  world.attempt(2, {.blame = Blame::quota, .exhausted = true});
  EXPECT_EQ(request.after({.blame = Blame::credential}), 0U);  // nobody else is left: the last resort
  EXPECT_EQ(request.after(kOverloaded), 2U) << "whoever has been shut since is one as well";
}

// A breaker chooses among several; it does not refuse.
TEST(Attempts, WhenAllAreShutTheOneThatOpensFirstIsAskedFirst) {
  World world = World::of(2);
  world.attempt(1, {.blame = Blame::quota, .exhausted = true});
  world.now += 10s;
  world.attempt(0, {.blame = Blame::quota, .exhausted = true});
  Request request(world);
  EXPECT_TRUE(request.plan.fit().empty());
  EXPECT_EQ(request.asks(), 1U);
  EXPECT_EQ(request.after(kOverloaded), 0U);
  EXPECT_EQ(world.breaker(1), BreakerState::open);
}

TEST(Attempts, InSlowStartWhoIsAloneIsAsked) {
  World world = World::of(1);
  world.attempt(0, {.blame = Blame::quota, .exhausted = true});
  world.now += 600s;
  world.attempt(0, {});
  EXPECT_EQ(world.breaker(0), BreakerState::slow_start);
  for (int i = 0; i < 20; ++i) {
    Request request(world);
    ASSERT_EQ(request.asks(), 0U);
    request.after({});
  }
}

TEST(Attempts, InSlowStartOthersTakeWhatItIsSpared) {
  World world = World::of(2);
  world.attempt(0, {.blame = Blame::quota, .exhausted = true});
  world.now += 600s;
  world.attempt(0, {});
  int first = 0;
  for (int i = 0; i < 100; ++i) {
    Request request(world);
    first += request.asks() == 0U ? 1 : 0;
    request.after({});
  }
  EXPECT_EQ(first, 10);
}

TEST(Attempts, CredentialsAreRotatedBeforeTheDeploymentIsLeft) {
  for (const AttemptEnd& end : {AttemptEnd{.blame = Blame::credential}, AttemptEnd{.blame = Blame::quota},
                                AttemptEnd{.blame = Blame::quota, .exhausted = true}}) {
    World world({3, 1}, {{0}, {1}});
    Request request(world, {.most_attempts = 5});
    EXPECT_EQ(request.step->pass.credential, 0);
    EXPECT_EQ(request.after(end), 0U);
    EXPECT_EQ(request.step->pass.credential, 1);
    EXPECT_EQ(request.step->pause, Duration{});
    EXPECT_EQ(request.after(end), 0U);
    EXPECT_EQ(request.step->pass.credential, 2);
    EXPECT_EQ(world.breaker(0), BreakerState::closed) << "another credential was left each time";
    EXPECT_EQ(request.after(end), 1U);
    // The next request need not find out again.
    Request next(world);
    EXPECT_NE(next.step->pass.credential, 1);
  }
}

TEST(Attempts, ABarredCredentialRestsAndComesBack) {
  World world({2}, {{0}});
  EXPECT_EQ(Request(world).after({.blame = Blame::credential}), 0U);
  EXPECT_EQ(Request(world).step->pass.credential, 1);
  world.now += 61s;
  EXPECT_EQ(Request(world).step->pass.credential, 0);
}

TEST(Attempts, ACredentialIsOfTheProviderWhoeverUsesIt) {
  World world({2}, {{0}, {0}});
  EXPECT_EQ(Request(world).after({.blame = Blame::credential}), 0U);
  const Pass other = world.router().admit(1, world.now);
  EXPECT_EQ(other.credential, 1);
}

TEST(Attempts, ThoseAtTheSameProviderAreOnABudget) {
  World world({1, 1}, {{0}, {0}, {1}}, {},
              {.breaker = {.failures_in_a_row = 63, .failure_percent = 100, .least_attempts = 1'000'000}});
  int second_at_same = 0, elsewhere = 0;
  for (int i = 0; i < 2'000; ++i) {  // in one instant: no time refills it
    Request request(world, {.most_attempts = 2});
    if (i % 50 == 0) world.attempt(0, {});
    const auto next = request.after(kOverloaded);
    ASSERT_TRUE(next) << "there is always the other provider";
    (*next == 1 ? second_at_same : elsewhere) += 1;
    world.router().end(request.plan.fit()[request.step->candidate].cell, {}, world.now, request.step->pass);
  }
  EXPECT_NEAR(second_at_same, 400 + 100, 20);
  EXPECT_EQ(elsewhere, 2'000 - second_at_same);
  EXPECT_EQ(world.router().retries_refused(0), static_cast<std::uint64_t>(elsewhere)) << "counted once each";
  EXPECT_EQ(world.router().retries_refused(1), 0U);
}

TEST(Attempts, FromSomePointOnOnlySomeAreAsked) {
  World world = World::of(4);
  Request request(world, {.most_attempts = 6});
  ASSERT_EQ(request.asks(), 0U);
  request.attempts.restrict_to(0b1100);
  EXPECT_EQ(request.after(kTransport), 2U);
  EXPECT_EQ(request.after(kTransport), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_GE(request.after(kTransport).value_or(0), 2U) << "those are returned to as well";
  EXPECT_EQ(request.attempts.made(), 6U);
}

TEST(Attempts, WhoIsNotAskedAnyMoreIsNotAskedWithAnotherCredential) {
  World world({2, 1}, {{0}, {1}});
  Request request(world, {.most_attempts = 6});
  request.attempts.restrict_to(0b10);
  EXPECT_EQ(request.after({.blame = Blame::quota}), 1U);
}

TEST(Attempts, NobodyLeftIsTheEnd) {
  World world = World::of(2);
  Request request(world, {.most_attempts = 6});
  request.attempts.restrict_to(0);
  EXPECT_EQ(request.after(kOverloaded), std::nullopt);
}

TEST(Attempts, NothingAfterTheDeadlineOrGivingUp) {
  World world = World::of(3);
  Request late(world);
  late.deadline = world.now;
  EXPECT_EQ(late.after(kOverloaded), std::nullopt);
  Request unrepeatable(world);
  unrepeatable.attempts.give_up();
  EXPECT_EQ(unrepeatable.after(kOverloaded), std::nullopt);
}

TEST(Attempts, OptionsAreChecked) {
  EXPECT_EQ(AttemptOptions{}.validate(), "");
  EXPECT_NE(AttemptOptions{.most_attempts = 0}.validate(), "");
  EXPECT_NE(AttemptOptions{.most_attempts = 33}.validate(), "");
  EXPECT_NE(AttemptOptions{.most_pause = -1s}.validate(), "");
  EXPECT_NE(AttemptOptions{.longest_retry_after = 2h}.validate(), "");
  EXPECT_EQ(RouterOptions{}.validate(), "");
  EXPECT_NE(RouterOptions{.breaker = {.cooldown = Duration{}}}.validate(), "");
  EXPECT_NE(RouterOptions{.refresh = 2s}.validate(), "");
  EXPECT_NE(RouterOptions{.least_headroom_per_mille = 1001}.validate(), "");
  EXPECT_NE(RouterOptions{.listen_every = -1s}.validate(), "");
  EXPECT_NE(RouterOptions{.credential_bar = Duration{}}.validate(), "");
}

// Whatever fails in whatever way: no more attempts than allowed, none in flight at the end, no credential of a
// deployment twice in a row after it was refused, no pause but for a return.
TEST(Attempts, RandomHistories) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    World world({random.between(1, 3), 1, random.between(1, 2)}, {{0}, {1}, {2}, {0}},
                {.strategy = static_cast<catalog::Strategy>(random.below(catalog::kStrategyCount))});
    for (int i = 0; i < 300; ++i) {
      world.now += static_cast<std::int64_t>(random.below(random.one_in(20) ? 60'000 : 300)) * 1ms;
      const AttemptOptions options{.most_attempts = static_cast<std::uint32_t>(random.between(1, 6))};
      Request request(world, options);
      std::array<int, 4> tries{};
      while (request.step) {
        ASSERT_LE(request.attempts.made(), options.most_attempts);
        const std::uint32_t place = *request.asks();
        const std::uint8_t credential = request.step->pass.credential;
        if (tries[place]++ == 0) {
          ASSERT_EQ(request.step->pause, Duration{});
        }
        const AttemptEnd end{.blame = random.one_in(3) ? Blame::none : static_cast<Blame>(random.below(kBlameCount)),
                             .retry_after_ms = random.one_in(3) ? static_cast<std::int64_t>(random.below(20'000)) : -1,
                             .exhausted = random.one_in(5)};
        if (request.after(end) == place && end.blame == Blame::credential) {
          ASSERT_NE(request.step->pass.credential, credential);
        }
      }
    }
    for (std::uint32_t cell = 0; cell < world.table.size(); ++cell)
      ASSERT_EQ(world.table.fold(cell, world.now).in_flight, 0U) << seed;
  }
}

}  // namespace
}  // namespace weir::routing
