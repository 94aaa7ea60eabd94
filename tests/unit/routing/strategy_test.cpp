#include "strategy.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "weir/routing/affinity.h"

namespace weir::routing {
namespace {

using catalog::RoutePolicy;
using catalog::Strategy;

/// Places and cells by number.
std::vector<Contender> numbered(std::vector<Contender> contenders) {
  for (std::uint32_t i = 0; i < contenders.size(); ++i) contenders[i].place = contenders[i].cell = i;
  return contenders;
}

struct Arranged {
  std::vector<std::uint32_t> order;
  std::vector<Contender> all;
};

Arranged arranged(std::vector<Contender> contenders, const RoutePolicy& policy, Random& random,
                  std::uint64_t affinity = 0) {
  std::vector<std::int64_t> smooth(contenders.size());
  Arranged out{.order = {}, .all = numbered(std::move(contenders))};
  arrange(out.all, policy, affinity, smooth, random);
  for (const Contender& contender : out.all) out.order.push_back(contender.place);
  return out;
}

/// How often each is asked first.
std::vector<int> firsts(const std::vector<Contender>& contenders, const RoutePolicy& policy, int rounds,
                        std::uint64_t affinity = 0) {
  Random random(7);
  std::vector<std::int64_t> smooth(contenders.size());
  std::vector<int> counts(contenders.size());
  for (int i = 0; i < rounds; ++i) {
    auto all = numbered(contenders);
    arrange(all, policy, affinity == 0 ? 0 : affinity + static_cast<std::uint64_t>(i) * 1'000'003, smooth, random);
    ++counts[all[0].place];
  }
  return counts;
}

using Order = std::vector<std::uint32_t>;

TEST(Strategy, Table) {
  struct Case {
    const char* name;
    RoutePolicy policy;
    std::vector<Contender> contenders;
    Order order;
  };
  const Case cases[] = {
      {"priority: as written, whatever is measured",
       {.strategy = Strategy::priority},
       {{.in_flight = 100, .ttft_ms = 900, .success = 0.5F}, {.ttft_ms = 1}, {.wants_probe = true}},
       {0, 1, 2}},
      {"priority: who is full comes last",
       {.strategy = Strategy::priority},
       {{.is_full = true}, {}, {.is_full = true}, {}},
       {1, 3, 0, 2}},
      {"cost: the cheapest, unknown prices last",
       {.strategy = Strategy::cost},
       {{.cost = 500}, {.cost = -1}, {.cost = 20}, {.cost = 0}},
       {3, 2, 0, 1}},
      {"cost: equal ones as written", {.strategy = Strategy::cost}, {{.cost = 5}, {.cost = 5}, {.cost = 5}}, {0, 1, 2}},
      {"least_inflight: the fewest for the weight",
       {.strategy = Strategy::least_inflight},
       {{.weight = 1, .in_flight = 2}, {.weight = 4, .in_flight = 7}, {.weight = 1, .in_flight = 5}, {.weight = 0}},
       {1, 0, 2, 3}},
      {"least_inflight: a probe goes first",
       {.strategy = Strategy::least_inflight},
       {{.in_flight = 2}, {.in_flight = 7, .is_steady = false, .wants_probe = true}, {.in_flight = 5}},
       {1, 0, 2}},
      {"latency of two: the faster", {.strategy = Strategy::latency}, {{.ttft_ms = 300}, {.ttft_ms = 200}}, {1, 0}},
      {"latency of two: the less loaded",
       {.strategy = Strategy::latency},
       {{.in_flight = 0, .ttft_ms = 300}, {.in_flight = 1, .ttft_ms = 200}},
       {0, 1}},
      {"latency of two: failures make dear",
       {.strategy = Strategy::latency},
       {{.ttft_ms = 300}, {.ttft_ms = 200, .success = 0.6F}},
       {0, 1}},
      {"latency: who was not measured counts as the mean",
       {.strategy = Strategy::latency},
       {{.in_flight = 3, .ttft_ms = 200}, {.in_flight = 0, .ttft_ms = -1}},
       {1, 0}},
      {"latency: ... and is spared with requests in flight",
       {.strategy = Strategy::latency},
       {{.in_flight = 3, .ttft_ms = 200}, {.in_flight = 2, .ttft_ms = -1}},
       {0, 1}},
      {"latency of two: who is full is not drawn",
       {.strategy = Strategy::latency},
       {{.ttft_ms = 300}, {.ttft_ms = 200, .is_full = true}},
       {0, 1}},
      {"blend: cost alone",
       {.strategy = Strategy::blend, .blend = {.cost = 1, .latency = 0, .in_flight = 0, .failures = 0}},
       {{.ttft_ms = 1, .cost = 300}, {.ttft_ms = 900, .cost = 100}},
       {1, 0}},
      {"blend: latency alone",
       {.strategy = Strategy::blend, .blend = {.cost = 0, .latency = 1, .in_flight = 0, .failures = 0}},
       {{.ttft_ms = 900, .cost = 100}, {.ttft_ms = 1, .cost = 300}},
       {1, 0}},
      {"blend: half the price does not outweigh thrice the time",
       {.strategy = Strategy::blend, .blend = {.cost = 1, .latency = 1, .in_flight = 0, .failures = 0}},
       {{.ttft_ms = 900, .cost = 150}, {.ttft_ms = 300, .cost = 300}},
       {1, 0}},
      {"blend: ... with another weight it does",
       {.strategy = Strategy::blend, .blend = {.cost = 3, .latency = 1, .in_flight = 0, .failures = 0}},
       {{.ttft_ms = 900, .cost = 150}, {.ttft_ms = 300, .cost = 300}},
       {0, 1}},
      {"blend: failures",
       {.strategy = Strategy::blend},
       {{.ttft_ms = 100, .success = 0.2F, .cost = 10}, {.ttft_ms = 110, .success = 1, .cost = 11}},
       {1, 0}},
      {"blend: quality",
       {.strategy = Strategy::blend, .blend = {.cost = 0, .latency = 0, .in_flight = 0, .failures = 0, .quality = 1}},
       {{.quality = 2}, {.quality = 5}, {.quality = 0}},
       {1, 2, 0}},
      {"weighted: nothing of weight 0 while others are there",
       {.strategy = Strategy::weighted},
       {{.weight = 0}, {.weight = 1}, {.weight = 3}},
       {2, 1, 0}},
  };
  for (const Case& one : cases)
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Random random(seed);
      EXPECT_EQ(arranged(one.contenders, one.policy, random).order, one.order) << one.name << ", seed " << seed;
    }
}

TEST(Strategy, NobodyAndOneAreArranged) {
  for (std::size_t i = 0; i < catalog::kStrategyCount; ++i) {
    Random random(1);
    const RoutePolicy policy{.strategy = static_cast<Strategy>(i)};
    EXPECT_EQ(arranged({}, policy, random, 5).order, Order{});
    EXPECT_EQ(arranged({{}}, policy, random, 5).order, Order{0});
    EXPECT_EQ(arranged({{.weight = 0, .cost = -1, .is_full = true}}, policy, random, 5).order, Order{0});
  }
}

// Whatever the figures: everybody is asked exactly once.
TEST(Strategy, AnOrderIsAPermutation) {
  Random random(11);
  for (int round = 0; round < 5'000; ++round) {
    std::vector<Contender> contenders(random.between(1, 32));
    for (Contender& contender : contenders)
      contender = {.weight = static_cast<std::uint32_t>(random.below(4)),
                   .in_flight = static_cast<std::uint32_t>(random.below(40)),
                   .ttft_ms = random.one_in(4) ? -1 : static_cast<float>(random.below(3000)),
                   .success = static_cast<float>(random.below(1001)) / 1000,
                   .cost = random.one_in(4) ? -1 : static_cast<std::int64_t>(random.below(1'000'000)),
                   .saving = static_cast<std::int64_t>(random.below(1'000)),
                   .quality = static_cast<std::uint8_t>(random.below(6)),
                   .is_steady = !random.one_in(4),
                   .wants_probe = random.one_in(8),
                   .is_full = random.one_in(4)};
    const RoutePolicy policy{.strategy = static_cast<Strategy>(random.below(catalog::kStrategyCount))};
    auto order = arranged(contenders, policy, random, random.below(3)).order;
    std::sort(order.begin(), order.end());
    for (std::uint32_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i) << round;
    ASSERT_EQ(order.size(), contenders.size());
  }
}

TEST(Weighted, IsExactOverARoundAndSmoothWithin) {
  const std::vector<Contender> contenders = {{.weight = 5}, {.weight = 1}, {.weight = 1}, {.weight = 0}};
  const RoutePolicy policy{.strategy = Strategy::weighted};
  EXPECT_EQ(firsts(contenders, policy, 7), (std::vector<int>{5, 1, 1, 0}));
  EXPECT_EQ(firsts(contenders, policy, 700), (std::vector<int>{500, 100, 100, 0}));
  Random random(1);
  std::vector<std::int64_t> smooth(4);
  std::string drawn;
  for (int i = 0; i < 7; ++i) {
    auto all = numbered(contenders);
    arrange(all, policy, 0, smooth, random);
    drawn += static_cast<char>('a' + all[0].place);
  }
  EXPECT_EQ(drawn, "aabacaa");
}

TEST(Weighted, ConvergesWhateverTheWeights) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<Contender> contenders(random.between(1, 8));
    std::int64_t all = 0;
    for (Contender& contender : contenders) all += contender.weight = static_cast<std::uint32_t>(random.between(1, 50));
    const int requests = 1'000;
    const auto counts = firsts(contenders, {.strategy = Strategy::weighted}, requests);
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const double share = static_cast<double>(requests) * contenders[i].weight / static_cast<double>(all);
      EXPECT_LE(std::abs(counts[i] - share), static_cast<double>(contenders.size())) << round;
    }
  }
}

TEST(Weighted, WhoComesBackDoesNotMakeUpForHisAbsence) {
  const RoutePolicy policy{.strategy = Strategy::weighted};
  Random random(1);
  std::vector<std::int64_t> smooth(2);
  std::vector<int> counts(2);
  for (int i = 0; i < 100; ++i) {  // the second one is away
    std::vector<Contender> only = {{.place = 0}};
    arrange(only, policy, 0, smooth, random);
  }
  for (int i = 0; i < 10; ++i) {
    auto all = numbered({{}, {}});
    arrange(all, policy, 0, smooth, random);
    ++counts[all[0].place];
  }
  EXPECT_EQ(counts, (std::vector<int>{5, 5}));
}

TEST(Weighted, AffinityKeepsTheWeights) {
  const auto counts =
      firsts({{.weight = 6}, {.weight = 3}, {.weight = 1}}, {.strategy = Strategy::weighted}, 20'000, 17);
  EXPECT_NEAR(counts[0], 12'000, 400);
  EXPECT_NEAR(counts[1], 6'000, 400);
  EXPECT_NEAR(counts[2], 2'000, 300);
}

TEST(Latency, MostRequestsGoToTheFastAndSomeToTheOthers) {
  const auto counts = firsts({{.ttft_ms = 100}, {.ttft_ms = 200}, {.ttft_ms = 300}, {.ttft_ms = 400}},
                             {.strategy = Strategy::latency}, 6'000);
  // Of two drawn the better one: 3/6, 2/6, 1/6, never the slowest.
  EXPECT_NEAR(counts[0], 3'000, 200);
  EXPECT_NEAR(counts[1], 2'000, 200);
  EXPECT_NEAR(counts[2], 1'000, 150);
  EXPECT_EQ(counts[3], 0);
}

TEST(Latency, EqualOnesShare) {
  for (const auto strategy : {Strategy::latency, Strategy::least_inflight, Strategy::blend})
    for (const int count : firsts({{}, {}, {}, {}}, {.strategy = strategy}, 8'000)) EXPECT_NEAR(count, 2'000, 200);
}

// A provider was slow, nobody asked it any more, it recovered: it is measured again soon, and then has its share.
TEST(Latency, WhoHasRecoveredIsFoundAgain) {
  const auto counts =
      firsts({{.ttft_ms = 100}, {.ttft_ms = 110}, {.ttft_ms = -1}}, {.strategy = Strategy::latency}, 3'000);
  EXPECT_GT(counts[2], 300);
}

TEST(Affinity, ARequestStaysWithItsDeployment) {
  for (const auto strategy : {Strategy::weighted, Strategy::latency, Strategy::least_inflight}) {
    for (std::uint64_t affinity = 1; affinity <= 50; ++affinity) {
      std::map<std::uint32_t, int> seen;
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        Random random(seed);
        std::vector<Contender> contenders(5);
        for (Contender& contender : contenders) contender.in_flight = static_cast<std::uint32_t>(random.below(7));
        ++seen[arranged(contenders, {.strategy = strategy}, random, affinity).order[0]];
      }
      EXPECT_EQ(seen.size(), 1U);
    }
  }
}

// Weight 0 means: only when all others fail.
TEST(Affinity, BelongsToNobodyWithoutWeight) {
  for (const auto strategy : {Strategy::weighted, Strategy::least_inflight})
    for (std::uint64_t affinity = 1; affinity <= 50; ++affinity) {
      Random random(affinity);
      EXPECT_NE(arranged({{}, {.weight = 0}, {}}, {.strategy = strategy}, random, affinity).order[0], 1U) << affinity;
    }
}

TEST(Affinity, IsSpreadEvenly) {
  for (const int count : firsts({{}, {}, {}, {}, {}}, {.strategy = Strategy::least_inflight}, 10'000, 3))
    EXPECT_NEAR(count, 2'000, 200);
}

TEST(Affinity, OnlyThoseOfWhoLeavesMove) {
  const std::vector<Contender> five(5);
  int moved = 0;
  for (std::uint64_t affinity = 1; affinity <= 1'000; ++affinity) {
    Random random(affinity);
    const std::uint32_t before = arranged(five, {.strategy = Strategy::latency}, random, affinity).order[0];
    auto without = five;
    without[2].is_steady = false;
    const std::uint32_t after = arranged(without, {.strategy = Strategy::latency}, random, affinity).order[0];
    if (before != 2) EXPECT_EQ(after, before) << affinity;
    if (before == 2) {
      EXPECT_NE(after, 2U) << affinity;
      ++moved;
    }
  }
  EXPECT_NEAR(moved, 200, 60);
}

TEST(Affinity, IsLeftWhenItsDeploymentIsOverloaded) {
  Random random(1);
  const RoutePolicy policy{.strategy = Strategy::least_inflight};
  const std::uint32_t home = arranged({{}, {}, {}}, policy, random, 99).order[0];
  std::vector<Contender> contenders(3);
  contenders[home].in_flight = 7;
  EXPECT_EQ(arranged(contenders, policy, random, 99).order[0], home) << "a few are no load";
  contenders[home].in_flight = 40;
  EXPECT_NE(arranged(contenders, policy, random, 99).order[0], home);
  for (Contender& contender : contenders) contender.in_flight = 40;
  EXPECT_EQ(arranged(contenders, policy, random, 99).order[0], home) << "when all have so many it is their part";
}

TEST(Affinity, CanBeTurnedOffAndMeansNothingToPriority) {
  for (std::uint64_t affinity = 1; affinity <= 20; ++affinity) {
    Random random(1);
    const auto priority = arranged({{}, {}, {}}, {.strategy = Strategy::priority}, random, affinity);
    EXPECT_EQ(priority.order, (Order{0, 1, 2}));
    const auto off =
        arranged({{}, {.in_flight = 1}}, {.strategy = Strategy::least_inflight, .affinity = false}, random, affinity);
    EXPECT_EQ(off.order[0], 0U);
  }
}

TEST(Affinity, AWarmPrefixIsWorthItsSaving) {
  const auto first = [](std::int64_t other_cost, std::uint64_t affinity) {
    Random random(1);
    // The warm one saves 40 of its 100.
    const auto result = arranged({{.cost = 100, .saving = 40}, {.cost = other_cost, .saving = 0}},
                                 {.strategy = Strategy::cost}, random, affinity);
    for (const Contender& contender : result.all)
      if (contender.is_warm && contender.place == 0) return static_cast<int>(result.order[0]);
    return -1;
  };
  int warm = 0;
  for (std::uint64_t affinity = 1; affinity <= 50; ++affinity) {
    if (first(90, affinity) < 0) continue;  // the other one is the warm one
    ++warm;
    EXPECT_EQ(first(90, affinity), 0);
    EXPECT_EQ(first(61, affinity), 0);
    EXPECT_EQ(first(59, affinity), 1);
  }
  EXPECT_GT(warm, 10);
}

}  // namespace
}  // namespace weir::routing
