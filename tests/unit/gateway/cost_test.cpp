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

TEST(RecordCost, PartsOfAnAnswerAreAddedUpEachAtItsOwnPrice) {
  const catalog::Price cheap{.rates = {.input = 1'000'000'000, .output = 2'000'000'000}};
  const catalog::Price dear{.rates = {.input = 10'000'000'000, .output = 20'000'000'000}};
  Record record;
  const auto end_part = [&] {
    note_cost(record);
    set_part_aside(record);
  };
  record.price = &cheap;
  record.usage = {.input = 10, .output = 1, .reported = true};
  end_part();
  EXPECT_FALSE(record.usage.reported);
  EXPECT_EQ(record.cost_nano_usd, 0);
  record.stitched = 1;
  end_part();  // one that told nothing
  record.stitched = 2;
  record.price = &dear;
  record.usage = {.input = 3, .output = 2, .reported = true};
  note_cost(record);
  EXPECT_EQ(record.cost_nano_usd, 70'000) << "of the last part alone";
  add_parts_before(record);
  EXPECT_TRUE(record.cost_known);
  EXPECT_EQ(record.cost_nano_usd, 12'000 + 70'000);
  EXPECT_EQ(record.usage, (dialect::Usage{.input = 13, .output = 3, .reported = true}));
}

TEST(RecordCost, APartWithoutAPriceMakesTheWholeUnknown) {
  const catalog::Price price{.rates = {.input = 1'000'000'000, .output = 2'000'000'000}};
  Record record;
  record.usage = {.input = 10, .output = 1, .reported = true};
  note_cost(record);
  set_part_aside(record);
  record.stitched = 1;
  record.price = &price;
  record.usage = {.input = 3, .output = 2, .reported = true};
  note_cost(record);
  add_parts_before(record);
  EXPECT_FALSE(record.cost_known);
}

TEST(RecordCost, WhereNobodyGoesOnThePartIsAll) {
  const catalog::Price price{.rates = {.input = 1'000'000'000, .output = 2'000'000'000}};
  Record record;
  record.price = &price;
  record.usage = {.input = 10, .output = 1, .reported = true};
  note_cost(record);
  set_part_aside(record);
  note_cost(record);
  add_parts_before(record);
  EXPECT_TRUE(record.cost_known);
  EXPECT_EQ(record.cost_nano_usd, 12'000);
}

}  // namespace
}  // namespace weir::gateway
