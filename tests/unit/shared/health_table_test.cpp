#include "weir/shared/health_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include "weir/base/random.h"

namespace weir::shared {
namespace {

constexpr Instant kNow{1'000'000s};

TEST(HealthTable, AddsUpWhatAllShardsHave) {
  HealthTable table({.shards = 3, .cells = 2});
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    table.set_in_flight(shard, 1, 10 + shard);
    for (std::uint32_t i = 0; i <= shard; ++i) table.count(shard, 1, 4, kNow);
    table.measured_ttft(shard, 1, 100 * (shard + 1), kNow);
  }
  const Health health = table.fold(1, kNow);
  EXPECT_EQ(health.in_flight, 33U);
  EXPECT_EQ(health.outcomes[4], 6U);
  EXPECT_EQ(health.outcomes[0], 0U);
  EXPECT_FLOAT_EQ(health.ttft_ms.value, 200);
  EXPECT_EQ(health.ttft_ms.at, kNow);
  EXPECT_EQ(health.connect_us.weight, 0);
  EXPECT_EQ(table.in_flight(2, 1), 12U);
  const Health other = table.fold(0, kNow);
  EXPECT_EQ(other.in_flight, 0U);
  EXPECT_EQ(other.ttft_ms.weight, 0);
}

TEST(HealthTable, OutcomesAreForgottenAfterAMinute) {
  HealthTable table({.shards = 1, .cells = 1});
  for (int second = 0; second < 60; ++second) table.count(0, 0, 1, kNow + second * 1s);
  EXPECT_EQ(table.fold(0, kNow + 59s).outcomes[1], 60U);
  // A slot of ten seconds at a time.
  EXPECT_EQ(table.fold(0, kNow + 60s).outcomes[1], 50U);
  EXPECT_EQ(table.fold(0, kNow + 105s).outcomes[1], 10U);
  EXPECT_EQ(table.fold(0, kNow + 110s).outcomes[1], 0U);
  table.count(0, 0, 1, kNow + 7200s);
  EXPECT_EQ(table.fold(0, kNow + 7200s).outcomes[1], 1U);
}

TEST(HealthTable, OutcomesSinceAMomentAreThoseOfWholeSlots) {
  HealthTable table({.shards = 2, .cells = 1});
  for (int second = 0; second < 60; ++second) table.count(second % 2, 0, 1, kNow + second * 1s);
  const Instant now = kNow + 59s;
  EXPECT_EQ(table.outcomes_since(0, Instant{}, now)[1], 60U);
  EXPECT_EQ(table.outcomes_since(0, kNow, now)[1], 60U);
  EXPECT_EQ(table.outcomes_since(0, kNow + 1ms, now)[1], 50U);
  EXPECT_EQ(table.outcomes_since(0, kNow + 50s, now)[1], 10U);
  EXPECT_EQ(table.outcomes_since(0, kNow + 55s, now)[1], 0U);
  EXPECT_EQ(table.outcomes_since(0, kNow + 3600s, now)[1], 0U);
}

// In simulation and tests time may begin at nothing.
TEST(HealthTable, CountsFromTheBeginningOfTime) {
  HealthTable table({.shards = 1, .cells = 1});
  table.count(0, 0, 2, Instant{});
  table.measured_ttft(0, 0, 7, Instant{});
  EXPECT_EQ(table.fold(0, Instant{} + 3s).outcomes[2], 1U);
  EXPECT_EQ(table.outcomes_since(0, Instant{}, Instant{} + 3s)[2], 1U);
  EXPECT_EQ(table.ttft_quantile(0, 0.5, Instant{} + 3s), 7);
  EXPECT_EQ(table.headroom(0, HealthTable::Limit::requests).per_mille, 1000);
}

TEST(RecentAverage, WhatCameLastCountsMost) {
  RecentAverage average;
  EXPECT_EQ(average.read(kNow).weight, 0);
  for (int i = 0; i < 100; ++i) average.add(100, kNow);
  EXPECT_FLOAT_EQ(average.read(kNow).value, 100);
  for (int i = 0; i < 16; ++i) average.add(1000, kNow);
  EXPECT_GT(average.read(kNow).value, 600);
  EXPECT_LT(average.read(kNow).value, 700);
  EXPECT_EQ(average.read(kNow + 20s).at, kNow);
}

TEST(RecentAverage, WhatIsLongAgoIsForgotten) {
  RecentAverage average;
  for (int i = 0; i < 100; ++i) average.add(5'000, kNow);
  EXPECT_GT(average.read(kNow + 30s).weight, 0);
  EXPECT_EQ(average.read(kNow + 30s + 1ms).weight, 0);
  average.add(100, kNow + 31s);
  EXPECT_FLOAT_EQ(average.read(kNow + 31s).value, 100);
  EXPECT_FLOAT_EQ(average.read(kNow + 31s).weight, 1);
}

TEST(RecentAverage, AWeightHalvesInTenSeconds) {
  RecentAverage average;
  average.add(5, kNow);
  EXPECT_FLOAT_EQ(average.read(kNow).weight, 1);
  EXPECT_FLOAT_EQ(average.read(kNow + 10s).weight, 0.5);
  EXPECT_FLOAT_EQ(average.read(kNow + 30s).weight, 0.25);
  EXPECT_FLOAT_EQ(average.read(kNow - 5s).weight, 1);
}

TEST(Sketch, EveryFigureLiesInItsBucket) {
  std::int64_t before = 0;
  for (std::int64_t ms = 1; ms < 65'000; ++ms) {
    const std::size_t bucket = Sketch::bucket_of(ms);
    ASSERT_LE(ms, Sketch::most_of(bucket)) << ms;
    ASSERT_LE(static_cast<double>(Sketch::most_of(bucket)), 1.25 * static_cast<double>(ms)) << ms;
    ASSERT_GE(Sketch::most_of(bucket), before);
    before = Sketch::most_of(bucket);
  }
  EXPECT_EQ(Sketch::bucket_of(-1), Sketch::bucket_of(1));
  EXPECT_EQ(Sketch::bucket_of(INT64_MAX), Sketch::kBuckets - 1);
}

TEST(Sketch, QuantilesAreRightToABucket) {
  HealthTable table({.shards = 2, .cells = 1});
  EXPECT_EQ(table.ttft_quantile(0, 0.5, kNow), -1);
  Random random(3);
  std::vector<std::int64_t> all;
  for (int i = 0; i < 10'000; ++i) {
    const auto ms = static_cast<std::int64_t>(std::exp(static_cast<double>(random.below(9'000)) / 1000));
    all.push_back(ms);
    table.measured_ttft(i % 2, 0, ms, kNow);
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.1, 0.5, 0.9, 0.95, 0.99}) {
    const auto exact = static_cast<double>(all[static_cast<std::size_t>(q * 10'000)]);
    const auto sketched = static_cast<double>(table.ttft_quantile(0, q, kNow));
    EXPECT_GE(sketched, exact) << q;
    EXPECT_LE(sketched, exact * 1.25) << q;
  }
  EXPECT_GE(table.ttft_quantile(0, 0.5, kNow + 30s), 0);
  EXPECT_EQ(table.ttft_quantile(0, 0.5, kNow + 60s), -1);
}

TEST(HealthTable, ConnectTimesAndRatesHaveQuantilesToo) {
  HealthTable table({.shards = 2, .cells = 1});
  EXPECT_EQ(table.connect_quantile(0, 0.5, kNow), -1);
  EXPECT_EQ(table.rate_quantile(0, 0.5, kNow), -1);
  for (int i = 0; i < 100; ++i) {
    table.measured_connect(i % 2, 0, i < 90 ? 2'000 : 40'000, kNow);
    table.measured_rate(i % 2, 0, i < 90 ? 50 : 2e9F, kNow);
  }
  EXPECT_NEAR(static_cast<double>(table.connect_quantile(0, 0.5, kNow)), 2'000, 500);
  EXPECT_NEAR(static_cast<double>(table.connect_quantile(0, 0.95, kNow)), 40'000, 10'000);
  EXPECT_NEAR(static_cast<double>(table.rate_quantile(0, 0.5, kNow)), 50, 13);
  EXPECT_EQ(table.rate_quantile(0, 0.95, kNow), Sketch::most_of(Sketch::kBuckets - 1));
}

TEST(HealthTable, AGroupSharesItsWords) {
  HealthTable table({.shards = 1, .cells = 3, .groups = {0, 0, 2}, .credentials = 1});
  std::uint64_t word = 0;
  EXPECT_TRUE(table.swap_breaker(1, word, 77));
  EXPECT_EQ(table.breaker(0), 77U);
  EXPECT_EQ(table.breaker(2), 0U);
  word = 5;
  EXPECT_FALSE(table.swap_breaker(0, word, 78));
  EXPECT_EQ(word, 77U);
  table.set_headroom(0, HealthTable::Limit::tokens, {.per_mille = 12, .until = kNow});
  EXPECT_EQ(table.headroom(1, HealthTable::Limit::tokens).per_mille, 12);
  EXPECT_EQ(table.headroom(1, HealthTable::Limit::tokens).until, kNow);
  EXPECT_EQ(table.headroom(1, HealthTable::Limit::requests).per_mille, 1000);
  EXPECT_EQ(table.headroom(2, HealthTable::Limit::tokens).per_mille, 1000);
  // What was measured stays everybody's own.
  table.count(0, 0, 1, kNow);
  EXPECT_EQ(table.fold(1, kNow).outcomes[1], 0U);
}

TEST(HealthTable, ACredentialIsBarredUntilThen) {
  HealthTable table({.shards = 1, .cells = 1, .credentials = 2});
  EXPECT_LT(table.barred_until(1), Instant{});
  table.bar(1, kNow);
  EXPECT_EQ(table.barred_until(1), kNow);
  EXPECT_LT(table.barred_until(0), Instant{});
}

// Its real use, which the thread sanitizer watches, too: every shard writes its own cells and folds everybody's, and
// all of them fight for one breaker word. No count is lost, none is made up, no swap is lost.
TEST(HealthTable, BetweenThreads) {
  constexpr std::uint32_t kShards = 4, kCells = 3;
  constexpr std::uint32_t kRounds = 20'000;
  HealthTable table({.shards = kShards, .cells = kCells, .credentials = 1});
  std::atomic<std::uint32_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t shard = 0; shard < kShards; ++shard) {
    threads.emplace_back([&, shard] {
      Instant now = kNow;
      for (std::uint32_t i = 0; i < kRounds; ++i) {
        now += 1us;  // all of it in one slot
        const std::uint32_t cell = i % kCells;
        table.set_in_flight(shard, cell, 7);
        table.count(shard, cell, i % Health::kOutcomes, now);
        table.measured_ttft(shard, cell, 100, now);
        table.measured_connect(shard, cell, 100, now);
        table.measured_rate(shard, cell, 100, now);
        table.set_headroom(cell, HealthTable::Limit::requests, {.per_mille = 500, .until = kNow + 1s});
        table.bar(0, now);
        std::uint64_t word = table.breaker(0);
        while (!table.swap_breaker(0, word, word + 1)) {
        }
        if (i % 16 != 0) continue;
        const Health health = table.fold(cell, now);
        if (health.in_flight > 7 * kShards || health.in_flight % 7 != 0) ++wrong;
        if (health.ttft_ms.weight == 0 || std::abs(health.ttft_ms.value - 100) > 0.01F) ++wrong;
        for (const std::uint32_t count : health.outcomes)
          if (count > kShards * kRounds) ++wrong;
        if (table.headroom(cell, HealthTable::Limit::requests).per_mille != 500) ++wrong;
        if (table.ttft_quantile(cell, 0.5, now) != Sketch::most_of(Sketch::bucket_of(100))) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(table.breaker(0), std::uint64_t{kShards} * kRounds);
  std::uint64_t all = 0;
  for (std::uint32_t cell = 0; cell < kCells; ++cell)
    for (const std::uint32_t count : table.fold(cell, kNow + 1s).outcomes) all += count;
  EXPECT_EQ(all, std::uint64_t{kShards} * kRounds);
}

}  // namespace
}  // namespace weir::shared
