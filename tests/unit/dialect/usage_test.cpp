#include "weir/dialect/usage.h"

#include <gtest/gtest.h>

namespace weir::dialect {
namespace {

TEST(Usage, ClassesDoNotOverlap) {
  NestedUsage nested;
  nested.set(NestedUsage::input_total, 100);
  nested.set(NestedUsage::cache_read, 60);
  nested.set(NestedUsage::cache_write, 10);
  nested.set(NestedUsage::audio_input, 5);
  nested.set(NestedUsage::output_total, 50);
  nested.set(NestedUsage::reasoning, 30);
  nested.set(NestedUsage::audio_output, 8);
  const Usage usage = nested.disjoint();
  EXPECT_EQ(usage, (Usage{.input = 25,
                          .cache_read = 60,
                          .cache_write = 10,
                          .audio_input = 5,
                          .output = 12,
                          .reasoning = 30,
                          .audio_output = 8,
                          .reported = true}));
  EXPECT_EQ(usage.input_total(), 100U);
  EXPECT_EQ(usage.output_total(), 50U);
}

TEST(Usage, NothingReportedIsNotZeroReported) {
  EXPECT_FALSE(NestedUsage().disjoint().reported);
  NestedUsage nested;
  nested.set(NestedUsage::output_total, 0);
  EXPECT_TRUE(nested.disjoint().reported);
}

TEST(Usage, TheLastValueOfEachFieldWins) {
  NestedUsage usage;
  usage.set(NestedUsage::input_total, 10);
  usage.set(NestedUsage::cache_read, 4);
  NestedUsage later;
  later.set(NestedUsage::input_total, 9);
  later.set(NestedUsage::output_total, 3);
  usage.overwrite_with(later);
  EXPECT_EQ(usage.disjoint(), (Usage{.input = 5, .cache_read = 4, .output = 3, .reported = true}));
}

TEST(Usage, PartsBesideTheirWholeStayWhole) {
  NestedUsage reasoning_beside;  // as xAI counts
  reasoning_beside.set(NestedUsage::input_total, 12);
  reasoning_beside.set(NestedUsage::output_total, 2);
  reasoning_beside.set(NestedUsage::reasoning, 320);
  reasoning_beside.set(NestedUsage::grand_total, 334);
  EXPECT_EQ(reasoning_beside.disjoint(), (Usage{.input = 12, .output = 2, .reasoning = 320, .reported = true}));

  NestedUsage cached_beside;
  cached_beside.set(NestedUsage::input_total, 23);
  cached_beside.set(NestedUsage::cache_read, 190);
  EXPECT_EQ(cached_beside.disjoint(), (Usage{.input = 23, .cache_read = 190, .reported = true}));
}

TEST(Usage, TheGrandTotalTellsWhereAPartStands) {
  NestedUsage audio_beside;  // as Mistral counts
  audio_beside.set(NestedUsage::input_total, 9);
  audio_beside.set(NestedUsage::audio_input, 375);
  audio_beside.set(NestedUsage::output_total, 201);
  audio_beside.set(NestedUsage::grand_total, 585);
  EXPECT_EQ(audio_beside.disjoint(), (Usage{.input = 9, .audio_input = 375, .output = 201, .reported = true}));

  NestedUsage too_much;  // as grok on Azure tells of its cache
  too_much.set(NestedUsage::input_total, 7);
  too_much.set(NestedUsage::cache_read, 161);
  too_much.set(NestedUsage::output_total, 5);
  too_much.set(NestedUsage::reasoning, 8);
  too_much.set(NestedUsage::grand_total, 12);
  EXPECT_EQ(too_much.disjoint(), (Usage{.cache_read = 7, .reasoning = 5, .reported = true}));
}

TEST(Usage, PartsNeverMakeTheWholeLarger) {
  NestedUsage nested;  // half of the audio came from the cache
  nested.set(NestedUsage::input_total, 100);
  nested.set(NestedUsage::cache_read, 80);
  nested.set(NestedUsage::audio_input, 50);
  EXPECT_EQ(nested.disjoint(), (Usage{.cache_read = 80, .audio_input = 20, .reported = true}));
}

TEST(Usage, AbsurdCountsAreBounded) {
  NestedUsage nested;
  nested.set(NestedUsage::input_total, ~0ULL);
  EXPECT_EQ(nested.disjoint().input, NestedUsage::kMaxTokens);
}

}  // namespace
}  // namespace weir::dialect
