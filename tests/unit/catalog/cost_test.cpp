#include "weir/catalog/cost.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace weir::catalog {
namespace {

using dialect::ServiceTier;
using dialect::Usage;

constexpr std::int64_t kDollar = 1'000'000'000;
constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();

/// Every class has a price of its own, a power of two, so that a sum tells which were taken.
Price distinct() {
  Price price;
  std::int64_t rate = 1'000'000;
  for (const RateClass& one : rate_classes()) price.rates.*one.rate = std::exchange(rate, 2 * rate);
  return price;
}

TEST(Cost, EveryClassHasItsRate) {
  const Price price = distinct();  // input 1, cache_read 2, cache_write 4, ... nano-dollars for a token
  const Usage usage{.input = 3,
                    .cache_read = 3,
                    .cache_write = 3,
                    .audio_input = 1,
                    .output = 3,
                    .reasoning = 1,
                    .audio_output = 1,
                    .reported = true,
                    .parts = {.cache_write_1h = 1, .audio_cache_read = 1, .image_input = 1, .image_output = 1}};
  EXPECT_EQ(cost_of(&price, usage),
            (Cost{2 * 1 + 2 * 2 + 2 * 4 + 8 + 16 + 32 + 64 + 2 * 128 + 256 + 512 + 1024, true}));
}

TEST(Cost, AClassWithoutAPriceCostsWhatItsWiderClassCosts) {
  Price price{.rates = {.input = 10 * kDollar, .output = 20 * kDollar}};
  Usage usage{.input = 1,
              .cache_read = 1,
              .cache_write = 1,
              .audio_input = 1,
              .output = 1,
              .reasoning = 1,
              .audio_output = 1,
              .reported = true,
              .parts = {.cache_write_1h = 1, .audio_cache_read = 1}};
  EXPECT_EQ(cost_of(&price, usage).nano_usd, 4 * 10'000 + 3 * 20'000);
  price.rates.cache_read = kDollar;
  price.rates.cache_write = 2 * kDollar;
  EXPECT_EQ(cost_of(&price, usage).nano_usd, 10'000 + 1'000 + 2'000 + 10'000 + 3 * 20'000);
  // A price of nothing is a price.
  price.rates.cache_read = 0;
  EXPECT_EQ(cost_of(&price, usage).nano_usd, 10'000 + 2'000 + 10'000 + 3 * 20'000);
}

TEST(Cost, PartsAreNeverMoreThanTheirWhole) {
  const Price price = distinct();
  const Usage usage{
      .input = 1, .reported = true, .parts = {.cache_write_1h = 9, .audio_cache_read = 9, .image_input = 9}};
  EXPECT_EQ(cost_of(&price, usage).nano_usd, 64);  // one image token
}

TEST(Cost, IsRoundedOnceToTheNearestHalvesUpwards) {
  Price price{.rates = {.input = 37'500'000, .output = 150'000'000}};  // 37.5 and 150 nano-dollars for a token
  const auto cost = [&](std::uint64_t in, std::uint64_t out) { return cost_of(&price, in, out).nano_usd; };
  EXPECT_EQ(cost(1, 0), 38);
  EXPECT_EQ(cost(2, 0), 75);
  EXPECT_EQ(cost(3, 0), 113);  // not three times 38
  EXPECT_EQ(cost(1, 1), 188);
  price.rates.input = 499'999;
  EXPECT_EQ(cost(1, 0), 0);
  price.rates.input = 500'000;
  EXPECT_EQ(cost(1, 0), 1);
}

TEST(Cost, NothingOverflows) {
  Price price;
  for (const RateClass& one : rate_classes()) price.rates.*one.rate = std::numeric_limits<std::int64_t>::max();
  price.request = price.web_search = std::numeric_limits<std::int64_t>::max();
  const Usage usage{.input = kMost,
                    .cache_read = kMost,
                    .cache_write = kMost,
                    .audio_input = kMost,
                    .output = kMost,
                    .reasoning = kMost,
                    .audio_output = kMost,
                    .reported = true,
                    .parts = {.web_searches = 0xffff}};
  EXPECT_EQ(cost_of(&price, usage), (Cost{std::numeric_limits<std::int64_t>::max(), true}));
  price = {.rates = {.input = 1'000'000 * kDollar, .output = 0}};
  EXPECT_EQ(cost_of(&price, 1'000'000, 0).nano_usd, 1'000'000 * kDollar);
}

TEST(Cost, UnknownIsNotZero) {
  const Usage usage{.input = 1, .output = 1, .reported = true};
  EXPECT_EQ(cost_of(nullptr, usage), (Cost{0, false}));
  const Price none;
  EXPECT_EQ(cost_of(&none, usage), (Cost{0, false}));
  const Price half{.rates = {.input = kDollar}};
  EXPECT_EQ(cost_of(&half, usage), (Cost{0, false}));
  const Price price{.rates = {.input = kDollar, .output = kDollar}};
  EXPECT_EQ(cost_of(&price, Usage{}), (Cost{0, false}));  // the provider told nothing
  EXPECT_EQ(cost_of(&price, Usage{.reported = true}), (Cost{0, true}));
  const Price free{.rates = {.input = 0, .output = 0}};
  EXPECT_EQ(cost_of(&free, usage), (Cost{0, true}));
}

TEST(Cost, LongContextsHaveTheirOwnPriceForTheWholeRequest) {
  const PriceTier tiers[] = {
      {.above_input = 200'000, .rates = {.input = 6 * kDollar, .output = 22 * kDollar}},
      {.above_input = 500'000, .rates = {.input = 8 * kDollar, .output = 30 * kDollar}},
  };
  const Price price{.rates = {.input = 3 * kDollar, .output = 15 * kDollar}, .tiers = tiers};
  EXPECT_EQ(cost_of(&price, 200'000, 1).nano_usd, 200'000LL * 3'000 + 15'000);
  EXPECT_EQ(cost_of(&price, 200'001, 1).nano_usd, 200'001LL * 6'000 + 22'000);
  EXPECT_EQ(cost_of(&price, 500'001, 1).nano_usd, 500'001LL * 8'000 + 30'000);
  // What came out of the cache counts as input.
  Usage cached{.input = 1, .cache_read = 200'000, .output = 0, .reported = true};
  EXPECT_EQ(cost_of(&price, cached).nano_usd, 200'001LL * 6'000);
}

TEST(Cost, ServiceTiersHaveTheirOwnPrice) {
  const PriceTier tiers[] = {
      {.service = ServiceTier::priority, .rates = {.input = 4 * kDollar, .output = 8 * kDollar}},
      {.service = ServiceTier::flex, .rates = {.input = kDollar, .output = kDollar}},
      {.service = ServiceTier::priority, .above_input = 1000, .rates = {.input = 5 * kDollar, .output = 9 * kDollar}},
      {.above_input = 1000, .rates = {.input = 3 * kDollar, .output = 6 * kDollar}},
  };
  const Price price{.rates = {.input = 2 * kDollar, .output = 4 * kDollar}, .tiers = tiers};
  const auto of = [&](ServiceTier service, std::uint64_t input) {
    return cost_of(&price, Usage{.input = input, .reported = true, .parts = {.service = service}}).nano_usd;
  };
  EXPECT_EQ(of(ServiceTier::standard, 10), 20'000);
  EXPECT_EQ(of(ServiceTier::priority, 10), 40'000);
  EXPECT_EQ(of(ServiceTier::flex, 10), 10'000);
  EXPECT_EQ(of(ServiceTier::batch, 10), 20'000);  // has none
  EXPECT_EQ(of(ServiceTier::standard, 2000), 6'000'000);
  EXPECT_EQ(of(ServiceTier::priority, 2000), 10'000'000);
  EXPECT_EQ(of(ServiceTier::flex, 2000), 2'000'000);
  EXPECT_EQ(of(ServiceTier::batch, 2000), 6'000'000);
}

TEST(Cost, RequestsAndSearchesCostOnTop) {
  Price price{.rates = {.input = kDollar, .output = kDollar}, .request = 5'000'000};
  Usage usage{.input = 1, .reported = true, .parts = {.web_searches = 3}};
  EXPECT_EQ(cost_of(&price, usage).nano_usd, 1'000 + 5'000'000);
  price.web_search = 10'000'000;
  EXPECT_EQ(cost_of(&price, usage).nano_usd, 1'000 + 5'000'000 + 30'000'000);
}

TEST(ServiceTier, IsReadFromEveryProvidersWord) {
  using dialect::service_tier_of;
  for (const Bytes word : {"", "default", "standard", "auto", "scale", "ON_DEMAND", "PROVISIONED_THROUGHPUT", "fas"})
    EXPECT_EQ(service_tier_of(word), ServiceTier::standard) << word;
  EXPECT_EQ(service_tier_of("priority"), ServiceTier::priority);
  EXPECT_EQ(service_tier_of("ON_DEMAND_PRIORITY"), ServiceTier::priority);
  EXPECT_EQ(service_tier_of("ON_DEMAND_FLEX"), ServiceTier::flex);
  EXPECT_EQ(service_tier_of("batch"), ServiceTier::batch);
  EXPECT_EQ(service_tier_of("fast"), ServiceTier::fast);
}

}  // namespace
}  // namespace weir::catalog
