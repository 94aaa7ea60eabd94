#include "cost.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

TEST(RecordCost, FollowsUsageAndPrice) {
  const catalog::Price price{.rates = {.input = 1'000'000'000, .output = 2'000'000'000}};
  Record record;
  note_cost(record);  // refused before anybody was asked
  EXPECT_FALSE(record.cost_known);
  record.price = &price;
  note_cost(record);  // asked, but no usage was told
  EXPECT_FALSE(record.cost_known);
  record.usage = {.input = 10, .output = 1, .reported = true};
  note_cost(record);
  EXPECT_TRUE(record.cost_known);
  EXPECT_EQ(record.cost_nano_usd, 12'000);
  record.usage.output = 2;
  note_cost(record);  // not added up
  EXPECT_EQ(record.cost_nano_usd, 14'000);
  record.price = nullptr;  // the next one that was tried has no price
  note_cost(record);
  EXPECT_FALSE(record.cost_known);
  EXPECT_EQ(record.cost_nano_usd, 0);
}

}  // namespace
}  // namespace weir::gateway
