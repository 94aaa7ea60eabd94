#include "weir/routing/retry.h"

#include <gtest/gtest.h>

namespace weir::routing {
namespace {

constexpr Instant kNow{1'000'000s};

TEST(Verdict, OfEveryBlame) {
  struct Row {
    AttemptEnd end;
    Verdict verdict;
    bool rotates;
  };
  const Row rows[] = {
      {{.blame = Blame::none}, Verdict::stop, false},
      {{.blame = Blame::request}, Verdict::stop, false},
      {{.blame = Blame::credential}, Verdict::elsewhere, true},
      {{.blame = Blame::quota}, Verdict::anywhere, true},
      {{.blame = Blame::quota, .exhausted = true}, Verdict::elsewhere, true},
      {{.blame = Blame::overload}, Verdict::anywhere, false},
      {{.blame = Blame::transport}, Verdict::anywhere, false},
      {{.blame = Blame::policy}, Verdict::stop, false},
      {{.blame = Blame::misfit}, Verdict::elsewhere, false},
      {{.blame = Blame::gone}, Verdict::stop, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verdict(row.end), row.verdict) << to_string(row.end.blame);
    EXPECT_EQ(rotates(row.end.blame), row.rotates) << to_string(row.end.blame);
  }
}

TEST(Verdict, OfEveryClassOfError) {
  using dialect::ErrorClass;
  const std::pair<ErrorClass, Blame> rows[] = {
      {ErrorClass::auth, Blame::credential},        {ErrorClass::permission, Blame::credential},
      {ErrorClass::not_found, Blame::credential},   {ErrorClass::invalid_request, Blame::request},
      {ErrorClass::context_length, Blame::request}, {ErrorClass::content_filter, Blame::policy},
      {ErrorClass::too_large, Blame::request},      {ErrorClass::rate_limit, Blame::quota},
      {ErrorClass::quota_exhausted, Blame::quota},  {ErrorClass::overloaded, Blame::overload},
      {ErrorClass::server, Blame::overload},        {ErrorClass::timeout, Blame::overload},
  };
  EXPECT_EQ(std::size(rows), dialect::kErrorClassCount);
  for (const auto& [error_class, blame] : rows) EXPECT_EQ(blame_of(error_class), blame) << to_string(error_class);
}

TEST(Verdict, OfEveryFault) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    const Blame blame = blame_of(fault);
    switch (row(fault).source) {
      case FaultSource::request:
        EXPECT_EQ(blame, Blame::request) << to_string(fault);
        break;
      case FaultSource::weir:
      case FaultSource::gone:
        EXPECT_EQ(blame, Blame::gone) << to_string(fault);
        break;
      case FaultSource::upstream:
        EXPECT_EQ(blame, fault == Fault::total_timeout ? Blame::gone : Blame::transport) << to_string(fault);
        break;
    }
  }
}

TEST(BackOff, DoublesUpToTheMostAndItsSecondHalfIsDrawn) {
  Random random(1);
  for (const auto& [returns, bound] : std::vector<std::pair<std::uint32_t, Duration>>{
           {1, 50ms}, {2, 100ms}, {3, 200ms}, {4, 400ms}, {5, 500ms}, {40, 500ms}, {UINT32_MAX, 500ms}}) {
    Duration least = 1h, most{};
    for (int i = 0; i < 2'000; ++i) {
      const Duration pause = back_off(returns, 500ms, random);
      least = std::min(least, pause);
      most = std::max(most, pause);
    }
    EXPECT_LE(most, bound);
    EXPECT_GT(most, bound * 9 / 10) << returns;
    EXPECT_GE(least, bound / 2) << returns;
    EXPECT_LT(least, bound * 6 / 10) << returns;
  }
}

TEST(RetryBudget, AFifthOfTheRequestsAndTenASecond) {
  RetryBudget budget;
  int spent = 0;
  for (int ms = 0; ms < 10'000; ++ms) {  // 1000 requests a second, each of which wants to retry
    const Instant now = kNow + ms * 1ms;
    budget.earn(now);
    spent += budget.spend(now) ? 1 : 0;
  }
  // A fifth of 10,000, ten a second, and what was there at first.
  EXPECT_NEAR(spent, 2'000 + 100 + 100, 15);
}

TEST(RetryBudget, RestsAndDoesNotGrowWithoutBound) {
  RetryBudget budget;
  EXPECT_TRUE(budget.has(kNow));
  int spent = 0;
  while (budget.spend(kNow)) ++spent;
  EXPECT_EQ(spent, 100);
  EXPECT_FALSE(budget.has(kNow));
  EXPECT_FALSE(budget.has(kNow + 99ms));
  EXPECT_TRUE(budget.spend(kNow + 100ms));
  EXPECT_FALSE(budget.has(kNow + 100ms));
  spent = 0;
  while (budget.spend(kNow + 24h)) ++spent;
  EXPECT_EQ(spent, 100);
}

TEST(RetryBudget, AtTheBeginningOfTimeThereIsASecondsWorth) {
  RetryBudget budget;
  int spent = 0;
  while (budget.spend(Instant{})) ++spent;
  EXPECT_EQ(spent, 10);
}

}  // namespace
}  // namespace weir::routing
