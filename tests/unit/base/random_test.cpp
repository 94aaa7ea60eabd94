#include "weir/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace weir {
namespace {

// Calculated apart from this code, from the published definitions of splitmix64 and xoshiro256**. A simulation's seed
// must mean the same run on every machine and after every change.
TEST(Random, TheSequenceOfASeedNeverChanges) {
  const struct {
    std::uint64_t seed;
    std::array<std::uint64_t, 3> first;
  } cases[] = {
      {0U, {0x99ec5f36cb75f2b4U, 0xbf6e1f784956452aU, 0x1a5f849d4933e6e0U}},
      {1U, {0xb3f2af6d0fc710c5U, 0x853b559647364ceaU, 0x92f89756082a4514U}},
      {0xffffffffffffffffU, {0x8f5520d52a7ead08U, 0xc476a018caa1802dU, 0x81de31c0d260469eU}},
  };
  for (const auto& [seed, first] : cases) {
    Random random(seed);
    for (const std::uint64_t expected : first) EXPECT_EQ(random.next(), expected) << "seed " << seed;
  }
}

TEST(Random, NeighbouringSeedsShareNothing) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(seen.insert(random.next()).second) << "seed " << seed;
  }
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  Random random(7);
  for (const std::uint64_t bound : {1U, 2U, 3U, 10U}) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t value = random.below(bound);
      ASSERT_LT(value, bound);
      seen.insert(value);
    }
    EXPECT_EQ(seen.size(), bound);
  }
}

TEST(Random, BelowIsEven) {
  Random random(11);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) ++counts[random.below(counts.size())];
  // Binomial(100000, 0.1): mean 10000, deviation 95; five deviations are a miss in about two million, and the seed is
  // fixed.
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 475);
}

TEST(Random, BetweenIncludesBothEnds) {
  Random random(3);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.between(5, 8));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{5, 6, 7, 8}));
  EXPECT_EQ(random.between(9, 9), 9U);
}

TEST(Random, OneInN) {
  Random random(5);
  EXPECT_TRUE(random.one_in(1));
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += random.one_in(100) ? 1 : 0;
  EXPECT_NEAR(hits, 100, 50);
}

}  // namespace
}  // namespace weir
